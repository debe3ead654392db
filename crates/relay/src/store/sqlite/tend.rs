//! Expiry and retention.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use tasuki_protocol::parcel::ParcelState;
use tasuki_terms::{OfficeNo, ParcelId};

use super::parcels::{Kept, advance, in_inbox, next_seq, release};
use super::writer::Tx;
use super::{audit, row};
use crate::store::{By, Leap, OPERATOR_CHAIN, Tended};

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
    let soon = by.at.saturating_add(warning).unwrap_or(by.at);
    for kept in due(tx, TO_WARN, soon, limit)? {
        warn(tx, &kept, soon)?;
        tended.warned += 1;
    }
    forget_attempts(tx, by.at)?;
    Ok(tended)
}

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
    let found: Vec<(OfficeNo, ParcelId)> = tx
        .prepare_cached(sql)?
        .query_map(params![row::millis(at), limit], |row| Ok((row::word(row, 0)?, row::parcel_id(row, 1)?)))?
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
