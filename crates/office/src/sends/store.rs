//! The tables of sends. How a send changes its state: read, asked of the table, written, all in the transaction of the
//! caller. Nothing else writes `send.state`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::send::{Counts, Letter, Send, SendId};
use super::state::{Event, SendState};
use crate::base::columns::{parse, parse_option, time};
use crate::base::error::OfficeError;
use crate::base::record::Actor;
use crate::files::Review;

const COLUMNS: &str =
    "id, office, in_batch, state, revision, receiver, receiver_name, letter, review, by_staff,
    updated_at, parcel, run, queued_at, attempts, next_try_at, reason, sent_at, changed_at, expires_soon,
    receipts, key_epoch, digest, staged_revision";

/// A row, with what is sealed still sealed.
pub(super) struct RawSend {
    pub(super) send: Send,
    pub(super) letter: Vec<u8>,
    pub(super) review: Vec<u8>,
}

impl RawSend {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get(3)?;
        let receipts: String = row.get(20)?;
        let (epoch, digest): (Option<u32>, Option<Sha256Digest>) = (row.get(21)?, parse_option(row, 22)?);
        Ok(Self {
            send: Send {
                id: SendId(row.get(0)?),
                office: parse(row, 1)?,
                in_batch: row.get(2)?,
                state: SendState::parse(&state).unwrap_or(SendState::Failed),
                revision: row.get(4)?,
                receiver: parse_option(row, 5)?,
                receiver_name: row.get(6)?,
                letter: Letter::default(),
                review: Review::default(),
                by: Actor::parse(&row.get::<_, String>(9)?),
                staged_revision: row.get(23)?,
                updated_at: time(row, 10)?.unwrap_or_default(),
                parcel: parse_option(row, 11)?,
                run: row.get(12)?,
                queued_at: time(row, 13)?,
                attempts: row.get(14)?,
                next_try_at: time(row, 15)?,
                reason: row.get(16)?,
                sent_at: time(row, 17)?,
                changed_at: time(row, 18)?,
                expires_soon: row.get(19)?,
                receipts: serde_json::from_str(&receipts).unwrap_or_default(),
                sealed: epoch.zip(digest),
            },
            letter: row.get(7)?,
            review: row.get(8)?,
        })
    }
}

/// A send of an office.
pub(super) fn one(db: &Connection, office: OfficeNo, id: SendId) -> rusqlite::Result<RawSend> {
    let sql = format!("SELECT {COLUMNS} FROM send WHERE id = ?1 AND office = ?2");
    db.query_row(&sql, params![id.0, office.as_str()], RawSend::read)
}

/// The sends of which a condition is true.
pub(super) fn all(
    db: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<RawSend>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM send WHERE {condition}"))?;
    statement.query_map(values, RawSend::read)?.collect()
}

