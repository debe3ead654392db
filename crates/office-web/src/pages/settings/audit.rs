//! 操作の記録.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::entry::visitor::Administrator;
use crate::http::ask::Query;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::pages::frame;
use crate::state::App;
use crate::view::audit::Audit;
use crate::view::frame::Menu;

/// Entries of one page.
const ENTRIES: u32 = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    before: Option<i64>,
    /// The whole record is to be looked through, which takes a while and holds up other pages.
    check: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Administrator(at): Administrator,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let shown = app.node.run(move |node| {
        let entries = node.upkeep.audit(asked.before, ENTRIES)?;
        let is_sound = match asked.check {
            Some(_) => Some(node.upkeep.verify_audit()?.is_none()),
            None => None,
        };
        Ok(Audit::of(frame(node, &at, Menu::Settings, "操作の記録")?, &entries, is_sound))
    });
    Ok(page(&shown.await?))
}
