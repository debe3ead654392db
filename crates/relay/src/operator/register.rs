//! Offices that begin to take part: their account and the passwords that they are told on paper.

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::{CertificateChain, validity_of};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};
use zeroize::Zeroizing;

use super::by_operator;
use crate::password::{self, PasswordError};
use crate::store::{NewAccount, NewCertificate, Store, StoreError};

/// What the office is told, on paper: it is kept nowhere.
pub struct NewCredentials {
    /// The office.
    pub office: OfficeNo,
    /// Its account.
    pub kj_id: KjId,
    /// The first password, which must be changed; none if the account keeps the one it has.
    pub password: Option<Zeroizing<String>>,
    /// The one-time 証明書発行用パスワード.
    pub enrolment_password: Zeroizing<String>,
    /// When that one ends.
    pub enrolment_expires_at: Timestamp,
}

/// An office cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The directory does not know the office.
    #[error("the office {0} is not in the directory")]
    Unknown(OfficeNo),
    /// The office has no account yet.
    #[error("the office {0} has no account")]
    NoAccount(OfficeNo),
    /// The office has an account already.
    #[error("the office {0} has the account {1}")]
    Registered(OfficeNo, KjId),
    /// The certificate is registered already, or is none.
    #[error("this is not a certificate that could be registered")]
    Certificate,
    /// No password could be made.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Registers an office of the directory: its account and first passwords.
///
/// # Errors
/// When it is unknown or registered already.
pub async fn register_office(
    store: &dyn Store,
    office: OfficeNo,
    valid: SignedDuration,
    now: Timestamp,
) -> Result<NewCredentials, RegisterError> {
    if let Some(kj_id) = store.accounts(office).await?.first() {
        return Err(RegisterError::Registered(office, *kj_id));
    }
    put(store, office, random_kj_id()?, true, valid, now).await
}

/// Gives an office a new one-time password for another node, and a new first password if it has lost its own.
///
/// # Errors
/// When it has no account.
pub async fn renew_credentials(
    store: &dyn Store,
    office: OfficeNo,
    with_password: bool,
    valid: SignedDuration,
    now: Timestamp,
) -> Result<NewCredentials, RegisterError> {
    let kj_id = store.accounts(office).await?.first().copied().ok_or(RegisterError::NoAccount(office))?;
    put(store, office, kj_id, with_password, valid, now).await
}

async fn put(
    store: &dyn Store,
    office: OfficeNo,
    kj_id: KjId,
    with_password: bool,
    valid: SignedDuration,
    now: Timestamp,
) -> Result<NewCredentials, RegisterError> {
    let password = if with_password { Some(password::generate()?) } else { None };
    let enrolment_password = password::generate()?;
    let enrolment_expires_at = now.saturating_add(valid).unwrap_or(now);
    let account = NewAccount {
        kj_id,
        office,
        password_hash: password.as_ref().map(|password| password::hash(password)).transpose()?,
        enrolment_hash: password::hash_generated(&enrolment_password),
        enrolment_expires_at,
    };
    if !store.put_account(account, by_operator(now)).await? {
        return Err(RegisterError::Unknown(office));
    }
    Ok(NewCredentials { office, kj_id, password, enrolment_password, enrolment_expires_at })
}

/// Twelve random digits: an account's name tells nothing, and is not the next one's neighbour.
fn random_kj_id() -> Result<KjId, PasswordError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| PasswordError::System)?;
    let digits = u64::from_be_bytes(random) % 1_000_000_000_000;
    Ok(format!("KJ{digits:012}").parse().expect("KJ and twelve digits are a KJ ID"))
}

/// Registers a certificate of another authority for an office: with it, its node can connect, log in, and get a
/// certificate of this relay's authority without a one-time password.
///
/// # Errors
/// When it is no certificate, or the office has no account.
pub async fn register_foreign_certificate(
    store: &dyn Store,
    office: OfficeNo,
    pem: &[u8],
    now: Timestamp,
) -> Result<Sha256Digest, RegisterError> {
    let der = CertificateDer::from_pem_slice(pem).map_err(|_| RegisterError::Certificate)?;
    let (_, not_after) = validity_of(&der).ok_or(RegisterError::Certificate)?;
    let fingerprint = Sha256Digest(Sha256::digest(&der).into());
    let certificate = NewCertificate {
        parent: None,
        fingerprint,
        office,
        pem: CertificateChain::new(vec![der.to_vec()]).to_pem(),
        node: String::new(),
        not_after,
    };
    let added = store.add_certificate(certificate, by_operator(now)).await?;
    added.then_some(fingerprint).ok_or(RegisterError::Certificate)
}
