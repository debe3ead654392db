//! Accepting, opening and withdrawing parcels.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, OptionalExtension as _, params};
use tasuki_protocol::mailbox::{Cursor, Event, Page};
use tasuki_protocol::parcel::{Parcel, ParcelState, ParcelWithReceipts, Step};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId};

use super::row::{self, parcel_columns};
use super::writer::Tx;
use super::{SqliteStore, audit, lists, receipts, tend, withdrawn_ahead};
use crate::store::{
    Acceptance, By, Contents, Fetched, Holdings, Leap, Offer, Parcels, ReceiptOutcome, Room, StoreError,
    Tended, Usage, Withdrawal,
};

/// A parcel with what only the store knows of it.
pub(super) struct Kept {
    pub(super) parcel: Parcel,
    pub(super) seq: u64,
    pub(super) fetched: bool,
    pub(super) contents: Option<i64>,
}

fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        parcel: row::parcel(row)?,
        seq: row.get(10)?,
        fetched: row.get::<_, Option<i64>>(11)?.is_some(),
        contents: row.get(12)?,
    })
}

pub(super) fn in_sent(db: &Connection, sender: OfficeNo, id: ParcelId) -> rusqlite::Result<Option<Kept>> {
    const SQL: &str = concat!(
        "SELECT ",
        parcel_columns!(),
        ", seq, fetched_at, contents FROM parcel WHERE sender = ?1 AND id = ?2"
    );
    db.prepare_cached(SQL)?.query_row(params![sender.as_str(), id.as_bytes()], kept).optional()
}

pub(super) fn in_inbox(db: &Connection, receiver: OfficeNo, id: ParcelId) -> rusqlite::Result<Option<Kept>> {
    const SQL: &str = concat!(
        "SELECT ",
        parcel_columns!(),
        ", seq, fetched_at, contents FROM parcel WHERE receiver = ?1 AND id = ?2"
    );
    db.prepare_cached(SQL)?.query_row(params![receiver.as_str(), id.as_bytes()], kept).optional()
}

/// Takes the next number of a mailbox.
pub(super) fn next_seq(db: &Connection, office: OfficeNo) -> rusqlite::Result<u64> {
    db.prepare_cached(
        "INSERT INTO mailbox (office, seq) VALUES (?1, 1)
         ON CONFLICT DO UPDATE SET seq = seq + 1 RETURNING seq",
    )?
    .query_row([office.as_str()], |row| row.get(0))
}

/// Moves a parcel to a state, with a new number on both sides.
pub(super) fn advance(tx: &Tx<'_>, kept: &Kept, state: ParcelState) -> rusqlite::Result<Parcel> {
    let parcel = Parcel { state, expires_soon: false, ..kept.parcel.clone() };
    let inbox_change = next_seq(tx, parcel.to)?;
    let sent_change = next_seq(tx, parcel.from)?;
    tx.prepare_cached(
        "UPDATE parcel SET state = ?3, expires_soon = 0, inbox_change = ?4, sent_change = ?5
         WHERE receiver = ?1 AND seq = ?2",
    )?
    .execute(params![parcel.to.as_str(), kept.seq, state.as_str(), inbox_change, sent_change])?;
    if kept.parcel.state.is_waiting() && !state.is_waiting() {
        count_waiting(tx, &parcel, -1)?;
    }
    tx.touch(parcel.to);
    tx.touch(parcel.from);
    Ok(parcel)
}

/// Counts a parcel among those that wait, for its receiver and of its sender: 1, or -1 when it waits no more.
fn count_waiting(db: &Connection, parcel: &Parcel, parcels: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE mailbox SET waiting_parcels = waiting_parcels + ?2, waiting_bytes = waiting_bytes + ?2 * ?3
         WHERE office = ?1",
    )?
    .execute(params![parcel.to.as_str(), parcels, parcel.size])?;
    db.prepare_cached(
        "UPDATE mailbox SET outstanding_parcels = outstanding_parcels + ?2,
             outstanding_bytes = outstanding_bytes + ?2 * ?3 WHERE office = ?1",
    )?
    .execute(params![parcel.from.as_str(), parcels, parcel.size])?;
    Ok(())
}

