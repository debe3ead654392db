//! The tables of arrivals, and of what could not be fetched yet.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth};

use super::arrival::{Arrival, ArrivalFilter, ArrivalId, ArrivedContents, HeldUp};
use super::state::ArrivalState;
use crate::base::Tx;
use crate::base::columns::{listed, parse, time};
use crate::base::error::OfficeError;

const COLUMNS: &str =
    "id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at, received_at,
    record ->> 'digest', import = 'owed'";

/// An arrival, with what is inside still sealed.
pub(super) type RawArrival = (Arrival, Vec<u8>);

fn read(row: &Row<'_>) -> rusqlite::Result<RawArrival> {
    let (state, months): (String, String) = (row.get(5)?, row.get(7)?);
    let arrival = Arrival {
        id: ArrivalId(row.get(0)?),
        office: parse(row, 1)?,
        parcel: parse(row, 2)?,
        sender: parse(row, 3)?,
        sender_name: row.get(4)?,
        state: ArrivalState::parse(&state).unwrap_or(ArrivalState::Refused),
        inside: ArrivedContents::default(),
        months: months.split(' ').filter_map(|month| month.parse().ok()).collect(),
        size: row.get(8)?,
        accepted_at: time(row, 9)?.unwrap_or_default(),
        received_at: time(row, 10)?.unwrap_or_default(),
        digest: parse(row, 11)?,
        is_import_owed: row.get(12)?,
    };
    Ok((arrival, row.get(6)?))
}

/// The newest arrivals of an office, as they are asked for.
pub(super) fn list(
    db: &Connection,
    office: OfficeNo,
    filter: &ArrivalFilter,
    limit: u32,
) -> rusqlite::Result<Vec<RawArrival>> {
    let (at, id) = filter.before.unwrap_or((i64::MAX, i64::MAX));
    let (state, sender, month) = (
        filter.state.map_or("", ArrivalState::as_str),
        filter.sender.map(|no| no.to_string()).unwrap_or_default(),
        filter.month.map(|month| month.to_string()).unwrap_or_default(),
    );
    let nothing_else = state.is_empty() && sender.is_empty();
    let condition = listed("received_at", "arrival_month", &month, nothing_else);
    let mut sql = format!("SELECT {COLUMNS} FROM arrival WHERE {condition}");
    sql.push_str(if state.is_empty() { " AND ?4 = ''" } else { " AND state = ?4" });
    sql.push_str(if sender.is_empty() { " AND ?5 = ''" } else { " AND sender = ?5" });
    sql.push_str(" ORDER BY received_at DESC, id DESC LIMIT ?7");
    let mut statement = db.prepare_cached(&sql)?;
    let values = params![office.as_str(), at, id, state, sender, month, limit];
    statement.query_map(values, read)?.collect()
}

/// An arrival of an office.
pub(super) fn one(db: &Connection, office: OfficeNo, id: ArrivalId) -> rusqlite::Result<RawArrival> {
    let sql = format!("SELECT {COLUMNS} FROM arrival WHERE id = ?1 AND office = ?2");
    db.query_row(&sql, params![id.0, office.as_str()], read)
}

/// The state of an arrival of an office.
pub(super) fn state(db: &Connection, office: OfficeNo, id: ArrivalId) -> Result<ArrivalState, OfficeError> {
    let sql = "SELECT state FROM arrival WHERE id = ?1 AND office = ?2";
    let state: String = db.query_row(sql, params![id.0, office.as_str()], |row| row.get(0))?;
    ArrivalState::parse(&state).ok_or(OfficeError::Damaged)
}

/// The arrival with a parcel of this number, and its state.
pub(super) fn of_parcel(
    db: &Connection,
    office: OfficeNo,
    parcel: ParcelId,
) -> Result<Option<(ArrivalId, ArrivalState)>, OfficeError> {
    let sql = "SELECT id, state FROM arrival WHERE office = ?1 AND parcel = ?2";
    let read = |row: &Row<'_>| Ok((ArrivalId(row.get(0)?), row.get::<_, String>(1)?));
    let found = db.query_row(sql, [office.as_str(), &parcel.to_string()], read).optional()?;
    let known = |(id, state): (_, String)| Ok((id, ArrivalState::parse(&state).ok_or(OfficeError::Damaged)?));
    found.map(known).transpose()
}

/// Whether a parcel is here.
pub(super) fn has(
    db: &Connection,
    office: OfficeNo,
    sender: OfficeNo,
    parcel: ParcelId,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM arrival WHERE office = ?1 AND sender = ?2 AND parcel = ?3)";
    db.query_row(sql, [office.as_str(), sender.as_str(), &parcel.to_string()], |row| row.get(0))
}

pub(super) fn set_state(tx: &Tx<'_>, id: ArrivalId, state: ArrivalState) -> rusqlite::Result<()> {
    tx.execute("UPDATE arrival SET state = ?2 WHERE id = ?1", params![id.0, state.as_str()]).map(drop)
}

/// What is to be kept of a parcel that came.
pub(super) struct NewArrival<'a> {
    pub(super) office: OfficeNo,
    pub(super) parcel: &'a Parcel,
    pub(super) sender_name: &'a str,
    pub(super) state: ArrivalState,
    /// What is inside, sealed.
    pub(super) sealed: &'a [u8],
    pub(super) months: &'a [ServiceMonth],
    /// Its files are to be put into the import folder by themselves.
    pub(super) is_to_import: bool,
    /// The receipt of this office that the relay has already.
    pub(super) acknowledged: &'a str,
    pub(super) refusal: Option<RefusalReason>,
}

