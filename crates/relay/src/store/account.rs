//! Accounts, enrolment, certificates and sessions. Secrets come in as hashes only.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tasuki_protocol::account::{Certificate, Session};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};

use super::{By, StoreError};

/// A new account, or new secrets for one that exists.
#[derive(Clone)]
pub struct NewAccount {
    /// Its name.
    pub kj_id: KjId,
    /// Its office, which must be in the directory.
    pub office: OfficeNo,
    /// Argon2id hash (PHC string) of the first password; none leaves the password as it is.
    pub password_hash: Option<String>,
    /// Hash of the one-time 証明書発行用パスワード.
    pub enrolment_hash: String,
    /// When that one ends.
    pub enrolment_expires_at: Timestamp,
}

/// Failed log-ins in a row that are let pass.
const FREE_FAILURES: u32 = 5;

/// Longest lock, in minutes.
const LONGEST_LOCK_MINUTES: i64 = 60;

/// Log-ins of an account are refused until then: nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked(pub Timestamp);

/// Until when nobody may try again after this many failures in a row.
pub(super) fn lock_after(failures: u32, now: Timestamp) -> Option<Timestamp> {
    let excess = failures.checked_sub(FREE_FAILURES)?;
    let minutes = 1_i64
        .checked_shl(excess.min(30))
        .map_or(LONGEST_LOCK_MINUTES, |minutes| minutes.min(LONGEST_LOCK_MINUTES));
    now.checked_add(SignedDuration::from_mins(minutes)).ok()
}

/// What a log-in or an enrolment is judged by. Failed log-ins are kept for every KJ ID that is tried, known or not, so
/// that a lock does not tell which exist. Wrong enrolments lock nothing: nobody guesses 80 random bits, and whoever
/// tries needs no certificate.
#[derive(Clone, Default)]
pub struct Attempt {
    /// Failed log-ins in a row.
    pub failures: u32,
    /// Until when further log-ins are refused.
    pub locked_until: Option<Timestamp>,
    /// Argon2id hash of the password, if the account exists.
    pub password_hash: Option<String>,
    /// Whether that password must be changed first.
    pub must_change: bool,
    /// Hash of the enrolment password, if one is valid at that time, used or not.
    pub enrolment_hash: Option<String>,
}

impl Attempt {
    /// Whether a log-in may be tried. A lock that ends later than any lock can was made while the clock was wrong.
    ///
    /// # Errors
    /// Until when it may not.
    pub fn may_try(&self, at: Timestamp) -> Result<(), Locked> {
        let longest = at.saturating_add(SignedDuration::from_mins(LONGEST_LOCK_MINUTES)).unwrap_or(at);
        match self.locked_until {
            Some(until) if at < until && until <= longest => Err(Locked(until)),
            _ => Ok(()),
        }
    }
}

/// A certificate to be registered.
#[derive(Debug, Clone)]
pub struct NewCertificate {
    /// SHA-256 of its DER form.
    pub fingerprint: Sha256Digest,
    /// The office that holds it.
    pub office: OfficeNo,
    /// Its PEM form.
    pub pem: String,
    /// Name of the node.
    pub node: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// The certificate over which it was asked for, if it is a renewal; none for one by an enrolment password or the
    /// operator.
    pub parent: Option<Sha256Digest>,
}

/// A registered certificate, with what requests over it are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// The office that holds it.
    pub office: OfficeNo,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether the office is suspended.
    pub suspended: bool,
    /// Name of the node.
    pub node: String,
}

/// Who stands behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerRow {
    /// The certificate of the connection.
    pub certificate: CertificateRow,
    /// The account and session of the access token, if it is a live one of this certificate.
    pub session: Option<(KjId, String)>,
    /// Whether that account must change its password first.
    pub must_change: bool,
}

/// A session to begin.
#[derive(Clone)]
pub struct NewSession {
    /// Its public name.
    pub id: String,
    /// The account.
    pub kj_id: KjId,
    /// The office.
    pub office: OfficeNo,
    /// The certificate it is bound to.
    pub fingerprint: Sha256Digest,
    /// SHA-256 of the access token.
    pub access: Sha256Digest,
    /// When the access token ends.
    pub access_expires_at: Timestamp,
    /// SHA-256 of the refresh token.
    pub refresh: Sha256Digest,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// What became of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolment {
    /// The certificate is registered, the enrolment password used up.
    Done,
    /// The same node has used the enrolment password before: the answer got lost. This is its certificate.
    Again {
        /// Its PEM form.
        pem: String,
        /// When it ends.
        not_after: Timestamp,
    },
    /// The enrolment password was used by another node, or has ended in the meantime.
    Closed,
}

/// Accounts and what belongs to them.
#[async_trait]
pub trait Accounts {
    /// Makes an account, or renews the secrets of one. False if the office is unknown or the KJ ID belongs
    /// to another office.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn put_account(&self, account: NewAccount, by: By) -> Result<bool, StoreError>;

