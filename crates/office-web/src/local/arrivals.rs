//! What arrived: lists, files, and what the care software has done with them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use tasuki_office::Actor;
use tasuki_office::arrivals::{self, ArrivalFilter, ArrivalId};
use tasuki_office::error::OfficeError;
use tasuki_protocol::schema;

use super::caller::{Path, ProgramAt, Query};
use super::refusal::{Answer, Refused};
use super::sends::{LINES, narrowed, next_place};
use super::types::{Arrival, ArrivalState, Inbox, Mark, OpenedArrival, ProblemCode, Wanted};
use crate::http::ask::place;
use crate::state::App;

fn arrival_of(arrival: &arrivals::Arrival) -> Arrival {
    Arrival {
        id: arrival.id.0,
        state: ArrivalState::from(arrival.state.as_str()),
        from: arrival.sender,
        from_name: arrival.sender_name.clone(),
        contents: arrival.inside.contents.clone(),
        files: arrival.inside.names.clone(),
        months: arrival.months.iter().map(ToString::to_string).collect(),
        parcel: Some(arrival.parcel),
        size: arrival.size,
        accepted_at: Some(arrival.accepted_at),
        received_at: Some(arrival.received_at),
    }
}

/// What arrived, the newest first, 500 at a time.
#[utoipa::path(
    get, path = "/local/{office}/inbox", params(("office" = schema::OfficeNo, Path), Wanted),
    responses(
        (status = 200, body = Inbox),
        (status = 400, body = super::types::Problem, description = "`state` or `before`"),
    )
)]
pub(super) async fn inbox(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Query(wanted): Query<Wanted>,
) -> Answer<Inbox> {
    let state = narrowed(&wanted.state, arrivals::ArrivalState::parse, ProblemCode::State)?;
    let before = narrowed(&wanted.before, place, ProblemCode::Before)?;
    let filter = ArrivalFilter { state, before, ..ArrivalFilter::default() };
    let found = app.node.run(move |node| node.inbox.list(no, &filter, LINES)).await?;
    let next = next_place(found.last().map(arrivals::Arrival::place), found.len());
    Ok(Json(Inbox { arrivals: found.iter().map(arrival_of).collect(), next }))
}

/// One arrival, opened: its state stays as it is. One that was refused cannot be opened (404).
#[utoipa::path(
    get, path = "/local/{office}/inbox/{id}", params(("office" = schema::OfficeNo, Path), ("id" = i64, Path)),
    responses((status = 200, body = OpenedArrival))
)]
pub(super) async fn inbox_one(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
) -> Answer<OpenedArrival> {
    let opened = app.node.run(move |node| {
        let arrival = node.inbox.get(no, ArrivalId(id))?;
        let opened = node.inbox.open(no, ArrivalId(id))?.manifest;
        Ok(OpenedArrival { arrival: arrival_of(&arrival), message: opened.message, staff: opened.staff })
    });
    Ok(Json(opened.await?))
}

/// A file of an arrival, byte for byte as it was sent. Its number is its place in `files`, from 0.
#[utoipa::path(
    get, path = "/local/{office}/inbox/{id}/files/{file}",
    params(("office" = schema::OfficeNo, Path), ("id" = i64, Path), ("file" = usize, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"))
)]
pub(super) async fn inbox_file(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Path((_, id, file)): Path<(String, i64, usize)>,
) -> Result<Bytes, Refused> {
    let bytes = app.node.run(move |node| {
        let file = node.inbox.open(no, ArrivalId(id))?.files.into_iter().nth(file);
        file.map(|file| file.bytes).ok_or(OfficeError::NotFound)
    });
    Ok(bytes.await?.into())
}

/// Says that an arrival was read or is in the care software; the sender gets a signed receipt.
///
/// What may not become so stays as it is: what was imported stays imported. The answer tells the state as it is now.
#[utoipa::path(
    post, path = "/local/{office}/inbox/{id}/receipt",
    params(("office" = schema::OfficeNo, Path), ("id" = i64, Path), Mark),
    responses(
        (status = 200, body = Arrival),
        (status = 400, body = super::types::Problem, description = "`state`"),
    )
)]
pub(super) async fn receipt(
    State(app): State<App>,
    ProgramAt(no): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
    Query(mark): Query<Mark>,
) -> Answer<Arrival> {
    let state = arrivals::ArrivalState::parse(&mark.state);
    let state = state
        .filter(|state| *state != arrivals::ArrivalState::Refused)
        .ok_or_else(|| Refused::wrong(ProblemCode::State, "状態は unread、read、imported のどれかです。"))?;
    let now = app.node.run(move |node| {
        node.inbox.mark(no, Actor::Program, ArrivalId(id), state)?;
        node.inbox.get(no, ArrivalId(id))
    });
    Ok(Json(arrival_of(&now.await?)))
}
