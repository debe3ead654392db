//! 一括送信.

use axum::extract::State;
use axum::response::Response;
use tasuki_office::sends::{BATCH_OFFICES, SendId, Tray};

use super::{frame, look_up, partner_of};
use crate::entry::visitor::{At, Form};
use crate::http::address::{Address, Done};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::{lead, page};
use crate::state::App;
use crate::view::batch::{Batch, Confirm, Row, ordered};
use crate::view::frame::{Frame, Menu};

/// What surrounds a page of the list, and the lines of it.
async fn rows(app: &App, at: At, title: &'static str) -> Result<(Frame, Vec<Row>), Failure> {
    let no = at.office.no;
    let sends = app.node.run(move |node| node.sends.batch(no)).await?;
    let receivers: Vec<_> = sends.iter().filter_map(|send| send.receiver).collect();
    look_up(app, no, &receivers).await?;
    let rows = app.node.run(move |node| {
        let frame = frame(node, &at, Menu::Batch, title)?;
        let row = |send: tasuki_office::sends::Send| {
            let partner = partner_of(node, no, send.receiver)?;
            Ok(Row::of(&frame, send, partner.as_ref()))
        };
        let rows = sends.into_iter().map(row).collect::<Result<_, tasuki_office::error::OfficeError>>()?;
        Ok((frame, ordered(rows)))
    });
    Ok(rows.await?)
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let (frame, rows) = rows(&app, at, "一括送信").await?;
    Ok(page(&Batch::of(frame, rows)))
}

pub(crate) async fn take_in(
    State(app): State<App>,
    at: At,
    Form(mut posted): Form,
) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login);
    let files = std::mem::take(&mut posted.files);
    app.node.run(move |node| node.drafts.take_in(no, &by, Tray::Batch, files)).await?;
    Ok(lead(&posted, Address::Batch.of(no)))
}

/// 一時保存. All is saved already; this says so.
pub(crate) async fn keep(at: At, Form(posted): Form) -> Response {
    lead(&posted, Address::Batch.of(at.office.no).done(Done::Saved))
}

pub(crate) async fn confirm(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let (frame, rows) = rows(&app, at, "送信確認").await?;
    Ok(page(&Confirm::of(frame, rows)))
}

/// OK: what was shown is queued, all of it or nothing.
pub(crate) async fn confirmed(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, staff) = (at.office.no, at.visitor.staff.clone());
    if app.node.offices.open_office(no).is_err() {
        return Err(Failure::KeysLocked(Address::BatchConfirm.of(no).to_string()));
    }
    let shown = shown(&posted)?;
    let (_, rows) = rows(&app, at, "送信確認").await?;
    let is_ready = |id: SendId| rows.iter().any(|row| row.can_go() && row.id == id.0);
    if shown.is_empty() || shown.len() > BATCH_OFFICES || !shown.iter().all(|(id, _)| is_ready(*id)) {
        return Ok(lead(&posted, Address::Batch.of(no)));
    }
    let run = app.node.run(move |node| node.outbox.confirm(no, &staff.login, &staff.name, &shown)).await?;
    Ok(lead(&posted, Address::Run(run).of(no)))
}

/// The sends that were shown, each as it was then.
fn shown(posted: &Posted) -> Result<Vec<(SendId, i64)>, Failure> {
    let read = |text: &str| {
        let (id, revision) = text.split_once('-')?;
        Some((SendId(id.parse().ok()?), revision.parse().ok()?))
    };
    posted.all("send").map(|text| read(text).ok_or(Failure::Malformed)).collect()
}