/// Lets the contents of a parcel go.
pub(super) fn release(db: &Connection, kept: &Kept) -> rusqlite::Result<()> {
    let Some(contents) = kept.contents else { return Ok(()) };
    let receiver = kept.parcel.to;
    db.prepare_cached("DELETE FROM contents WHERE id = ?1")?.execute([contents])?;
    db.prepare_cached("UPDATE parcel SET contents = NULL WHERE receiver = ?1 AND seq = ?2")?
        .execute(params![receiver.as_str(), kept.seq])?;
    db.prepare_cached("UPDATE mailbox SET parcels = parcels - 1, bytes = bytes - ?2 WHERE office = ?1")?
        .execute(params![receiver.as_str(), kept.parcel.size])?;
    Ok(())
}

/// The one place that decides whether an offer is taken: before the upload, and again when storing.
fn judge(db: &Connection, offer: &Offer, at: Timestamp) -> rusqlite::Result<Acceptance> {
    if let Some(known) = in_sent(db, offer.from, offer.id)? {
        let same = known.parcel.digest == offer.digest && known.parcel.to == offer.to;
        return Ok(match known.parcel.state {
            _ if !same => Acceptance::Conflict,
            ParcelState::Withdrawn => Acceptance::Withdrawn,
            _ => Acceptance::Same(known.parcel),
        });
    }
    if withdrawn_ahead::contains(db, offer.from, offer.id)? {
        return Ok(Acceptance::Withdrawn);
    }
    // Only the receiver itself or its partner in this very parcel can know the number: nothing is told.
    if in_inbox(db, offer.to, offer.id)?.is_some() {
        return Ok(Acceptance::Conflict);
    }
    let receiver = db
        .prepare_cached("SELECT suspended, registered, key_epoch FROM office WHERE no = ?1")?
        .query_row([offer.to.as_str()], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?, row.get::<_, Option<u32>>(2)?))
        })
        .optional()?;
    Ok(match receiver {
        None => Acceptance::ReceiverUnknown,
        Some((true, ..)) => Acceptance::ReceiverSuspended,
        Some((_, false, _) | (_, _, None)) => Acceptance::ReceiverNotEnrolled,
        Some((.., Some(epoch))) if epoch != offer.key_epoch => Acceptance::KeyOutdated,
        _ => match offer.room(holdings(db, offer.to)?.waiting, holdings(db, offer.from)?.outstanding) {
            Room::MailboxFull => Acceptance::MailboxFull,
            Room::TooMuchOutstanding => Acceptance::TooMuchOutstanding,
            Room::Enough => Acceptance::New(offered(offer, at)),
        },
    })
}

/// An offer as the parcel that it will be.
fn offered(offer: &Offer, at: Timestamp) -> Parcel {
    Parcel {
        id: offer.id,
        from: offer.from,
        to: offer.to,
        size: offer.size,
        digest: offer.digest,
        key_epoch: offer.key_epoch,
        state: ParcelState::Accepted,
        accepted_at: row::as_kept(at),
        expires_at: row::as_kept(offer.expires_at),
        expires_soon: false,
    }
}

fn accept(tx: &Tx<'_>, offer: &Offer, contents: &Contents, by: &By) -> rusqlite::Result<Acceptance> {
    let judgement = judge(tx, offer, by.at)?;
    let Acceptance::New(parcel) = &judgement else { return Ok(judgement) };
    if !tx.has_space(parcel.size)? {
        return Err(no_space());
    }
    let arrival = next_seq(tx, parcel.to)?;
    let sent_change = next_seq(tx, parcel.from)?;
    let contents_id = store_contents(tx, contents)?;
    tx.prepare_cached(
        "INSERT INTO parcel (receiver, seq, id, sender, size, digest, key_epoch, state, accepted_at,
                             expires_at, contents, inbox_change, sent_change)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?2, ?12)",
    )?
    .execute(params![
        parcel.to.as_str(),
        arrival,
        parcel.id.as_bytes(),
        parcel.from.as_str(),
        parcel.size,
        parcel.digest.0,
        parcel.key_epoch,
        parcel.state.as_str(),
        row::millis(parcel.accepted_at),
        row::millis(parcel.expires_at),
        contents_id,
        sent_change,
    ])?;
    tx.prepare_cached("UPDATE mailbox SET parcels = parcels + 1, bytes = bytes + ?2 WHERE office = ?1")?
        .execute(params![parcel.to.as_str(), parcel.size])?;
    count_waiting(tx, parcel, 1)?;
    tx.prepare_cached("UPDATE total SET parcels = parcels + 1")?.execute([])?;
    audit::append(tx, parcel.from.as_str(), "parcel.accept", &parcel.id.to_string(), by)?;
    tx.touch(parcel.to);
    tx.touch(parcel.from);
    Ok(judgement)
}

