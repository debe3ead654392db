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

/// A file that browsers fetch: its name, its media type, and the texts of which it is made.
type Asset = (&'static str, &'static str, &'static [&'static str]);

/// The order of the layers of the style: what stands further behind goes before, however it is chosen.
const LAYERS: &str = "@layer tokens, base, frame, parts, forms, print;\n";

const STYLE: &[&str] = &[
    LAYERS,
    include_str!("../../static/css/tokens.css"),
    include_str!("../../static/css/base.css"),
    include_str!("../../static/css/frame.css"),
    include_str!("../../static/css/parts.css"),
    include_str!("../../static/css/forms.css"),
    include_str!("../../static/css/print.css"),
];

const ASSETS: &[Asset] = &[
    ("tasuki.css", CSS, STYLE),
    ("main.js", JS, &[include_str!("../../static/js/main.js")]),
    ("ask.js", JS, &[include_str!("../../static/js/ask.js")]),
    ("autosave.js", JS, &[include_str!("../../static/js/autosave.js")]),
    ("dialog.js", JS, &[include_str!("../../static/js/dialog.js")]),
    ("drop.js", JS, &[include_str!("../../static/js/drop.js")]),
    ("live.js", JS, &[include_str!("../../static/js/live.js")]),
    ("seen.js", JS, &[include_str!("../../static/js/seen.js")]),
    ("stream.js", JS, &[include_str!("../../static/js/stream.js")]),
    ("worker.js", JS, &[include_str!("../../static/js/worker.js")]),
    ("icon.svg", "image/svg+xml", &[include_str!("../../static/icon.svg")]),
];

/// Changes whenever an asset does: browsers keep assets for ever under the address that holds it.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, texts) in ASSETS {
        hash.update(name.as_bytes());
        texts.iter().for_each(|text| hash.update(text.as_bytes()));
    }
    HEXLOWER.encode(&hash.finalize()[..6])
});

pub(crate) async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, media_type, texts)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return Failure::NotFound.into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, media_type.parse().expect("it is a header value"));
    let keep = if version == *VERSION { "max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, keep.parse().expect("it is a header value"));
    (headers, texts.concat()).into_response()
}
