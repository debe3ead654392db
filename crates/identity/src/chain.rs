//! Which office a chain of certificates is.

use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use tasuki_terms::OfficeNo;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RawPublicKeyEntity, RevocationCheckDepth, RevocationOptions, RevocationOptionsBuilder,
    UnknownStatusPolicy, anchor_from_trusted_cert,
};

use crate::x509;

/// The algorithms that certificates and signatures may have: ours is the first.
static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 2] =
    [webpki::aws_lc_rs::ECDSA_P256_SHA256, webpki::aws_lc_rs::ECDSA_P384_SHA384];

/// Longest chain that is looked at, in certificates.
pub const MAX_CHAIN: usize = 4;

/// Why a chain is not that of an office.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No certificates, too many, or bytes that are none.
    #[error("this is not a chain of certificates")]
    Malformed,
    /// The certificate was valid once.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate will be valid later; or the clock is wrong.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// No authority that is trusted signed it.
    #[error("the certificate is not from an authority that is trusted")]
    UnknownAuthority,
    /// The authority took it back.
    #[error("the certificate was revoked")]
    Revoked,
    /// The certificate is for something else: a relay or an authority.
    #[error("the certificate is not for an office's node")]
    WrongUsage,
    /// The subject does not name an office.
    #[error("the certificate names no office")]
    NoOfficeNumber,
    /// Anything else that is wrong with a certificate.
    #[error("the certificate is not acceptable")]
    NotAcceptable(#[source] webpki::Error),
}

/// A list of revoked certificates is not one.
#[derive(Debug, thiserror::Error)]
#[error("this is not a list of revoked certificates")]
pub struct RevocationListError(#[source] webpki::Error);

/// Certificates from that of an office up to, but without, the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain(Vec<CertificateDer<'static>>);

/// Whom to trust: roots, and what their authorities took back.
pub struct Trust {
    roots: Vec<CertificateDer<'static>>,
    revocation_lists: Vec<CertRevocationList<'static>>,
}

/// A certificate whose chain was verified: this office, this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeCertificate {
    /// The office.
    pub office: OfficeNo,
    /// Serial number of the certificate; a node of the office.
    pub serial: Vec<u8>,
    /// First second in which it is valid.
    pub not_before: Timestamp,
    /// Last second in which it is valid.
    pub not_after: Timestamp,
    certificate: CertificateDer<'static>,
}

/// A certificate whose chain was verified: that of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayCertificate(CertificateDer<'static>);

/// A signature is not that of the certificate's key over the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not by this certificate's key over this message")]
pub struct SignatureError;

impl CertificateChain {
    /// A chain from certificates in DER, that of the office first.
    pub fn new(certificates: Vec<Vec<u8>>) -> Self {
        Self(certificates.into_iter().map(CertificateDer::from).collect())
    }

    /// A chain from certificates in PEM, that of the office first.
    ///
    /// # Errors
    /// When there are none or too many, or it is no PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ChainError> {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pem).take(MAX_CHAIN + 1).collect();
        match certificates {
            Ok(certificates) if (1..=MAX_CHAIN).contains(&certificates.len()) => Ok(Self(certificates)),
            _ => Err(ChainError::Malformed),
        }
    }

    /// The chain in PEM.
    pub fn to_pem(&self) -> String {
        self.0.iter().map(|certificate| to_pem("CERTIFICATE", certificate)).collect()
    }

    /// The certificates in DER, that of the office first.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl Trust {
    /// Trust in one root (DER).
    pub fn new(root: Vec<u8>) -> Self {
        Self { roots: vec![CertificateDer::from(root)], revocation_lists: Vec::new() }
    }

    /// Trust in the roots of a PEM file, as the operator hands it out.
    ///
    /// # Errors
    /// When there are none or too many, or it is no PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ChainError> {
        let CertificateChain(roots) = CertificateChain::from_pem(pem)?;
        Ok(Self { roots, revocation_lists: Vec::new() })
    }

    /// Trust in one root more, such as that of certificates which offices already hold.
    pub fn add_root(&mut self, root: Vec<u8>) {
        self.roots.push(CertificateDer::from(root));
    }

    /// Takes note of a revocation list (DER). Its signature is checked whenever a chain is verified; that it may
    /// be out of date is accepted: an old list is better than none.
    ///
    /// # Errors
    /// When it is none.
    pub fn add_revocation_list(&mut self, list: &[u8]) -> Result<(), RevocationListError> {
        let list = OwnedCertRevocationList::from_der(list).map_err(RevocationListError)?;
        self.revocation_lists.push(CertRevocationList::from(list));
        Ok(())
    }

    /// Which office a chain is at a time.
    ///
    /// # Errors
    /// The precise reason why it is none.
    pub fn verify(&self, chain: &CertificateChain, at: Timestamp) -> Result<OfficeCertificate, ChainError> {
        let (leaf, intermediates) = chain.0.split_first().ok_or(ChainError::Malformed)?;
        if chain.0.len() > MAX_CHAIN {
            return Err(ChainError::Malformed);
        }
        self.verify_for(KeyUsage::client_auth(), leaf, intermediates, at)?;
        let (office, serial) = x509::read_office(leaf).ok_or(ChainError::NoOfficeNumber)?;
        let (not_before, not_after) = x509::read_validity(leaf).ok_or(ChainError::Malformed)?;
        Ok(OfficeCertificate { office, serial, not_before, not_after, certificate: leaf.clone() })
    }

    /// Whether a chain is that of a relay at a time, whatever its host: its certificate, to check what it has signed.
    ///
    /// # Errors
    /// The precise reason why it is none.
    pub fn verify_relay(
        &self,
        chain: &CertificateChain,
        at: Timestamp,
    ) -> Result<RelayCertificate, ChainError> {
        let (leaf, intermediates) = chain.0.split_first().ok_or(ChainError::Malformed)?;
        if chain.0.len() > MAX_CHAIN {
            return Err(ChainError::Malformed);
        }
        self.verify_for(KeyUsage::server_auth(), leaf, intermediates, at)?;
        Ok(RelayCertificate(leaf.clone()))
    }

    /// Each list is asked alone. One that somebody else has signed in the name of an issuer says nothing: neither
    /// that a certificate was taken back, nor does it make those of that issuer fail.
    fn verify_for(
        &self,
        usage: KeyUsage,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        at: Timestamp,
    ) -> Result<(), ChainError> {
        let anchors: Result<Vec<_>, _> = self.roots.iter().map(anchor_from_trusted_cert).collect();
        let anchors = anchors.map_err(ChainError::NotAcceptable)?;
        let leaf = EndEntityCert::try_from(leaf).map_err(chain_error)?;
        let lists: Vec<_> = self.revocation_lists.iter().map(|list| [list]).collect();
        let seconds = u64::try_from(at.as_second()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let verify = |revocation| {
            leaf.verify_for_usage(&ALGORITHMS, &anchors, intermediates, time, usage, revocation, None)
                .map(drop)
        };
        verify(None).map_err(chain_error)?;
        let mut lists = lists.iter().filter_map(|list| revocation_options(list));
        let revokes = |list| matches!(verify(Some(list)), Err(webpki::Error::CertRevoked));
        if lists.any(revokes) { Err(ChainError::Revoked) } else { Ok(()) }
    }
}

