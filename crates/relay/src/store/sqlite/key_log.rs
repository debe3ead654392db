//! The key log: every key statement and certificate, each entry chained to the one before.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use tasuki_identity::key_log::hash_after;
use tasuki_protocol::mailbox::Cursor;
use tasuki_terms::{LogEntry, LogHead, Logged, OfficeNo, Sha256Digest};

use super::row;
use super::writer::Tx;
use crate::store::{By, KeyLog, NewKey};

/// Appends a key statement.
pub(super) fn append_key(tx: &Tx<'_>, new: &NewKey, by: &By) -> rusqlite::Result<()> {
    let statement_digest = Sha256Digest(Sha256::digest(&new.statement).into());
    let logged = Logged::Key { epoch: new.epoch, statement: new.statement.clone(), statement_digest };
    let entry = append(tx, new.office, logged, by)?;
    tx.prepare_cached("UPDATE key_log SET said = ?2 WHERE seq = ?1")?
        .execute(params![entry.seq, new.said.0])?;
    Ok(())
}

/// Appends a certificate that was issued or registered; `parent` has asked for it.
pub(super) fn append_certificate(
    tx: &Tx<'_>,
    office: OfficeNo,
    fingerprint: Sha256Digest,
    parent: Option<Sha256Digest>,
    by: &By,
) -> rusqlite::Result<()> {
    append(tx, office, Logged::Certificate { fingerprint, parent }, by).map(drop)
}

/// Digest of what the statement of an office and epoch says; none when it was logged before this was kept.
pub(super) fn said(db: &Connection, office: OfficeNo, epoch: u32) -> rusqlite::Result<Option<Sha256Digest>> {
    db.prepare_cached("SELECT said FROM key_log WHERE office = ?1 AND epoch = ?2")?
        .query_row(params![office.as_str(), epoch], |row| row.get::<_, Option<[u8; 32]>>(0))
        .map(|said| said.map(Sha256Digest))
}

fn append(tx: &Tx<'_>, office: OfficeNo, logged: Logged, by: &By) -> rusqlite::Result<LogEntry> {
    let before = head(tx)?;
    let (seq, at) = (before.seq + 1, row::as_kept(by.at));
    let mut entry = LogEntry { seq, office, logged, at, hash: before.hash };
    entry.hash = hash_after(before.hash, &entry);
    let (epoch, statement, fingerprint, parent) = match &entry.logged {
        Logged::Key { epoch, statement, .. } => (Some(*epoch), Some(statement), None, None),
        Logged::Certificate { fingerprint, parent } => (None, None, Some(*fingerprint), *parent),
    };
    tx.prepare_cached(
        "INSERT INTO key_log (seq, office, epoch, statement, fingerprint, parent, at, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        seq,
        office.as_str(),
        epoch,
        statement,
        fingerprint.map(|fingerprint| fingerprint.0),
        parent.map(|parent| parent.0),
        row::millis(at),
        entry.hash.0,
    ])?;
    Ok(entry)
}

fn head(db: &Connection) -> rusqlite::Result<LogHead> {
    let last = db
        .prepare_cached("SELECT seq, hash FROM key_log ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(LogHead { seq: row.get(0)?, hash: row::digest(row, 1)? }))
        .optional()?;
    Ok(last.unwrap_or(LogHead::EMPTY))
}

/// The entries after a place, and the head that they lead to.
pub(super) fn page(db: &Connection, cursor: Cursor) -> rusqlite::Result<KeyLog> {
    let mut entries = db
        .prepare_cached(
            "SELECT seq, office, epoch, statement, fingerprint, parent, at, hash FROM key_log
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?
        .query_map(params![cursor.after, cursor.limit + 1], entry)?
        .collect::<Result<Vec<_>, _>>()?;
    let limit = usize::try_from(cursor.limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let head = match entries.last() {
        Some(last) => last.head(),
        None => head(db)?,
    };
    Ok(KeyLog { entries, head, more })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let logged = match row.get::<_, Option<u32>>(2)? {
        Some(epoch) => {
            let statement: String = row.get(3)?;
            let statement_digest = Sha256Digest(Sha256::digest(&statement).into());
            Logged::Key { epoch, statement, statement_digest }
        }
        None => Logged::Certificate {
            fingerprint: row::digest(row, 4)?,
            parent: row.get::<_, Option<[u8; 32]>>(5)?.map(Sha256Digest),
        },
    };
    let (office, at) = (row::word(row, 1)?, row::time(row, 6)?);
    Ok(LogEntry { seq: row.get(0)?, office, logged, at, hash: row::digest(row, 7)? })
}
