//! What the headers of a request say of who asks.

use axum::http::{HeaderMap, header};

/// A header as text; empty when it is absent.
pub(crate) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a script of ours asks. It wants to know what is so and where to go on; led to a log-in page, it would take
/// that page for the answer.
pub(crate) fn asks_by_script(headers: &HeaderMap) -> bool {
    let accept = text_of(headers, header::ACCEPT.as_str());
    accept.starts_with("application/json") || accept.starts_with("text/event-stream") || is_live(headers)
}

/// Whether a page asks for itself once more, without a person having done anything.
pub(crate) fn is_live(headers: &HeaderMap) -> bool {
    text_of(headers, "tasuki-live") == "1"
}
