//! 送信 and 送信確認; also 編集 of a line of 一括送信.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tasuki_office::error::OfficeError;
use tasuki_office::partners::Partner;
use tasuki_office::review::{FileReview, Readiness, Remark, Weight};
use tasuki_office::sends::{Landed, Send, SendId, Tray};
use tasuki_parcel::limits::{CONTENTS_BYTES, MESSAGE_CHARS};
use tasuki_terms::OfficeNo;

use super::heavy;
use crate::entry::visitor::{At, Form};
use crate::http::ask::{Path, Query, code};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

/// So many files are shown one below the other.
const FEW_FILES: usize = 6;

#[derive(Template)]
#[template(path = "send.html")]
struct Page {
    shell: Shell,
    /// Offices to choose from.
    partners: Vec<(OfficeNo, String)>,
    /// `None` while nothing was dropped or typed.
    id: Option<i64>,
    in_batch: bool,
    receiver: String,
    receiver_name: String,
    receiver_note: Option<Remark>,
    /// What was typed as the receiver and is none.
    wrong_receiver: Option<String>,
    key_note: String,
    message: String,
    message_limit: usize,
    accepted: bool,
    /// What there is something to be said of, and what is not of the standard.
    files: Vec<FileReview>,
    /// Files of the standard without a remark, when they are many.
    clean: Vec<FileReview>,
    file_count: usize,
    remarks: Vec<Remark>,
    warnings: usize,
    errors: usize,
    total: String,
    percent: u64,
    limit: String,
    readiness: Readiness,
    reason: String,
    contents: Vec<String>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    shell: Shell,
    id: i64,
    revision: i64,
    receiver: String,
    receiver_name: String,
    key_note: String,
    message: String,
    files: Vec<FileReview>,
    contents: Vec<String>,
    total: String,
    warnings: usize,
}

#[derive(Deserialize)]
pub(crate) struct To {
    #[serde(default)]
    to: String,
}

type SendPath = Path<(String, i64)>;

pub(crate) async fn show_new(
    State(app): State<App>,
    at: At,
    Query(to): Query<To>,
) -> Result<Response, Failure> {
    let receiver = code(&to.to).parse().ok();
    ask(&app, at.office.no, receiver.as_slice()).await?;
    Ok(page(&new_page(&app, &at, receiver)?))
}

/// The page before anything is put in. There is no draft yet.
fn new_page(app: &App, at: &At, receiver: Option<OfficeNo>) -> Result<Page, Failure> {
    let mut shell = Shell::new(app, at, "send", "送信")?;
    if receiver.is_some() {
        shell = shell.needing_relay();
    }
    let partner = partner_of(app, at.office.no, receiver)?;
    Ok(Page {
        shell,
        partners: Vec::new(),
        id: None,
        in_batch: false,
        receiver: receiver.map(|no| no.to_string()).unwrap_or_default(),
        receiver_name: partner.as_ref().map(|partner| partner.name().to_owned()).unwrap_or_default(),
        receiver_note: None,
        wrong_receiver: None,
        key_note: partner.as_ref().map(words::key_note).unwrap_or_default(),
        message: String::new(),
        message_limit: MESSAGE_CHARS,
        accepted: false,
        files: Vec::new(),
        clean: Vec::new(),
        file_count: 0,
        remarks: Vec::new(),
        warnings: 0,
        errors: 0,
        total: words::size(0),
        percent: 0,
        limit: words::size(CONTENTS_BYTES),
        readiness: Readiness::Empty,
        reason: String::new(),
        contents: Vec::new(),
    })
}

/// What is known of the receiver.
pub(crate) fn partner_of(
    app: &App,
    office: OfficeNo,
    receiver: Option<OfficeNo>,
) -> Result<Option<Partner>, Failure> {
    Ok(receiver.map(|receiver| app.node.known_partner(office, receiver)).transpose()?.flatten())
}

