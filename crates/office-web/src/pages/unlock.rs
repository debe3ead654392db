//! 事業所ユーザログイン, and the way back with the recovery code.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_office::error::OfficeError;
use tasuki_office::offices::UnlockError;

use super::frame;
use crate::entry::visitor::{Administrator, At, Form};
use crate::forms::office_password::Recover as RecoverForm;
use crate::forms::unlock::Unlock as UnlockForm;
use crate::http::address::{Address, inside};
use crate::http::ask::Query;
use crate::http::failure::Failure;
use crate::http::reply::{lead, page};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::unlock::{Recover, Unlock};
use crate::words;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    next: String,
}

async fn unlock_page(
    app: &App,
    at: At,
    next: &str,
    form: UnlockForm,
    problem: String,
) -> Result<Unlock, Failure> {
    let top = Address::Top.of(at.office.no).to_string();
    let next = if next.is_empty() { top } else { inside(next).to_owned() };
    let frame = app.node.run(move |node| frame(node, &at, Menu::Nowhere, "事業所ユーザログイン")).await?;
    Ok(Unlock { frame, next, form, problem })
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let shown = unlock_page(&app, at, &wanted.next, UnlockForm::default(), String::new()).await?;
    Ok(page(&shown))
}

pub(crate) async fn unlock(State(app): State<App>, at: At, Form(posted): Form) -> Result<Response, Failure> {
    let next = posted.raw("next");
    let (mut form, meant) = UnlockForm::read(&posted);
    let Some((kj_id, password)) = meant else {
        let again = unlock_page(&app, at, next, form, String::new()).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
    };
    let problem = match app.node.offices.unlock(at.office.no, kj_id.as_str(), &password).await {
        Ok(()) => return Ok(lead(&posted, inside(next))),
        Err(UnlockError::Wrong) => {
            form.refuse();
            String::new()
        }
        Err(UnlockError::Locked { seconds }) => format!(
            "続けて間違えたため、ログインできません。あと {} 待ってから、もう一度入力してください。",
            words::wait(seconds)
        ),
        Err(UnlockError::Refused(error)) => words::relay(&error),
        Err(UnlockError::Office(error)) => return Err(error.into()),
    };
    let again = unlock_page(&app, at, next, form, problem).await?;
    Ok((StatusCode::UNAUTHORIZED, page(&again)).into_response())
}

async fn recover_page(app: &App, at: At, form: RecoverForm, problem: String) -> Result<Recover, Failure> {
    let frame = app.node.run(move |node| frame(node, &at, Menu::Settings, "復元コードで開く")).await?;
    Ok(Recover { frame, form, problem })
}

pub(crate) async fn show_recover(
    State(app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    Ok(page(&recover_page(&app, at, RecoverForm::default(), String::new()).await?))
}

pub(crate) async fn recover(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (no, by) = (at.office.no, at.visitor.staff.login.clone());
    let (mut form, meant) = RecoverForm::read(&posted, &at.office);
    let mut problem = String::new();
    if let Some((code, new)) = meant {
        match app.node.run(move |node| node.offices.recover(&by, no, &code, &new)).await {
            Ok(()) => return Ok(lead(&posted, Address::Unlock.of(no))),
            Err(error @ (OfficeError::NotThisKey | OfficeError::Vault(_))) => {
                form.refuse_code(words::problem(&error));
            }
            Err(error) => problem = words::problem(&error),
        }
    }
    let again = recover_page(&app, at, form, problem).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
}
