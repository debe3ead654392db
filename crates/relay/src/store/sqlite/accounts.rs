//! Accounts, passwords as hashes, and attempts.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tasuki_protocol::account::{Certificate, Session};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};

use super::writer::Tx;
use super::{SqliteStore, audit, certificates, offices, row, sessions};
use crate::store::account::lock_after;
use crate::store::{
    Accounts, Attempt, By, CallerRow, Enrolment, Locked, NewAccount, NewCertificate, NewSession, StoreError,
};

fn put(tx: &Tx<'_>, new: &NewAccount, by: &By) -> rusqlite::Result<bool> {
    let registered = tx
        .prepare_cached("UPDATE office SET registered = 1 WHERE no = ?1")?
        .execute([new.office.as_str()])?;
    let known: Option<OfficeNo> = tx
        .prepare_cached("SELECT office FROM account WHERE kj_id = ?1")?
        .query_row([new.kj_id.as_str()], |row| row::word(row, 0))
        .optional()?;
    let expires_at = row::millis(new.enrolment_expires_at);
    match (known, &new.password_hash) {
        _ if registered == 0 => return Ok(false),
        (Some(office), _) if office != new.office => return Ok(false),
        (None, None) => return Ok(false),
        (Some(_), None) => {
            tx.prepare_cached(
                "UPDATE account SET enrolment_hash = ?2, enrolment_expires_at = ?3, enrolled_key = NULL,
                     enrolled_certificate = NULL, enrolment_failures = 0 WHERE kj_id = ?1",
            )?
            .execute(params![new.kj_id.as_str(), new.enrolment_hash, expires_at])?;
        }
        (_, Some(password)) => {
            tx.prepare_cached(
                "INSERT INTO account (kj_id, office, password_hash, must_change, enrolment_hash,
                                      enrolment_expires_at)
                 VALUES (?1, ?2, ?3, 1, ?4, ?5)
                 ON CONFLICT DO UPDATE SET password_hash = ?3, must_change = 1, enrolment_hash = ?4,
                     enrolment_expires_at = ?5, enrolled_key = NULL, enrolled_certificate = NULL,
                     enrolment_failures = 0",
            )?
            .execute(params![
                new.kj_id.as_str(),
                new.office.as_str(),
                password,
                new.enrolment_hash,
                expires_at,
            ])?;
            sessions::end_all_but(tx, new.kj_id, "")?;
        }
    }
    offices::changed(tx, by)?;
    forget_failures(tx, new.office, new.kj_id)?;
    audit::append(tx, new.office.as_str(), "account.put", new.kj_id.as_str(), by)?;
    Ok(true)
}

