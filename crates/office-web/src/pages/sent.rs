//! 送信状況, 詳細, 取消, 再送, 送達証明.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;
use tasuki_office::sends::SendState;
use tasuki_office::sends::{Send, SendFilter, SendId, Tray};
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_terms::OfficeNo;

use super::{LINES, Meant, heavy, may_be_table, month, place};
use crate::entry::visitor::{At, Form};
use crate::http::ask::{Path, Query};
use crate::http::failure::Failure;
use crate::http::reply::lead;
use crate::http::reply::{download, page};
use crate::shell::Shell;
use crate::state::App;
use crate::words;

#[derive(Template)]
#[template(path = "sent_list.html")]
struct ListPage {
    shell: Shell,
    /// Offices to choose from.
    partners: Vec<(OfficeNo, String)>,
    rows: Vec<Row>,
    next: String,
    filter: Wanted,
    is_filtered: bool,
    /// Why the list is not narrowed to the office that was typed.
    unclear: String,
    states: Vec<(&'static str, &'static str, bool)>,
}

struct Row {
    id: i64,
    at: String,
    receiver: String,
    name: String,
    contents: String,
    files: usize,
    message: String,
    state: SendState,
    reason: String,
    expires_soon: bool,
}

#[derive(Template)]
#[template(path = "sent.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of the page")]
struct DetailPage {
    shell: Shell,
    id: i64,
    state: SendState,
    reason: String,
    receiver: String,
    name: String,
    staff: String,
    message: String,
    contents: Vec<String>,
    files: Vec<File>,
    size: String,
    steps: Vec<(&'static str, String)>,
    can_withdraw: bool,
    can_edit: bool,
    problem: String,
    expires_soon: bool,
    can_open: bool,
}

struct File {
    index: usize,
    name: String,
    kind: String,
    size: String,
    is_table: bool,
}

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    shell: Shell,
    receiver: String,
    name: String,
    staff: String,
    contents: Vec<String>,
    files: Vec<(String, String)>,
    steps: Vec<(&'static str, String)>,
    parcel: String,
    digest: String,
    receipts: Vec<(&'static str, String, String)>,
    made_at: String,
    state: &'static str,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Wanted {
    pub(crate) state: String,
    pub(crate) receiver: String,
    pub(crate) month: String,
    pub(crate) before: String,
}

pub(crate) async fn list(
    State(app): State<App>,
    at: At,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let (no, now) = (at.office.no, app.node.now());
    let partners = app.node.partner_names(no)?;
    let meant = Meant::of(&wanted.receiver, &partners);
    let filter = SendFilter {
        state: SendState::parse(&wanted.state),
        receiver: meant.one(),
        month: month(&wanted.month),
        before: place(&wanted.before),
    };
    let mut sends = if meant.is_unclear() { Vec::new() } else { app.node.sent(no, &filter, LINES + 1)? };
    let more = sends.len() > LINES as usize;
    sends.truncate(LINES as usize);
    let next = sends.last().filter(|_| more).map(|send| {
        let (at, id) = send.place();
        format!("{at}-{id}")
    });
    let rows = sends.into_iter().map(|send| Row {
        id: send.id.0,
        at: send.queued_at.map(|at| words::short_time(at, now)).unwrap_or_default(),
        receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
        name: send.receiver_name,
        contents: send.review.contents.join("、"),
        files: send.review.files.len(),
        message: send.letter.message,
        state: send.state,
        reason: send.reason,
        expires_soon: send.expires_soon,
    });
    let states = SendState::ALL.iter().filter(|state| **state != SendState::Draft);
    let states = states.map(|state| (state.as_str(), state.name_ja(), filter.state == Some(*state)));
    Ok(page(&ListPage {
        partners,
        shell: Shell::new(&app, &at, "sent", "送信状況")?,
        rows: rows.collect(),
        next: next.unwrap_or_default(),
        is_filtered: meant != Meant::Any || filter.state.is_some() || filter.month.is_some(),
        unclear: meant.words(),
        states: states.collect(),
        filter: wanted,
    }))
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let send = app.node.send(at.office.no, SendId(id))?;
    Ok(page(&detail(&app, &at, send, String::new())?))
}

fn detail(app: &App, at: &At, send: Send, problem: String) -> Result<DetailPage, Failure> {
    let shell = Shell::new(app, at, "sent", "送信の詳細")?;
    let can_open = send.state.is_handed_in() && !shell.is_locked;
    Ok(DetailPage {
        shell,
        id: send.id.0,
        state: send.state,
        reason: send.reason.clone(),
        receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
        name: send.receiver_name.clone(),
        steps: steps(&send),
        can_withdraw: matches!(
            send.state,
            SendState::Queued | SendState::Sending | SendState::Interrupted | SendState::Sent
        ),
        can_edit: send.state.is_open(),
        expires_soon: send.expires_soon,
        staff: send.letter.staff,
        message: send.letter.message,
        size: words::size(send.review.size),
        contents: send.review.contents,
        files: send
            .review
            .files
            .into_iter()
            .enumerate()
            .map(|(index, file)| File {
                index,
                is_table: may_be_table(&file.name),
                size: words::size(file.size),
                name: file.name,
                kind: file.kind,
            })
            .collect(),
        problem,
        can_open,
    })
}

/// What happened when.
fn steps(send: &Send) -> Vec<(&'static str, String)> {
    let mut steps = Vec::new();
    steps.extend(send.queued_at.map(|at| ("送信の操作", words::exact_time(at))));
    steps.extend(send.sent_at.map(|at| ("送信済（連携基盤が受け取った）", words::exact_time(at))));
    for signed in &send.receipts {
        steps.push((receipt_words(signed.receipt.kind), words::exact_time(signed.accepted_at)));
    }
    let without_receipt = matches!(send.state, SendState::Withdrawn | SendState::Expired);
    if without_receipt {
        steps.extend(send.changed_at.map(|at| (send.state.name_ja(), words::exact_time(at))));
    }
    steps
}

fn receipt_words(kind: ReceiptKind) -> &'static str {
    match kind {
        ReceiptKind::Received => "受信済（相手の事業所に届いた）",
        ReceiptKind::Opened => "開封済（相手が開いた）",
        ReceiptKind::Imported => "取込済（相手が介護ソフトに取り込んだ）",
        ReceiptKind::Refused => "受取不可（相手が受け取れなかった）",
    }
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    match app.node.withdraw(no, &at.visitor.staff.login, id).await {
        Ok(()) => {
            let to = match app.node.send(no, id)?.state {
                SendState::Draft => format!("/{no}/send/{}?done=withdrawn", id.0),
                SendState::Withdrawing => format!("/{no}/sent/{}?done=withdrawing", id.0),
                _ => format!("/{no}/sent/{}?done=withdrawn", id.0),
            };
            Ok(lead(&posted, &to))
        }
        Err(OfficeError::KeysLocked) => Err(Failure::KeysLocked(format!("/{no}/sent/{}", id.0))),
        Err(error @ OfficeError::Relay(ClientError::Problem(_) | ClientError::Unreachable(_))) => {
            let again = detail(&app, &at, app.node.send(no, id)?, words::problem(&error))?;
            Ok((StatusCode::CONFLICT, page(&again)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// 再送: a new draft with the same files and message.
pub(crate) async fn again(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let send = app.node.send(no, SendId(id))?;
    if send.state.is_open() {
        return Ok(lead(&posted, format!("/{no}/send/{id}")));
    }
    if !send.state.is_handed_in() {
        // It goes by itself: a second one would go as well.
        return Err(OfficeError::Changed.into());
    }
    let parcel = send.parcel.ok_or(Failure::NotFound)?;
    let opened = match heavy(|| app.node.open_sent(no, parcel)) {
        Err(OfficeError::KeysLocked) => return Err(Failure::KeysLocked(format!("/{no}/sent/{id}"))),
        opened => opened?,
    };
    let by = &at.visitor.staff.login;
    let new = app.node.start_send(no, by, send.receiver)?;
    heavy(|| app.node.take_in(no, by, Tray::One(new), opened.files))?;
    app.node.set_message(no, new, &send.letter.message)?;
    Ok(lead(&posted, format!("/{no}/send/{}", new.0)))
}

pub(crate) async fn file(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let send = app.node.send(no, SendId(id))?;
    let parcel = send.parcel.ok_or(Failure::NotFound)?;
    let opened = match heavy(|| app.node.open_sent(no, parcel)) {
        Err(OfficeError::KeysLocked) => return Err(Failure::KeysLocked(at.path)),
        opened => opened?,
    };
    opened.files.into_iter().nth(file).map(download).ok_or(Failure::NotFound)
}

pub(crate) async fn proof(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let send = app.node.send(at.office.no, SendId(id))?;
    if !send.state.is_handed_in() {
        return Err(Failure::NotFound);
    }
    let receipts = send.receipts.iter().map(|signed| {
        (receipt_words(signed.receipt.kind), words::exact_time(signed.accepted_at), signed.signature.clone())
    });
    Ok(page(&ProofPage {
        shell: Shell::new(&app, &at, "sent", "送達証明")?,
        receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
        name: send.receiver_name.clone(),
        steps: steps(&send),
        receipts: receipts.collect(),
        parcel: send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default(),
        digest: send.sealed.map(|(_, digest)| digest.to_string()).unwrap_or_default(),
        staff: send.letter.staff,
        contents: send.review.contents,
        files: send.review.files.into_iter().map(|file| (file.name, words::size(file.size))).collect(),
        made_at: words::exact_time(app.node.now()),
        state: send.state.name_ja(),
    }))
}
