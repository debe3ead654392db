//! The operator's certificate authority.
//!
//! A root, whose key is kept off line, signs an issuing authority at the relay; that signs the certificates of
//! offices (for client authentication) and of the relay (for server authentication), and the revocation list.
//!
//! | certificate | subject | key usage | valid |
//! |---|---|---|---|
//! | root | `O=OPERATOR, CN=OPERATOR root` | certificates and revocation lists | [`ROOT_VALIDITY`] |
//! | issuing authority | `O=OPERATOR, CN=OPERATOR issuing` | certificates and revocation lists | [`ISSUING_VALIDITY`] |
//! | node of an office | `OU=office, CN=OFFICE-NUMBER` | signatures, client authentication | [`OFFICE_VALIDITY`] |
//! | relay | `OU=relay, CN=HOST`, and the host as alternative name | signatures, server authentication | [`RELAY_VALIDITY`] |
//!
//! All are X.509 v3 with keys for ECDSA P-256 and serial numbers of 16 random bytes. Which office a certificate is for
//! is read from its subject, and only once its chain and its use for client authentication were verified. To renew
//! one, the node makes a new key and request; the old certificate stays valid until it expires or is revoked.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use tasuki_terms::OfficeNo;

use crate::chain::CertificateChain;
use crate::signing::{CertificateRequest, SigningError, SigningKey};
use crate::x509;

/// How long a root is valid.
pub const ROOT_VALIDITY: SignedDuration = SignedDuration::from_hours(20 * 365 * 24);
/// How long an issuing authority is valid.
pub const ISSUING_VALIDITY: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);
/// How long a certificate of an office is valid; nodes renew theirs long before.
pub const OFFICE_VALIDITY: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);
/// How long a certificate of the relay is valid.
pub const RELAY_VALIDITY: SignedDuration = SignedDuration::from_hours(397 * 24);
/// When the next revocation list is promised.
pub const REVOCATION_LIST_VALIDITY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Certificates are valid from a little before they are made: clocks of offices are not exact.
const BACKDATING: SignedDuration = SignedDuration::from_hours(1);

/// An authority cannot be made, or does not issue.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// The request is not one, or not signed with the key that it is for.
    #[error("this is not a request for a certificate that is signed with its own key")]
    Request(#[source] rcgen::Error),
    /// The key of the request is not for ECDSA P-256.
    #[error("the key of the request is not for ECDSA P-256")]
    RequestKey,
    /// The host name of a relay is not one.
    #[error("{0:?} is neither a host name nor an address")]
    HostName(String),
    /// The certificate is not one of an authority, or does not fit the key.
    #[error("this is not the certificate of an authority")]
    NotAnAuthority(#[source] rcgen::Error),
    /// A certificate or list could not be signed.
    #[error("the authority cannot sign")]
    Library(#[source] rcgen::Error),
}

/// The root of trust.
pub struct RootAuthority(Authority);

/// The authority that issues certificates.
pub struct IssuingAuthority(Authority);

/// A certificate that is no longer valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Serial number of the certificate.
    pub serial: Vec<u8>,
    /// When it was revoked.
    pub at: Timestamp,
}

struct Authority {
    key: SigningKey,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn issuer(&self) -> Result<Issuer<'_, &KeyPair>, AuthorityError> {
        Issuer::from_ca_cert_der(&self.certificate, self.key.key_pair())
            .map_err(AuthorityError::NotAnAuthority)
    }

    fn load(certificate: &[u8], key: SigningKey) -> Result<Self, AuthorityError> {
        let authority = Self { key, certificate: CertificateDer::from(certificate.to_vec()) };
        authority.issuer()?;
        Ok(authority)
    }
}

impl RootAuthority {
    /// A new root for an operator.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn create(operator: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = SigningKey::generate()?;
        let subject = x509::authority_subject(operator, "root");
        let params = authority_params(subject, BasicConstraints::Constrained(1), now, ROOT_VALIDITY)?;
        let certificate = params.self_signed(key.key_pair()).map_err(AuthorityError::Library)?;
        Ok(Self(Authority { key, certificate: certificate.der().clone() }))
    }

    /// The root from its certificate (DER) and key.
    ///
    /// # Errors
    /// When the certificate is not one of an authority.
    pub fn load(certificate: &[u8], key: SigningKey) -> Result<Self, AuthorityError> {
        Authority::load(certificate, key).map(Self)
    }

    /// The certificate (DER), which everybody trusts.
    pub fn certificate(&self) -> &[u8] {
        &self.0.certificate
    }

    /// The private key, to be kept off line.
    pub fn key(&self) -> &SigningKey {
        &self.0.key
    }
}

