//! A CSV file of the standard as a readable table.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tasuki_office::arrivals::ArrivalId;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::node::Node;
use tasuki_office::sends::SendId;
use tasuki_terms::OfficeNo;

use super::frame;
use crate::entry::visitor::At;
use crate::http::address::Address;
use crate::http::ask::{Path, Query};
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::table::Table;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct From {
    from: usize,
}

pub(crate) async fn of_draft(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, i64)>,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let id = SendId(id);
    let read = move |node: &Node, no: OfficeNo| node.sends.file(no, id, file);
    show(&app, at, Menu::Send, Address::Send(id), from, read).await
}

pub(crate) async fn of_sent(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let id = SendId(id);
    let read = move |node: &Node, no: OfficeNo| {
        let parcel = node.sends.get(no, id)?.parcel.ok_or(OfficeError::NotFound)?;
        node.sends.open_sent(no, parcel)?.files.into_iter().nth(file).ok_or(OfficeError::NotFound)
    };
    show(&app, at, Menu::Sent, Address::Sent(id), from, read).await
}

pub(crate) async fn of_received(
    State(app): State<App>,
    at: At,
    Path((_, id, file)): Path<(String, i64, usize)>,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let id = ArrivalId(id);
    let read = move |node: &Node, no: OfficeNo| {
        node.inbox.open(no, id)?.files.into_iter().nth(file).ok_or(OfficeError::NotFound)
    };
    show(&app, at, Menu::Received, Address::Received(id), from, read).await
}

async fn show(
    app: &App,
    at: At,
    here: Menu,
    back: Address,
    from: From,
    read: impl FnOnce(&Node, OfficeNo) -> Result<Dropped, OfficeError> + Send + 'static,
) -> Result<Response, Failure> {
    let path = at.path.clone();
    let table = app.node.run(move |node| {
        let no = at.office.no;
        let file = read(node, no)?;
        let frame = frame(node, &at, here, "内容の表示")?;
        Ok(Table::of(frame, file, from.from, back.of(no)))
    });
    Ok(page(&table.await.map_err(Failure::unlocking(path))?))
}
