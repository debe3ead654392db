//! Keeping what was just fetched: verified, judged, durable.

use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt};
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_terms::{OfficeNo, ServiceMonth};

use super::arrival::ArrivedContents;
use super::inbox::Inbox;
use super::state::ArrivalState;
use super::store::{self, NewArrival};
use crate::base::Topic;
use crate::base::archive::Received;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::files::{Review, is_exchangeable, review};
use crate::offices::{OpenOffice, Opened, unpack};

impl Inbox {
    /// Verifies a parcel that was just fetched and keeps it: durable when this returns. What is sealed for another key
    /// is refused only when `is_our_key` says that senders use the key of this node; otherwise nothing is kept.
    pub(crate) fn keep(
        &self,
        open: &OpenOffice,
        parcel: &Parcel,
        sender_name: &str,
        sealed: &[u8],
        is_our_key: bool,
    ) -> Result<Kept, OfficeError> {
        let office = open.no();
        let received = Received { from: parcel.from, parcel: parcel.id, digest: parcel.digest };
        let expected = Expected { id: parcel.id, opener: Opener::Receiver(office) };
        let judged = match unpack(open, sealed.to_vec(), VerifiedAt::Accepted(parcel.accepted_at), expected) {
            Err(OpenError::NotForTheseKeys) if !is_our_key => return Ok(Kept::NotForTheseKeys),
            opened => judge(opened, parcel, office),
        };
        self.base.archive().put_received(office, &received, sealed)?;
        if judged.state == ArrivalState::Refused {
            tracing::warn!(office = %office, parcel = %parcel.id, "an arrival is refused");
        }
        let inside = self.base.seal_json("arrival", &judged.inside)?;
        let is_open = matches!(judged.state, ArrivalState::Unread | ArrivalState::Read);
        let new = NewArrival {
            office,
            parcel,
            sender_name,
            state: judged.state,
            sealed: &inside,
            months: &judged.months,
            is_to_import: is_open && self.offices.get(office)?.folders.import_by_itself,
            acknowledged: acknowledged(parcel.state),
            refusal: judged.reason,
        };
        self.base.write(&Actor::Node, |tx| {
            if store::insert(tx, &new)? {
                tx.record(Action::Received, office, &parcel.id.to_string())?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(office, Topic::Arrived);
        Ok(Kept::Arrived)
    }
}

/// What became of a parcel that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is here, good or refused.
    Arrived,
    /// No key of this node opens it, and nothing was kept.
    NotForTheseKeys,
}

/// What is to be kept of a parcel. Pure.
struct Judged {
    state: ArrivalState,
    reason: Option<RefusalReason>,
    inside: ArrivedContents,
    months: Vec<ServiceMonth>,
}

/// What the office has said of a parcel before: at another computer, or before this one was restored from a backup.
fn known_state(state: ParcelState) -> ArrivalState {
    match state {
        ParcelState::Opened => ArrivalState::Read,
        ParcelState::Imported => ArrivalState::Imported,
        _ => ArrivalState::Unread,
    }
}

/// The receipt of this office that the relay has, as `acknowledged` holds it.
fn acknowledged(state: ParcelState) -> &'static str {
    match state {
        ParcelState::Received => ReceiptKind::Received.as_str(),
        ParcelState::Opened => ReceiptKind::Opened.as_str(),
        ParcelState::Imported => ReceiptKind::Imported.as_str(),
        ParcelState::Refused => ReceiptKind::Refused.as_str(),
        ParcelState::Accepted | ParcelState::Withdrawn | ParcelState::Expired => "",
    }
}

fn judge(opened: Result<Opened, OpenError>, parcel: &Parcel, office: OfficeNo) -> Judged {
    let refused = |words: &str, reason| Judged {
        state: ArrivalState::Refused,
        reason,
        inside: ArrivedContents { refusal: words.to_owned(), ..ArrivedContents::default() },
        months: Vec::new(),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return refused(refusal_words(&error), refusal_reason(&error)),
    };
    if opened.manifest.from != parcel.from {
        return refused(FORGED, Some(RefusalReason::Sender));
    }
    if !is_exchangeable(&opened.files) {
        let words = "やりとりできない種類のファイルが入っています。";
        return refused(words, Some(RefusalReason::Contents));
    }
    let names: Vec<_> = opened.files.iter().map(|file| file.name.clone()).collect();
    let files: Vec<_> = (0..).zip(opened.files).collect();
    let Review { contents, months, .. } = review(&files, parcel.from, Some(office), None);
    let inside = ArrivedContents { contents, names, refusal: String::new() };
    Judged { state: known_state(parcel.state), reason: None, inside, months }
}

/// What the sender is told. That this node has no key for it is no reason of the parcel.
fn refusal_reason(error: &OpenError) -> Option<RefusalReason> {
    match error {
        OpenError::NotForTheseKeys => None,
        OpenError::Signer(_) | OpenError::OtherSigner { .. } | OpenError::Signature => {
            Some(RefusalReason::Sender)
        }
        _ => Some(RefusalReason::Damaged),
    }
}

const FORGED: &str = "送信元を確かめられないため、受け取りませんでした。送信元に確かめてください。";

fn refusal_words(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotForTheseKeys => {
            "この事業所の鍵では開けません。送信元に、もう一度送ってもらってください。"
        }
        OpenError::Signer(_) | OpenError::OtherSigner { .. } | OpenError::Signature => FORGED,
        OpenError::OtherParcel { .. } | OpenError::OtherReceiver { .. } | OpenError::OtherSender { .. } => {
            "あて先か番号が違うため、受け取りませんでした。送信元に、もう一度送ってもらってください。"
        }
        _ => "内容が壊れているため、受け取りませんでした。送信元に、もう一度送ってもらってください。",
    }
}
