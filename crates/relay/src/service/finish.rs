//! What every answer carries: a number, a problem document if it is one, and careful defaults.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tasuki_protocol::problem::{self, Problem, ProblemType};
use tasuki_terms::OfficeNo;
use uuid::Uuid;

use super::App;
use super::whole::Whole;

/// Header field that carries the number of a request.
const REQUEST_ID: &str = "x-request-id";

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

    let request = request.map(|body| Body::new(Whole::new(body)));
    let response = next.run(request).await;
    let mut response = with_problem(response, &id);
    add_defaults(&mut response, &id);

    let status = response.status().as_u16();
    relay.metrics.count(method, &route, status, started.elapsed());
    let office = noted.0.get().map(ToString::to_string).unwrap_or_default();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request = %id, method, route, status, office, duration_ms, "request");
    response
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
    let allow = response.headers_mut().remove(header::ALLOW);
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
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow);
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
