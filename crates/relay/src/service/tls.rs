//! TLS 1.3 only. A client certificate is optional in the handshake (enrolment has none yet), but one that is
//! presented must be from an authority we trust.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::{CertificateChain, validity_of};
use tasuki_terms::Sha256Digest;

use super::Relay;
use super::peer::{Peer, PeerCertificate};
use super::serve_error::ServeError;
use crate::clock::Clock;
use crate::folder::ServerIdentity;

/// The certificate that the relay shows; it can be exchanged while the relay serves.
#[derive(Debug)]
pub(crate) struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    pub(crate) fn new(identity: &ServerIdentity) -> Result<Self, ServeError> {
        Ok(Self(RwLock::new(Arc::new(certified(identity)?))))
    }

    pub(crate) fn exchange(&self, identity: &ServerIdentity) -> Result<(), ServeError> {
        let certified = Arc::new(certified(identity)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = certified;
        Ok(())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(identity: &ServerIdentity) -> Result<CertifiedKey, ServeError> {
    let chain = identity.chain.certificates().map(|der| CertificateDer::from(der.to_vec())).collect();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.to_pkcs8().to_vec()));
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}

/// TLS asks the relay's clock.
#[derive(Debug)]
struct ClockOfRelay(Clock);

impl TimeProvider for ClockOfRelay {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

pub(crate) fn config(relay: &Relay, shown: Arc<Shown>) -> Result<ServerConfig, ServeError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(relay.root.clone())?;
    for path in &relay.config.trusted_authorities {
        let unreadable = || ServeError::Authority(path.clone());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
            roots.add(certificate.map_err(|_| unreadable())?)?;
        }
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|error| ServeError::Verifier(Box::new(error)))?;
    let time = Arc::new(ClockOfRelay(relay.clock.clone()));
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(shown);
    // One protocol: what HTTP/2 adds in attacks outweighs what it saves for a node with a few connections.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl Relay {
    /// Whom TLS has found at the other end. None: a certificate that cannot be read.
    pub(crate) fn peer(&self, address: SocketAddr, connection: &ServerConnection) -> Option<Peer> {
        let Some(certificates) = connection.peer_certificates() else {
            return Some(Peer { address, certificate: None });
        };
        let leaf = certificates.first()?;
        let chain = CertificateChain::new(certificates.iter().map(|der| der.to_vec()).collect());
        let not_after: Timestamp = validity_of(leaf)?.1;
        let certificate = PeerCertificate {
            fingerprint: Sha256Digest(Sha256::digest(leaf).into()),
            office: self.trust.verify(&chain, self.clock.now()).ok(),
            chain,
            not_after,
        };
        Some(Peer { address, certificate: Some(Arc::new(certificate)) })
    }
}
