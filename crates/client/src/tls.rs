//! Whom a node trusts, and how it shows itself.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::signing::SigningKey;

use crate::ClientError;

/// Where a relay is, the roots that its certificate must come from (no other authority is trusted), and how long it is
/// waited for.
#[derive(Debug, Clone)]
pub struct RelayAddress {
    url: String,
    roots: Arc<RootCertStore>,
    pub(crate) patience: Patience,
}

/// How long a node waits when nothing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until a connection is there.
    pub connect: Duration,
    /// While nothing of an answer arrives.
    pub read: Duration,
    /// While the line takes nothing of a parcel that is handed in. A line that is slow takes megabytes at once and then
    /// nothing for long.
    pub upload: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            read: Duration::from_mins(1),
            upload: Duration::from_mins(1),
        }
    }
}

impl RelayAddress {
    /// A relay by its `https://` address and the PEM file with the operator's root. While an operator changes over to
    /// another root, the file holds both.
    ///
    /// # Errors
    /// When the address is another than `https://`, or the file holds no certificate.
    pub fn new(url: &str, root_pem: &[u8]) -> Result<Self, ClientError> {
        let unusable = |what: &str| ClientError::Tls(rustls::Error::General(what.to_owned()));
        if !url.starts_with("https://") {
            return Err(unusable("the address does not begin with https://"));
        }
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(root_pem) {
            roots.add(root.map_err(|_| unusable("no certificate"))?)?;
        }
        if roots.is_empty() {
            return Err(unusable("no certificate"));
        }
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, roots: Arc::new(roots), patience: Patience::default() })
    }

    /// The same relay, waited for in another way.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
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

#[cfg(test)]
mod tests {
    use super::*;
    use tasuki_identity::authority::RootAuthority;

    fn root() -> String {
        let root = RootAuthority::create("Tasuki", jiff::Timestamp::now()).unwrap();
        CertificateChain::new(vec![root.certificate().to_vec()]).to_pem()
    }

    #[test]
    fn only_https_is_spoken() {
        for url in ["http://relay.example", "relay.example", "HTTPS.example", "file:///relay"] {
            assert!(matches!(RelayAddress::new(url, root().as_bytes()), Err(ClientError::Tls(_))), "{url}");
        }
        assert_eq!(
            RelayAddress::new("https://a.example/", root().as_bytes()).unwrap().url(),
            "https://a.example"
        );
    }

    #[test]
    fn every_root_of_the_file_counts() {
        let both = root() + &root();
        assert_eq!(RelayAddress::new("https://a", both.as_bytes()).unwrap().roots.len(), 2);
        let broken = root() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for none in ["", "nothing", &broken] {
            assert!(RelayAddress::new("https://a", none.as_bytes()).is_err());
        }
    }
}