/// Asks the directory for the receiver, where it can be asked.
pub(crate) async fn ask(app: &App, office: OfficeNo, receivers: &[OfficeNo]) -> Result<(), Failure> {
    match app.node.look_up(office, receivers).await {
        Ok(()) | Err(OfficeError::KeysLocked) => Ok(()),
        // Without a line the page shows what is known.
        Err(OfficeError::Relay(error)) => {
            tracing::info!(error = %error, "the directory cannot be asked");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
) -> Result<Response, Failure> {
    let send = app.node.send(at.office.no, SendId(id))?;
    if !send.state.is_open() {
        return Ok(Redirect::to(&format!("/{}/sent/{id}", at.office.no)).into_response());
    }
    ask(&app, at.office.no, send.receiver.as_slice()).await?;
    Ok(page(&send_page(&app, &at, send)?))
}

fn send_page(app: &App, at: &At, send: Send) -> Result<Page, Failure> {
    let (here, title) = if send.in_batch { ("batch", "編集") } else { ("send", "送信") };
    let mut shell = Shell::new(app, at, here, title)?;
    if send.receiver.is_some() {
        shell = shell.needing_relay();
    }
    let partner = partner_of(app, send.office, send.receiver)?;
    let (readiness, receiver_note) =
        send.review.readiness(send.receiver, partner.as_ref(), send.letter.accepted);
    let (files, clean) = part(send.review.files.clone());
    Ok(Page {
        shell,
        partners: app.node.partner_names(send.office)?,
        id: Some(send.id.0),
        in_batch: send.in_batch,
        receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
        receiver_name: partner.as_ref().map(|partner| partner.name().to_owned()).unwrap_or_default(),
        receiver_note,
        wrong_receiver: None,
        key_note: partner.as_ref().map(words::key_note).unwrap_or_default(),
        message: send.letter.message,
        message_limit: MESSAGE_CHARS,
        accepted: send.letter.accepted,
        warnings: send.review.count(Weight::Warning),
        errors: send.review.count(Weight::Error),
        total: words::size(send.review.size),
        percent: (send.review.size.saturating_mul(100) / CONTENTS_BYTES).min(100),
        limit: words::size(CONTENTS_BYTES),
        readiness,
        reason: send.reason,
        contents: send.review.contents,
        file_count: send.review.files.len(),
        files,
        clean,
        remarks: send.review.remarks,
    })
}

/// Parts many files, so that what a person has to look at is not lost among them.
fn part(files: Vec<FileReview>) -> (Vec<FileReview>, Vec<FileReview>) {
    if files.len() <= FEW_FILES {
        return (files, Vec::new());
    }
    let (mut noteworthy, clean): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| !file.is_standard || !file.remarks.is_empty());
    noteworthy.sort_by_key(|file| !file.has_error());
    (noteworthy, clean)
}

pub(crate) async fn take_in_new(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let receiver = chosen(&posted).map_err(|_| Failure::Malformed)?;
    if posted.files.is_empty() {
        return Ok(lead(&posted, new_address(no, receiver)));
    }
    let tray = match receiver {
        Some(_) => Tray::One(app.node.start_send(no, &at.visitor.staff.login, receiver)?),
        None => Tray::New,
    };
    take(&app, &at, posted, tray)
}

pub(crate) async fn take_in(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    take(&app, &at, posted, Tray::One(SendId(id)))
}

fn take(app: &App, at: &At, mut posted: Posted, tray: Tray) -> Result<Response, Failure> {
    let (no, files) = (at.office.no, std::mem::take(&mut posted.files));
    let message = posted.raw("message").to_owned();
    let landed = heavy(|| app.node.take_in(no, &at.visitor.staff.login, tray, files))?;
    let to = match landed {
        Landed::One(id) => {
            if !message.is_empty() {
                app.node.set_message(no, id, &message)?;
            }
            format!("/{no}/send/{}", id.0)
        }
        Landed::Batch => format!("/{no}/batch?done=moved"),
    };
    Ok(lead(&posted, &to))
}

/// The page of a send that has not begun.
fn new_address(office: OfficeNo, receiver: Option<OfficeNo>) -> String {
    match receiver {
        Some(receiver) => format!("/{office}/send?to={receiver}"),
        None => format!("/{office}/send"),
    }
}

/// The receiver of a form, which may be left open; or what was typed and is none.
fn chosen(posted: &Posted) -> Result<Option<OfficeNo>, String> {
    match posted.code("receiver") {
        typed if typed.is_empty() => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| posted.text("receiver").to_owned()),
    }
}

/// A message that is typed before any file is there: it is kept from the first letter on.
pub(crate) async fn start_with_message(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let receiver = chosen(&posted).map_err(|_| Failure::Malformed)?;
    if receiver.is_none() && posted.text("message").is_empty() {
        return Ok(lead(&posted, new_address(no, receiver)));
    }
    let id = app.node.start_send(no, &at.visitor.staff.login, receiver)?;
    app.node.set_message(no, id, posted.raw("message"))?;
    Ok(lead(&posted, format!("/{no}/send/{}", id.0)))
}

