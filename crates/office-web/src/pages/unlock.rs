//! 事業所ユーザログイン, and the way back with the recovery code.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::open_office::UnlockError;
use tasuki_office::staff::is_acceptable;

use super::heavy;
use crate::entry::visitor::{Administrator, At, Form};
use crate::http::ask::Query;
use crate::http::failure::{Failure, inside};
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

#[derive(Template)]
#[template(path = "unlock.html")]
struct Page {
    shell: Shell,
    next: String,
    kj_id: String,
    problem: String,
}

#[derive(Template)]
#[template(path = "recover.html")]
struct RecoverPage {
    shell: Shell,
    problem: String,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
}

fn show_page(app: &App, at: &At, next: &str, kj_id: &str, problem: String) -> Result<Page, Failure> {
    Ok(Page {
        shell: Shell::new(app, at, "", "事業所ユーザログイン")?,
        next: if next.is_empty() { format!("/{}", at.office.no) } else { inside(next).to_owned() },
        kj_id: kj_id.to_owned(),
        problem,
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    Ok(page(&show_page(&app, &at, &wanted.next, "", String::new())?))
}

pub(crate) async fn unlock(State(app): State<App>, at: At, Form(posted): Form) -> Result<Response, Failure> {
    let (kj_id, next) = (posted.text("kj_id"), posted.raw("next"));
    let problem = match app.node.unlock(at.office.no, &posted.code("kj_id"), posted.raw("password")).await {
        Ok(()) => return Ok(lead(&posted, inside(next))),
        Err(UnlockError::Wrong) => {
            "ユーザIDまたはパスワードが違います。ユーザIDは KJ で始まる14文字です。もう一度入力してください。"
                .to_owned()
        }
        Err(UnlockError::Locked { seconds }) => format!(
            "続けて間違えたため、ログインできません。あと {} 待ってから、もう一度入力してください。",
            words::wait(seconds)
        ),
        Err(UnlockError::Refused(error)) => words::relay(&error),
        Err(UnlockError::Office(error)) => return Err(error.into()),
    };
    Ok((StatusCode::UNAUTHORIZED, page(&show_page(&app, &at, next, kj_id, problem)?)).into_response())
}

pub(crate) async fn show_recover(
    State(app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    let shell = Shell::new(&app, &at, "settings", "復元コードで開く")?;
    Ok(page(&RecoverPage { shell, problem: String::new() }))
}

pub(crate) async fn recover(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let new = posted.raw("new");
    let by = &at.visitor.staff.login;
    let problem = match RecoveryCode::parse(&posted.code("code")) {
        Err(_) => "復元コードの形が違います。印刷した紙の8組の文字を、そのまま入れてください。".to_owned(),
        Ok(_) if !is_acceptable(new, &[at.office.kj_id.as_str()]) => super::setup::PASSWORD_ADVICE.to_owned(),
        Ok(_) if new != posted.raw("again") => "新しいパスワードの2つの欄が違います。".to_owned(),
        Ok(code) => match heavy(|| app.node.recover_office(by, at.office.no, &code, new)) {
            Ok(()) => return Ok(lead(&posted, format!("/{}/unlock", at.office.no))),
            Err(error) => words::problem(&error),
        },
    };
    let shell = Shell::new(&app, &at, "settings", "復元コードで開く")?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&RecoverPage { shell, problem })).into_response())
}
