//! 一時保存.

use axum::extract::State;
use axum::response::Response;

use super::frame;
use crate::entry::visitor::At;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::drafts::Drafts;
use crate::view::frame::Menu;

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let drafts = app.node.run(move |node| {
        let (no, frame) = (at.office.no, frame(node, &at, Menu::Drafts, "一時保存")?);
        Ok(Drafts::of(frame, node.sends.drafts(no)?, &node.directory.names(no)?, node.now()))
    });
    Ok(page(&drafts.await?))
}
