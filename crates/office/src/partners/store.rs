//! The table of other offices: what the directory said last, and the key that is believed.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tasuki_protocol::directory::Office;
use tasuki_terms::OfficeNo;

use super::partner::{Partner, Pinned};
use crate::base::Tx;
use crate::base::columns::{parse, time};
use crate::base::error::OfficeError;

/// What is kept of an office.
pub(crate) fn one(db: &Connection, office: OfficeNo, no: OfficeNo) -> rusqlite::Result<Option<Partner>> {
    let sql = "SELECT details, seen_at, key_changed_at, key_confirmed_at FROM partner
               WHERE office = ?1 AND no = ?2";
    db.query_row(sql, [office.as_str(), no.as_str()], |row| {
        let details: String = row.get(0)?;
        Ok(Partner {
            no,
            found: serde_json::from_str(&details).ok().flatten(),
            seen_at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
            key_changed_at: time(row, 2)?,
            key_confirmed_at: time(row, 3)?,
        })
    })
    .optional()
}

/// Numbers and names, by name.
pub(super) fn names(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<(OfficeNo, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT no, details ->> 'name' AS name FROM partner
         WHERE office = ?1 AND name IS NOT NULL ORDER BY name, no",
    )?;
    statement.query_map([office.as_str()], |row| Ok((parse(row, 0)?, row.get(1)?)))?.collect()
}

/// What is believed of a partner's key.
pub(super) fn pinned(db: &Connection, office: OfficeNo, no: OfficeNo) -> rusqlite::Result<Pinned> {
    let sql = "SELECT statement, epoch FROM partner WHERE office = ?1 AND no = ?2";
    let known = db.query_row(sql, [office.as_str(), no.as_str()], |row| {
        Ok(Pinned { statement: row.get(0)?, epoch: row.get(1)? })
    });
    Ok(known.optional()?.unwrap_or_default())
}

/// The statement that is believed, and whether the directory names an older one.
pub(super) fn believed(
    db: &Connection,
    office: OfficeNo,
    no: OfficeNo,
) -> rusqlite::Result<Option<(Option<String>, bool)>> {
    let sql = "SELECT statement, coalesce(directory_epoch < epoch, 0) FROM partner
               WHERE office = ?1 AND no = ?2";
    db.query_row(sql, [office.as_str(), no.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// The statement that is believed, and the key that was trusted before.
pub(super) fn statement_and_key_before(
    db: &Connection,
    office: OfficeNo,
    no: OfficeNo,
) -> rusqlite::Result<Option<(Option<String>, Option<String>)>> {
    let sql = "SELECT statement, key_before FROM partner WHERE office = ?1 AND no = ?2";
    db.query_row(sql, [office.as_str(), no.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Keeps what the directory said, without the statement, and what is believed of the key.
pub(super) fn keep(
    tx: &Tx<'_>,
    office: OfficeNo,
    no: OfficeNo,
    found: Option<&Office>,
    (pinned, key_before): (&Pinned, Option<&str>),
) -> Result<(), OfficeError> {
    let named_epoch = found.and_then(|office| office.key.as_ref()).map(|key| key.epoch);
    // The statement has a column of its own.
    let details = found.map(|office| Office { key: None, ..office.clone() });
    tx.execute(
        "INSERT INTO partner (office, no, details, statement, epoch, key_changed_at, seen_at, directory_epoch,
             key_before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (office, no) DO UPDATE SET details = excluded.details,
             statement = excluded.statement, epoch = excluded.epoch, seen_at = excluded.seen_at,
             key_changed_at = coalesce(excluded.key_changed_at, key_changed_at),
             directory_epoch = excluded.directory_epoch,
             key_before = iif(excluded.key_before IS NOT NULL
                 AND coalesce(key_confirmed_at >= key_changed_at, key_changed_at IS NULL),
                 excluded.key_before, key_before)",
        params![
            office.as_str(),
            no.as_str(),
            serde_json::to_string(&details)?,
            pinned.statement,
            pinned.epoch,
            key_before.map(|_| tx.now_ms()),
            tx.now_ms(),
            named_epoch,
            key_before
        ],
    )?;
    Ok(())
}

/// A person has made sure of the changed key.
pub(super) fn confirm_key(tx: &Tx<'_>, office: OfficeNo, no: OfficeNo) -> rusqlite::Result<()> {
    let sql = "UPDATE partner SET key_confirmed_at = key_changed_at WHERE office = ?1 AND no = ?2";
    tx.execute(sql, [office.as_str(), no.as_str()])?;
    Ok(())
}
