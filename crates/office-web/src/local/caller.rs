//! Who asks, for which office, and what stands in the address.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery, RawPathParams};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tasuki_office::error::OfficeError;
use tasuki_terms::OfficeNo;

use super::refusal::Refused;
use super::types::ProblemCode;
use crate::state::App;

/// A program that has the token.
pub(crate) struct Program;

/// A program, and the office of the address.
pub(crate) struct ProgramAt(pub(super) OfficeNo);

impl FromRequestParts<App> for Program {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        // Compared by their hashes: the time that it takes tells nothing.
        let digest = |text: &str| tasuki_office::digest_of(text.as_bytes());
        if digest(given) == digest(&app.local.token) {
            Ok(Self)
        } else {
            let message = "この機械の利用者だけが使えます。";
            Err(Refused::new(StatusCode::UNAUTHORIZED, ProblemCode::Token, message))
        }
    }
}

impl FromRequestParts<App> for ProgramAt {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        Program::from_request_parts(parts, app).await?;
        let unknown = || {
            let message = "この事業所は登録されていません。";
            Refused::new(StatusCode::NOT_FOUND, ProblemCode::Office, message)
        };
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| unknown())?;
        let no = params.iter().find_map(|(name, value)| (name == "office").then_some(value));
        let no: OfficeNo = no.and_then(|no| no.parse().ok()).ok_or_else(unknown)?;
        match app.node.run(move |node| node.offices.get(no)).await {
            Ok(office) => Ok(Self(office.no)),
            Err(OfficeError::NotFound) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The variable parts of an address.
pub(crate) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let found = AxumPath::<T>::from_request_parts(parts, app).await;
        found.map(|AxumPath(found)| Self(found)).map_err(|_| OfficeError::NotFound.into())
    }
}

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let found = AxumQuery::<T>::from_request_parts(parts, app).await;
        let unread = |_| Refused::wrong(ProblemCode::Request, "アドレスの「?」より後ろを読めません。");
        found.map(|AxumQuery(found)| Self(found)).map_err(unread)
    }
}