/// Keeps what came; `false` when it was here already.
pub(super) fn insert(tx: &Tx<'_>, new: &NewArrival<'_>) -> Result<bool, OfficeError> {
    let months: Vec<_> = new.months.iter().map(ToString::to_string).collect();
    let inserted = tx.execute(
        "INSERT OR IGNORE INTO arrival (office, parcel, sender, sender_name, state, contents, months,
             size, accepted_at, received_at, record, import, acknowledged, refusal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            new.office.as_str(),
            new.parcel.id.to_string(),
            new.parcel.from.as_str(),
            new.sender_name,
            new.state.as_str(),
            new.sealed,
            months.join(" "),
            new.parcel.size,
            new.parcel.accepted_at.as_millisecond(),
            tx.now_ms(),
            serde_json::to_string(new.parcel)?,
            if new.is_to_import { "owed" } else { "" },
            new.acknowledged,
            new.refusal.map(RefusalReason::as_str)
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    let id = tx.last_insert_rowid();
    for month in &months {
        let sql = "INSERT OR IGNORE INTO arrival_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
        tx.execute(sql, params![new.office.as_str(), month, tx.now_ms(), id])?;
    }
    Ok(true)
}

/// A row of which a receipt may be owed: its number, the relay's record, its state, what the relay has, why it was refused.
pub(super) type OwedRow = (i64, String, String, String, Option<String>);

pub(super) fn owed(db: &Connection, office: OfficeNo, limit: u32) -> rusqlite::Result<Vec<OwedRow>> {
    // The condition is that of the index arrival_owed.
    let mut statement = db.prepare_cached(
        "SELECT id, record, state, acknowledged, refusal FROM arrival WHERE office = ?1
         AND ((state = 'unread' AND acknowledged = '')
           OR (state = 'read' AND acknowledged IN ('', 'received'))
           OR (state = 'imported' AND acknowledged <> 'imported')
           OR (state = 'refused' AND acknowledged <> 'refused'))
         ORDER BY id LIMIT ?2",
    )?;
    let values = params![office.as_str(), limit];
    let rows = statement
        .query_map(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    rows.collect()
}

/// The relay has a receipt.
pub(super) fn set_acknowledged(tx: &Tx<'_>, id: ArrivalId, kind: ReceiptKind) -> rusqlite::Result<()> {
    tx.execute("UPDATE arrival SET acknowledged = ?2 WHERE id = ?1", params![id.0, kind.as_str()]).map(drop)
}

/// The relay has lost its receipts of a parcel; `false` when the parcel is not here.
pub(super) fn owe_again(
    tx: &Tx<'_>,
    office: OfficeNo,
    sender: OfficeNo,
    parcel: ParcelId,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE arrival SET acknowledged = '' WHERE office = ?1 AND sender = ?2 AND parcel = ?3";
    Ok(tx.execute(sql, [office.as_str(), sender.as_str(), &parcel.to_string()])? > 0)
}

/// What is still to be put into the import folder, the oldest first.
pub(super) fn imports_owed(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<ArrivalId>> {
    let sql = "SELECT id FROM arrival WHERE office = ?1 AND import = 'owed' ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([office.as_str()], |row| row.get(0).map(ArrivalId))?.collect()
}

pub(super) fn set_imported(tx: &Tx<'_>, id: ArrivalId) -> rusqlite::Result<()> {
    tx.execute("UPDATE arrival SET import = '' WHERE id = ?1", [id.0]).map(drop)
}

/// A parcel that could not be fetched, with the tries so far and the time of the next.
pub(super) fn put_delayed(
    tx: &Tx<'_>,
    office: OfficeNo,
    parcel: &Parcel,
    attempts: u32,
    next_try_at: Timestamp,
) -> Result<(), OfficeError> {
    let sql = "INSERT OR REPLACE INTO delayed (office, sender, parcel, record, attempts, next_try_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, record) = (parcel.id.to_string(), serde_json::to_string(parcel)?);
    let at = next_try_at.as_millisecond();
    tx.execute(sql, params![office.as_str(), parcel.from.as_str(), id, record, attempts, at])?;
    Ok(())
}

pub(super) fn forget_delayed(tx: &Tx<'_>, office: OfficeNo, parcel: &Parcel) -> rusqlite::Result<()> {
    let sql = "DELETE FROM delayed WHERE office = ?1 AND sender = ?2 AND parcel = ?3";
    tx.execute(sql, [office.as_str(), parcel.from.as_str(), &parcel.id.to_string()]).map(drop)
}

/// The relay's records of parcels whose time has come, with the tries so far.
pub(super) fn due_delayed(
    db: &Connection,
    office: OfficeNo,
    now: Timestamp,
) -> rusqlite::Result<Vec<(String, u32)>> {
    let sql = "SELECT record, attempts FROM delayed WHERE office = ?1 AND next_try_at <= ?2
               ORDER BY next_try_at";
    let mut statement = db.prepare_cached(sql)?;
    let values = params![office.as_str(), now.as_millisecond()];
    statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// What is held up.
pub(super) fn held_up(db: &Connection, office: OfficeNo) -> rusqlite::Result<HeldUp> {
    let count = |sql| db.query_row(sql, [office.as_str()], |row| row.get(0));
    Ok(HeldUp {
        delayed: count("SELECT count(*) FROM delayed WHERE office = ?1")?,
        to_import: count("SELECT count(*) FROM arrival WHERE office = ?1 AND import = 'owed'")?,
    })
}
