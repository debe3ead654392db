//! Answers: a page, a way on, a file.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;
use tasuki_office::files::Dropped;

use super::address::quoted;
use super::failure::Failure;
use super::posted::Posted;

/// A page, made.
pub(crate) fn page(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a template failed");
            Failure::Broken.into_response()
        }
    }
}

/// A form once more, with what is wrong beside its fields; a script is told in words.
pub(crate) fn refuse(posted: &Posted, error: &str, again: &impl askama::Template) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if posted.by_script {
        (status, Json(json!({ "message": error, "next": null }))).into_response()
    } else {
        (status, page(again)).into_response()
    }
}

/// Leads to another page; a script is told where to.
pub(crate) fn lead(posted: &Posted, to: impl std::fmt::Display) -> Response {
    let to = to.to_string();
    if posted.by_script {
        Json(json!({ "next": to })).into_response()
    } else {
        Redirect::to(&to).into_response()
    }
}

/// A file to be saved, never to be shown by the browser as a page of ours.
pub(crate) fn download(file: Dropped) -> Response {
    let mut headers = HeaderMap::new();
    let disposition = format!("attachment; filename*=UTF-8''{}", quoted(&file.name).replace('+', "%20"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = disposition.parse() {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    (headers, file.bytes).into_response()
}
