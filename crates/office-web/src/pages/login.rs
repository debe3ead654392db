//! ログイン with 個人ID, and ログアウト.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tasuki_office::node::Node;
use tasuki_office::staff::{LoginError, Staff};

use crate::entry::cookie::{with_cookie, without_cookie};
use crate::entry::visitor::{Form, Headers, OpenForm, Visitor, token};
use crate::http::address::{LOGIN, SETUP, inside};
use crate::http::ask::{Query, plain};
use crate::http::failure::Failure;
use crate::http::reply::{lead, page};
use crate::state::App;
use crate::view::login::LogIn;
use crate::words;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    next: String,
    goodbye: String,
}

async fn log_in_page(app: &App, login: &str, next: &str, problem: String) -> Result<LogIn, Failure> {
    let offices =
        app.node.run(|node| Ok(node.offices.all()?.into_iter().map(|office| office.name).collect())).await?;
    Ok(LogIn { offices, login: login.to_owned(), next: inside(next).to_owned(), problem, goodbye: false })
}

pub(crate) async fn show(State(app): State<App>, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    if !app.node.staff.has_members()? {
        return Ok(Redirect::to(SETUP).into_response());
    }
    let shown = log_in_page(&app, "", &wanted.next, String::new()).await?;
    Ok(page(&LogIn { goodbye: !wanted.goodbye.is_empty(), ..shown }))
}

pub(crate) async fn log_in(State(app): State<App>, OpenForm(posted): OpenForm) -> Result<Response, Failure> {
    let (login, next) = (posted.text("login").to_owned(), posted.raw("next"));
    let (typed, password) = (login.clone(), posted.raw("password").to_owned());
    let problem = match app.node.run(move |node| Ok(log_in_as_meant(node, &typed, &password))).await? {
        Ok(staff) => {
            let token = app.sessions.begin(staff.id, app.node.now()).ok_or(Failure::Broken)?;
            return Ok(with_cookie(&app, &token, lead(&posted, inside(next))));
        }
        Err(LoginError::Wrong) => "個人IDまたはパスワードが違います。もう一度入力してください。".to_owned(),
        Err(LoginError::Locked { seconds }) => format!(
            "続けて間違えたため、ログインできません。あと {} 待ってから、もう一度入力してください。",
            words::wait(seconds)
        ),
        Err(LoginError::Office(error)) => return Err(error.into()),
    };
    let again = log_in_page(&app, &login, next, problem).await?;
    Ok((StatusCode::UNAUTHORIZED, page(&again)).into_response())
}

/// Logs in with the 個人ID that a person means; or with what was typed, letter by letter, where it was once given so.
fn log_in_as_meant(node: &Node, typed: &str, password: &str) -> Result<Staff, LoginError> {
    let meant = plain(typed);
    match node.staff.log_in(&meant, password) {
        Err(LoginError::Wrong) if meant != typed => node.staff.log_in(typed, password),
        result => result,
    }
}

pub(crate) async fn log_out(
    State(app): State<App>,
    Headers(headers): Headers,
    visitor: Visitor,
    Form(posted): Form,
) -> Result<Response, Failure> {
    if let Some(token) = token(&app, &headers) {
        app.sessions.end(&token);
    }
    app.node.run(move |node| node.staff.log_out(&visitor.staff.login)).await?;
    Ok(without_cookie(&app, lead(&posted, format!("{LOGIN}?goodbye=1"))))
}
