//! 設定, バックアップ: the daily one, one at once, and what a restored node waits for.

use std::path::Path;

use axum::extract::State;
use axum::response::Response;

use super::{answer, noted};
use crate::entry::visitor::{Administrator, Form};
use crate::forms::folders::backup_folder;
use crate::http::address::Done;
use crate::http::failure::Failure;
use crate::state::App;
use crate::view::settings::Typed;

/// Chooses the folder of the daily backups, ends them, or makes one at once.
pub(crate) async fn backup(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let by = at.visitor.staff.login.clone();
    if posted.text("do") == "stop" {
        let stopped = app.node.run(move |node| node.upkeep.set_backup_folder(&by, Path::new(""))).await;
        return answer(&app, at, &posted, noted(stopped, Done::Changed)).await;
    }
    let folder = match backup_folder(&posted) {
        Ok(folder) => folder,
        Err(field) => {
            let typed = Typed { backup_folder: Some(field), ..Typed::default() };
            return answer(&app, at, &posted, Err(Box::new(typed))).await;
        }
    };
    let is_daily = posted.text("do") == "daily";
    let made = app.node.run(move |node| {
        if is_daily {
            node.upkeep.set_backup_folder(&by, &folder)?;
            // The first one is made at once, so that whoever chose the folder sees whether it works.
            return node.upkeep.back_up_if_due().map(drop);
        }
        node.upkeep.back_up_now(&by, &folder)?;
        node.set("backup-folder", &folder.to_string_lossy())
    });
    let done = if is_daily { Done::Changed } else { Done::Backup };
    answer(&app, at, &posted, noted(made.await, done)).await
}

/// A person has seen that this node was restored.
pub(crate) async fn restore_seen(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let by = at.visitor.staff.login.clone();
    let seen = app.node.run(move |node| node.upkeep.note_restore_seen(&by)).await;
    answer(&app, at, &posted, noted(seen, Done::Changed)).await
}
