//! Handing files over, and what became of them.

use axum::Json;
use axum::extract::{Request, State};
use tasuki_office::Actor;
use tasuki_office::error::OfficeError;
use tasuki_office::files::{self, Readiness, Weight};
use tasuki_office::node::Node;
use tasuki_office::partners::Partner;
use tasuki_office::sends::{self, BATCH_OFFICES, SendFilter, SendId};
use tasuki_protocol::schema;
use tasuki_terms::OfficeNo;

use super::caller::{Path, ProgramAt, Query};
use super::refusal::{Answer, Refused};
use super::status::link_of;
use super::types::{
    Drafts, Outbox, ProblemCode, Ready, Remark, Send, SendState, SendWithReceipts, Submission, Submitted,
    Wanted,
};
use crate::http::ask::place;
use crate::http::posted::Posted;
use crate::state::App;

/// Lines of an answer.
pub(super) const LINES: u32 = 500;

/// Takes files in, sorted by receiver. With `confirm` what is ready is sent; the rest stays as drafts for a person.
///
/// Drafts that people put together are never touched. A call that is repeated before anything of it was sent makes no
/// second drafts. The files of one call are at most 128 MB together.
#[utoipa::path(
    post, path = "/local/{office}/send", params(("office" = schema::OfficeNo, Path)),
    request_body(content = Submission, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Submitted),
        (status = 400, body = super::types::Problem, description = "`no-files`, `to` or `request`: nothing was taken in"),
        (status = 413, body = super::types::Problem, description = "`too-large`: nothing was taken in"),
    )
)]
pub(super) async fn send(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    request: Request,
) -> Answer<Submitted> {
    let posted = Posted::read(request).await?;
    let is_confirmed = posted.is_ticked("confirm");
    let submission = submission_of(posted)?;
    let submit = app.node.run(move |node| {
        let ids = node.drafts.submit(no, submission)?;
        ids.into_iter().map(|id| node.sends.get(no, id)).collect::<Result<Vec<_>, _>>()
    });
    let taken = submit.await?;
    let receivers: Vec<_> = taken.iter().filter_map(|send| send.receiver).collect();
    match app.node.directory.look_up(no, &receivers).await {
        Ok(()) | Err(OfficeError::KeysLocked | OfficeError::Relay(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let told = app.node.run(move |node| {
        if is_confirmed {
            confirm_ready(node, no, &taken)?;
        }
        let now = taken.iter().filter_map(|send| match node.sends.get(no, send.id) {
            // A person has deleted it in the meantime.
            Err(OfficeError::NotFound) => None,
            found => Some(found.and_then(|send| draft_of(node, &send))),
        });
        Ok(Submitted { sends: now.collect::<Result<_, _>>()?, link: link_of(node, no) })
    });
    Ok(Json(told.await?))
}

fn submission_of(mut posted: Posted) -> Result<sends::Submission, Refused> {
    if posted.files.is_empty() {
        return Err(Refused::wrong(ProblemCode::NoFiles, "ファイルがありません。"));
    }
    let to = match posted.text("to") {
        "" => None,
        to => Some(
            to.parse()
                .map_err(|_| Refused::wrong(ProblemCode::To, "送信先の事業所番号は10桁の数字です。"))?,
        ),
    };
    Ok(sends::Submission {
        files: std::mem::take(&mut posted.files),
        to,
        message: posted.raw("message").to_owned(),
        accept_warnings: posted.is_ticked("accept_warnings"),
    })
}

/// Queues what is ready. What a person has taken over in the meantime stays with the person, and holds up nothing else.
fn confirm_ready(node: &Node, no: OfficeNo, taken: &[sends::Send]) -> Result<(), OfficeError> {
    let mut ready = Vec::new();
    for send in taken {
        if readiness(node, send)?.0 == Readiness::Ready {
            ready.push((send.id, send.revision));
        }
    }
    let confirm = |some: &[_]| match node.outbox.confirm(no, Actor::Program, "", some) {
        Ok(_) => Ok(true),
        Err(OfficeError::Changed | OfficeError::NotReady | OfficeError::NotFound) => Ok(false),
        Err(error) => Err(error),
    };
    for some in ready.chunks(BATCH_OFFICES) {
        if !confirm(some)? {
            some.iter().try_for_each(|one| confirm(&[*one]).map(drop))?;
        }
    }
    Ok(())
}

fn readiness(node: &Node, send: &sends::Send) -> Result<(Readiness, Option<files::Remark>), OfficeError> {
    let partner = send.receiver.map(|no| node.directory.known(send.office, no)).transpose()?.flatten();
    Ok(send.review.readiness(send.receiver, partner.as_ref().map(Partner::standing), send.letter.accepted))
}

/// A send with whether it can go, and why not.
fn draft_of(node: &Node, send: &sends::Send) -> Result<Send, OfficeError> {
    let (readiness, obstacle) = readiness(node, send)?;
    let mut told = send_of(send);
    told.ready = Some(ready_of(readiness));
    told.errors.extend(obstacle.iter().map(|remark| remark_of(None, remark)));
    Ok(told)
}

fn ready_of(readiness: Readiness) -> Ready {
    match readiness {
        Readiness::Ready => Ready::Yes,
        Readiness::Doubtful => Ready::Warnings,
        Readiness::Blocked => Ready::No,
        Readiness::Empty => Ready::Empty,
        Readiness::Unasked => Ready::UnknownReceiver,
    }
}

fn send_of(send: &sends::Send) -> Send {
    let files = &send.review.files;
    let remarks = |weight| {
        let own = send.review.remarks.iter().map(|remark| (None, remark));
        let of_files =
            files.iter().flat_map(|file| file.remarks.iter().map(|remark| (Some(&file.name), remark)));
        let weighing = own.chain(of_files).filter(|(_, remark)| remark.weight == weight);
        weighing.map(|(file, remark)| remark_of(file, remark)).collect()
    };
    Send {
        id: send.id.0,
        state: SendState::from(send.state.as_str()),
        to: send.receiver,
        to_name: send.receiver_name.clone(),
        contents: send.review.contents.clone(),
        size: send.review.size,
        parcel: send.parcel,
        files: files.iter().map(|file| file.name.clone()).collect(),
        queued_at: send.queued_at,
        sent_at: send.sent_at,
        reason: send.reason.clone(),
        errors: remarks(Weight::Error),
        warnings: remarks(Weight::Warning),
        ready: None,
    }
}

fn remark_of(file: Option<&String>, remark: &files::Remark) -> Remark {
    Remark {
        file: file.cloned(),
        row: remark.row,
        column: remark.column,
        field: remark.field.clone(),
        message: remark.message.clone(),
        hint: remark.hint.clone(),
    }
}

/// What is being put together, by people and by programs.
#[utoipa::path(
    get, path = "/local/{office}/drafts", params(("office" = schema::OfficeNo, Path)),
    responses((status = 200, body = Drafts))
)]
pub(super) async fn drafts(State(app): State<App>, ProgramAt(no): ProgramAt) -> Answer<Drafts> {
    let drafts = app.node.run(move |node| {
        let mut all = node.sends.drafts(no)?;
        all.extend(node.sends.batch(no)?.into_iter().filter(|send| send.state.is_open()));
        all.iter().map(|send| draft_of(node, send)).collect::<Result<_, _>>()
    });
    Ok(Json(Drafts { drafts: drafts.await? }))
}

/// What was confirmed, the newest first, 500 at a time.
#[utoipa::path(
    get, path = "/local/{office}/outbox", params(("office" = schema::OfficeNo, Path), Wanted),
    responses(
        (status = 200, body = Outbox),
        (status = 400, body = super::types::Problem, description = "`state` or `before`"),
    )
)]
pub(super) async fn outbox(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Query(wanted): Query<Wanted>,
) -> Answer<Outbox> {
    let state = narrowed(&wanted.state, sends::SendState::parse, ProblemCode::State)?;
    let before = narrowed(&wanted.before, place, ProblemCode::Before)?;
    let filter = SendFilter { state, before, ..SendFilter::default() };
    let sends = app.node.run(move |node| node.sends.sent(no, &filter, LINES)).await?;
    let next = next_place(sends.last().map(sends::Send::place), sends.len());
    Ok(Json(Outbox { sends: sends.iter().map(send_of).collect(), next }))
}

/// What narrows a list. A word that means nothing is refused: all of the list would be taken for the part of it.
pub(super) fn narrowed<T>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    problem: ProblemCode,
) -> Result<Option<T>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    let message = if problem == ProblemCode::State {
        "この状態はありません。"
    } else {
        "続きの場所を読めません。前の答えの next をそのまま渡してください。"
    };
    read(text).map(Some).ok_or_else(|| Refused::wrong(problem, message))
}

/// Where the next page of a list begins; nowhere when this one was not full.
pub(super) fn next_place(last: Option<(i64, i64)>, lines: usize) -> Option<String> {
    last.filter(|_| lines == LINES as usize).map(|(at, id)| format!("{at}-{id}"))
}

/// A send, with the evidence of its delivery.
#[utoipa::path(
    get, path = "/local/{office}/outbox/{id}", params(("office" = schema::OfficeNo, Path), ("id" = i64, Path)),
    responses((status = 200, body = SendWithReceipts))
)]
pub(super) async fn outbox_one(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
) -> Answer<SendWithReceipts> {
    let send = app.node.run(move |node| node.sends.get(no, SendId(id))).await?;
    Ok(Json(SendWithReceipts { send: send_of(&send), receipts: send.receipts }))
}
