//! Key statements and their log.

use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::key_log::sign_head;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_protocol::key::{KeyLogPage, PublishKey, PublishedKey};
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{LogHead, OfficeNo, Sha256Digest, SignedHead};

use super::body::{FromJson, FromQuery};
use super::caller::Caller;
use super::parcels::checked;
use super::refusal::{Answer, Refusal};
use super::{App, Relay};
use crate::folder::FolderError;
use crate::store::{KeyLog, KeyOutcome, NewKey};

fn rejected() -> Refusal {
    Problem::new(ProblemType::KeyStatementRejected).field("statement").into()
}

/// Publishes the office's key.
#[utoipa::path(
    put, path = "/v1/keys/current", tag = "keys", request_body = PublishKey,
    responses((status = 200, body = PublishedKey))
)]
pub(crate) async fn publish(
    State(relay): State<App>,
    caller: Caller,
    FromJson(wish): FromJson<PublishKey>,
) -> Answer<Json<PublishedKey>> {
    let statement = relay.verify_statement(caller.office, &wish.statement).await?;
    let key = NewKey {
        office: caller.office,
        epoch: statement.epoch,
        said: statement.digest(),
        before: statement.before,
        statement: wish.statement,
    };
    match relay.store.publish_key(key, caller.by(&relay)).await? {
        KeyOutcome::Published | KeyOutcome::Same => {}
        KeyOutcome::NotNewer | KeyOutcome::NotNext => return Err(rejected()),
    }
    let office = relay.store.offices(&[caller.office]).await?.pop();
    office.and_then(|office| office.key).map(Json).ok_or_else(|| ProblemType::Internal.into())
}

/// The log in which every key and certificate is chained, with its signed head.
#[utoipa::path(
    get, path = "/v1/keys/log", tag = "keys", params(Cursor), responses((status = 200, body = KeyLogPage))
)]
pub(crate) async fn log(
    State(relay): State<App>,
    _: Caller,
    FromQuery(cursor): FromQuery<Cursor>,
) -> Answer<Json<KeyLogPage>> {
    let cursor = checked(cursor)?;
    let KeyLog { entries, head, more } = relay.store.key_log(cursor).await?;
    let next_after = entries.last().map_or(cursor.after, |entry| entry.seq);
    let signing = relay.clone();
    let head = tokio::task::spawn_blocking(move || signing.signed_head(head)).await;
    let head = head.map_err(|_| ProblemType::Internal)?.map_err(|error| {
        tracing::error!(%error, "the head of the key log cannot be signed");
        Refusal::from(ProblemType::Internal)
    })?;
    Ok(Json(KeyLogPage { entries, head, next_after, more }))
}

/// The head that was signed last, for all who ask for the newest.
#[derive(Default)]
pub(crate) struct Heads(Mutex<Option<SignedHead>>);

/// How long a signed head is handed out again.
const HEAD_LIFE: SignedDuration = SignedDuration::from_mins(1);

impl Relay {
    /// A head, signed with the key of the relay's own certificate.
    fn signed_head(&self, head: LogHead) -> Result<SignedHead, FolderError> {
        let now = self.clock.now();
        let mut last = self.heads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |signed: &&SignedHead| signed.at.duration_since(now).abs() < HEAD_LIFE;
        if let Some(signed) = last.as_ref().filter(|signed| signed.head == head).filter(is_fresh) {
            return Ok(signed.clone());
        }
        let identity = self.folder.read_server()?;
        let signed = sign_head(head, now, &identity.key, &identity.chain)?;
        Ok(last.insert(signed).clone())
    }

    /// Believes a statement that a living certificate of this office has signed.
    async fn verify_statement(&self, office: OfficeNo, text: &str) -> Answer<KeyStatement> {
        let signed: SignedStatement = serde_json::from_str(text).map_err(|_| rejected())?;
        let now = self.clock.now();
        let statement = signed.verify(&self.trust, now).map_err(|_| rejected())?;
        let chain = CertificateChain::from_pem(signed.certificates.as_bytes()).map_err(|_| rejected())?;
        let leaf = chain.certificates().next().unwrap_or_default();
        let fingerprint = Sha256Digest(Sha256::digest(leaf).into());
        let signer = self.store.caller(fingerprint, None, now).await?;
        let is_ours = signer.is_some_and(|row| row.certificate.office == office && !row.certificate.revoked);
        if is_ours && statement.office == office { Ok(statement) } else { Err(rejected()) }
    }
}
