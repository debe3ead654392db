//! Mailboxes.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tasuki_protocol::mailbox::{Cursor, Event, Page};
use tasuki_protocol::parcel::{Parcel, ParcelWithReceipts};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::{By, Contents, StoreError};

/// A parcel that a sender wants to hand in.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its number.
    pub id: ParcelId,
    /// The sender.
    pub from: OfficeNo,
    /// The receiver.
    pub to: OfficeNo,
    /// Sealed bytes.
    pub size: u64,
    /// Their SHA-256.
    pub digest: Sha256Digest,
    /// Epoch of the receiver's key it is sealed for.
    pub key_epoch: u32,
    /// When it expires if nobody fetches it.
    pub expires_at: Timestamp,
    /// How many bytes may wait in the receiver's mailbox.
    pub mailbox_bytes: u64,
    /// How much of the sender may wait in all mailboxes.
    pub outstanding: Usage,
}

/// Whether there is room for an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// Too much waits for the receiver.
    MailboxFull,
    /// Too much of the sender waits to be fetched.
    TooMuchOutstanding,
}

impl Offer {
    /// Whether there is room for it beside what waits for its receiver, and what of its sender waits anywhere.
    pub fn room(&self, waiting: Usage, outstanding: Usage) -> Room {
        let of_sender = outstanding.bytes.saturating_add(self.size);
        if outstanding.parcels >= self.outstanding.parcels || of_sender > self.outstanding.bytes {
            Room::TooMuchOutstanding
        } else if waiting.bytes.saturating_add(self.size) > self.mailbox_bytes {
            Room::MailboxFull
        } else {
            Room::Enough
        }
    }
}

/// What became of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// It is (or, when only asked, would be) in the receiver's mailbox.
    New(Parcel),
    /// The very same parcel was accepted before.
    Same(Parcel),
    /// The number was used for another one.
    Conflict,
    /// The sender has taken the number back.
    Withdrawn,
    /// There is no such office.
    ReceiverUnknown,
    /// The office has no key to seal for.
    ReceiverNotEnrolled,
    /// The office is suspended.
    ReceiverSuspended,
    /// The office has another key by now.
    KeyOutdated,
    /// The mailbox cannot take so many bytes.
    MailboxFull,
    /// Too much of the sender waits to be fetched.
    TooMuchOutstanding,
}

/// Contents that the receiver may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The parcel.
    pub parcel: Parcel,
    /// Its number in the mailbox, by which its contents are read.
    pub seq: u64,
}

/// What became of a wish to take a parcel back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// It is withdrawn (now or before). A number that was not handed in yet never will be.
    Withdrawn,
    /// The receiver was faster.
    AlreadyFetched,
    /// It has expired, or it is a parcel for this office and not of it.
    NotFound,
    /// This office has taken back too many numbers before their parcels came.
    TooMany,
}

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// It is kept; the parcel has moved on.
    Kept(Parcel),
    /// One of this kind, or one that says more, is there already.
    Same(Parcel),
    /// The parcel's state takes no such receipt.
    Conflict,
    /// What it says about the parcel is not true.
    Untrue,
    /// There is no such parcel for this office.
    NotFound,
}

/// Parcels and their size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Parcels.
    pub parcels: u64,
    /// Their sealed bytes.
    pub bytes: u64,
}

/// What there is of an office.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    /// What its mailbox holds the contents of, fetched or not.
    pub held: Usage,
    /// What waits for it.
    pub waiting: Usage,
    /// What it has sent and nobody has fetched.
    pub outstanding: Usage,
}

/// What one round of tending did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tended {
    /// Parcels whose offices were told that they expire soon.
    pub warned: u64,
    /// Parcels that expired.
    pub expired: u64,
    /// Acknowledged parcels whose contents were let go.
    pub released: u64,
    /// Of them, those that were let go early because the disk is nearly full.
    pub released_early: u64,
}

impl Tended {
    /// Whether there was nothing (more) to do.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The clock shows a time more than a day after the last one that was noted. It may be wrong, or the relay was off for
/// long: nothing expires until the operator has confirmed the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leap {
    /// The last time noted.
    pub seen: Timestamp,
}

impl Leap {
    /// Whether a time is a leap from the last one noted.
    ///
    /// # Errors
    /// When it is one.
    pub fn check(seen: Option<Timestamp>, at: Timestamp) -> Result<(), Self> {
        const MOST: SignedDuration = SignedDuration::from_hours(24);
        match seen {
            Some(seen) if at.duration_since(seen) > MOST => Err(Self { seen }),
            _ => Ok(()),
        }
    }
}

/// Mailboxes.
#[async_trait]
pub trait Parcels {
    /// What [`Parcels::accept`] would answer now: asked before the contents are uploaded.
    ///
    /// # Errors
    /// When the store cannot be read, or would have no space.
    async fn may_accept(&self, offer: &Offer, at: Timestamp) -> Result<Acceptance, StoreError>;

    /// Puts a parcel into the receiver's mailbox. `contents` have the offered size and digest.
    ///
    /// # Errors
    /// When the store cannot write; [`StoreError::Full`] when it has too little space.
    async fn accept(&self, offer: Offer, contents: Contents, by: By) -> Result<Acceptance, StoreError>;

