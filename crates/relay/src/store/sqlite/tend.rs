//! Expiry and retention.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use tasuki_protocol::parcel::ParcelState;
use tasuki_terms::{OfficeNo, ParcelId};

use super::parcels::{Kept, advance, in_inbox, next_seq, release};
use super::writer::Tx;
use super::{audit, row};
use crate::store::{By, Leap, OPERATOR_CHAIN, Tended, Usage};

/// How long failed attempts are remembered.
const ATTEMPTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn round(tx: &Tx<'_>, warning: SignedDuration, limit: u32, by: &By) -> rusqlite::Result<Tended> {
    let mut tended = Tended::default();
    for kept in due(tx, DUE, by.at, limit)? {
        if kept.parcel.state.is_waiting() {
            advance(tx, &kept, ParcelState::Expired)?;
            let id = kept.parcel.id.to_string();
            audit::append(tx, kept.parcel.to.as_str(), "parcel.expire", &id, by)?;
            tended.expired += 1;
        } else {
            tended.released += 1;
        }
        release(tx, &kept)?;
    }
    let early = relieve(tx, limit, by)?;
    tended.released += early;
    tended.released_early += early;
    let soon = by.at.saturating_add(warning).unwrap_or(by.at);
    for kept in due(tx, TO_WARN, soon, limit)? {
        warn(tx, &kept, soon)?;
        tended.warned += 1;
    }
    forget_attempts(tx, by.at)?;
    Ok(tended)
}

/// Lets acknowledged contents go before their time while the disk is nearly full, the oldest first; how many.
fn relieve(tx: &Tx<'_>, limit: u32, by: &By) -> rusqlite::Result<u64> {
    let mut missing = tx.missing_space()?;
    let mut released = 0;
    if missing == 0 {
        return Ok(released);
    }
    for kept in of_query(tx, RELEASABLE, params![limit])? {
        release(tx, &kept)?;
        audit::append(tx, kept.parcel.to.as_str(), "parcel.release", &kept.parcel.id.to_string(), by)?;
        released += 1;
        missing = missing.saturating_sub(kept.parcel.size);
        if missing == 0 {
            break;
        }
    }
    Ok(released)
}

const RELEASABLE: &str = "SELECT receiver, id FROM parcel
    WHERE contents IS NOT NULL AND state <> 'accepted' ORDER BY expires_at LIMIT ?1";

pub(super) fn purgeable(db: &Connection, before: Timestamp) -> rusqlite::Result<Usage> {
    let sql = format!("SELECT count(*), coalesce(sum(size), 0) FROM parcel WHERE {PURGEABLE}");
    db.prepare_cached(&sql)?
        .query_row([row::millis(before)], |row| Ok(Usage { parcels: row.get(0)?, bytes: row.get(1)? }))
}

pub(super) fn purge(tx: &Tx<'_>, before: Timestamp, limit: u32, by: &By) -> rusqlite::Result<Usage> {
    let sql = format!("SELECT receiver, id FROM parcel WHERE {PURGEABLE} LIMIT ?2");
    let mut purged = Usage::default();
    for kept in of_query(tx, &sql, params![row::millis(before), limit])? {
        release(tx, &kept)?;
        purged.parcels += 1;
        purged.bytes += kept.parcel.size;
    }
    if purged.parcels > 0 {
        let subject = format!("{} parcels acknowledged until {before}", purged.parcels);
        audit::append(tx, OPERATOR_CHAIN, "contents.purge", &subject, by)?;
    }
    Ok(purged)
}

const PURGEABLE: &str = "contents IS NOT NULL AND state <> 'accepted' AND EXISTS (SELECT 1 FROM receipt
    WHERE receipt.receiver = parcel.receiver AND receipt.seq = parcel.seq AND place = 0
        AND receipt.accepted_at <= ?1)";

pub(super) fn seen_time(db: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    db.prepare_cached("SELECT seen_at FROM clock")?.query_row([], |row| row::optional_time(row, 0))
}

pub(super) fn note_time(tx: &Tx<'_>, at: Timestamp) -> rusqlite::Result<Result<(), Leap>> {
    if let Err(leap) = Leap::check(seen_time(tx)?, at) {
        return Ok(Err(leap));
    }
    tx.prepare_cached("UPDATE clock SET seen_at = ?1")?.execute([row::millis(at)])?;
    Ok(Ok(()))
}

pub(super) fn confirm_time(tx: &Tx<'_>, by: &By) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE clock SET seen_at = ?1")?.execute([row::millis(by.at)])?;
    audit::append(tx, OPERATOR_CHAIN, "clock.confirm", &by.at.to_string(), by)
}

/// Guesses of ids that nobody has must not fill the disk: what was tried long ago is forgotten, unless it still locks.
fn forget_attempts(tx: &Tx<'_>, at: Timestamp) -> rusqlite::Result<()> {
    let long_ago = at.saturating_sub(ATTEMPTS_KEPT).unwrap_or(at);
    tx.prepare_cached("DELETE FROM attempt WHERE last_at <= ?1 AND coalesce(locked_until, 0) <= ?2")?
        .execute([row::millis(long_ago), row::millis(at)])?;
    Ok(())
}

const DUE: &str = "SELECT receiver, id FROM parcel
    WHERE contents IS NOT NULL AND expires_at <= ?1 AND (state <> 'accepted' OR expires_soon = 1) ORDER BY expires_at LIMIT ?2";

const TO_WARN: &str = "SELECT receiver, id FROM parcel
    WHERE state = 'accepted' AND expires_soon = 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";

fn due(tx: &Tx<'_>, sql: &str, at: Timestamp, limit: u32) -> rusqlite::Result<Vec<Kept>> {
    of_query(tx, sql, params![row::millis(at), limit])
}

/// The parcels whose receiver and number a query finds.
fn of_query(tx: &Tx<'_>, sql: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<Vec<Kept>> {
    let found: Vec<(OfficeNo, ParcelId)> = tx
        .prepare_cached(sql)?
        .query_map(parameters, |row| Ok((row::word(row, 0)?, row::parcel_id(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    found.into_iter().filter_map(|(receiver, id)| in_inbox(tx, receiver, id).transpose()).collect()
}

/// Tells both sides that a parcel expires soon. If they should have been told long ago, they get the time to act.
fn warn(tx: &Tx<'_>, kept: &Kept, soon: Timestamp) -> rusqlite::Result<()> {
    let (receiver, sender) = (kept.parcel.to, kept.parcel.from);
    let inbox_change = next_seq(tx, receiver)?;
    let sent_change = next_seq(tx, sender)?;
    tx.prepare_cached(
        "UPDATE parcel SET expires_soon = 1, expires_at = max(expires_at, ?5), inbox_change = ?3, sent_change = ?4
         WHERE receiver = ?1 AND seq = ?2",
    )?
    .execute(params![receiver.as_str(), kept.seq, inbox_change, sent_change, row::millis(soon)])?;
    tx.touch(receiver);
    tx.touch(sender);
    Ok(())
}
