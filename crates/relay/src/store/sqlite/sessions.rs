//! Sessions, and who stands behind a request.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_protocol::account::Session;
use tasuki_protocol::limits::SESSIONS;
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};

use super::accounts::{attempt, forget_failures};
use super::writer::Tx;
use super::{audit, certificates, row};
use crate::store::{By, CallerRow, Locked, NewSession};

pub(super) fn begin(tx: &Tx<'_>, new: &NewSession, by: &By) -> rusqlite::Result<Result<(), Locked>> {
    if let Err(locked) = attempt(tx, new.office, new.kj_id, by.at)?.may_try(by.at) {
        return Ok(Err(locked));
    }
    tx.prepare_cached("DELETE FROM session WHERE kj_id = ?1 AND expires_at <= ?2")?
        .execute(params![new.kj_id.as_str(), row::millis(by.at)])?;
    tx.prepare_cached("INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(params![
        new.id,
        new.kj_id.as_str(),
        new.fingerprint.0,
        new.access.0,
        row::millis(new.access_expires_at),
        new.refresh.0,
        row::millis(by.at),
        row::millis(new.expires_at),
    ])?;
    // The new one stays even when others began in the same instant.
    tx.prepare_cached(
        "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE kj_id = ?1
             ORDER BY id = ?2 DESC, began_at DESC, id DESC LIMIT -1 OFFSET ?3)",
    )?
    .execute(params![new.kj_id.as_str(), new.id, SESSIONS])?;
    forget_failures(tx, new.office, new.kj_id)?;
    audit::append(tx, new.office.as_str(), "session.begin", new.kj_id.as_str(), by).map(Ok)
}

pub(super) fn caller(
    db: &Connection,
    fingerprint: Sha256Digest,
    access: Option<Sha256Digest>,
    at: Timestamp,
) -> rusqlite::Result<Option<CallerRow>> {
    let Some(certificate) = certificates::find(db, fingerprint)? else { return Ok(None) };
    let session = access.map(|access| live(db, fingerprint, access, at)).transpose()?.flatten();
    let (session, must_change) = match session {
        Some((kj_id, id, must_change)) => (Some((kj_id, id)), must_change),
        None => (None, false),
    };
    Ok(Some(CallerRow { certificate, session, must_change }))
}

/// The account, name and duty of the session with an access token of this certificate.
fn live(
    db: &Connection,
    fingerprint: Sha256Digest,
    access: Sha256Digest,
    at: Timestamp,
) -> rusqlite::Result<Option<(KjId, String, bool)>> {
    db.prepare_cached(
        "SELECT kj_id, id, must_change FROM session JOIN account USING (kj_id)
         WHERE access = ?1 AND fingerprint = ?2 AND access_expires_at > ?3 AND expires_at > ?3",
    )?
    .query_row(params![access.0, fingerprint.0, row::millis(at)], |row| {
        Ok((row::word(row, 0)?, row.get(1)?, row.get(2)?))
    })
    .optional()
}

pub(super) fn refresh(
    tx: &Tx<'_>,
    fingerprint: Sha256Digest,
    refresh: Sha256Digest,
    access: Sha256Digest,
    access_expires_at: Timestamp,
    at: Timestamp,
) -> rusqlite::Result<Option<(Session, bool)>> {
    tx.prepare_cached(
        "UPDATE session SET access = ?3, access_expires_at = min(?4, expires_at)
         WHERE refresh = ?1 AND fingerprint = ?2 AND expires_at > ?5
         RETURNING id, fingerprint, began_at, expires_at,
             (SELECT must_change FROM account WHERE account.kj_id = session.kj_id)",
    )?
    .query_row(
        params![refresh.0, fingerprint.0, access.0, row::millis(access_expires_at), row::millis(at)],
        |row| Ok((Session { current: true, ..session(row)? }, row.get(4)?)),
    )
    .optional()
}

pub(super) fn of_account(db: &Connection, kj_id: KjId, at: Timestamp) -> rusqlite::Result<Vec<Session>> {
    db.prepare_cached(
        "SELECT id, fingerprint, began_at, expires_at FROM session
         WHERE kj_id = ?1 AND expires_at > ?2 ORDER BY began_at, id",
    )?
    .query_map(params![kj_id.as_str(), row::millis(at)], session)?
    .collect()
}

/// A session in the first columns of a row; whether it is the one that asks is for the asker to know.
fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        fingerprint: row::digest(row, 1)?.to_string(),
        began_at: row::time(row, 2)?,
        expires_at: row::time(row, 3)?,
        current: false,
    })
}

pub(super) fn end(tx: &Tx<'_>, kj_id: KjId, id: &str, by: &By) -> rusqlite::Result<bool> {
    let office: Option<OfficeNo> = tx
        .prepare_cached(
            "DELETE FROM session WHERE kj_id = ?1 AND id = ?2
             RETURNING (SELECT office FROM account WHERE account.kj_id = session.kj_id)",
        )?
        .query_row([kj_id.as_str(), id], |row| row::word(row, 0))
        .optional()?;
    if let Some(office) = office {
        audit::append(tx, office.as_str(), "session.end", kj_id.as_str(), by)?;
    }
    Ok(office.is_some())
}

/// Ends the sessions of an account but one.
pub(super) fn end_all_but(tx: &Tx<'_>, kj_id: KjId, keep: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM session WHERE kj_id = ?1 AND id <> ?2")?
        .execute([kj_id.as_str(), keep])?;
    Ok(())
}
