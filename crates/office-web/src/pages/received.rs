//! 受信 and 詳細: open, download, put into the import folder, mark.

use std::io::{Cursor, Write as _};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_office::arrivals::{Arrival, ArrivalId, ArrivalState, Opened};
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::node::Node;
use tasuki_parcel::attachment::MediaType;
use zip::write::SimpleFileOptions;

use super::{frame, look_up};
use crate::entry::visitor::{At, Form};
use crate::http::address::{Address, Done};
use crate::http::ask::{Path, Query, place};
use crate::http::failure::Failure;
use crate::http::reply::{download, lead, page};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::list::{Listed, Meant, Wanted};
use crate::view::received::{Received, ReceivedList, Tried, filter, is_picture};
use crate::words;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    state: String,
    sender: String,
    month: String,
    before: String,
}

pub(crate) async fn list(
    State(app): State<App>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let found = app.node.run(move |node| {
        let names = node.directory.names(no)?;
        let meant = Meant::of(&asked.sender, &names);
        let wanted = Wanted { state: asked.state, other: asked.sender, month: asked.month };
        let filter = filter(&wanted, meant, place(&asked.before));
        let found = if meant.is_unclear() { Vec::new() } else { node.inbox.list(no, &filter, LINES)? };
        Ok((Listed::of(found, Arrival::place), wanted, meant))
    });
    let (found, wanted, meant) = found.await?;
    look_up_nameless(&app, &at, &found.items).await?;
    let list = app.node.run(move |node| {
        let frame = frame(node, &at, Menu::Received, "受信")?;
        Ok(ReceivedList::of(frame, found, wanted, meant, node.directory.names(no)?, node.now()))
    });
    Ok(page(&list.await?))
}

const LINES: u32 = Listed::<()>::ASKED;

/// Whose name could not be looked up when their parcels came are looked up again.
async fn look_up_nameless(app: &App, at: &At, arrivals: &[Arrival]) -> Result<(), Failure> {
    let nameless = arrivals.iter().filter(|arrival| arrival.sender_name.is_empty());
    let senders: Vec<_> = nameless.map(|arrival| arrival.sender).collect();
    look_up(app, at.office.no, &senders).await
}

type ReceivedPath = Path<(String, i64)>;

/// Shows an arrival. Asking for the page marks nothing: browsers ask for pages that nobody looks at.
pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): ReceivedPath,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, ArrivalId(id));
    let arrival = app.node.run(move |node| node.inbox.get(no, id)).await?;
    look_up_nameless(&app, &at, &[arrival]).await?;
    let path = at.path.clone();
    let page_of = app.node.run(move |node| detail(node, &at, id, Tried::default())).await;
    Ok(page(&page_of.map_err(Failure::unlocking(path))?))
}

fn detail(node: &Node, at: &At, id: ArrivalId, tried: Tried) -> Result<Received, OfficeError> {
    let no = at.office.no;
    let arrival = node.inbox.get(no, id)?;
    let is_refused = arrival.state == ArrivalState::Refused;
    let opened = if is_refused { None } else { Some(node.inbox.open(no, id)?) };
    let frame = frame(node, at, Menu::Received, "受信の詳細")?;
    let (names, folder) = (node.directory.names(no)?, &at.office.folders.import);
    Ok(Received::of(frame, arrival, opened.as_ref(), &names, folder, tried))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Shown {
    show: String,
}

pub(crate) async fn file(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
    Query(wanted): Query<Shown>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let opened = app.node.run(move |node| node.inbox.open(no, ArrivalId(id))).await;
    let opened = opened.map_err(Failure::unlocking(at.path))?;
    let entry = opened.manifest.files.get(file).ok_or(Failure::NotFound)?;
    let media_type = MediaType::of(&entry.name);
    let dropped = opened.files.into_iter().nth(file).ok_or(Failure::NotFound)?;
    if !wanted.show.is_empty() && is_picture(media_type) {
        return Ok(([(header::CONTENT_TYPE, media_type.as_str())], dropped.bytes).into_response());
    }
    Ok(download(dropped))
}

pub(crate) async fn all(
    State(app): State<App>,
    at: At,
    Path((_, id)): ReceivedPath,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, ArrivalId(id));
    let zipped = app.node.run(move |node| {
        let arrival = node.inbox.get(no, id)?;
        let opened = node.inbox.open(no, id)?;
        let name = format!("{}_{}.zip", opened.manifest.from, words::local(arrival.received_at).date());
        Ok(Dropped { name, bytes: zip_of(&opened)? })
    });
    Ok(download(zipped.await.map_err(Failure::unlocking(at.path))?))
}

fn zip_of(opened: &Opened) -> std::io::Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for file in &opened.files {
        zip.start_file(file.name.as_str(), SimpleFileOptions::default())?;
        zip.write_all(&file.bytes)?;
    }
    if !opened.manifest.message.is_empty() && opened.files.iter().all(|file| file.name != "メッセージ.txt")
    {
        zip.start_file("メッセージ.txt", SimpleFileOptions::default())?;
        zip.write_all(opened.manifest.message.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Puts the files into the import folder; the person then imports them with the care software.
pub(crate) async fn place_files(
    State(app): State<App>,
    at: At,
    Path((_, id)): ReceivedPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id) = (at.office.no, ArrivalId(id));
    let here = Address::Received(id).of(no);
    let placed = app.node.run(move |node| node.inbox.place(no, id)).await;
    let (status, tried) = match placed {
        Ok(_) if posted.by_script => return Ok(lead(&posted, here.done(Done::Imported))),
        Ok(placed) => {
            let placed = placed.iter().map(|placed| placed.path.display().to_string()).collect();
            (StatusCode::OK, Tried { placed, ..Tried::default() })
        }
        Err(error @ (OfficeError::NoFolder | OfficeError::Io(_) | OfficeError::DiskFull)) => {
            (StatusCode::CONFLICT, Tried { problem: words::problem(&error), ..Tried::default() })
        }
        Err(error) => return Err(Failure::unlocking(here)(error)),
    };
    let again = app.node.run(move |node| detail(node, &at, id, tried)).await;
    Ok((status, page(&again.map_err(Failure::unlocking(here))?)).into_response())
}

pub(crate) async fn mark(
    State(app): State<App>,
    at: At,
    Path((_, id)): ReceivedPath,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, id, by) = (at.office.no, ArrivalId(id), at.visitor.staff.login);
    let state = ArrivalState::parse(posted.text("state")).filter(|state| *state != ArrivalState::Refused);
    let state = state.ok_or(Failure::Malformed)?;
    app.node.run(move |node| node.inbox.mark(no, &by, id, state)).await?;
    // Looking at it again would make it read at once.
    let to = if state == ArrivalState::Unread { Address::ReceivedList } else { Address::Received(id) };
    Ok(lead(&posted, to.of(no).done(Done::Marked)))
}
