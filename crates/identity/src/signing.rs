//! The private key of a certificate.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SigningKey as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tasuki_terms::OfficeNo;
use zeroize::{Zeroize as _, Zeroizing};

use crate::chain;
use crate::x509;

/// A key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The bytes are not a PKCS #8 private key for ECDSA P-256.
    #[error("this is not a private key for ECDSA P-256")]
    NotAKey(#[source] rcgen::Error),
    /// The library failed; it does so only when the system gives no random numbers.
    #[error("the key cannot be used")]
    Library(#[source] rcgen::Error),
}

/// A private key for ECDSA P-256 with SHA-256. It never leaves its maker but into a [`crate::vault`].
pub struct SigningKey(KeyPair);

/// A request for a certificate (PKCS #10) in PEM, signed with the key that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest(pub String);

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, SigningError> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map(Self).map_err(SigningError::Library)
    }

    /// Reads a key from PKCS #8 DER.
    ///
    /// # Errors
    /// When the bytes are no such key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SigningError> {
        let der = PrivatePkcs8KeyDer::from(der);
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256);
        key.map(Self).map_err(SigningError::NotAKey)
    }

    /// The key as PKCS #8 DER, to be put into a vault or handed to TLS.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize_der())
    }

    /// A request for a certificate of an office. What it says is only a wish: the authority decides.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn request(&self, office: OfficeNo) -> Result<CertificateRequest, SigningError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = x509::office_subject(office);
        let request = params.serialize_request(&self.0).map_err(SigningError::Library)?;
        request.pem().map(CertificateRequest).map_err(SigningError::Library)
    }

    /// A request for a certificate that names nobody: the authority knows what it is for.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn server_request(&self) -> Result<CertificateRequest, SigningError> {
        let request =
            CertificateParams::default().serialize_request(&self.0).map_err(SigningError::Library)?;
        request.pem().map(CertificateRequest).map_err(SigningError::Library)
    }

    /// The key as PKCS #8 in PEM, for a file that only its owner can read.
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(chain::to_pem("PRIVATE KEY", &self.to_pkcs8()))
    }

    /// Signs a message. The signature is ECDSA in ASN.1 DER over the SHA-256 of the message, as
    /// `openssl dgst -sha256 -verify` takes it.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.0.sign(message).map_err(SigningError::Library)
    }

    /// The public key as SubjectPublicKeyInfo DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.subject_public_key_info()
    }

    pub(crate) fn key_pair(&self) -> &KeyPair {
        &self.0
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
