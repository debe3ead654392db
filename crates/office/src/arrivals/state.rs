//! The states of an arrival, and what follows from them. Pure.

use serde::{Deserialize, Serialize};
use tasuki_protocol::receipt::ReceiptKind;

/// State of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrivalState {
    /// 未読.
    Unread,
    /// 既読.
    Read,
    /// 取込済.
    Imported,
    /// 受取不可: it could not be verified.
    Refused,
}

impl ArrivalState {
    /// All states.
    pub const ALL: &[Self] = &[Self::Unread, Self::Read, Self::Imported, Self::Refused];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::Imported => "imported",
            Self::Refused => "refused",
        }
    }

    /// The state of a stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Name on the page.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Unread => "未読",
            Self::Read => "既読",
            Self::Imported => "取込済",
            Self::Refused => "受取不可",
        }
    }

    /// Whether a person may say so. What was imported stays imported: the sender was told. Pure.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Unread, Self::Read | Self::Imported) | (Self::Read, Self::Unread | Self::Imported)
        )
    }
}

/// The receipt that the relay is to get next, if one is owed. Pure.
pub(crate) fn owed_receipt(state: ArrivalState, acknowledged: &str) -> Option<ReceiptKind> {
    match (state, acknowledged) {
        (ArrivalState::Refused, "refused") => None,
        (ArrivalState::Refused, _) => Some(ReceiptKind::Refused),
        (_, "") => Some(ReceiptKind::Received),
        (ArrivalState::Read, "received") => Some(ReceiptKind::Opened),
        (ArrivalState::Imported, "received" | "opened") => Some(ReceiptKind::Imported),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_follow_the_state_and_end() {
        for &state in ArrivalState::ALL {
            let (mut acknowledged, mut posted) = (String::new(), Vec::new());
            while let Some(kind) = owed_receipt(state, &acknowledged) {
                acknowledged = kind.as_str().to_owned();
                posted.push(kind.as_str());
                assert!(posted.len() < 5, "{state:?} never ends: {posted:?}");
            }
            let expected: &[&str] = match state {
                ArrivalState::Unread => &["received"],
                ArrivalState::Read => &["received", "opened"],
                ArrivalState::Imported => &["received", "imported"],
                ArrivalState::Refused => &["refused"],
            };
            assert_eq!(posted, expected, "{state:?}");
        }
        assert_eq!(owed_receipt(ArrivalState::Unread, "opened"), None, "marked as unread again");
        assert_eq!(owed_receipt(ArrivalState::Imported, "opened"), Some(ReceiptKind::Imported));
    }

    #[test]
    fn names_of_states_are_stable() {
        let names: Vec<_> = ArrivalState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(names, ["unread", "read", "imported", "refused"]);
        for &state in ArrivalState::ALL {
            assert_eq!(ArrivalState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        let names: Vec<_> = ArrivalState::ALL.iter().map(|state| state.name_ja()).collect();
        assert_eq!(names, ["未読", "既読", "取込済", "受取不可"]);
    }

    #[test]
    fn what_a_person_may_say_of_an_arrival() {
        use ArrivalState as S;
        let allowed =
            [(S::Unread, S::Read), (S::Unread, S::Imported), (S::Read, S::Unread), (S::Read, S::Imported)];
        for &now in S::ALL {
            for &next in S::ALL {
                assert_eq!(now.may_become(next), allowed.contains(&(now, next)), "{now:?} → {next:?}");
            }
        }
    }
}
