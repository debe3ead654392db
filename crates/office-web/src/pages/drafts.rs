//! 一時保存.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::entry::visitor::At;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

#[derive(Template)]
#[template(path = "drafts.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    saved: String,
    receiver: String,
    name: String,
    contents: String,
    message: String,
    by: String,
    files: usize,
    reason: String,
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let (no, now) = (at.office.no, app.node.now());
    let rows = app
        .node
        .drafts(no)?
        .into_iter()
        .map(|send| {
            let partner = send.receiver.map(|receiver| app.node.known_partner(no, receiver)).transpose()?;
            Ok(Row {
                id: send.id.0,
                saved: words::short_time(send.updated_at, now),
                receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
                name: partner.flatten().map(|partner| partner.name().to_owned()).unwrap_or_default(),
                contents: send.review.contents.join("、"),
                message: send.letter.message,
                by: send.by_staff,
                files: send.review.files.len(),
                reason: send.reason,
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(page(&Page { shell: Shell::new(&app, &at, "drafts", "一時保存")?, rows }))
}
