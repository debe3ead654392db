//! 設定, passwords: one's own and that of the office; and one's other sessions.

use axum::extract::State;
use axum::response::Response;
use tasuki_office::error::OfficeError;

use super::answer;
use crate::entry::visitor::{Administrator, At, Form};
use crate::forms::office_password::OfficePassword;
use crate::forms::staff::OwnPassword;
use crate::http::address::{Address, Done};
use crate::http::failure::Failure;
use crate::state::App;
use crate::view::settings::Typed;
use crate::words;

pub(crate) async fn own(State(app): State<App>, at: At, Form(posted): Form) -> Result<Response, Failure> {
    let id = at.visitor.staff.id;
    let (mut form, meant) = OwnPassword::read(&posted);
    let Some((old, new)) = meant else {
        return answer(&app, at, &posted, Err(Box::new(Typed { own_password: form, ..Typed::default() })))
            .await;
    };
    let changed = app.node.run(move |node| Ok(node.staff.change_own_password(id, &old, &new))).await?;
    let saved = match changed {
        Ok(()) => {
            // Whoever knew the old one is out.
            app.sessions.end_all_of(id, Some(&at.visitor.token));
            Ok(Done::Changed)
        }
        Err(error) => {
            let problem = form.refused(&error).unwrap_or_default();
            Err(Box::new(Typed { problem, own_password: form, ..Typed::default() }))
        }
    };
    answer(&app, at, &posted, saved).await
}

pub(crate) async fn end_sessions(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    app.sessions.end_all_of(at.visitor.staff.id, Some(&at.visitor.token));
    answer(&app, at, &posted, Ok(Done::Changed)).await
}

pub(crate) async fn office(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let (mut form, meant) = OfficePassword::read(&posted, &at.office);
    let mut problem = String::new();
    if let Some((old, new)) = meant {
        match app.node.offices.change_password(&at.visitor.staff.login, no, &old, &new).await {
            Ok(()) => return answer(&app, at, &posted, Ok(Done::Changed)).await,
            Err(OfficeError::Vault(_)) => form.refuse_old(),
            Err(OfficeError::KeysLocked) => {
                return Err(Failure::KeysLocked(Address::Settings.of(no).to_string()));
            }
            Err(error) => problem = words::problem(&error),
        }
    }
    answer(&app, at, &posted, Err(Box::new(Typed { problem, office_password: form, ..Typed::default() })))
        .await
}
