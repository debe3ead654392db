//! ログイン with 個人ID, and ログアウト.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tasuki_office::node::Node;
use tasuki_office::staff::{LoginError, Staff};

use super::heavy;
use crate::entry::visitor::{Form, Headers, OpenForm, Visitor, token};
use crate::http::ask::{Query, plain};
use crate::http::failure::{Failure, inside};
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::state::App;
use crate::words;

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    offices: Vec<String>,
    login: String,
    next: String,
    problem: String,
    goodbye: bool,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
    #[serde(default)]
    goodbye: String,
}

fn login_page(app: &App, login: &str, next: &str, problem: String) -> Result<Page, Failure> {
    let offices = app.node.offices()?.into_iter().map(|office| office.name).collect();
    Ok(Page { offices, login: login.to_owned(), next: inside(next).to_owned(), problem, goodbye: false })
}

pub(crate) async fn show(State(app): State<App>, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    if !app.node.has_staff()? {
        return Ok(Redirect::to("/setup").into_response());
    }
    let mut login = login_page(&app, "", &wanted.next, String::new())?;
    login.goodbye = !wanted.goodbye.is_empty();
    Ok(page(&login))
}

pub(crate) async fn log_in(State(app): State<App>, OpenForm(posted): OpenForm) -> Result<Response, Failure> {
    let (login, next) = (posted.text("login"), posted.raw("next"));
    let problem = match heavy(|| log_in_as_meant(&app.node, login, posted.raw("password"))) {
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
    let login = login_page(&app, login, next, problem)?;
    Ok((StatusCode::UNAUTHORIZED, page(&login)).into_response())
}

/// Logs in with the 個人ID that a person means; or with what was typed, letter by letter, where it was once given so.
fn log_in_as_meant(node: &Node, typed: &str, password: &str) -> Result<Staff, LoginError> {
    let meant = plain(typed);
    match node.log_in(&meant, password) {
        Err(LoginError::Wrong) if meant != typed => node.log_in(typed, password),
        result => result,
    }
}

/// An answer that carries the session. The cookie is for this machine's pages only, and no script reads it.
pub(crate) fn with_cookie(app: &App, token: &str, mut answer: Response) -> Response {
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", app.cookie);
    let cookie = HeaderValue::from_str(&cookie).expect("tokens are letters and digits");
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
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
    app.node.note(None, &visitor.staff.login, "logout", "")?;
    let mut answer = lead(&posted, "/login?goodbye=1");
    let cookie = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", app.cookie);
    answer.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&cookie).expect("it is a header value"));
    Ok(answer)
}
