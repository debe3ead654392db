//! The directory.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tasuki_protocol::directory::{Lookup, Office, OfficeSearch, Offices};
use tasuki_protocol::limits::{LOOKUP_OFFICES, PAGE_ENTRIES_DEFAULT, SEARCH_CHARS};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;

use super::body::{FromJson, FromPath, FromQuery, text_field};
use super::caller::Caller;
use super::refusal::{Answer, Refusal};
use super::{App, Relay};

/// Searches by name, kana, address, number, prefecture and kind of service.
#[utoipa::path(
    get, path = "/v1/offices", tag = "directory", params(OfficeSearch),
    responses((status = 200, body = Offices), (status = 304))
)]
pub(crate) async fn search(
    State(relay): State<App>,
    _: Caller,
    headers: HeaderMap,
    FromQuery(wish): FromQuery<OfficeSearch>,
) -> Answer<Response> {
    if wish.q.chars().count() > SEARCH_CHARS {
        return Err(Refusal::invalid("q"));
    }
    if wish.prefecture.is_some_and(|prefecture| !(1..=47).contains(&prefecture)) {
        return Err(Refusal::invalid("prefecture"));
    }
    let tag = relay.directory_tag().await?;
    if is_known(&headers, &tag) {
        return Ok(unchanged(&tag));
    }
    Ok(tagged(&tag, &relay.store.search(wish, PAGE_ENTRIES_DEFAULT).await?))
}

/// One office.
#[utoipa::path(
    get, path = "/v1/offices/{no}", tag = "directory",
    params(("no" = tasuki_protocol::schema::OfficeNo, Path)),
    responses((status = 200, body = Office), (status = 304))
)]
pub(crate) async fn show(
    State(relay): State<App>,
    _: Caller,
    headers: HeaderMap,
    FromPath(no): FromPath<OfficeNo>,
) -> Answer<Response> {
    let tag = relay.directory_tag().await?;
    let office = relay.store.offices(&[no]).await?.pop().ok_or(ProblemType::NotFound)?;
    Ok(if is_known(&headers, &tag) { unchanged(&tag) } else { tagged(&tag, &office) })
}

/// Looks up to 50 offices up at once; unknown ones are missing in the answer.
#[utoipa::path(
    post, path = "/v1/offices/lookup", tag = "directory", request_body = Lookup,
    responses((status = 200, body = Offices))
)]
pub(crate) async fn lookup(
    State(relay): State<App>,
    _: Caller,
    FromJson(wish): FromJson<Lookup>,
) -> Answer<Json<Offices>> {
    if wish.numbers.len() > LOOKUP_OFFICES {
        return Err(Refusal::invalid("numbers"));
    }
    Ok(Json(Offices { offices: relay.store.offices(&wish.numbers).await?, more: false }))
}

impl Relay {
    /// Names the directory as it is now.
    async fn directory_tag(&self) -> Answer<String> {
        Ok(format!("\"{}\"", self.store.directory_version().await?.as_millisecond()))
    }
}

/// Whether the asker has this version already.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = text_field(headers, &header::IF_NONE_MATCH).unwrap_or_default();
    known == "*" || known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}

pub(crate) fn unchanged(tag: &str) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache")])
        .into_response()
}

fn tagged(tag: &str, value: &impl Serialize) -> Response {
    ([(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache")], Json(value)).into_response()
}
