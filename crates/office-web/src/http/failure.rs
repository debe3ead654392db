//! What a visitor gets instead of a page: a page that says why, or the same words as JSON when a script asks.

use std::fmt::Display;

use askama::Template;
use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;
use tasuki_terms::OfficeNo;

use super::address::{Address, FIRST, LOGIN, quoted};
use super::headers::asks_by_script;

use crate::words;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is logged in; the page that was wanted.
    NotLoggedIn(String),
    /// The keys of the office are locked; the page to come back to.
    KeysLocked(String),
    /// Only an administrator may do that.
    NotAllowed,
    /// There is no such page.
    NotFound,
    /// The page was made for another session.
    OldPage,
    /// Too many bytes at once.
    TooLarge,
    /// The request makes no sense.
    Malformed,
    /// The program has a fault.
    Broken,
    /// The node says why.
    Office(OfficeError),
}

impl From<OfficeError> for Failure {
    fn from(error: OfficeError) -> Self {
        match error {
            OfficeError::DrawerLocked => Self::NotLoggedIn("/".to_owned()),
            OfficeError::NotFound => Self::NotFound,
            error => Self::Office(error),
        }
    }
}

impl Failure {
    /// Locked keys lead to 事業所ユーザログイン and back to a page; everything else is what it is.
    pub(crate) fn unlocking(path: impl Display) -> impl FnOnce(OfficeError) -> Self {
        move |error| match error {
            OfficeError::KeysLocked => Self::KeysLocked(path.to_string()),
            error => error.into(),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct Page {
    title: &'static str,
    message: String,
}

/// A failure in words, until it is known who asks.
#[derive(Clone)]
struct Told {
    status: StatusCode,
    title: &'static str,
    message: String,
    /// Where it goes on.
    next: Option<String>,
}

impl Failure {
    fn told(self) -> Told {
        let (status, title, message) = match self {
            Self::NotLoggedIn(path) => {
                return Told {
                    status: StatusCode::UNAUTHORIZED,
                    title: "ログインしてください",
                    message: "ログインが切れています。もう一度ログインしてください。".to_owned(),
                    next: Some(login_address(&path)),
                };
            }
            Self::KeysLocked(path) => {
                return Told {
                    status: StatusCode::CONFLICT,
                    title: "事業所ユーザログインが必要です",
                    message: "事業所ユーザでログインしてから、もう一度操作してください。".to_owned(),
                    next: Some(unlock_address(&path)),
                };
            }
            Self::NotAllowed => {
                (StatusCode::FORBIDDEN, "管理者だけができます", "この操作は、管理者の方に頼んでください。".to_owned())
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "見つかりません",
                "ページかデータが見つかりません。すでに削除されたか、移動したかもしれません。".to_owned(),
            ),
            Self::OldPage => (
                StatusCode::FORBIDDEN,
                "もう一度操作してください",
                "開いたままだった古いページからの操作でした。前のページを開き直して、もう一度操作してください。".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "一度に入れるには大きすぎます",
                "一度に入れるには大きすぎます。ファイルを何回かに分けて入れてください。入れおわった分は保存されています。".to_owned(),
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "操作を受け付けられません",
                "アドレスか、送られた内容が正しくありません。ページを開き直してください。".to_owned(),
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "プログラムの誤りです",
                "プログラムの誤りで、表示も操作もできませんでした。保存してあるものは残っています。トップから、もう一度操作してください。".to_owned(),
            ),
            Self::Office(error) => {
                let status = status_of(&error);
                if status.is_server_error() {
                    tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a page failed");
                }
                (status, "できませんでした", words::problem(&error))
            }
        };
        Told { status, title, message, next: None }
    }
}

/// The words travel with the answer, and become a page or JSON in [`tell`]: extractors and the layer for panics make
/// failures, too, and do not know who asks.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let told = self.told();
        let mut answer = told.status.into_response();
        answer.extensions_mut().insert(told);
        answer
    }
}

/// Tells failures in the form that the visitor understands.
pub(crate) async fn tell(request: Request, next: Next) -> Response {
    let by_script = asks_by_script(request.headers());
    let mut answer = next.run(request).await;
    match answer.extensions_mut().remove::<Told>() {
        Some(told) if by_script => told.for_script(),
        Some(told) => told.for_person(),
        None => answer,
    }
}

impl Told {
    fn for_script(self) -> Response {
        (self.status, Json(json!({ "message": self.message, "next": self.next }))).into_response()
    }

    fn for_person(self) -> Response {
        if let Some(next) = self.next {
            return Redirect::to(&next).into_response();
        }
        let page = Page { title: self.title, message: self.message };
        (self.status, Html(page.render().unwrap_or_default())).into_response()
    }
}

fn status_of(error: &OfficeError) -> StatusCode {
    match error {
        OfficeError::Changed
        | OfficeError::NotReady
        | OfficeError::NoOfficeKey
        | OfficeError::NoFolder
        | OfficeError::KeysLocked
        | OfficeError::Relay(ClientError::Problem(_)) => StatusCode::CONFLICT,
        OfficeError::Relay(_) => StatusCode::BAD_GATEWAY,
        OfficeError::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The log-in page that leads back to a page of ours.
pub(crate) fn login_address(path: &str) -> String {
    if path == FIRST { LOGIN.to_owned() } else { format!("{LOGIN}?next={}", quoted(path)) }
}

/// The page of 事業所ユーザログイン that leads back to a page of ours.
fn unlock_address(path: &str) -> String {
    let office = path.split('/').nth(1).and_then(|no| no.parse::<OfficeNo>().ok());
    office.map_or(FIRST.to_owned(), |office| Address::Unlock.of(office).leading_to(path))
}
