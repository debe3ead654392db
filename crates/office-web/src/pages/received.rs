//! 受信 and 詳細: open, download, put into the import folder, mark.

use std::io::{Cursor, Write as _};

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_office::arrivals::{ArrivalFilter, ArrivalId, ArrivalState, Opened};
use tasuki_office::error::OfficeError;
use tasuki_office::review::Dropped;
use tasuki_parcel::attachment::MediaType;
use tasuki_terms::OfficeNo;
use zip::write::SimpleFileOptions;

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
#[template(path = "received_list.html")]
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
    sender: String,
    name: String,
    contents: String,
    files: usize,
    state: ArrivalState,
}

#[derive(Template)]
#[template(path = "received.html")]
struct DetailPage {
    shell: Shell,
    id: i64,
    state: ArrivalState,
    refusal: String,
    sender: String,
    name: String,
    staff: String,
    message: String,
    contents: Vec<String>,
    files: Vec<File>,
    accepted_at: String,
    received_at: String,
    signed_until: String,
    import_folder: String,
    problem: String,
    placed: Vec<String>,
}

struct File {
    index: usize,
    name: String,
    kind: String,
    size: String,
    is_table: bool,
    is_picture: bool,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Wanted {
    pub(crate) state: String,
    pub(crate) sender: String,
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
    let meant = Meant::of(&wanted.sender, &partners);
    let filter = ArrivalFilter {
        state: ArrivalState::parse(&wanted.state),
        sender: meant.one(),
        month: month(&wanted.month),
        before: place(&wanted.before),
    };
    let mut arrivals =
        if meant.is_unclear() { Vec::new() } else { app.node.arrivals(no, &filter, LINES + 1)? };
    let more = arrivals.len() > LINES as usize;
    arrivals.truncate(LINES as usize);
    let next = arrivals.last().filter(|_| more).map(|arrival| {
        let (at, id) = arrival.place();
        format!("{at}-{id}")
    });
    let rows = arrivals.into_iter().map(|arrival| Row {
        id: arrival.id.0,
        at: words::short_time(arrival.received_at, now),
        sender: arrival.sender.to_string(),
        name: arrival.sender_name,
        contents: arrival.inside.contents.join("、"),
        files: arrival.inside.names.len(),
        state: arrival.state,
    });
    let states = ArrivalState::ALL.iter();
    let states = states.map(|state| (state.as_str(), state.name_ja(), filter.state == Some(*state)));
    Ok(page(&ListPage {
        partners,
        shell: Shell::new(&app, &at, "received", "受信")?.needing_relay(),
        rows: rows.collect(),
        next: next.unwrap_or_default(),
        is_filtered: meant != Meant::Any || filter.state.is_some() || filter.month.is_some(),
        unclear: meant.words(),
        states: states.collect(),
        filter: wanted,
    }))
}

/// Opens an arrival, or asks for the office password first.
pub(crate) fn opened(app: &App, at: &At, id: i64) -> Result<Opened, Failure> {
    match heavy(|| app.node.open_arrival(at.office.no, ArrivalId(id))) {
        Err(OfficeError::KeysLocked) => Err(Failure::KeysLocked(at.path.clone())),
        opened => Ok(opened?),
    }
}

/// Shows an arrival. Asking for the page marks nothing: browsers ask for pages that nobody looks at.
pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    Ok(page(&detail(&app, &at, id, String::new(), Vec::new())?))
}

