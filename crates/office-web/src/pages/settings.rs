//! 設定: what its parts share. Each part is a form; what is wrong with it is shown on the whole page, beside its field.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod folders;
pub(crate) mod password;
pub(crate) mod staff;

use axum::extract::State;
use axum::response::Response;
use tasuki_office::error::OfficeError;
use tasuki_office::node::Node;

use super::frame;
use crate::entry::visitor::At;
use crate::http::address::{Address, Done};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::{lead, page, refuse};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::settings::{Known, KnownRest, Settings, Typed};
use crate::words;

/// What a script is told, which has no fields to show it beside.
const WRONG: &str = "入力した内容に誤りがあります。「設定」の画面で確かめてください。";

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    Ok(page(&settings_page(&app, at, Typed::default()).await?))
}

async fn settings_page(app: &App, at: At, typed: Typed) -> Result<Settings, Failure> {
    let sessions = app.sessions.count_of(at.visitor.staff.id, app.node.now());
    let shown = app.node.run(move |node| {
        let frame = frame(node, &at, Menu::Settings, "設定")?;
        let rest = frame.is_administrator.then(|| rest(node)).transpose()?;
        let known = Known { me: at.visitor.staff.id, office: at.office, sessions, rest };
        Ok(Settings::of(frame, known, typed, node.now()))
    });
    Ok(shown.await?)
}

fn rest(node: &Node) -> Result<KnownRest, OfficeError> {
    Ok(KnownRest {
        staff: node.staff.all()?,
        self_unlock: node.offices.self_unlock_state()?,
        backup: node.upkeep.backup_status()?,
        backup_folder: node.setting("backup-folder")?.unwrap_or_default(),
        restored_at: node.upkeep.restored_at()?,
    })
}

/// The settings once more, with what was wrong; or where to go when nothing was.
async fn answer(
    app: &App,
    at: At,
    posted: &Posted,
    saved: Result<Done, Box<Typed>>,
) -> Result<Response, Failure> {
    match saved {
        Ok(done) => Ok(lead(posted, Address::Settings.of(at.office.no).done(done))),
        Err(typed) => Ok(refuse(posted, WRONG, &settings_page(app, at, *typed).await?)),
    }
}

/// What was done, or why not, in words that belong to no field.
fn noted(result: Result<(), OfficeError>, done: Done) -> Result<Done, Box<Typed>> {
    result.map(|()| done).map_err(|error| Typed::problem(words::problem(&error)))
}
