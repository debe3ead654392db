//! Who may knock at all. The loopback address is no proof of anything: any page in the browser can send requests to
//! it, and any name can be made to point at it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::state::App;

const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_our_host(&app, request.headers()) {
        return (StatusCode::MISDIRECTED_REQUEST, "この名前では開けません。").into_response();
    }
    if request.method() != Method::GET
        && request.method() != Method::HEAD
        && !comes_from_our_pages(&app, request.headers())
    {
        return (StatusCode::FORBIDDEN, "ほかのページからの操作は受け付けません。").into_response();
    }
    let mut answer = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // Pages hold what concerns people: nothing of them stays in the browser's cache.
    let headers = answer.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

fn our_hosts(app: &App) -> [String; 3] {
    let port = app.address.port();
    [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")]
}

fn is_our_host(app: &App, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| our_hosts(app).iter().any(|ours| ours == host))
}

/// Browsers say from where a request comes; programs do not, and need a token or a session anyway.
fn comes_from_our_pages(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same_site = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let ours = |origin: &str| our_hosts(app).iter().any(|host| origin == format!("http://{host}"));
    same_site && text("origin").is_none_or(ours)
}
