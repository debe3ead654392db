//! Registered certificates.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tasuki_protocol::account::Certificate;
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::writer::Tx;
use super::{audit, key_log, row};
use crate::store::{By, CertificateRow, NewCertificate};

/// Registers a certificate of an office that has an account.
pub(super) fn add(tx: &Tx<'_>, new: &NewCertificate, by: &By) -> rusqlite::Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO certificate (fingerprint, office, pem, node, issued_at, not_after)
             SELECT ?1, no, ?3, ?4, ?5, ?6 FROM office WHERE no = ?2 AND registered",
        )?
        .execute(params![
            new.fingerprint.0,
            new.office.as_str(),
            new.pem,
            new.node,
            row::millis(by.at),
            row::millis(new.not_after),
        ])?;
    if added > 0 {
        audit::append(tx, new.office.as_str(), "certificate.add", &new.fingerprint.to_string(), by)?;
        key_log::append_certificate(tx, new.office, new.fingerprint, new.parent, by)?;
    }
    Ok(added > 0)
}

pub(super) fn of_office(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<Certificate>> {
    db.prepare_cached(
        "SELECT fingerprint, node, issued_at, not_after, revoked_at FROM certificate
         WHERE office = ?1 ORDER BY issued_at, fingerprint",
    )?
    .query_map([office.as_str()], |row| {
        Ok(Certificate {
            fingerprint: row::digest(row, 0)?.to_string(),
            node: row.get(1)?,
            issued_at: row::time(row, 2)?,
            not_after: row::time(row, 3)?,
            revoked_at: row::optional_time(row, 4)?,
        })
    })?
    .collect()
}

/// What requests over a certificate are judged by.
pub(super) fn find(db: &Connection, fingerprint: Sha256Digest) -> rusqlite::Result<Option<CertificateRow>> {
    db.prepare_cached(
        "SELECT office, revoked_at IS NOT NULL, suspended, node FROM certificate
         JOIN office ON office.no = certificate.office WHERE fingerprint = ?1",
    )?
    .query_row([fingerprint.0], |row| {
        Ok(CertificateRow {
            office: row::word(row, 0)?,
            revoked: row.get(1)?,
            suspended: row.get(2)?,
            node: row.get(3)?,
        })
    })
    .optional()
}

pub(super) fn revoke(
    tx: &Tx<'_>,
    office: OfficeNo,
    fingerprint: Sha256Digest,
    by: &By,
) -> rusqlite::Result<bool> {
    if find(tx, fingerprint)?.is_none_or(|certificate| certificate.office != office) {
        return Ok(false);
    }
    let revoked = tx
        .prepare_cached(
            "UPDATE certificate SET revoked_at = ?2 WHERE fingerprint = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![fingerprint.0, row::millis(by.at)])?;
    if revoked > 0 {
        tx.prepare_cached("DELETE FROM session WHERE fingerprint = ?1")?.execute([fingerprint.0])?;
        audit::append(tx, office.as_str(), "certificate.revoke", &fingerprint.to_string(), by)?;
    }
    Ok(true)
}

pub(super) fn revoked(db: &Connection) -> rusqlite::Result<Vec<(String, Timestamp)>> {
    db.prepare_cached(
        "SELECT pem, revoked_at FROM certificate WHERE revoked_at IS NOT NULL ORDER BY revoked_at, fingerprint",
    )?
    .query_map([], |row| Ok((row.get(0)?, row::time(row, 1)?)))?
    .collect()
}