/// Numbers for the menu.
pub(super) fn counts(db: &Connection, office: OfficeNo) -> rusqlite::Result<Counts> {
    let mut counts = Counts {
        unread: db.query_row(
            "SELECT count(*) FROM arrival WHERE office = ?1 AND state = 'unread'",
            [office.as_str()],
            |row| row.get(0),
        )?,
        ..Counts::default()
    };
    let mut statement = db.prepare_cached(
        "SELECT state, in_batch, count(*) FROM send
             WHERE office = ?1
                 AND state IN ('draft', 'queued', 'sending', 'interrupted', 'withdrawing', 'failed')
             GROUP BY state, in_batch",
    )?;
    let mut rows = statement.query([office.as_str()])?;
    while let Some(row) = rows.next()? {
        let (state, in_batch, count): (String, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match state.as_str() {
            "failed" => counts.failed += count,
            "draft" => {}
            _ => counts.on_the_way += count,
        }
        match (in_batch, state.as_str()) {
            (true, _) => counts.batch += count,
            (false, "draft" | "failed") => counts.drafts += count,
            _ => {}
        }
    }
    Ok(counts)
}

/// Number, sealed name and sealed contents.
pub(super) type SealedFile = (i64, Vec<u8>, Vec<u8>);

pub(super) fn sealed_files(db: &Connection, id: SendId) -> rusqlite::Result<Vec<SealedFile>> {
    let sql = "SELECT id, name, contents FROM send_file WHERE send = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// When the relay had a parcel of an office.
pub(super) fn handed_in_at(
    db: &Connection,
    office: OfficeNo,
    parcel: ParcelId,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT sent_at FROM send WHERE office = ?1 AND parcel = ?2";
    let at = db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| time(row, 0)).optional()?;
    Ok(at.flatten())
}

/// When a send last changed, by what the relay said or else here.
const CHANGED_AT: &str = "coalesce(changed_at, updated_at)";

/// Lets an event happen to a send. `None` when it does not concern a send in this state: somebody was faster.
pub(super) fn apply(
    db: &Transaction<'_>,
    id: SendId,
    event: Event,
) -> Result<Option<SendState>, OfficeError> {
    let name: String = db.query_row("SELECT state FROM send WHERE id = ?1", [id.0], |row| row.get(0))?;
    let state = SendState::parse(&name).ok_or(OfficeError::Damaged)?;
    let Some(next) = state.on(event) else { return Ok(None) };
    let sql = "UPDATE send SET state = ?3 WHERE id = ?1 AND state = ?2";
    let changed = db.execute(sql, params![id.0, state.as_str(), next.as_str()])?;
    if changed != 1 {
        return Ok(None);
    }
    match (event, next) {
        (_, SendState::Draft) => forget_parcel(db, id)?,
        _ if next.is_handed_in() && next != SendState::Sent => drop_files(db, id)?,
        (Event::TryBegins, _) => {
            db.execute("UPDATE send SET attempts = attempts + 1 WHERE id = ?1", [id.0])?;
        }
        (Event::RelayForgot, SendState::Interrupted) => {
            db.execute("UPDATE send SET next_try_at = NULL, attempts = 1 WHERE id = ?1", [id.0])?;
        }
        (Event::TryLost | Event::TakenBack { .. }, _) => {
            db.execute("UPDATE send SET next_try_at = NULL, reason = '' WHERE id = ?1", [id.0])?;
        }
        _ => {}
    }
    Ok(Some(next))
}

/// Lets an event happen to all sends of an office that are in a state and changed last after a time.
pub(super) fn apply_to_all(
    db: &Transaction<'_>,
    office: OfficeNo,
    state: SendState,
    after: Timestamp,
    event: Event,
) -> Result<(), OfficeError> {
    let ids: Vec<i64> = {
        let mut statement = db.prepare_cached(&format!(
            "SELECT id FROM send WHERE office = ?1 AND state = ?2 AND {CHANGED_AT} > ?3"
        ))?;
        let values = params![office.as_str(), state.as_str(), after.as_millisecond()];
        let rows = statement.query_map(values, |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for id in ids {
        apply(db, SendId(id), event)?;
    }
    Ok(())
}

/// The send that has a parcel of this number.
pub(super) fn of_parcel(
    db: &Connection,
    office: OfficeNo,
    parcel: ParcelId,
) -> rusqlite::Result<Option<SendId>> {
    let sql = "SELECT id FROM send WHERE office = ?1 AND parcel = ?2";
    db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| row.get(0).map(SendId)).optional()
}

/// A draft has no number and no history at the relay.
fn forget_parcel(db: &Transaction<'_>, id: SendId) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE send SET parcel = NULL, run = NULL, queued_at = NULL, attempts = 0, next_try_at = NULL,
             key_epoch = NULL, digest = NULL, sent_at = NULL, changed_at = NULL, expires_soon = 0,
             receipts = '[]', revision = revision + 1
         WHERE id = ?1",
        [id.0],
    )?;
    db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
    Ok(())
}

/// The draft's copies of the files go only now: until the receiver had them, they might have been needed to seal anew.
fn drop_files(db: &Transaction<'_>, id: SendId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM send_file WHERE send = ?1", [id.0])?;
    Ok(())
}