fn of_office(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<KjId>> {
    db.prepare_cached("SELECT kj_id FROM account WHERE office = ?1 ORDER BY kj_id")?
        .query_map([office.as_str()], |row| row::word(row, 0))?
        .collect()
}

pub(super) fn attempt(
    db: &Connection,
    office: OfficeNo,
    kj_id: KjId,
    at: Timestamp,
) -> rusqlite::Result<Attempt> {
    let mut attempt = db
        .prepare_cached(
            "SELECT password_hash, must_change, enrolment_hash, enrolment_expires_at FROM account
             WHERE kj_id = ?1 AND office = ?2",
        )?
        .query_row([kj_id.as_str(), office.as_str()], |row| {
            let is_open = row::time(row, 3)? > at;
            Ok(Attempt {
                password_hash: row.get(0)?,
                must_change: row.get(1)?,
                enrolment_hash: row.get::<_, Option<String>>(2)?.filter(|_| is_open),
                ..Attempt::default()
            })
        })
        .optional()?
        .unwrap_or_default();
    let failures = db
        .prepare_cached("SELECT failures, locked_until FROM attempt WHERE office = ?1 AND kj_id = ?2")?
        .query_row([office.as_str(), kj_id.as_str()], |row| Ok((row.get(0)?, row::optional_time(row, 1)?)))
        .optional()?;
    (attempt.failures, attempt.locked_until) = failures.unwrap_or_default();
    Ok(attempt)
}

fn note_failure(tx: &Tx<'_>, office: OfficeNo, kj_id: KjId, by: &By) -> rusqlite::Result<Result<(), Locked>> {
    let before = attempt(tx, office, kj_id, by.at)?;
    if let Err(locked) = before.may_try(by.at) {
        return Ok(Err(locked));
    }
    let failures = before.failures.saturating_add(1);
    tx.prepare_cached(
        "INSERT INTO attempt (office, kj_id, failures, locked_until, last_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET failures = ?3, locked_until = ?4, last_at = ?5",
    )?
    .execute(params![
        office.as_str(),
        kj_id.as_str(),
        failures,
        lock_after(failures, by.at).map(row::millis),
        row::millis(by.at)
    ])?;
    // Only what concerns somebody is noted: guesses of ids must not fill the log.
    if of_office(tx, office)?.contains(&kj_id) {
        audit::append(tx, office.as_str(), "session.refuse", kj_id.as_str(), by)?;
    }
    Ok(Ok(()))
}

/// Wrong enrolment passwords that are noted for each right one: strangers must not fill the audit log.
const NOTED_ENROLMENTS: u32 = 10;

fn note_refused_enrolment(tx: &Tx<'_>, office: OfficeNo, kj_id: KjId, by: &By) -> rusqlite::Result<()> {
    let noted = tx
        .prepare_cached(
            "UPDATE account SET enrolment_failures = enrolment_failures + 1
             WHERE kj_id = ?1 AND office = ?2 AND enrolment_failures < ?3",
        )?
        .execute(params![kj_id.as_str(), office.as_str(), NOTED_ENROLMENTS])?;
    if noted > 0 {
        audit::append(tx, office.as_str(), "enrolment.refuse", kj_id.as_str(), by)?;
    }
    Ok(())
}

pub(super) fn forget_failures(tx: &Tx<'_>, office: OfficeNo, kj_id: KjId) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM attempt WHERE office = ?1 AND kj_id = ?2")?
        .execute([office.as_str(), kj_id.as_str()])?;
    Ok(())
}

fn set_password(
    tx: &Tx<'_>,
    kj_id: KjId,
    hash: &str,
    keep: &str,
    by: &By,
) -> rusqlite::Result<Result<(), Locked>> {
    let office: OfficeNo = tx
        .prepare_cached("SELECT office FROM account WHERE kj_id = ?1")?
        .query_row([kj_id.as_str()], |row| row::word(row, 0))?;
    if let Err(locked) = attempt(tx, office, kj_id, by.at)?.may_try(by.at) {
        return Ok(Err(locked));
    }
    tx.prepare_cached("UPDATE account SET password_hash = ?2, must_change = 0 WHERE kj_id = ?1")?
        .execute([kj_id.as_str(), hash])?;
    forget_failures(tx, office, kj_id)?;
    sessions::end_all_but(tx, kj_id, keep)?;
    audit::append(tx, office.as_str(), "password.change", kj_id.as_str(), by).map(Ok)
}

fn enrol(
    tx: &Tx<'_>,
    kj_id: KjId,
    hash: &str,
    key: Sha256Digest,
    certificate: &NewCertificate,
    by: &By,
) -> rusqlite::Result<Enrolment> {
    let used_up = tx
        .prepare_cached(
            "UPDATE account SET enrolled_key = ?5, enrolled_certificate = ?6
             WHERE kj_id = ?1 AND office = ?2 AND enrolment_hash = ?3 AND enrolment_expires_at > ?4
                 AND enrolled_key IS NULL",
        )?
        .execute(params![
            kj_id.as_str(),
            certificate.office.as_str(),
            hash,
            row::millis(by.at),
            key.0,
            certificate.fingerprint.0
        ])?;
    if used_up == 0 {
        return enrolled_before(tx, kj_id, hash, key, by.at);
    }
    certificates::add(tx, certificate, by)?;
    Ok(Enrolment::Done)
}

/// The certificate that this key has got for this enrolment password, while both are valid.
fn enrolled_before(
    db: &Connection,
    kj_id: KjId,
    hash: &str,
    key: Sha256Digest,
    at: Timestamp,
) -> rusqlite::Result<Enrolment> {
    let before = db
        .prepare_cached(
            "SELECT pem, not_after FROM account
             JOIN certificate ON fingerprint = enrolled_certificate AND certificate.office = account.office
             WHERE kj_id = ?1 AND enrolment_hash = ?2 AND enrolled_key = ?3 AND enrolment_expires_at > ?4
                 AND revoked_at IS NULL",
        )?
        .query_row(params![kj_id.as_str(), hash, key.0, row::millis(at)], |row| {
            Ok(Enrolment::Again { pem: row.get(0)?, not_after: row::time(row, 1)? })
        })
        .optional()?;
    Ok(before.unwrap_or(Enrolment::Closed))
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn put_account(&self, account: NewAccount, by: By) -> Result<bool, StoreError> {
        self.write(0, move |tx| put(tx, &account, &by)).await
    }

    async fn accounts(&self, office: OfficeNo) -> Result<Vec<KjId>, StoreError> {
        self.read(move |db| of_office(db, office)).await
    }

    async fn attempt(&self, office: OfficeNo, kj_id: KjId, at: Timestamp) -> Result<Attempt, StoreError> {
        self.read(move |db| attempt(db, office, kj_id, at)).await
    }

    async fn note_failure(
        &self,
        office: OfficeNo,
        kj_id: KjId,
        by: By,
    ) -> Result<Result<(), Locked>, StoreError> {
        self.write(0, move |tx| note_failure(tx, office, kj_id, &by)).await
    }

    async fn note_refused_enrolment(&self, office: OfficeNo, kj_id: KjId, by: By) -> Result<(), StoreError> {
        self.write(0, move |tx| note_refused_enrolment(tx, office, kj_id, &by)).await
    }

    async fn set_password(
        &self,
        kj_id: KjId,
        hash: String,
        keep: &str,
        by: By,
    ) -> Result<Result<(), Locked>, StoreError> {
        let keep = keep.to_owned();
        self.write(0, move |tx| set_password(tx, kj_id, &hash, &keep, &by)).await
    }

    async fn enrol(
        &self,
        kj_id: KjId,
        enrolment_hash: String,
        key: Sha256Digest,
        certificate: NewCertificate,
        by: By,
    ) -> Result<Enrolment, StoreError> {
        self.write(0, move |tx| enrol(tx, kj_id, &enrolment_hash, key, &certificate, &by)).await
    }

    async fn add_certificate(&self, certificate: NewCertificate, by: By) -> Result<bool, StoreError> {
        self.write(0, move |tx| certificates::add(tx, &certificate, &by)).await
    }

    async fn certificates(&self, office: OfficeNo) -> Result<Vec<Certificate>, StoreError> {
        self.read(move |db| certificates::of_office(db, office)).await
    }

    async fn revoke_certificate(
        &self,
        office: OfficeNo,
        fingerprint: Sha256Digest,
        over: Option<Sha256Digest>,
        by: By,
    ) -> Result<bool, StoreError> {
        self.write(0, move |tx| certificates::revoke(tx, office, fingerprint, over, &by)).await
    }

    async fn revoked_certificates(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(certificates::revoked).await
    }

    async fn caller(
        &self,
        fingerprint: Sha256Digest,
        access: Option<Sha256Digest>,
        at: Timestamp,
    ) -> Result<Option<CallerRow>, StoreError> {
        self.read(move |db| sessions::caller(db, fingerprint, access, at)).await
    }

    async fn begin_session(&self, session: NewSession, by: By) -> Result<Result<(), Locked>, StoreError> {
        self.write(0, move |tx| sessions::begin(tx, &session, &by)).await
    }

    async fn refresh_session(
        &self,
        fingerprint: Sha256Digest,
        refresh: Sha256Digest,
        access: Sha256Digest,
        access_expires_at: Timestamp,
        by: By,
    ) -> Result<Option<(Session, bool)>, StoreError> {
        self.write(0, move |tx| sessions::refresh(tx, fingerprint, refresh, access, access_expires_at, by.at))
            .await
    }

    async fn sessions(&self, kj_id: KjId, at: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.read(move |db| sessions::of_account(db, kj_id, at)).await
    }

    async fn end_session(&self, kj_id: KjId, id: &str, by: By) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(0, move |tx| sessions::end(tx, kj_id, &id, &by)).await
    }
}
