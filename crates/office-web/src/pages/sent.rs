//! 送信状況, 詳細, 取消, 再送, 送達証明.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::node::Node;
use tasuki_office::sends::{SendId, SendState};
use tasuki_terms::OfficeNo;

use super::frame;
use crate::entry::visitor::{At, Form};
use crate::http::address::{Address, Done};
use crate::http::ask::{Path, Query, place};
use crate::http::failure::Failure;
use crate::http::reply::{download, lead, page};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::list::{Listed, Meant, Wanted};
use crate::view::sent::{Proof, Sent, SentList, filter};
use crate::words;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    state: String,
    receiver: String,
    month: String,
    before: String,
}

pub(crate) async fn list(
    State(app): State<App>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let list = app.node.run(move |node| {
        let names = node.directory.names(at.office.no)?;
        let meant = Meant::of(&asked.receiver, &names);
        let wanted = Wanted { state: asked.state, other: asked.receiver, month: asked.month };
        let filter = filter(&wanted, meant, place(&asked.before));
        let found =
            if meant.is_unclear() { Vec::new() } else { node.sends.sent(at.office.no, &filter, LINES)? };
        let found = Listed::of(found, tasuki_office::sends::Send::place);
        let frame = frame(node, &at, Menu::Sent, "送信状況")?;
        Ok(SentList::of(frame, found, wanted, meant, names, node.now()))
    });
    Ok(page(&list.await?))
}

const LINES: u32 = Listed::<()>::ASKED;

type SentPath = Path<(String, i64)>;

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): SentPath,
) -> Result<Response, Failure> {
    let sent = app.node.run(move |node| detail(node, &at, SendId(id), String::new()));
    Ok(page(&sent.await?))
}

fn detail(node: &Node, at: &At, id: SendId, problem: String) -> Result<Sent, OfficeError> {
    let send = node.sends.get(at.office.no, id)?;
    let frame = frame(node, at, Menu::Sent, "送信の詳細")?;
    Ok(Sent::of(frame, send, &node.directory.names(at.office.no)?, problem))
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    at: At,
    Path((_, id)): SentPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    match app.node.outbox.withdraw(no, &at.visitor.staff.login, id).await {
        Ok(()) => {
            let send = app.node.run(move |node| node.sends.get(no, id)).await?;
            let (address, done) = match send.state {
                SendState::Draft => (Address::Send(id), Done::Withdrawn),
                SendState::Withdrawing => (Address::Sent(id), Done::Withdrawing),
                _ => (Address::Sent(id), Done::Withdrawn),
            };
            Ok(lead(&posted, address.of(no).done(done)))
        }
        Err(error @ OfficeError::Relay(ClientError::Problem(_) | ClientError::Unreachable(_))) => {
            let problem = words::problem(&error);
            let again = app.node.run(move |node| detail(node, &at, id, problem)).await?;
            Ok((StatusCode::CONFLICT, page(&again)).into_response())
        }
        Err(error) => Err(Failure::unlocking(Address::Sent(id).of(no))(error)),
    }
}

/// 再送: a new draft with the same files and message.
pub(crate) async fn again(
    State(app): State<App>,
    at: At,
    Path((_, id)): SentPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id, by) = (at.office.no, SendId(id), at.visitor.staff.login);
    let draft = app.node.run(move |node| node.drafts.again(no, &by, id)).await;
    let draft = draft.map_err(Failure::unlocking(Address::Sent(id).of(no)))?;
    Ok(lead(&posted, Address::Send(draft).of(no)))
}

pub(crate) async fn file(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let file = app.node.run(move |node| sent_file(node, no, SendId(id), file)).await;
    Ok(download(file.map_err(Failure::unlocking(at.path))?))
}

fn sent_file(node: &Node, no: OfficeNo, id: SendId, file: usize) -> Result<Dropped, OfficeError> {
    let parcel = node.sends.get(no, id)?.parcel.ok_or(OfficeError::NotFound)?;
    node.sends.open_sent(no, parcel)?.files.into_iter().nth(file).ok_or(OfficeError::NotFound)
}

pub(crate) async fn proof(
    State(app): State<App>,
    at: At,
    Path((_, id)): SentPath,
) -> Result<Response, Failure> {
    let proof = app.node.run(move |node| {
        let send = node.sends.get(at.office.no, SendId(id))?;
        if !send.state.is_handed_in() {
            return Err(OfficeError::NotFound);
        }
        let frame = frame(node, &at, Menu::Sent, "送達証明")?;
        Ok(Proof::of(frame, &send, &node.directory.names(at.office.no)?, node.now()))
    });
    Ok(page(&proof.await?))
}