impl OfficeCertificate {
    /// Checks a signature (ECDSA in ASN.1 DER) over a message.
    ///
    /// # Errors
    /// When it is not by this certificate's key over this message.
    pub fn verify_signature(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        verify_by_certificate(&self.certificate, message, signature)
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }
}

impl RelayCertificate {
    /// Checks a signature (ECDSA in ASN.1 DER) over a message.
    ///
    /// # Errors
    /// When it is not by this certificate's key over this message.
    pub fn verify_signature(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        verify_by_certificate(&self.0, message, signature)
    }
}

fn verify_by_certificate(
    certificate: &CertificateDer<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| SignatureError)?;
    certificate.verify_signature(ALGORITHMS[0], message, signature).map_err(|_| SignatureError)
}

/// Checks a signature by a public key (SubjectPublicKeyInfo DER).
pub(crate) fn verify_by_key(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let key = SubjectPublicKeyInfoDer::from(key);
    let key = RawPublicKeyEntity::try_from(&key).map_err(|_| SignatureError)?;
    key.verify_signature(ALGORITHMS[0], message, signature).map_err(|_| SignatureError)
}

/// The serial number of the first certificate in a PEM text, if there is one: what a revocation list names.
pub fn serial_of_pem(pem: &[u8]) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    x509::read_serial(&certificate)
}

/// First and last second in which a certificate (DER) says it is valid, whoever issued it.
pub fn validity_of(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    x509::read_validity(certificate)
}

/// The public key of a certificate (DER), as SubjectPublicKeyInfo DER: that of
/// [`SigningKey::public_key`](crate::signing::SigningKey::public_key).
pub fn public_key_of(certificate: &[u8]) -> Option<Vec<u8>> {
    x509::read_public_key(certificate)
}

/// A list that is out of date still counts, and a certificate of which no list tells is good.
fn revocation_options<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let options = RevocationOptionsBuilder::new(lists).ok()?;
    Some(
        options
            .with_depth(RevocationCheckDepth::EndEntity)
            .with_status_policy(UnknownStatusPolicy::Allow)
            .with_expiration_policy(ExpirationPolicy::Ignore)
            .build(),
    )
}

fn chain_error(error: webpki::Error) -> ChainError {
    match error {
        webpki::Error::CertExpired { .. } => ChainError::Expired,
        webpki::Error::CertNotValidYet { .. } => ChainError::NotYetValid,
        webpki::Error::UnknownIssuer
        | webpki::Error::InvalidSignatureForPublicKey
        | webpki::Error::InvalidCrlSignatureForPublicKey => ChainError::UnknownAuthority,
        webpki::Error::CertRevoked => ChainError::Revoked,
        webpki::Error::RequiredEkuNotFoundContext(_)
        | webpki::Error::CaUsedAsEndEntity
        | webpki::Error::EndEntityUsedAsCa => ChainError::WrongUsage,
        webpki::Error::BadDer | webpki::Error::BadDerTime | webpki::Error::TrailingData(_) => {
            ChainError::Malformed
        }
        other => ChainError::NotAcceptable(other),
    }
}

/// PEM with lines of 64 characters.
pub(crate) fn to_pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = data_encoding::BASE64.encode(der);
    for line in encoded.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
