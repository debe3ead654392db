//! The first certificate of a node.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::{CertificateChain, public_key_of};
use tasuki_identity::signing::CertificateRequest;
use tasuki_protocol::account::{Enrol, IssuedCertificate};
use tasuki_protocol::limits::{PEM_BYTES, TEXT_CHARS};
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::body::FromJson;
use super::caller::Stranger;
use super::refusal::{Answer, Refusal};
use super::{App, Relay};
use crate::password;
use crate::store::{By, Enrolment, NewCertificate};

/// Uses the one-time 証明書発行用パスワード up and issues the first certificate of a node. Asked again with a request for
/// the same key while the password is valid, it answers with the same certificate: an answer may get lost.
#[utoipa::path(
    post, path = "/v1/enrolments", tag = "account", request_body = Enrol, security(()),
    responses((status = 201, body = IssuedCertificate))
)]
pub(crate) async fn enrol(
    State(relay): State<App>,
    stranger: Stranger,
    FromJson(wish): FromJson<Enrol>,
) -> Answer<(StatusCode, Json<IssuedCertificate>)> {
    check_texts(&wish.node, &wish.request_pem)?;
    let by =
        By { who: wish.kj_id.to_string(), address: stranger.address.ip().to_string(), at: relay.clock.now() };
    let (office, kj_id) = (wish.office, wish.kj_id);
    let hash = relay.store.attempt(office, kj_id, by.at).await?.enrolment_hash;
    let hash = hash.unwrap_or_else(password::of_nobody);
    if !relay.verify(wish.enrolment_password.expose(), Some(&hash)).await? {
        relay.store.note_refused_enrolment(office, kj_id, by).await?;
        return Err(ProblemType::EnrolmentRefused.into());
    }
    let (certificate, issued) = relay.issue(office, wish.node, wish.request_pem, by.at)?;
    let key = key_of(&issued)?;
    match relay.store.enrol(kj_id, hash, key, certificate, by).await? {
        Enrolment::Done => Ok((StatusCode::CREATED, Json(issued))),
        Enrolment::Again { pem, not_after } => {
            let issued = IssuedCertificate { certificate_pem: pem, not_after, ..issued };
            Ok((StatusCode::CREATED, Json(issued)))
        }
        Enrolment::Closed => Err(ProblemType::EnrolmentRefused.into()),
    }
}

/// SHA-256 of the public key that a certificate is for.
fn key_of(issued: &IssuedCertificate) -> Answer<Sha256Digest> {
    let chain = CertificateChain::from_pem(issued.certificate_pem.as_bytes());
    let key = chain.ok().and_then(|chain| chain.certificates().next().and_then(public_key_of));
    key.map(|key| Sha256Digest(Sha256::digest(key).into())).ok_or_else(|| ProblemType::Internal.into())
}

/// Checks the texts that a request for a certificate holds.
pub(crate) fn check_texts(node: &str, request_pem: &str) -> Answer<()> {
    if node.chars().count() > TEXT_CHARS || node.chars().any(char::is_control) {
        return Err(Refusal::invalid("node"));
    }
    if request_pem.len() > PEM_BYTES {
        return Err(Refusal::invalid("request_pem"));
    }
    Ok(())
}

impl Relay {
    /// Checks a password away from the threads that serve.
    pub(super) async fn verify(&self, password: &str, hash: Option<&str>) -> Answer<bool> {
        let (password, hash) = (zeroize::Zeroizing::new(password.to_owned()), hash.map(str::to_owned));
        self.with_hasher(move || password::verify(&password, hash.as_deref())).await
    }

    pub(super) async fn with_hasher<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Answer<T> {
        let _permit = self.hashers.acquire().await.map_err(|_| ProblemType::Unavailable)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| ProblemType::Internal.into())
    }

    /// Issues a certificate for an office.
    pub(super) fn issue(
        &self,
        office: OfficeNo,
        node: String,
        request_pem: String,
        now: Timestamp,
    ) -> Answer<(NewCertificate, IssuedCertificate)> {
        let rejected = || Problem::new(ProblemType::RequestRejected).field("request_pem");
        let chain = self
            .issuing
            .issue_office(&CertificateRequest(request_pem), office, now)
            .map_err(|_| rejected())?;
        let certificate = self.trust.verify(&chain, now).map_err(|_| ProblemType::Internal)?;
        let mut parts = chain.certificates().map(|der| CertificateChain::new(vec![der.to_vec()]).to_pem());
        let certificate_pem = parts.next().unwrap_or_default();
        let issued = IssuedCertificate {
            certificate_pem: certificate_pem.clone(),
            chain_pem: parts.collect(),
            not_after: certificate.not_after,
        };
        let fingerprint = Sha256Digest(Sha256::digest(certificate.der()).into());
        let not_after = certificate.not_after;
        Ok((
            NewCertificate { fingerprint, office, parent: None, pem: certificate_pem, node, not_after },
            issued,
        ))
    }
}
