//! Styles and scripts, inside the program.

use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::http::ask::Path;
use crate::http::failure::Failure;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

const ASSETS: &[(&str, &str, &str)] = &[
    ("tokens.css", CSS, include_str!("../../static/tokens.css")),
    ("tasuki.css", CSS, include_str!("../../static/tasuki.css")),
    ("main.js", JS, include_str!("../../static/js/main.js")),
    ("ask.js", JS, include_str!("../../static/js/ask.js")),
    ("autosave.js", JS, include_str!("../../static/js/autosave.js")),
    ("dialog.js", JS, include_str!("../../static/js/dialog.js")),
    ("drop.js", JS, include_str!("../../static/js/drop.js")),
    ("live.js", JS, include_str!("../../static/js/live.js")),
    ("seen.js", JS, include_str!("../../static/js/seen.js")),
    ("stream.js", JS, include_str!("../../static/js/stream.js")),
    ("worker.js", JS, include_str!("../../static/js/worker.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
];

/// Changes whenever an asset does: browsers keep assets for ever under the address that holds it.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, text) in ASSETS {
        hash.update(name.as_bytes());
        hash.update(text.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..6])
});

pub(crate) async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, media_type, text)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return Failure::NotFound.into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, media_type.parse().expect("it is a header value"));
    let keep = if version == *VERSION { "max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, keep.parse().expect("it is a header value"));
    (headers, *text).into_response()
}