impl IssuingAuthority {
    /// A new issuing authority, signed by the root.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn create(operator: &str, root: &RootAuthority, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = SigningKey::generate()?;
        let subject = x509::authority_subject(operator, "issuing");
        let params = authority_params(subject, BasicConstraints::Constrained(0), now, ISSUING_VALIDITY)?;
        let issuer = root.0.issuer()?;
        let certificate = params.signed_by(key.key_pair(), &issuer).map_err(AuthorityError::Library)?;
        Ok(Self(Authority { key, certificate: certificate.der().clone() }))
    }

    /// The authority from its certificate (DER) and key.
    ///
    /// # Errors
    /// When the certificate is not one of an authority.
    pub fn load(certificate: &[u8], key: SigningKey) -> Result<Self, AuthorityError> {
        Authority::load(certificate, key).map(Self)
    }

    /// The certificate (DER), which is part of every chain.
    pub fn certificate(&self) -> &[u8] {
        &self.0.certificate
    }

    /// The private key.
    pub fn key(&self) -> &SigningKey {
        &self.0.key
    }

    /// Issues a certificate for the office that the operator knows the requester to be. Only the key is taken
    /// from the request, nothing that it says of itself. A renewal is the same with a new request.
    ///
    /// # Errors
    /// When the request is none, or its key is not for ECDSA P-256.
    pub fn issue_office(
        &self,
        request: &CertificateRequest,
        office: OfficeNo,
        now: Timestamp,
    ) -> Result<CertificateChain, AuthorityError> {
        let subject = x509::office_subject(office);
        let params = leaf_params(subject, ExtendedKeyUsagePurpose::ClientAuth, now, OFFICE_VALIDITY)?;
        self.issue(request, params)
    }

    /// Issues a certificate for a relay that is reached under `hosts`, names or addresses.
    ///
    /// # Errors
    /// As [`IssuingAuthority::issue_office`], or when a host is neither a name nor an address.
    pub fn issue_relay(
        &self,
        request: &CertificateRequest,
        hosts: &[&str],
        now: Timestamp,
    ) -> Result<CertificateChain, AuthorityError> {
        let subject = x509::relay_subject(hosts.first().copied().unwrap_or_default());
        let mut params = leaf_params(subject, ExtendedKeyUsagePurpose::ServerAuth, now, RELAY_VALIDITY)?;
        params.subject_alt_names =
            hosts.iter().map(|host| alternative_name(host)).collect::<Result<_, _>>()?;
        self.issue(request, params)
    }

    fn issue(
        &self,
        request: &CertificateRequest,
        params: CertificateParams,
    ) -> Result<CertificateChain, AuthorityError> {
        let mut request =
            CertificateSigningRequestParams::from_pem(&request.0).map_err(AuthorityError::Request)?;
        if request.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err(AuthorityError::RequestKey);
        }
        request.params = params;
        let certificate = request.signed_by(&self.0.issuer()?).map_err(AuthorityError::Library)?;
        Ok(CertificateChain::new(vec![certificate.der().to_vec(), self.0.certificate.to_vec()]))
    }

    /// The list (DER) of revoked certificates; `number` grows with every list.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn revocation_list(
        &self,
        revoked: &[Revoked],
        number: u64,
        now: Timestamp,
    ) -> Result<Vec<u8>, AuthorityError> {
        let revoked_certs = revoked.iter().map(|revoked| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&revoked.serial),
            revocation_time: x509::offset_time(revoked.at),
            reason_code: Some(RevocationReason::Unspecified),
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: x509::offset_time(now),
            next_update: x509::offset_time(later(now, REVOCATION_LIST_VALIDITY)),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked_certs.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.0.issuer()?).map_err(AuthorityError::Library)?;
        Ok(list.der().to_vec())
    }
}

fn authority_params(
    subject: DistinguishedName,
    constraints: BasicConstraints,
    now: Timestamp,
    validity: SignedDuration,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(subject, now, validity)?;
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params(
    subject: DistinguishedName,
    usage: ExtendedKeyUsagePurpose,
    now: Timestamp,
    validity: SignedDuration,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(subject, now, validity)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    Ok(params)
}

fn params(
    subject: DistinguishedName,
    now: Timestamp,
    validity: SignedDuration,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.not_before = x509::offset_time(later(now, -BACKDATING));
    params.not_after = x509::offset_time(later(now, validity));
    params.serial_number = Some(random_serial()?);
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// 127 random bits: nobody can guess the next serial, and no two are the same.
fn random_serial() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| AuthorityError::Library(rcgen::Error::RingUnspecified))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn alternative_name(host: &str) -> Result<SanType, AuthorityError> {
    let wrong = || AuthorityError::HostName(host.to_owned());
    match host.parse() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) if host.is_empty() => Err(wrong()),
        Err(_) => host.try_into().map(SanType::DnsName).map_err(|_| wrong()),
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}