pub(crate) async fn message(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    app.node.set_message(at.office.no, SendId(id), posted.raw("message"))?;
    Ok(lead(&posted, format!("/{}/send/{id}", at.office.no)))
}

pub(crate) async fn receiver(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let receiver = match chosen(&posted) {
        Ok(receiver) => receiver,
        Err(typed) => {
            let send = app.node.send(no, SendId(id))?;
            let again = Page { wrong_receiver: Some(typed), ..send_page(&app, &at, send)? };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    heavy(|| app.node.set_receiver(no, SendId(id), receiver))?;
    // It may have joined another line of the list.
    match app.node.send(no, SendId(id)) {
        Err(OfficeError::NotFound) => Ok(lead(&posted, format!("/{no}/batch"))),
        _ => Ok(lead(&posted, format!("/{no}/send/{id}"))),
    }
}

pub(crate) async fn accept(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    app.node.accept_warnings(no, SendId(id), posted.is_ticked("accepted"))?;
    let back = posted.text("back");
    let to = if back.is_empty() {
        format!("/{no}/send/{id}")
    } else {
        crate::http::failure::inside(back).to_owned()
    };
    Ok(lead(&posted, &to))
}

pub(crate) async fn remove(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    heavy(|| app.node.remove_file(at.office.no, SendId(id), file))?;
    Ok(lead(&posted, format!("/{}/send/{id}", at.office.no)))
}

pub(crate) async fn delete(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    let in_batch = app.node.send(no, id)?.in_batch;
    app.node.delete_send(no, &at.visitor.staff.login, id)?;
    let list = if in_batch { "batch" } else { "drafts" };
    Ok(lead(&posted, format!("/{no}/{list}?done=deleted")))
}

/// 一時保存. All is saved already; this says so and leads to the list.
pub(crate) async fn keep(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    app.node.set_message(no, id, posted.raw("message"))?;
    let list = if app.node.send(no, id)?.in_batch { "batch" } else { "drafts" };
    Ok(lead(&posted, format!("/{no}/{list}?done=saved")))
}

pub(crate) async fn confirm(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let send = app.node.send(no, SendId(id))?;
    ask(&app, no, send.receiver.as_slice()).await?;
    let shell = Shell::new(&app, &at, "send", "送信確認")?.needing_relay();
    if !send.state.is_open() {
        return Ok(Redirect::to(&format!("/{no}/sent/{id}")).into_response());
    }
    if !is_ready(&app, &send)? && !shell.is_locked {
        return Ok(Redirect::to(&format!("/{no}/send/{id}")).into_response());
    }
    let partner = partner_of(&app, no, send.receiver)?;
    Ok(page(&ConfirmPage {
        shell,
        id,
        revision: send.revision,
        receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
        receiver_name: partner.as_ref().map(|partner| partner.name().to_owned()).unwrap_or_default(),
        key_note: partner.as_ref().map(words::key_note).unwrap_or_default(),
        message: send.letter.message,
        contents: send.review.contents.clone(),
        total: words::size(send.review.size),
        warnings: send.review.count(Weight::Warning),
        files: send.review.files,
    }))
}

fn is_ready(app: &App, send: &Send) -> Result<bool, Failure> {
    let partner = partner_of(app, send.office, send.receiver)?;
    let (readiness, _) = send.review.readiness(send.receiver, partner.as_ref(), send.letter.accepted);
    Ok(readiness == Readiness::Ready)
}

/// OK: from here on it goes by itself.
pub(crate) async fn confirmed(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let send = app.node.send(no, SendId(id))?;
    if app.node.open_office(no).is_err() {
        return Err(Failure::KeysLocked(format!("/{no}/send/{id}/confirm")));
    }
    if !is_ready(&app, &send)? {
        let answer = Redirect::to(&format!("/{no}/send/{id}")).into_response();
        return Ok((StatusCode::SEE_OTHER, answer).into_response());
    }
    let revision = posted.text("revision").parse().map_err(|_| Failure::Malformed)?;
    let staff = &at.visitor.staff;
    let run = heavy(|| app.node.confirm(no, &staff.login, &staff.name, &[(send.id, revision)]))?;
    Ok(lead(&posted, format!("/{no}/run/{run}")))
}
