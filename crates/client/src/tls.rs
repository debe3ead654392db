//! Whom a node trusts, and how it shows itself.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::signing::SigningKey;

use crate::ClientError;

/// Where a relay is, and the root that its certificate must come from: no other authority is trusted.
#[derive(Debug, Clone)]
pub struct RelayAddress {
    url: String,
    roots: Arc<RootCertStore>,
}

impl RelayAddress {
    /// A relay by its `https://` address and the PEM file with the operator's root.
    ///
    /// # Errors
    /// When the file holds no certificate.
    pub fn new(url: &str, root_pem: &[u8]) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(root_pem)
            .map_err(|_| rustls::Error::General("no certificate".into()))?;
        roots.add(root)?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), roots: Arc::new(roots) })
    }

    /// The address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn tls(
        &self,
        identity: Option<(&CertificateChain, &SigningKey)>,
    ) -> Result<ClientConfig, ClientError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(Arc::clone(&self.roots));
        let Some((chain, key)) = identity else { return Ok(builder.with_no_client_auth()) };
        let chain = chain.certificates().map(|der| CertificateDer::from(der.to_vec())).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec()));
        Ok(builder.with_client_auth_cert(chain, key)?)
    }
}
