//! 事業所検索.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tasuki_office::error::OfficeError;
use tasuki_protocol::directory::OfficeSearch;

use super::frame;
use crate::entry::visitor::At;
use crate::http::ask::{Query, plain};
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::offices::{Answer, Offices};
use crate::words;

/// Letters of a search that are asked for.
const SEARCH_CHARS: usize = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    prefecture: String,
    service: String,
    active: String,
    after: String,
    search: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let search = OfficeSearch {
        q: plain(&asked.q).chars().take(SEARCH_CHARS).collect(),
        prefecture: asked.prefecture.parse().ok(),
        service: asked.service.parse().ok(),
        active: !asked.active.is_empty(),
        after: asked.after.parse().ok(),
    };
    let is_asked = !asked.search.is_empty();
    let mut answer = Answer::default();
    if is_asked {
        match app.node.directory.search(at.office.no, &search).await {
            Ok(found) => answer.found = Some(found),
            // The page asks for 事業所ユーザログイン.
            Err(OfficeError::KeysLocked) => {}
            Err(error) => answer.problem = words::problem(&error),
        }
    }
    let frame = app.node.run(move |node| frame(node, &at, Menu::Offices, "事業所検索")).await?;
    Ok(page(&Offices::of(frame, search, is_asked, answer)))
}
