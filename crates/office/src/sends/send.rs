//! A send, and what lists of sends show. Model.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use super::state::SendState;
use crate::base::record::Actor;
use crate::files::Review;

/// Number of a send at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SendId(pub i64);

/// What a person writes to the receiver, and what they have accepted.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Letter {
    /// メッセージ.
    pub message: String,
    /// The warnings were seen and accepted.
    #[serde(default)]
    pub accepted: bool,
    /// Name of the person who confirmed it.
    #[serde(default)]
    pub staff: String,
}

/// A send.
#[derive(Clone)]
pub struct Send {
    /// Number.
    pub id: SendId,
    /// The sending office.
    pub office: OfficeNo,
    /// Whether it is on the list of 一括送信.
    pub in_batch: bool,
    /// State.
    pub state: SendState,
    /// Counts its changes: what a person confirmed is what is sent.
    pub revision: i64,
    /// The receiver, once it is known.
    pub receiver: Option<OfficeNo>,
    /// Its name, as the directory said.
    pub receiver_name: String,
    /// What a person wrote.
    pub letter: Letter,
    /// Its files, and what is to be said of them.
    pub review: Review,
    /// Who put it together, or has confirmed it.
    pub by: Actor,
    /// Its revision when a folder or a program had put it there.
    pub staged_revision: Option<i64>,
    /// Last change.
    pub updated_at: Timestamp,
    /// Number of the parcel, once it is queued.
    pub parcel: Option<ParcelId>,
    /// Sends that were confirmed together have one number.
    pub run: Option<i64>,
    /// When it was confirmed.
    pub queued_at: Option<Timestamp>,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Why it did not go yet, in Japanese.
    pub reason: String,
    /// When the relay had it.
    pub sent_at: Option<Timestamp>,
    /// When its state at the relay last changed.
    pub changed_at: Option<Timestamp>,
    /// It expires soon, and nobody has fetched it.
    pub expires_soon: bool,
    /// The receiver's signed receipts.
    pub receipts: Vec<SignedReceipt>,
    /// Epoch of the key that it is sealed for, and digest of the sealed bytes, once it is sealed.
    pub sealed: Option<(u32, Sha256Digest)>,
}

/// Where dropped files are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tray {
    /// 送信, a new one.
    New,
    /// 送信, this one.
    One(SendId),
    /// 一括送信.
    Batch,
}

/// Where dropped files went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// Into this send.
    One(SendId),
    /// Onto the list of 一括送信: there were several destinations, or it was asked for.
    Batch,
}

/// What a list of sends shows.
#[derive(Debug, Clone, Default)]
pub struct SendFilter {
    /// Only this state.
    pub state: Option<SendState>,
    /// Only to this office.
    pub receiver: Option<OfficeNo>,
    /// Only about this month.
    pub month: Option<ServiceMonth>,
    /// Only older than this place of the list.
    pub before: Option<(i64, i64)>,
}

/// Numbers for the menu.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// 未読.
    pub unread: i64,
    /// 一時保存.
    pub drafts: i64,
    /// On the list of 一括送信.
    pub batch: i64,
    /// On their way.
    pub on_the_way: i64,
    /// 送信失敗.
    pub failed: i64,
}

impl Send {
    /// Whether a folder or a program put it there and no person has touched it since. Only then may it go without one.
    pub fn is_untouched(&self) -> bool {
        self.staged_revision == Some(self.revision)
    }

    /// Its place in lists.
    pub fn place(&self) -> (i64, i64) {
        (self.queued_at.map_or(0, Timestamp::as_millisecond), self.id.0)
    }
}
