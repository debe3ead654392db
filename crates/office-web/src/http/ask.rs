//! What stands in an address, or a failure that people understand; and how codes are read that people typed.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use unicode_normalization::UnicodeNormalization as _;

use crate::http::failure::Failure;

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

/// A place in a list, as it stands in an address: time and number.
pub(crate) fn place(text: &str) -> Option<(i64, i64)> {
    let (at, id) = text.split_once('-')?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

/// A name as people mean it: Japanese keyboards type `１３７` and `ﾀﾛｳ` as readily as `137` and `タロウ`.
pub(crate) fn plain(typed: &str) -> String {
    let plain: String = typed.nfkc().collect();
    plain.trim().to_owned()
}

/// The letters and digits of a number, an id or a code, without what people write between them.
pub(crate) fn code(typed: &str) -> String {
    let is_between = |letter: &char| letter.is_whitespace() || HYPHENS.contains(letter);
    typed.nfkc().filter(|letter| !is_between(letter)).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// What keyboards give for a hyphen, after normalization; the sign for long vowels too, which lies on the same key.
const HYPHENS: [char; 9] =
    ['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}', 'ー'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_keyboards_give_them() {
        for typed in [
            "1370000027",
            "１３７０００００２７",
            "　1370-0000-27 ",
            "１３７０－００００ー２７",
            "137０ 0000‐27",
        ] {
            assert_eq!(code(typed), "1370000027", "{typed}");
        }
        assert_eq!(code("ｋｊ０００００００００００１"), "KJ000000000001");
        assert_eq!(plain("　ｈａｎａｋｏ "), "hanako");
        assert_eq!(plain("たろー"), "たろー", "a long vowel in a name is no hyphen");
    }
}
