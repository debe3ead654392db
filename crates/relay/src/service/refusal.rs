//! What a handler answers when it does not do as asked.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tasuki_protocol::problem::{Problem, ProblemType};

use crate::store::StoreError;

/// Seconds after which a repeat makes sense when the relay itself is the reason.
const RETRY_S: u64 = 5;

/// A problem on its way out; `finish` writes it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(pub(crate) Box<Problem>);

pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// An invalid request, naming what is wrong.
    pub(crate) fn invalid(field: &str) -> Self {
        Problem::new(ProblemType::InvalidRequest).field(field).into()
    }
}

impl From<ProblemType> for Refusal {
    fn from(kind: ProblemType) -> Self {
        Self(Box::new(Problem::new(kind)))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let problem = match error {
            StoreError::Full => Problem::new(ProblemType::StorageFull).retry_after(60),
            StoreError::Unavailable => Problem::new(ProblemType::Unavailable).retry_after(RETRY_S),
            StoreError::Database(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "the store failed");
                Problem::new(ProblemType::Internal)
            }
        };
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(*self.0);
        response
    }
}
