//! What a visitor gets instead of a page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;

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

#[derive(Template)]
#[template(path = "failure.html")]
struct Page {
    title: &'static str,
    message: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, message) = match self {
            Self::NotLoggedIn(path) => return Redirect::to(&login_address(&path)).into_response(),
            Self::KeysLocked(path) => return Redirect::to(&unlock_address(&path)).into_response(),
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
                "ファイルを何回かに分けて入れてください。入れおわった分は保存されています。".to_owned(),
            ),
            Self::Malformed => {
                (StatusCode::BAD_REQUEST, "操作を受け付けられません", "ページを開き直してください。".to_owned())
            }
            Self::Office(error) => {
                let status = status_of(&error);
                if status.is_server_error() {
                    tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a page failed");
                }
                (status, "できませんでした", words::problem(&error))
            }
        };
        let page = Page { title, message };
        (status, Html(page.render().unwrap_or_default())).into_response()
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
    if path == "/" { "/login".to_owned() } else { format!("/login?next={}", quoted(path)) }
}

/// The page of 事業所ユーザログイン that leads back to a page of ours.
fn unlock_address(path: &str) -> String {
    let office = path.split('/').nth(1).unwrap_or_default();
    format!("/{office}/unlock?next={}", quoted(path))
}

pub(crate) fn quoted(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An address inside these pages, or the first page: nobody is led elsewhere.
pub(crate) fn inside(address: &str) -> &str {
    let is_inside = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.chars().any(char::is_control);
    if is_inside { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for good in ["/", "/1370000019/send/3?x=1"] {
            assert_eq!(inside(good), good);
        }
        for bad in ["", "https://example.com", "//example.com", "/\\example.com", "javascript:1", "/a\r\nb"] {
            assert_eq!(inside(bad), "/", "{bad}");
        }
    }
}
