//! What stands in an address, or a failure that people understand.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The variable parts of an address.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = AxumPath::<T>::from_request_parts(parts, state).await;
        found.map(|AxumPath(found)| Self(found)).map_err(|_| Failure::NotFound)
    }
}

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = AxumQuery::<T>::from_request_parts(parts, state).await;
        found.map(|AxumQuery(found)| Self(found)).map_err(|_| Failure::Malformed)
    }
}