fn detail(app: &App, at: &At, id: i64, problem: String, placed: Vec<String>) -> Result<DetailPage, Failure> {
    let arrival = app.node.arrival(at.office.no, ArrivalId(id))?;
    let opened = if arrival.state == ArrivalState::Refused { None } else { Some(self::opened(app, at, id)?) };
    let manifest = opened.as_ref().map(|opened| &opened.manifest);
    let files = manifest.map(|manifest| &manifest.files[..]).unwrap_or_default();
    Ok(DetailPage {
        shell: Shell::new(app, at, "received", "受信の詳細")?,
        id,
        state: arrival.state,
        refusal: arrival.inside.refusal,
        sender: arrival.sender.to_string(),
        name: arrival.sender_name,
        staff: manifest.map(|manifest| manifest.staff.clone()).unwrap_or_default(),
        message: manifest.map(|manifest| manifest.message.clone()).unwrap_or_default(),
        contents: arrival.inside.contents,
        files: files
            .iter()
            .enumerate()
            .map(|(index, file)| File {
                index,
                kind: kind_name(file.name.as_str()),
                size: words::size(file.size),
                is_table: may_be_table(file.name.as_str()),
                is_picture: is_picture(MediaType::of(&file.name)),
                name: file.name.to_string(),
            })
            .collect(),
        accepted_at: words::time(arrival.accepted_at),
        received_at: words::time(arrival.received_at),
        signed_until: opened.map(|opened| words::date(opened.signer.not_after)).unwrap_or_default(),
        import_folder: at.office.folders.import.clone(),
        problem,
        placed,
    })
}

fn kind_name(name: &str) -> String {
    let kind = tasuki_standard::FileName::kind_of(name).map(|kind| kind.name_ja().to_owned());
    kind.unwrap_or_else(|| "添付ファイル".to_owned())
}

fn is_picture(media_type: MediaType) -> bool {
    matches!(media_type, MediaType::Jpeg | MediaType::Png | MediaType::Gif)
}

pub(crate) async fn file(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
    Query(wanted): Query<Shown>,
) -> Result<Response, Failure> {
    let opened = opened(&app, &at, id)?;
    let entry = opened.manifest.files.get(file).ok_or(Failure::NotFound)?;
    let media_type = MediaType::of(&entry.name);
    let dropped = opened.files.into_iter().nth(file).ok_or(Failure::NotFound)?;
    if !wanted.show.is_empty() && is_picture(media_type) {
        return Ok(([(header::CONTENT_TYPE, media_type.as_str())], dropped.bytes).into_response());
    }
    Ok(download(dropped))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Shown {
    show: String,
}

pub(crate) async fn all(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let arrival = app.node.arrival(at.office.no, ArrivalId(id))?;
    let opened = opened(&app, &at, id)?;
    let name = format!("{}_{}.zip", opened.manifest.from, words::local(arrival.received_at).date());
    let bytes = heavy(|| zip_of(&opened)).map_err(|error| Failure::from(OfficeError::from(error)))?;
    Ok(download(Dropped { name, bytes }))
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
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no: OfficeNo = at.office.no;
    match heavy(|| app.node.place_arrival(no, ArrivalId(id))) {
        Ok(_) if posted.by_script => Ok(lead(&posted, format!("/{no}/received/{id}?done=imported"))),
        Ok(placed) => {
            let placed = placed.iter().map(|placed| placed.path.display().to_string()).collect();
            Ok(page(&detail(&app, &at, id, String::new(), placed)?))
        }
        Err(OfficeError::KeysLocked) => Err(Failure::KeysLocked(format!("/{no}/received/{id}"))),
        Err(error @ (OfficeError::NoFolder | OfficeError::Io(_) | OfficeError::DiskFull)) => {
            let again = detail(&app, &at, id, words::problem(&error), Vec::new())?;
            Ok((StatusCode::CONFLICT, page(&again)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn mark(
    State(app): State<App>,
    at: At,
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let state = ArrivalState::parse(posted.text("state")).filter(|state| *state != ArrivalState::Refused);
    let state = state.ok_or(Failure::Malformed)?;
    app.node.mark_arrival(no, &at.visitor.staff.login, ArrivalId(id), state)?;
    // Looking at it again would make it read at once.
    let to = if state == ArrivalState::Unread { String::new() } else { format!("/{id}") };
    Ok(lead(&posted, format!("/{no}/received{to}?done=marked")))
}