    /// The accounts of an office.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn accounts(&self, office: OfficeNo) -> Result<Vec<KjId>, StoreError>;

    /// What an attempt with this KJ ID at this office is judged by.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn attempt(&self, office: OfficeNo, kj_id: KjId, at: Timestamp) -> Result<Attempt, StoreError>;

    /// Notes a failed log-in, and locks further ones when there are too many. While they are locked it does not count:
    /// of many at once only as many are answered as of many in turn.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn note_failure(
        &self,
        office: OfficeNo,
        kj_id: KjId,
        by: By,
    ) -> Result<Result<(), Locked>, StoreError>;

    /// Notes a wrong enrolment password: the first ones are in the audit log.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn note_refused_enrolment(&self, office: OfficeNo, kj_id: KjId, by: By) -> Result<(), StoreError>;

    /// Sets a password chosen by the office, clears failures and ends the account's other sessions, unless log-ins have
    /// been locked in the meantime.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn set_password(
        &self,
        kj_id: KjId,
        hash: String,
        keep: &str,
        by: By,
    ) -> Result<Result<(), Locked>, StoreError>;

    /// Uses up the enrolment password of this hash and registers the certificate. A node that asks again, while the
    /// password is valid and with the same public key (`key` is its SHA-256), is told what it was told before.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn enrol(
        &self,
        kj_id: KjId,
        enrolment_hash: String,
        key: Sha256Digest,
        certificate: NewCertificate,
        by: By,
    ) -> Result<Enrolment, StoreError>;

    /// Registers a certificate (a renewal, or one of another authority). False if the office has no account, the
    /// certificate is registered already, or its parent is revoked. Of a node's certificates only the new one and its
    /// parent stay valid: a renewal whose answer was lost, or that somebody else has made with a copy of the node, ends.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn add_certificate(&self, certificate: NewCertificate, by: By) -> Result<bool, StoreError>;

    /// The certificates of an office, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn certificates(&self, office: OfficeNo) -> Result<Vec<Certificate>, StoreError>;

    /// Revokes a certificate of an office, with all others of the same node, and ends their sessions: whoever has the node
    /// has them all, and could have made more. Only if it is asked `over` a certificate that came from this one by renewal,
    /// then the node gives up an older one of its own, and that alone ends. False if the office has no such one.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn revoke_certificate(
        &self,
        office: OfficeNo,
        fingerprint: Sha256Digest,
        over: Option<Sha256Digest>,
        by: By,
    ) -> Result<bool, StoreError>;

    /// Every revoked certificate in PEM with the time of revocation, for a revocation list.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn revoked_certificates(&self) -> Result<Vec<(String, Timestamp)>, StoreError>;

    /// Who stands behind a certificate and, if given, an access token. None: the certificate is unknown.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn caller(
        &self,
        fingerprint: Sha256Digest,
        access: Option<Sha256Digest>,
        at: Timestamp,
    ) -> Result<Option<CallerRow>, StoreError>;

    /// Begins a session, clears failures, and ends the account's oldest one when it has too many; unless log-ins have
    /// been locked in the meantime.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn begin_session(&self, session: NewSession, by: By) -> Result<Result<(), Locked>, StoreError>;

    /// Gives a session another access token. None if the refresh token is not a live one of this
    /// certificate; otherwise the session.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn refresh_session(
        &self,
        fingerprint: Sha256Digest,
        refresh: Sha256Digest,
        access: Sha256Digest,
        access_expires_at: Timestamp,
        by: By,
    ) -> Result<Option<(Session, bool)>, StoreError>;

    /// Live sessions of an account, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn sessions(&self, kj_id: KjId, at: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Ends a session of an account. False if it has no such one.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn end_session(&self, kj_id: KjId, id: &str, by: By) -> Result<bool, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        let minutes = |failures| lock_after(failures, now).map(|until| until.as_second() / 60);
        assert_eq!(minutes(4), None);
        assert_eq!(minutes(5), Some(1));
        assert_eq!(minutes(7), Some(4));
        assert_eq!(minutes(11), Some(60));
        assert_eq!(minutes(u32::MAX), Some(60));
    }

    #[test]
    fn a_lock_of_a_clock_that_was_wrong_locks_nothing() {
        let now = Timestamp::UNIX_EPOCH;
        let attempt = |locked_until| Attempt { locked_until, ..Attempt::default() };
        let in_minutes = |minutes| now + SignedDuration::from_mins(minutes);
        assert_eq!(attempt(None).may_try(now), Ok(()));
        assert_eq!(attempt(Some(now)).may_try(now), Ok(()));
        for minutes in [1, 60] {
            let until = in_minutes(minutes);
            assert_eq!(attempt(Some(until)).may_try(now), Err(Locked(until)));
        }
        assert_eq!(attempt(Some(in_minutes(61))).may_try(now), Ok(()));
    }
}