/// Stores contents; their number.
fn store_contents(tx: &Tx<'_>, contents: &Contents) -> rusqlite::Result<i64> {
    let mut insert = tx.prepare_cached("INSERT INTO contents (bytes) VALUES (?1)")?;
    match contents {
        Contents::Memory(bytes) => insert.insert([bytes.as_ref()]),
        Contents::File { .. } => {
            let id = insert.insert([ZeroBlob(contents.size())])?;
            let mut blob = tx.blob_open("main", "contents", "bytes", id, false)?;
            contents.copy_to(&mut blob).map_err(unreadable)?;
            Ok(id)
        }
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

fn no_space() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None)
}

fn fetch(tx: &Tx<'_>, receiver: OfficeNo, id: ParcelId, by: &By) -> rusqlite::Result<Option<Fetched>> {
    let Some(kept) = in_inbox(tx, receiver, id)?.filter(|kept| kept.contents.is_some()) else {
        return Ok(None);
    };
    if !kept.fetched {
        tx.prepare_cached("UPDATE parcel SET fetched_at = ?3 WHERE receiver = ?1 AND seq = ?2")?
            .execute(params![receiver.as_str(), kept.seq, row::millis(by.at)])?;
        audit::append(tx, receiver.as_str(), "parcel.fetch", &id.to_string(), by)?;
    }
    Ok(Some(Fetched { parcel: kept.parcel, seq: kept.seq }))
}

/// The contents of a parcel that was fetched before: nothing has to be written.
fn refetch(db: &Connection, receiver: OfficeNo, id: ParcelId) -> rusqlite::Result<Option<Fetched>> {
    let kept = in_inbox(db, receiver, id)?.filter(|kept| kept.fetched && kept.contents.is_some());
    Ok(kept.map(|kept| Fetched { parcel: kept.parcel, seq: kept.seq }))
}

fn withdraw(tx: &Tx<'_>, sender: OfficeNo, id: ParcelId, by: &By) -> rusqlite::Result<Withdrawal> {
    let Some(kept) = in_sent(tx, sender, id)? else {
        // To its receiver a parcel that is gone never was, and looks like any other number.
        let is_receiver = in_inbox(tx, sender, id)?.is_some_and(|kept| !kept.parcel.state.is_gone());
        return if is_receiver { Ok(Withdrawal::NotFound) } else { withdrawn_ahead::add(tx, sender, id, by) };
    };
    match Step::of_withdrawal(kept.parcel.state, kept.fetched) {
        Step::Stays => Ok(Withdrawal::Withdrawn),
        Step::Conflict => Ok(Withdrawal::AlreadyFetched),
        Step::Gone => Ok(Withdrawal::NotFound),
        Step::To(state) => {
            advance(tx, &kept, state)?;
            release(tx, &kept)?;
            audit::append(tx, sender.as_str(), "parcel.withdraw", &id.to_string(), by)?;
            Ok(Withdrawal::Withdrawn)
        }
    }
}

fn contents(
    db: &Connection,
    receiver: OfficeNo,
    seq: u64,
    range: &Range<u64>,
) -> rusqlite::Result<Option<Bytes>> {
    // One view of both: what has taken the number of contents that were let go is never read for them.
    let db = db.unchecked_transaction()?;
    // substr() would read the whole of it first.
    let id: Option<i64> = db
        .prepare_cached("SELECT contents FROM parcel WHERE receiver = ?1 AND seq = ?2")?
        .query_row(params![receiver.as_str(), seq], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(id) = id else { return Ok(None) };
    let blob = db.blob_open("main", "contents", "bytes", id, true)?;
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(blob.len());
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).clamp(start, blob.len());
    let mut bytes = vec![0; end - start];
    blob.read_at_exact(&mut bytes, start)?;
    Ok(Some(bytes.into()))
}

fn holdings(db: &Connection, office: OfficeNo) -> rusqlite::Result<Holdings> {
    let usage = |row: &rusqlite::Row<'_>, first: usize| {
        Ok::<_, rusqlite::Error>(Usage { parcels: row.get(first)?, bytes: row.get(first + 1)? })
    };
    let holdings = db
        .prepare_cached(
            "SELECT parcels, bytes, waiting_parcels, waiting_bytes, outstanding_parcels, outstanding_bytes
             FROM mailbox WHERE office = ?1",
        )?
        .query_row([office.as_str()], |row| {
            Ok(Holdings { held: usage(row, 0)?, waiting: usage(row, 2)?, outstanding: usage(row, 4)? })
        })
        .optional()?;
    Ok(holdings.unwrap_or_default())
}

