//! 送信 and 送信確認; also 編集 of a line of 一括送信.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Readiness;
use tasuki_office::node::Node;
use tasuki_office::partners::Partner;
use tasuki_office::sends::{Landed, Send, SendId, Tray};
use tasuki_terms::OfficeNo;

use super::{frame, look_up, partner_of};
use crate::entry::visitor::{At, Form};
use crate::forms::{Field, letter};
use crate::http::address::{Address, Done, Link, inside};
use crate::http::ask::{Path, Query, code};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::{lead, page, refuse};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::send::{Confirm, SendPage, Typed};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct To {
    to: String,
}

type SendPath = Path<(String, i64)>;

pub(crate) async fn show_new(
    State(app): State<App>,
    at: At,
    Query(to): Query<To>,
) -> Result<Response, Failure> {
    let receiver = code(&to.to).parse().ok();
    look_up(&app, at.office.no, receiver.as_slice()).await?;
    Ok(page(&new_page(&app, at, receiver, None).await?))
}

async fn new_page(
    app: &App,
    at: At,
    receiver: Option<OfficeNo>,
    message: Option<Field>,
) -> Result<SendPage, Failure> {
    let new = app.node.run(move |node| {
        let partner = partner_of(node, at.office.no, receiver)?;
        let frame = frame(node, &at, Menu::Send, "送信")?;
        Ok(SendPage::new(frame, receiver, partner.as_ref(), message))
    });
    Ok(new.await?)
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    let send = app.node.run(move |node| node.sends.get(no, id)).await?;
    if !send.state.is_open() {
        return Ok(Redirect::to(&Address::Sent(id).of(no).to_string()).into_response());
    }
    look_up(&app, no, send.receiver.as_slice()).await?;
    Ok(page(&draft_page(&app, at, id, Typed::default()).await?))
}

async fn draft_page(app: &App, at: At, id: SendId, typed: Typed) -> Result<SendPage, Failure> {
    let draft = app.node.run(move |node| {
        let send = node.sends.get(at.office.no, id)?;
        let (here, title) = if send.in_batch { (Menu::Batch, "編集") } else { (Menu::Send, "送信") };
        let frame = frame(node, &at, here, title)?;
        let partner = partner_of(node, send.office, send.receiver)?;
        let names = node.directory.names(send.office)?;
        Ok(SendPage::of(frame, send, partner.as_ref(), names, typed))
    });
    Ok(draft.await?)
}

pub(crate) async fn take_in_new(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login.clone());
    let receiver = letter::receiver(&posted).map_err(|_| Failure::Malformed)?;
    if posted.files.is_empty() {
        return Ok(lead(&posted, new_address(no, receiver)));
    }
    let tray = match receiver {
        Some(_) => Tray::One(app.node.run(move |node| node.drafts.start(no, &by, receiver)).await?),
        None => Tray::New,
    };
    take(&app, &at, posted, tray).await
}

pub(crate) async fn take_in(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    take(&app, &at, posted, Tray::One(SendId(id))).await
}

async fn take(app: &App, at: &At, mut posted: Posted, tray: Tray) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login.clone());
    let files = std::mem::take(&mut posted.files);
    let message = posted.raw("message").to_owned();
    let landed = app.node.run(move |node| {
        let landed = node.drafts.take_in(no, &by, tray, files)?;
        if let (Landed::One(id), false) = (landed, message.is_empty()) {
            node.drafts.set_message(no, id, &message)?;
        }
        Ok(landed)
    });
    Ok(match landed.await? {
        Landed::One(id) => lead(&posted, Address::Send(id).of(no)),
        Landed::Batch => lead(&posted, Address::Batch.of(no).done(Done::Moved)),
    })
}

/// The page of a send that has not begun.
fn new_address(office: OfficeNo, receiver: Option<OfficeNo>) -> Link {
    receiver.map_or(Address::NewSend, Address::NewSendTo).of(office)
}

/// A message that is typed before any file is there: it is kept from the first letter on.
pub(crate) async fn start_with_message(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login.clone());
    let receiver = letter::receiver(&posted).map_err(|_| Failure::Malformed)?;
    if receiver.is_none() && posted.text("message").is_empty() {
        return Ok(lead(&posted, new_address(no, receiver)));
    }
    let message = match letter::message(&posted) {
        Ok(message) => message.to_owned(),
        Err(field) => {
            let error = field.error.clone();
            return Ok(refuse(&posted, &error, &new_page(&app, at, receiver, Some(field)).await?));
        }
    };
    let id = app.node.run(move |node| {
        let id = node.drafts.start(no, &by, receiver)?;
        node.drafts.set_message(no, id, &message)?;
        Ok(id)
    });
    Ok(lead(&posted, Address::Send(id.await?).of(no)))
}

pub(crate) async fn message(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    save_message(&app, at, SendId(id), posted, |send| Address::Send(send.id).of(send.office).to_string())
        .await
}

