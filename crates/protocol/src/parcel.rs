//! A parcel's life at the relay: its states, and the pure decisions that move it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};
use utoipa::ToSchema;

use crate::receipt::{ReceiptKind, SignedReceipt};
use crate::schema;

/// Where a parcel stands. Exactly one of them at a time; the sender sees it in the sent list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParcelState {
    /// 送信済: durable at the relay, waiting in the receiver's mailbox.
    Accepted,
    /// 受信済: durable in the receiver's archive.
    Received,
    /// 開封済: a person at the receiver has opened it.
    Opened,
    /// 取込済: taken over into the receiver's care software.
    Imported,
    /// 受取拒否: the receiver could not open it or does not want it.
    Refused,
    /// 取消済: the sender took it back before it was fetched.
    Withdrawn,
    /// 期限切れ: nobody fetched it in time.
    Expired,
}

impl ParcelState {
    /// All of them, for tables.
    pub const ALL: &[Self] = &[
        Self::Accepted,
        Self::Received,
        Self::Opened,
        Self::Imported,
        Self::Refused,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Received => "received",
            Self::Opened => "opened",
            Self::Imported => "imported",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The state that a name stands for.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Whether the receiver no longer sees the parcel: it answers as one that never was.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Expired)
    }

    /// Whether it still waits for the receiver: only such parcels are listed in an inbox.
    pub fn is_waiting(self) -> bool {
        self == Self::Accepted
    }
}

/// What an event does to a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It moves on to this state.
    To(ParcelState),
    /// It is there already, or beyond: the same answer again.
    Stays,
    /// It is gone; to the receiver it never was.
    Gone,
    /// The event does not fit the state.
    Conflict,
}

impl Step {
    /// What a receipt does. Receipts may be repeated and may come late; none of them moves a parcel back.
    pub fn of_receipt(state: ParcelState, kind: ReceiptKind) -> Self {
        use ParcelState as S;
        use ReceiptKind as R;
        match (state, kind) {
            (S::Withdrawn | S::Expired, _) => Self::Gone,
            (S::Accepted, R::Received) => Self::To(S::Received),
            (S::Received, R::Opened) => Self::To(S::Opened),
            (S::Received | S::Opened, R::Imported) => Self::To(S::Imported),
            (S::Accepted | S::Received | S::Opened, R::Refused) => Self::To(S::Refused),
            (S::Received | S::Opened | S::Imported, R::Received)
            | (S::Opened | S::Imported, R::Opened)
            | (S::Imported, R::Imported)
            | (S::Refused, R::Refused) => Self::Stays,
            (S::Accepted, R::Opened | R::Imported)
            | (S::Imported, R::Refused)
            | (S::Refused, R::Received | R::Opened | R::Imported) => Self::Conflict,
        }
    }

    /// What the sender's wish to take it back does.
    pub fn of_withdrawal(state: ParcelState, fetched: bool) -> Self {
        match state {
            ParcelState::Withdrawn => Self::Stays,
            ParcelState::Expired => Self::Gone,
            ParcelState::Accepted if !fetched => Self::To(ParcelState::Withdrawn),
            _ => Self::Conflict,
        }
    }
}

/// A parcel as its sender and its receiver see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Parcel {
    /// Its number, made by the sender.
    #[schema(value_type = schema::ParcelId)]
    pub id: ParcelId,
    /// The office that sent it.
    #[schema(value_type = schema::OfficeNo)]
    pub from: OfficeNo,
    /// The office it is for.
    #[schema(value_type = schema::OfficeNo)]
    pub to: OfficeNo,
    /// Sealed size in bytes.
    pub size: u64,
    /// SHA-256 of the sealed bytes.
    #[schema(value_type = schema::Sha256Digest)]
    pub digest: Sha256Digest,
    /// Epoch of the receiver's key that it is sealed for.
    pub key_epoch: u32,
    /// Where it stands.
    pub state: ParcelState,
    /// When the relay had it durably.
    #[schema(value_type = schema::Time)]
    pub accepted_at: Timestamp,
    /// When its contents leave the relay.
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
    /// Whether both sides have been told that it expires soon without having been fetched.
    pub expires_soon: bool,
}

/// How much of a parcel has arrived at the relay: its sender goes on behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Arrived {
    /// Bytes from the beginning. All of them: only the answer was lost.
    pub offset: u64,
}

/// A parcel with what its receiver has signed: the evidence of its delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParcelWithReceipts {
    /// The parcel.
    #[serde(flatten)]
    pub parcel: Parcel,
    /// Receipts in the order in which they came.
    pub receipts: Vec<SignedReceipt>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_never_move_a_parcel_back() {
        let rank = |state| match state {
            ParcelState::Accepted => 0,
            ParcelState::Received => 1,
            ParcelState::Opened => 2,
            _ => 3,
        };
        for &state in ParcelState::ALL {
            for &kind in ReceiptKind::ALL {
                if let Step::To(next) = Step::of_receipt(state, kind) {
                    assert!(rank(next) > rank(state), "{state:?} {kind:?}");
                    assert_eq!(Step::of_receipt(next, kind), Step::Stays, "a repeat of {kind:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_gone_takes_no_receipt() {
        for &state in ParcelState::ALL {
            for &kind in ReceiptKind::ALL {
                assert_eq!(Step::of_receipt(state, kind) == Step::Gone, state.is_gone());
            }
        }
    }

    #[test]
    fn only_an_unfetched_parcel_can_be_withdrawn() {
        use ParcelState as S;
        assert_eq!(Step::of_withdrawal(S::Accepted, false), Step::To(S::Withdrawn));
        assert_eq!(Step::of_withdrawal(S::Accepted, true), Step::Conflict);
        assert_eq!(Step::of_withdrawal(S::Withdrawn, false), Step::Stays);
        assert_eq!(Step::of_withdrawal(S::Expired, false), Step::Gone);
        for state in [S::Received, S::Opened, S::Imported, S::Refused] {
            assert_eq!(Step::of_withdrawal(state, true), Step::Conflict);
        }
    }

    #[test]
    fn names_are_those_on_the_wire() {
        for &state in ParcelState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(ParcelState::parse(state.as_str()), Some(state));
        }
    }
}
