//! Bodies, parameters and path members, read within their limits; what is wrong is named.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tasuki_protocol::limits::{BODY_IDLE_TIME, JSON_BYTES, JSON_TIME};
use tasuki_protocol::problem::{Problem, ProblemType};
use tokio::time::timeout;

use super::refusal::{Answer, Refusal};

/// A JSON body.
pub(crate) struct FromJson<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FromJson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Answer<Self> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media_type.and_then(|text| text.split(';').next()).map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
            return Err(ProblemType::UnsupportedMediaType.into());
        }
        let bytes = timeout(JSON_TIME, small_body(request.into_body()));
        let bytes = bytes.await.map_err(|_| ProblemType::TooSlow)??;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong_member(&error))?;
        json.end().map_err(|_| Refusal::invalid("."))?;
        Ok(Self(value))
    }
}

async fn small_body(mut body: Body) -> Answer<BytesMut> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = next_piece(&mut body).await? {
        if bytes.len() + piece.len() > JSON_BYTES {
            return Err(ProblemType::TooLarge.into());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Query parameters.
pub(crate) struct FromQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for FromQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form(query));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| wrong_member(&error))
    }
}

fn form(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// The path's one member. What cannot name anything is not found.
pub(crate) struct FromPath<T>(pub(crate) T);

impl<T: std::str::FromStr, S: Send + Sync> FromRequestParts<S> for FromPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let value = text.ok().and_then(|Path(text)| text.parse().ok());
        value.map(Self).ok_or_else(|| ProblemType::NotFound.into())
    }
}

/// Which member is wrong; never what it holds.
fn wrong_member<E>(error: &serde_path_to_error::Error<E>) -> Refusal {
    Refusal::invalid(&error.path().to_string())
}

/// A header field as text.
pub(crate) fn text_field<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A header field that is required and has a form.
pub(crate) fn field<T: std::str::FromStr>(headers: &HeaderMap, name: &'static str) -> Answer<T> {
    let value = text_field(headers, &HeaderName::from_static(name)).and_then(|text| text.parse().ok());
    value.ok_or_else(|| Refusal::invalid(name))
}

/// A header field that may be absent, and else has a form.
pub(crate) fn optional_field<T: std::str::FromStr>(
    headers: &HeaderMap,
    name: &'static str,
) -> Answer<Option<T>> {
    if headers.contains_key(name) { field(headers, name).map(Some) } else { Ok(None) }
}

/// The length that a body will have.
pub(crate) fn content_length(headers: &HeaderMap) -> Answer<u64> {
    let text = text_field(headers, &CONTENT_LENGTH).ok_or(ProblemType::LengthRequired)?;
    text.parse().map_err(|_| Refusal::invalid("content-length"))
}

/// The next piece of a body, if it comes in time.
pub(crate) async fn next_piece(body: &mut Body) -> Answer<Option<Bytes>> {
    loop {
        let frame = timeout(BODY_IDLE_TIME, body.frame()).await.map_err(|_| ProblemType::TooSlow)?;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::new(ProblemType::TooSlow).into()),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