/// 一時保存. All is saved already; this says so and leads to the list.
pub(crate) async fn keep(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    save_message(&app, at, SendId(id), posted, |send| list_of(send).done(Done::Saved)).await
}

/// Keeps the message, or shows what is wrong with it, and leads on.
async fn save_message(
    app: &App,
    at: At,
    id: SendId,
    posted: Posted,
    to: impl FnOnce(&Send) -> String,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let message = match letter::message(&posted) {
        Ok(message) => message.to_owned(),
        Err(field) => {
            let error = field.error.clone();
            let typed = Typed { message: Some(field), ..Typed::default() };
            return Ok(refuse(&posted, &error, &draft_page(app, at, id, typed).await?));
        }
    };
    let send = app.node.run(move |node| {
        node.drafts.set_message(no, id, &message)?;
        node.sends.get(no, id)
    });
    Ok(lead(&posted, to(&send.await?)))
}

/// The list on which a draft stands.
fn list_of(send: &Send) -> Link {
    if send.in_batch { Address::Batch } else { Address::Drafts }.of(send.office)
}

pub(crate) async fn receiver(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    let receiver = match letter::receiver(&posted) {
        Ok(receiver) => receiver,
        Err(field) => {
            let error = field.error.clone();
            let typed = Typed { receiver: Some(field), ..Typed::default() };
            return Ok(refuse(&posted, &error, &draft_page(&app, at, id, typed).await?));
        }
    };
    let left = app.node.run(move |node| {
        node.drafts.set_receiver(no, id, receiver)?;
        match node.sends.get(no, id) {
            // It has joined another line of the list.
            Err(OfficeError::NotFound) => Ok(Address::Batch),
            found => found.map(|_| Address::Send(id)),
        }
    });
    Ok(lead(&posted, left.await?.of(no)))
}

pub(crate) async fn accept(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id, is_accepted) = (at.office.no, SendId(id), posted.is_ticked("accepted"));
    app.node.run(move |node| node.drafts.accept_warnings(no, id, is_accepted)).await?;
    match posted.text("back") {
        "" => Ok(lead(&posted, Address::Send(id).of(no))),
        back => Ok(lead(&posted, inside(back))),
    }
}

pub(crate) async fn remove(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    app.node.run(move |node| node.drafts.remove_file(no, id, file)).await?;
    Ok(lead(&posted, Address::Send(id).of(no)))
}

pub(crate) async fn delete(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id, by) = (at.office.no, SendId(id), at.visitor.staff.login);
    let list = app.node.run(move |node| {
        let list = list_of(&node.sends.get(no, id)?);
        node.drafts.delete(no, &by, id)?;
        Ok(list)
    });
    Ok(lead(&posted, list.await?.done(Done::Deleted)))
}

pub(crate) async fn confirm(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, SendId(id));
    let send = app.node.run(move |node| node.sends.get(no, id)).await?;
    if !send.state.is_open() {
        return Ok(Redirect::to(&Address::Sent(id).of(no).to_string()).into_response());
    }
    look_up(&app, no, send.receiver.as_slice()).await?;
    let shown = app.node.run(move |node| {
        let is_ready = is_ready(node, &send)?;
        let partner = partner_of(node, no, send.receiver)?;
        let frame = frame(node, &at, Menu::Send, "送信確認")?;
        let is_locked = frame.is_locked;
        let shown = Confirm::of(frame, send, partner.as_ref());
        // What is held up by the receiver's key is shown with the reason.
        Ok((is_ready || is_locked || shown.key_note.is_some()).then_some(shown))
    });
    Ok(match shown.await? {
        Some(shown) => page(&shown),
        None => Redirect::to(&Address::Send(id).of(no).to_string()).into_response(),
    })
}

fn is_ready(node: &Node, send: &Send) -> Result<bool, OfficeError> {
    let partner = partner_of(node, send.office, send.receiver)?;
    let (readiness, _) =
        send.review.readiness(send.receiver, partner.as_ref().map(Partner::standing), send.letter.accepted);
    Ok(readiness == Readiness::Ready)
}

/// OK: from here on it goes by itself.
pub(crate) async fn confirmed(
    State(app): State<App>,
    at: At,
    Path((_, id)): SendPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id, staff) = (at.office.no, SendId(id), at.visitor.staff);
    let is_ready = app.node.run(move |node| is_ready(node, &node.sends.get(no, id)?)).await?;
    if app.node.offices.open_office(no).is_err() {
        return Err(Failure::KeysLocked(Address::Confirm(id).of(no).to_string()));
    }
    if !is_ready {
        return Ok(lead(&posted, Address::Send(id).of(no)));
    }
    let revision = posted.text("revision").parse().map_err(|_| Failure::Malformed)?;
    let confirm = move |node: &Node| node.outbox.confirm(no, &staff.login, &staff.name, &[(id, revision)]);
    Ok(lead(&posted, Address::Run(app.node.run(confirm).await?).of(no)))
}
