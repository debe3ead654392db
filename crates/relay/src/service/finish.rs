//! What every answer carries: a number, a problem document if it is one, and careful defaults.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tasuki_protocol::limits::{JSON_BYTES, PARCEL_BYTES};
use tasuki_protocol::problem::{self, Problem, ProblemType};
use tasuki_terms::OfficeNo;
use uuid::Uuid;

use super::peer::Peer;
use super::refusal::Answer;
use super::whole::Whole;
use super::{App, Relay};

/// Header field that carries the number of a request.
const REQUEST_ID: &str = "x-request-id";

/// The route of parcels.
const PARCEL: &str = "/v1/parcels/{id}";

/// Where the caller's office is noted, for the log.
#[derive(Clone, Default)]
pub(crate) struct Noted(pub(crate) Arc<OnceLock<OfficeNo>>);

pub(crate) async fn finish(State(relay): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Uuid::now_v7().to_string();
    // The known method and the pattern, not the path: what a caller writes gets neither into the log nor the metrics.
    let method = name_of(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("-".into(), |path| path.as_str().to_owned());
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());

    let response = match relay.welcome(&request) {
        Ok(()) => {
            let wanted = bytes_wanted(&request, &route);
            next.run(request.map(|body| Body::new(Whole::new(body, wanted)))).await
        }
        // Nothing of its body is read, and whoever goes on has to knock again.
        Err(refusal) => ([(header::CONNECTION, "close")], refusal).into_response(),
    };
    let mut response = with_problem(response, &id);
    add_defaults(&mut response, &id);

    let status = response.status().as_u16();
    relay.metrics.count(method, &route, status, started.elapsed());
    let office = noted.0.get().map(ToString::to_string).unwrap_or_default();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request = %id, method, route, status, office, duration_ms, "request");
    response
}

/// How many bytes of a request's body are read, whoever wants them: none of what goes nowhere, and parcels only of those
/// who can show a certificate.
fn bytes_wanted(request: &Request, route: &str) -> u64 {
    let has_certificate = request.extensions().get::<Peer>().is_some_and(|peer| peer.certificate.is_some());
    match (route, request.method()) {
        ("-", _) => 0,
        (PARCEL, &Method::PUT) if has_certificate => PARCEL_BYTES,
        // What is too large is read to its end too, as far as it may have been meant well.
        _ => 2 * JSON_BYTES as u64,
    }
}

impl Relay {
    /// Counts a request, if it came over a connection of an office or a stranger.
    fn welcome(&self, request: &Request) -> Answer<()> {
        request.extensions().get::<Peer>().map_or(Ok(()), |peer| self.limits.knock(peer))
    }
}

/// The name of a method, if it is one of HTTP's own: a caller may invent any number of others.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "OTHER",
    }
}

/// Turns every error into a problem document, also those that the framework makes.
fn with_problem(mut response: Response, id: &str) -> Response {
    let problem = response.extensions_mut().remove::<Problem>();
    let Some(problem) = problem.or_else(|| of_framework(response.status())) else { return response };
    let status = response.status();
    let retry_after = problem.retry_after_s;
    let [allow, connection] =
        [header::ALLOW, header::CONNECTION].map(|name| (name.clone(), response.headers_mut().remove(name)));
    let problem = Problem { instance: Some(format!("urn:uuid:{id}")), ..problem };
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("ja"));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for (name, value) in [allow, connection] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

fn of_framework(status: StatusCode) -> Option<Problem> {
    let kind = match status {
        StatusCode::NOT_FOUND => ProblemType::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemType::MethodNotAllowed,
        status if status.is_client_error() => ProblemType::InvalidRequest,
        status if status.is_server_error() => ProblemType::Internal,
        _ => return None,
    };
    Some(Problem { status: status.as_u16(), ..Problem::new(kind) })
}

fn add_defaults(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let hsts = HeaderValue::from_static("max-age=63072000");
    headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