    /// A parcel as its sender sees it, whatever became of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn sent_parcel(
        &self,
        sender: OfficeNo,
        id: ParcelId,
    ) -> Result<Option<ParcelWithReceipts>, StoreError>;

    /// A parcel as its receiver sees it: none if it is withdrawn or expired.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn inbox_parcel(
        &self,
        receiver: OfficeNo,
        id: ParcelId,
    ) -> Result<Option<ParcelWithReceipts>, StoreError>;

    /// Opens the contents of a parcel to its receiver and marks it fetched: from now on it cannot be
    /// withdrawn. None if there is nothing (any more).
    ///
    /// # Errors
    /// When the store cannot write the mark.
    async fn fetch(&self, receiver: OfficeNo, id: ParcelId, by: By) -> Result<Option<Fetched>, StoreError>;

    /// A piece of a parcel's contents; none if they were let go.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn contents(
        &self,
        receiver: OfficeNo,
        seq: u64,
        range: Range<u64>,
    ) -> Result<Option<Bytes>, StoreError>;

    /// Takes a parcel back, unless it was fetched. A number that the sender has not handed in (yet) is remembered, so
    /// that the parcel is refused if it still comes: what is on its way is taken back as well.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn withdraw(&self, sender: OfficeNo, id: ParcelId, by: By) -> Result<Withdrawal, StoreError>;

    /// Keeps a receipt of `receiver` whose signature has been verified, and moves the parcel on.
    /// Contents are kept for `acknowledged` after the first one.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn keep_receipt(
        &self,
        receiver: OfficeNo,
        receipt: SignedReceipt,
        acknowledged: SignedDuration,
        by: By,
    ) -> Result<ReceiptOutcome, StoreError>;

    /// Parcels that wait for an office, in the order of their arrival.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn inbox(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError>;

    /// Parcels for an office that it has acknowledged and whose contents are still there, in the order of their arrival.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn kept(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError>;

    /// Parcels that an office sent, in the order of their last change.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn sent(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError>;

    /// What changed in a mailbox after a number, at most `limit` changes.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn events(&self, office: OfficeNo, after: u64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// The last number taken in a mailbox.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn last_seq(&self, office: OfficeNo) -> Result<u64, StoreError>;

    /// What there is of an office.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn holdings(&self, office: OfficeNo) -> Result<Holdings, StoreError>;

    /// Acknowledged parcels whose first receipt is not younger than a time and whose contents are still held.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn purgeable(&self, before: Timestamp) -> Result<Usage, StoreError>;

    /// Lets the contents of such parcels go before their time, at most `limit`, and writes it into the operator's audit
    /// chain. What waits stays. Call until it did nothing.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn purge(&self, before: Timestamp, limit: u32, by: By) -> Result<Usage, StoreError>;

    /// Notes the time, unless it is a leap. To be asked before tending.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn note_time(&self, at: Timestamp) -> Result<Result<(), Leap>, StoreError>;

    /// The last time noted.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn seen_time(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Notes a time that the operator has found to be right, leap or not.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn confirm_time(&self, by: By) -> Result<(), StoreError>;

    /// Tells of expiry `warning` ahead, expires, lets contents go, and forgets failed log-ins of more than a day
    /// ago: at most `limit` parcels for each, so that sends are not held up. Nothing expires earlier than `warning`
    /// after both sides were told of it, however long nobody has tended. When the disk is nearly full, acknowledged
    /// contents go early, the oldest first; never what waits. Call until it
    /// [did nothing](Tended::is_nothing). May be repeated and interrupted freely.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn tend(&self, warning: SignedDuration, limit: u32, by: By) -> Result<Tended, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_what_keeps_the_limits_of_both_sides() {
        let [from, to] = ["1370000019", "1370000027"].map(|no| no.parse().unwrap());
        let at = Timestamp::UNIX_EPOCH;
        let offer = Offer {
            id: ParcelId::new(at, [1; 10]),
            from,
            to,
            size: 10,
            digest: Sha256Digest([0; 32]),
            key_epoch: 1,
            expires_at: at,
            mailbox_bytes: 100,
            outstanding: Usage { parcels: 3, bytes: 50 },
        };
        let of = |parcels, bytes| Usage { parcels, bytes };
        for (waiting, outstanding, expected) in [
            (of(0, 0), of(0, 0), Room::Enough),
            (of(9, 90), of(2, 40), Room::Enough),
            (of(9, 91), of(2, 40), Room::MailboxFull),
            (of(9, 90), of(3, 40), Room::TooMuchOutstanding),
            (of(9, 90), of(2, 41), Room::TooMuchOutstanding),
            // Its own limit is told first: nobody learns of the receiver what it could not use.
            (of(9, 91), of(3, 41), Room::TooMuchOutstanding),
            (of(9, u64::MAX), of(0, 0), Room::MailboxFull),
        ] {
            assert_eq!(offer.room(waiting, outstanding), expected, "{waiting:?} {outstanding:?}");
        }
    }
}
