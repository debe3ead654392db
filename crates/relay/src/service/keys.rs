//! Key statements and their log.

use axum::Json;
use axum::extract::State;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_protocol::key::{KeyLogPage, PublishKey, PublishedKey};
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::body::{FromJson, FromQuery};
use super::caller::Caller;
use super::parcels::checked;
use super::refusal::{Answer, Refusal};
use super::{App, Relay};
use crate::store::{KeyOutcome, NewKey};

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
    let key = NewKey { office: caller.office, epoch: statement.epoch, statement: wish.statement };
    match relay.store.publish_key(key, caller.by(&relay)).await? {
        KeyOutcome::Published | KeyOutcome::Same => {}
        KeyOutcome::NotNewer => return Err(rejected()),
    }
    let office = relay.store.offices(&[caller.office]).await?.pop();
    office.and_then(|office| office.key).map(Json).ok_or_else(|| ProblemType::Internal.into())
}

/// The log in which every key is chained.
#[utoipa::path(
    get, path = "/v1/keys/log", tag = "keys", params(Cursor), responses((status = 200, body = KeyLogPage))
)]
pub(crate) async fn log(
    State(relay): State<App>,
    _: Caller,
    FromQuery(cursor): FromQuery<Cursor>,
) -> Answer<Json<KeyLogPage>> {
    Ok(Json(relay.store.key_log(checked(cursor)?).await?))
}

impl Relay {
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
