//! The changed key of a partner, compared and confirmed by an administrator.

use axum::extract::State;
use axum::response::Response;
use tasuki_office::error::OfficeError;
use tasuki_terms::OfficeNo;

use super::{frame, look_up};
use crate::entry::visitor::{Administrator, Form};
use crate::http::address::{Address, Done};
use crate::http::ask::Path;
use crate::http::failure::Failure;
use crate::http::reply::{lead, page};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::partner_key::PartnerKey;

pub(crate) async fn show(
    State(app): State<App>,
    Administrator(at): Administrator,
    Path((_, partner)): Path<(String, OfficeNo)>,
) -> Result<Response, Failure> {
    let no = at.office.no;
    look_up(&app, no, &[partner]).await?;
    let shown = app.node.run(move |node| {
        let known = node.directory.known(no, partner)?.ok_or(OfficeError::NotFound)?;
        let frame = frame(node, &at, Menu::Batch, "相手の鍵を確かめる")?;
        Ok(PartnerKey::of(frame, &known, node.directory.keys(no, partner)?))
    });
    Ok(page(&shown.await?))
}

/// Only the key that was compared is confirmed: another one may have come since.
pub(crate) async fn confirm(
    State(app): State<App>,
    Administrator(at): Administrator,
    Path((_, partner)): Path<(String, OfficeNo)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by, shown) = (at.office.no, at.visitor.staff.login, posted.text("key").to_owned());
    app.node.run(move |node| node.directory.confirm_key(&by, no, partner, &shown)).await?;
    Ok(lead(&posted, Address::Batch.of(no).done(Done::Changed)))
}