#[async_trait]
impl Parcels for SqliteStore {
    async fn may_accept(&self, offer: &Offer, at: Timestamp) -> Result<Acceptance, StoreError> {
        let offer = offer.clone();
        self.read(move |db| judge(db, &offer, at)).await
    }

    async fn accept(&self, offer: Offer, contents: Contents, by: By) -> Result<Acceptance, StoreError> {
        let weight = usize::try_from(contents.size()).unwrap_or(usize::MAX);
        self.write(weight, move |tx| accept(tx, &offer, &contents, &by)).await
    }

    async fn sent_parcel(
        &self,
        sender: OfficeNo,
        id: ParcelId,
    ) -> Result<Option<ParcelWithReceipts>, StoreError> {
        self.read(move |db| in_sent(db, sender, id)?.map(|kept| receipts::with(db, kept)).transpose()).await
    }

    async fn inbox_parcel(
        &self,
        receiver: OfficeNo,
        id: ParcelId,
    ) -> Result<Option<ParcelWithReceipts>, StoreError> {
        self.read(move |db| {
            let kept = in_inbox(db, receiver, id)?.filter(|kept| !kept.parcel.state.is_gone());
            kept.map(|kept| receipts::with(db, kept)).transpose()
        })
        .await
    }

    async fn fetch(&self, receiver: OfficeNo, id: ParcelId, by: By) -> Result<Option<Fetched>, StoreError> {
        if let Some(fetched) = self.read(move |db| refetch(db, receiver, id)).await? {
            return Ok(Some(fetched));
        }
        self.write(0, move |tx| fetch(tx, receiver, id, &by)).await
    }

    async fn contents(
        &self,
        receiver: OfficeNo,
        seq: u64,
        range: Range<u64>,
    ) -> Result<Option<Bytes>, StoreError> {
        self.read(move |db| contents(db, receiver, seq, &range)).await
    }

    async fn withdraw(&self, sender: OfficeNo, id: ParcelId, by: By) -> Result<Withdrawal, StoreError> {
        self.write(0, move |tx| withdraw(tx, sender, id, &by)).await
    }

    async fn keep_receipt(
        &self,
        receiver: OfficeNo,
        receipt: SignedReceipt,
        acknowledged: SignedDuration,
        by: By,
    ) -> Result<ReceiptOutcome, StoreError> {
        self.write(0, move |tx| receipts::keep(tx, receiver, &receipt, acknowledged, &by)).await
    }

    async fn inbox(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError> {
        let life = self.life;
        self.read(move |db| lists::inbox(db, life, office, cursor)).await
    }

    async fn kept(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError> {
        let life = self.life;
        self.read(move |db| lists::kept(db, life, office, cursor)).await
    }

    async fn sent(&self, office: OfficeNo, cursor: Cursor) -> Result<Page, StoreError> {
        let life = self.life;
        self.read(move |db| lists::sent(db, life, office, cursor)).await
    }

    async fn events(&self, office: OfficeNo, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read(move |db| lists::events(db, office, after, limit)).await
    }

    async fn last_seq(&self, office: OfficeNo) -> Result<u64, StoreError> {
        self.read(move |db| lists::last_seq(db, office)).await
    }

    async fn holdings(&self, office: OfficeNo) -> Result<Holdings, StoreError> {
        self.read(move |db| holdings(db, office)).await
    }

    async fn purgeable(&self, before: Timestamp) -> Result<Usage, StoreError> {
        self.read(move |db| tend::purgeable(db, before)).await
    }

    async fn purge(&self, before: Timestamp, limit: u32, by: By) -> Result<Usage, StoreError> {
        self.write(0, move |tx| tend::purge(tx, before, limit, &by)).await
    }

    async fn note_time(&self, at: Timestamp) -> Result<Result<(), Leap>, StoreError> {
        self.write(0, move |tx| tend::note_time(tx, at)).await
    }

    async fn seen_time(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(tend::seen_time).await
    }

    async fn confirm_time(&self, by: By) -> Result<(), StoreError> {
        self.write(0, move |tx| tend::confirm_time(tx, &by)).await
    }

    async fn tend(&self, warning: SignedDuration, limit: u32, by: By) -> Result<Tended, StoreError> {
        self.write(0, move |tx| tend::round(tx, warning, limit, &by)).await
    }
}
