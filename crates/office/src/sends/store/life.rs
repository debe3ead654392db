//! How a send changes its state: read, asked of the table of states, written, all in the transaction of the caller. Nothing
//! else writes `send.state`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use tasuki_terms::{OfficeNo, ParcelId};

use crate::base::error::OfficeError;
use crate::sends::send::SendId;
use crate::sends::state::{Event, SendState};

/// When a send last changed, by what the relay said or else here.
const CHANGED_AT: &str = "coalesce(changed_at, updated_at)";

/// Lets an event happen to a send. `None` when it does not concern a send in this state: somebody was faster.
pub(in crate::sends) fn apply(
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
pub(in crate::sends) fn apply_to_all(
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
pub(in crate::sends) fn of_parcel(
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
