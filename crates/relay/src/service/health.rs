//! Whether the relay lives and is ready, its numbers, and what it publishes for everybody.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use jiff::SignedDuration;
use tasuki_identity::authority::Revoked;
use tasuki_identity::chain::serial_of_pem;
use tasuki_protocol::problem::{Problem, ProblemType};

use super::caller::Stranger;
use super::offices::{is_known, unchanged};
use super::refusal::Answer;
use super::{App, Relay};
use crate::store::Ailment;

/// How long a list of revoked certificates is handed out before another one is signed.
const LIST_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// The process lives.
#[utoipa::path(get, path = "/health", tag = "operation", security(()), responses((status = 200, body = String)))]
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// The relay takes parcels, and nothing is wrong that its operator has to look after.
#[utoipa::path(get, path = "/ready", tag = "operation", security(()), responses((status = 200, body = String)))]
pub(crate) async fn ready(State(relay): State<App>) -> Answer<&'static str> {
    if *relay.stopping.borrow() {
        return Err(ProblemType::Unavailable.into());
    }
    match relay.store.health().await?.ailment() {
        None => Ok("ready\n"),
        Some(ailment) => Err(Problem::new(ProblemType::Unavailable).detail(for_operator(ailment)).into()),
    }
}

fn for_operator(ailment: Ailment) -> &'static str {
    match ailment {
        Ailment::NoWrites => {
            "保存に失敗したため、受け付けを止めています。ディスクを調べてから、連携基盤を再起動してください。"
        }
        Ailment::DiskAtReserve => {
            "ディスクの空きが予備の容量まで減ったため、新しい連携データを受け付けていません。空きを増やしてください。"
        }
        Ailment::LogTooLong => {
            "保存ファイルのログが大きくなりすぎています。長く続いているバックアップがないか、ディスクに異常がないかを調べてください。"
        }
    }
}

/// Numbers for Prometheus. On the operator's address only.
pub(crate) async fn metrics(State(relay): State<App>) -> Answer<Response> {
    let stats = relay.store.stats().await?;
    let text = relay.metrics.write(&stats, &relay.store.health().await?);
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

/// The list of revoked certificates (DER), by which others than the relay can judge signatures.
#[utoipa::path(
    get, path = "/v1/revocation-list", tag = "account", security(()),
    responses((status = 200, body = Vec<u8>, content_type = "application/pkix-crl"))
)]
pub(crate) async fn revocation_list(State(relay): State<App>, _: Stranger) -> Answer<Response> {
    let list = relay.revocation_list().await?;
    let fields =
        [(header::CONTENT_TYPE, "application/pkix-crl"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((fields, list).into_response())
}

impl Relay {
    /// The signed list, not older than [`LIST_LIFE`]: signing is work, and anybody may ask.
    async fn revocation_list(&self) -> Answer<Bytes> {
        let now = self.clock.now();
        let mut known = self.revocations.lock().await;
        if let Some((made_at, list)) = &*known
            && (SignedDuration::ZERO..LIST_LIFE).contains(&now.duration_since(*made_at))
        {
            return Ok(list.clone());
        }
        let revoked = self.store.revoked_certificates().await?;
        let revoked: Vec<Revoked> = revoked
            .iter()
            .filter_map(|(pem, at)| Some(Revoked { serial: serial_of_pem(pem.as_bytes())?, at: *at }))
            .collect();
        let number = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let list = self.issuing.revocation_list(&revoked, number, now).map_err(|_| ProblemType::Internal)?;
        let list = Bytes::from(list);
        *known = Some((now, list.clone()));
        Ok(list)
    }
}

/// The description of this API.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "operation", security(()),
    responses((status = 200, body = serde_json::Value), (status = 304))
)]
pub(crate) async fn description(_: Stranger, headers: HeaderMap) -> Response {
    let tag = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");
    if is_known(&headers, tag) {
        return unchanged(tag);
    }
    let fields = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ETAG, tag),
    ];
    match super::openapi().to_json() {
        Ok(json) => (fields, json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
