//! Certificate → office → session → right: the only way for a request to become one of an office.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};

use super::App;
use super::body::text_field;
use super::finish::Noted;
use super::limit::Place;
use super::peer::{Peer, PeerCertificate};
use super::refusal::{Answer, Refusal};
use crate::store::{By, CallerRow};

fn peer_of(parts: &Parts) -> Answer<Peer> {
    parts.extensions.get::<Peer>().cloned().ok_or_else(|| ProblemType::Internal.into())
}

/// A connection of anybody; `finish` has counted it.
pub(crate) struct Stranger {
    pub(crate) address: SocketAddr,
}

impl FromRequestParts<App> for Stranger {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Answer<Self> {
        Ok(Self { address: peer_of(parts)?.address })
    }
}

/// A connection whose certificate belongs to an office that takes part.
pub(crate) struct Certified {
    pub(crate) office: OfficeNo,
    pub(crate) certificate: Arc<PeerCertificate>,
    pub(crate) node: String,
    pub(crate) address: SocketAddr,
    row: CallerRow,
    /// SHA-256 of the access token.
    pub(crate) access: Option<Sha256Digest>,
    /// This request's place among those of the office; streams keep it.
    pub(crate) place: Place,
}

impl FromRequestParts<App> for Certified {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &App) -> Answer<Self> {
        let peer = peer_of(parts)?;
        let certificate = peer.certificate.ok_or(ProblemType::CertificateRequired)?;
        let now = relay.clock.now();
        // TLS has checked this when the connection began; connections last.
        if certificate.not_after < now {
            return Err(ProblemType::CertificateExpired.into());
        }
        let access = bearer(parts);
        let row = relay.store.caller(certificate.fingerprint, access, now).await?;
        let row = judge(row)?;
        let office = row.certificate.office;
        if let Some(Noted(noted)) = parts.extensions.get() {
            noted.get_or_init(|| office);
        }
        let place = relay.limits.request(office)?;
        let node = row.certificate.node.clone();
        Ok(Self { office, certificate, node, address: peer.address, row, access, place })
    }
}

/// What a certificate is worth.
pub(crate) fn judge(row: Option<CallerRow>) -> Answer<CallerRow> {
    match row {
        None => Err(ProblemType::CertificateUnknown.into()),
        Some(row) if row.certificate.revoked => Err(ProblemType::CertificateRevoked.into()),
        Some(row) if row.certificate.suspended => Err(ProblemType::OfficeSuspended.into()),
        Some(row) => Ok(row),
    }
}

fn bearer(parts: &Parts) -> Option<Sha256Digest> {
    let text = text_field(&parts.headers, &AUTHORIZATION)?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| hash_of(token.trim()))
}

/// What is kept of a token.
pub(crate) fn hash_of(token: &str) -> Sha256Digest {
    Sha256Digest(Sha256::digest(token).into())
}

/// A session, also one that must change its password first.
pub(crate) struct LoggedIn {
    pub(crate) office: OfficeNo,
    pub(crate) kj_id: KjId,
    pub(crate) session: String,
    pub(crate) certified: Certified,
}

impl FromRequestParts<App> for LoggedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &App) -> Answer<Self> {
        let certified = Certified::from_request_parts(parts, relay).await?;
        let (kj_id, session) = certified.row.session.clone().ok_or(ProblemType::SessionRequired)?;
        Ok(Self { office: certified.office, kj_id, session, certified })
    }
}

impl LoggedIn {
    pub(crate) fn by(&self, relay: &App) -> By {
        By {
            who: self.kj_id.to_string(),
            address: self.certified.address.ip().to_string(),
            at: relay.clock.now(),
        }
    }
}

/// An office with all rights of one.
pub(crate) struct Caller(pub(crate) LoggedIn);

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &App) -> Answer<Self> {
        let logged_in = LoggedIn::from_request_parts(parts, relay).await?;
        if logged_in.certified.row.must_change {
            return Err(Problem::new(ProblemType::PasswordChangeRequired).into());
        }
        Ok(Self(logged_in))
    }
}

impl std::ops::Deref for Caller {
    type Target = LoggedIn;

    fn deref(&self) -> &LoggedIn {
        &self.0
    }
}
