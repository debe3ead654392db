//! 送信中, live, and 送信結果.

use axum::extract::State;
use axum::response::Response;

use super::frame;
use crate::entry::visitor::At;
use crate::http::ask::Path;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::run::{Run, Tally, is_batch};

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, run)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let run = app.node.run(move |node| {
        let sends = node.sends.of_run(at.office.no, run)?;
        let tally = Tally::of(sends.iter().map(|send| send.state));
        let here = if is_batch(&sends) { Menu::Batch } else { Menu::Send };
        let frame = frame(node, &at, here, tally.title())?;
        Ok(Run::of(frame, tally, sends, &node.directory.names(at.office.no)?))
    });
    Ok(page(&run.await?))
}
