//! What a program gets instead of what it asked for.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;

use super::types::{Problem, ProblemCode};
use crate::http::failure::Failure;
use crate::http::posted::UPLOAD_BYTES;
use crate::words;

/// A problem on its way out.
pub(crate) struct Refused(StatusCode, Problem);

pub(crate) type Answer<T> = Result<Json<T>, Refused>;

impl Refused {
    pub(super) fn new(status: StatusCode, error: ProblemCode, message: impl Into<String>) -> Self {
        Self(status, Problem { error, message: message.into() })
    }

    /// The program asks for what makes no sense.
    pub(super) fn wrong(error: ProblemCode, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<OfficeError> for Refused {
    fn from(error: OfficeError) -> Self {
        use ProblemCode as P;
        let (status, code) = match &error {
            OfficeError::DrawerLocked | OfficeError::KeysLocked => (StatusCode::LOCKED, P::Locked),
            OfficeError::NotFound => (StatusCode::NOT_FOUND, P::NotFound),
            OfficeError::Changed => (StatusCode::CONFLICT, P::Changed),
            OfficeError::NotReady => (StatusCode::CONFLICT, P::NotReady),
            OfficeError::NoOfficeKey => (StatusCode::LOCKED, P::NoOfficeKey),
            OfficeError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, P::DiskFull),
            OfficeError::Relay(ClientError::Problem(_)) => (StatusCode::CONFLICT, P::RelayRefused),
            OfficeError::Relay(_) => (StatusCode::BAD_GATEWAY, P::RelayUnreachable),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, P::Failed),
        };
        if code == P::Failed {
            tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a call of a program failed");
        }
        let message = match &error {
            OfficeError::DrawerLocked => {
                "だれもログインしていません。ブラウザーで一度ログインしてください。".into()
            }
            error => words::problem(error),
        };
        Self::new(status, code, message)
    }
}

/// Only what is posted fails in this way.
impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        if matches!(failure, Failure::TooLarge) {
            let limit = UPLOAD_BYTES / (1024 * 1024);
            let message = format!(
                "一度に渡せるのは、合わせて {limit} MB までです。ファイルを何回かに分けて渡してください。今回の分は保存していません。"
            );
            return Self::new(StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge, message);
        }
        Self::wrong(ProblemCode::Request, "送られた内容を読めません。")
    }
}
