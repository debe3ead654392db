//! 送信中, live, and 送信結果.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tasuki_office::sends::SendState;

use crate::entry::visitor::At;
use crate::http::ask::Path;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;

#[derive(Template)]
#[template(path = "run.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    total: usize,
    done: usize,
    interrupted: usize,
    failed: usize,
    is_over: bool,
    back: String,
}

struct Row {
    id: i64,
    receiver: String,
    name: String,
    contents: String,
    state: SendState,
    reason: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, run)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let sends = app.node.sends_of_run(no, run)?;
    let from_batch = sends.iter().any(|send| send.in_batch);
    let rows: Vec<_> = sends
        .into_iter()
        .map(|send| Row {
            id: send.id.0,
            receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
            name: send.receiver_name,
            contents: send.review.contents.join("、"),
            state: send.state,
            reason: send.reason,
        })
        .collect();
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let done = rows.iter().filter(|row| row.state.is_handed_in()).count();
    let under_way = count(SendState::Queued) + count(SendState::Sending);
    let (here, back) =
        if from_batch { ("batch", format!("/{no}/batch")) } else { ("send", format!("/{no}/sent")) };
    let is_over = under_way == 0;
    let title = if is_over { "送信結果" } else { "送信中" };
    Ok(page(&Page {
        shell: Shell::new(&app, &at, here, title)?.needing_relay(),
        total: rows.len(),
        done,
        interrupted: count(SendState::Interrupted),
        failed: count(SendState::Failed),
        is_over,
        rows,
        back,
    }))
}
