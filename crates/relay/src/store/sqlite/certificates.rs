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
    if let Some(parent) = new.parent
        && find(tx, parent)?.is_none_or(|parent| parent.revoked || parent.office != new.office)
    {
        return Ok(false);
    }
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO certificate (fingerprint, office, pem, node, issued_at, not_after, parent)
             SELECT ?1, no, ?3, ?4, ?5, ?6, ?7 FROM office WHERE no = ?2 AND registered",
        )?
        .execute(params![
            new.fingerprint.0,
            new.office.as_str(),
            new.pem,
            new.node,
            row::millis(by.at),
            row::millis(new.not_after),
            new.parent.map(|parent| parent.0),
        ])?;
    if added > 0 {
        audit::append(tx, new.office.as_str(), "certificate.add", &new.fingerprint.to_string(), by)?;
        key_log::append_certificate(tx, new.office, new.fingerprint, new.parent, by)?;
    }
    if added > 0 && new.parent.is_some() {
        let in_use = [Some(new.fingerprint), new.parent];
        for other in of_node(tx, new.fingerprint)?.into_iter().filter(|other| !in_use.contains(&Some(*other)))
        {
            end(tx, new.office, other, by)?;
        }
    }
    Ok(added > 0)
}

/// All certificates that come from the same enrolment as this one, it included.
fn of_node(db: &Connection, fingerprint: Sha256Digest) -> rusqlite::Result<Vec<Sha256Digest>> {
    let first = ancestors(db, fingerprint)?.pop().unwrap_or(fingerprint);
    db.prepare_cached(
        "WITH RECURSIVE renewed (fingerprint) AS (
             SELECT ?1 UNION SELECT certificate.fingerprint FROM certificate JOIN renewed ON parent = renewed.fingerprint
         ) SELECT fingerprint FROM renewed",
    )?
    .query_map([first.0], |row| row::digest(row, 0))?
    .collect()
}

/// The certificates from which this one came by renewal, the latest first.
fn ancestors(db: &Connection, fingerprint: Sha256Digest) -> rusqlite::Result<Vec<Sha256Digest>> {
    let mut parent =
        db.prepare_cached("SELECT parent FROM certificate WHERE fingerprint = ?1 AND parent IS NOT NULL")?;
    let mut found = Vec::new();
    let mut next = Some(fingerprint);
    while let Some(fingerprint) = next {
        next = parent.query_row([fingerprint.0], |row| row::digest(row, 0)).optional()?;
        found.extend(next);
    }
    Ok(found)
}

pub(super) fn of_office(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<Certificate>> {
    db.prepare_cached(
        "SELECT fingerprint, node, issued_at, not_after, revoked_at, parent FROM certificate
         WHERE office = ?1 ORDER BY issued_at, fingerprint",
    )?
    .query_map([office.as_str()], |row| {
        Ok(Certificate {
            fingerprint: row::digest(row, 0)?.to_string(),
            node: row.get(1)?,
            issued_at: row::time(row, 2)?,
            not_after: row::time(row, 3)?,
            revoked_at: row::optional_time(row, 4)?,
            parent: row.get::<_, Option<[u8; 32]>>(5)?.map(|parent| Sha256Digest(parent).to_string()),
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
    over: Option<Sha256Digest>,
    by: &By,
) -> rusqlite::Result<bool> {
    if find(tx, fingerprint)?.is_none_or(|certificate| certificate.office != office) {
        return Ok(false);
    }
    let own_line = over.map(|over| ancestors(tx, over)).transpose()?.unwrap_or_default();
    let ending = if own_line.contains(&fingerprint) { vec![fingerprint] } else { of_node(tx, fingerprint)? };
    for fingerprint in ending {
        end(tx, office, fingerprint, by)?;
    }
    Ok(true)
}

/// Revokes one certificate, if it is not, and ends its sessions.
fn end(tx: &Tx<'_>, office: OfficeNo, fingerprint: Sha256Digest, by: &By) -> rusqlite::Result<()> {
    let revoked = tx
        .prepare_cached(
            "UPDATE certificate SET revoked_at = ?2 WHERE fingerprint = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![fingerprint.0, row::millis(by.at)])?;
    if revoked > 0 {
        tx.prepare_cached("DELETE FROM session WHERE fingerprint = ?1")?.execute([fingerprint.0])?;
        audit::append(tx, office.as_str(), "certificate.revoke", &fingerprint.to_string(), by)?;
    }
    Ok(())
}

pub(super) fn revoked(db: &Connection) -> rusqlite::Result<Vec<(String, Timestamp)>> {
    db.prepare_cached(
        "SELECT pem, revoked_at FROM certificate WHERE revoked_at IS NOT NULL ORDER BY revoked_at, fingerprint",
    )?
    .query_map([], |row| Ok((row.get(0)?, row::time(row, 1)?)))?
    .collect()
}
