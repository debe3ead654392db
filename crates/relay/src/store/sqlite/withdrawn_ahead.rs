//! Numbers that were taken back before their parcels came.
//!
//! A sender whose line was cut cannot know whether its parcel is still on its way, held back by a proxy or by another
//! node of the office. Only when this store has promised never to take the number may the sender say 取消済.

use jiff::SignedDuration;
use rusqlite::{Connection, params};
use tasuki_terms::{OfficeNo, ParcelId};

use super::writer::Tx;
use super::{audit, row};
use crate::store::{By, Withdrawal};

/// Numbers that are remembered for one office: one of them takes 60 bytes, and a person makes each.
const KEPT: u64 = 10_000;

/// How old a number must be to make room for another when there are so many. What is on the line arrives within
/// minutes; only a node restored from a backup can hand in an older one, and no backup in use is older than a year.
const AGE: SignedDuration = SignedDuration::from_hours(400 * 24);

pub(super) fn contains(db: &Connection, sender: OfficeNo, id: ParcelId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM withdrawn_ahead WHERE sender = ?1 AND id = ?2")?
        .exists(params![sender.as_str(), id.as_bytes()])
}

/// Remembers a number that was not handed in.
pub(super) fn add(tx: &Tx<'_>, sender: OfficeNo, id: ParcelId, by: &By) -> rusqlite::Result<Withdrawal> {
    if contains(tx, sender, id)? {
        return Ok(Withdrawal::Withdrawn);
    }
    let kept: u64 = tx
        .prepare_cached("SELECT count(*) FROM withdrawn_ahead WHERE sender = ?1")?
        .query_row([sender.as_str()], |row| row.get(0))?;
    if kept >= KEPT && !forget_oldest(tx, sender, by)? {
        return Ok(Withdrawal::TooMany);
    }
    tx.prepare_cached("INSERT INTO withdrawn_ahead VALUES (?1, ?2, ?3)")?.execute(params![
        sender.as_str(),
        id.as_bytes(),
        row::millis(by.at)
    ])?;
    audit::append(tx, sender.as_str(), "parcel.withdraw", &id.to_string(), by)?;
    Ok(Withdrawal::Withdrawn)
}

/// Whether the oldest number was old enough to be forgotten.
fn forget_oldest(tx: &Tx<'_>, sender: OfficeNo, by: &By) -> rusqlite::Result<bool> {
    let long_ago = by.at.saturating_sub(AGE).unwrap_or(by.at);
    let forgotten = tx
        .prepare_cached(
            "DELETE FROM withdrawn_ahead WHERE (sender, id) IN (SELECT sender, id FROM withdrawn_ahead
             WHERE sender = ?1 AND at <= ?2 ORDER BY at LIMIT 1)",
        )?
        .execute(params![sender.as_str(), row::millis(long_ago)])?;
    Ok(forgotten > 0)
}
