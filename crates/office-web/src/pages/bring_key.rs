//! 事業所の鍵をこのPCに入れる: the key of the office for a further computer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tasuki_office::error::OfficeError;

use super::frame;
use crate::entry::visitor::{Administrator, At, Form};
use crate::forms::key::BringKey as BringKeyForm;
use crate::http::address::Address;
use crate::http::failure::Failure;
use crate::http::reply::{lead, page};
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::setup::BringKey;
use crate::words;

async fn key_page(app: &App, at: At, form: BringKeyForm, problem: String) -> Result<BringKey, Failure> {
    let title = "事業所の鍵をこのPCに入れる";
    let frame = app.node.run(move |node| frame(node, &at, Menu::Settings, title)).await?;
    Ok(BringKey { frame, form, problem })
}

pub(crate) async fn show(
    State(app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    Ok(page(&key_page(&app, at, BringKeyForm::default(), String::new()).await?))
}

pub(crate) async fn bring_key(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(mut posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let (mut form, meant) = BringKeyForm::read(&mut posted);
    let mut problem = String::new();
    if let Some((file, code)) = meant {
        match app.node.offices.adopt_office_key(&at.visitor.staff.login, no, &file, &code).await {
            Ok(()) => return Ok(lead(&posted, Address::Top.of(no))),
            Err(OfficeError::KeysLocked) => {
                return Err(Failure::KeysLocked(Address::BringKey.of(no).to_string()));
            }
            Err(OfficeError::Vault(_)) => form.refuse_code(),
            Err(error) => problem = words::problem(&error),
        }
    }
    let again = key_page(&app, at, form, problem).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
}
