//! The screens, one file each.

pub(crate) mod batch;
pub(crate) mod drafts;
pub(crate) mod login;
pub(crate) mod offices;
pub(crate) mod received;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod sent;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod table;
pub(crate) mod top;
pub(crate) mod unlock;

use axum::Json;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use tasuki_terms::OfficeNo;

use crate::visitor::Posted;

/// Leads to another page; a script is told where to.
pub(crate) fn lead(posted: &Posted, to: &str) -> Response {
    if posted.by_script {
        Json(json!({ "next": to })).into_response()
    } else {
        Redirect::to(to).into_response()
    }
}

/// Runs what takes processor time or waits for the disk without holding up other pages.
pub(crate) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// A place in a list, as it stands in an address: time and number.
pub(crate) fn place(text: &str) -> Option<(i64, i64)> {
    let (at, id) = text.split_once('-')?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

/// The office that a person means by a number or a part of its name; `None` for nothing, or nobody known.
pub(crate) fn meant(text: &str, partners: &[(OfficeNo, String)]) -> Option<OfficeNo> {
    let text = text.trim();
    let named =
        || partners.iter().find(|(_, name)| !text.is_empty() && name.contains(text)).map(|(no, _)| *no);
    text.parse().ok().or_else(named)
}
