//! 設定, フォルダー and 夜間も自動で送受信する.

use std::path::Path;

use axum::extract::State;
use axum::response::Response;

use super::{answer, noted};
use crate::entry::visitor::{Administrator, Form};
use crate::forms::folders::Folders;
use crate::http::address::{Address, Done};
use crate::http::failure::Failure;
use crate::state::App;
use crate::view::settings::Typed;

pub(crate) async fn folders(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login.clone());
    // Folders may lie on a network drive that is slow to answer.
    let read = app.node.run(move |_| Ok((Folders::read(&posted, Path::is_dir), posted)));
    let ((form, meant), posted) = read.await?;
    let saved = match meant {
        Some(folders) => {
            let set = app.node.run(move |node| node.offices.set_folders(&by, no, &folders)).await;
            noted(set, Done::Changed).map_err(|problem| Box::new(Typed { folders: Some(form), ..*problem }))
        }
        None => Err(Box::new(Typed { folders: Some(form), ..Typed::default() })),
    };
    answer(&app, at, &posted, saved).await
}

pub(crate) async fn self_unlock(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by, wanted) = (at.office.no, at.visitor.staff.login.clone(), posted.is_ticked("wanted"));
    if wanted && app.node.offices.open_office(no).is_err() {
        return Err(Failure::KeysLocked(Address::Settings.of(no).to_string()));
    }
    let set = app.node.run(move |node| node.offices.set_self_unlock(&by, wanted)).await;
    answer(&app, at, &posted, noted(set, Done::Changed)).await
}
