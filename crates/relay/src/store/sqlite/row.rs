//! Between columns and the words of the house.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_terms::{ParcelId, Sha256Digest};

/// Times are kept as milliseconds.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time as it will be read again.
pub(super) fn as_kept(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, Box::new(error))
}

pub(super) fn time(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(index)?).map_err(unreadable)
}

pub(super) fn optional_time(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(index)?.map(Timestamp::from_millisecond).transpose().map_err(unreadable)
}

/// A word that is kept as its text.
pub(super) fn word<T>(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    parse(row.get_ref(index)?.as_str()?)
}

pub(super) fn parse<T>(text: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(unreadable)
}

pub(super) fn digest(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<Sha256Digest> {
    row.get(index).map(Sha256Digest)
}

pub(super) fn parcel_id(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<ParcelId> {
    ParcelId::from_bytes(row.get(index)?).map_err(unreadable)
}

pub(super) fn state(row: &Row<'_>, index: impl RowIndex) -> rusqlite::Result<ParcelState> {
    let name = row.get_ref(index)?.as_str()?;
    ParcelState::parse(name).ok_or_else(|| unreadable(UnknownState))
}

#[derive(Debug, thiserror::Error)]
#[error("a parcel has a state that this version does not know")]
struct UnknownState;

/// The columns that [`parcel`] reads, in its order.
macro_rules! parcel_columns {
    () => {
        "id, sender, receiver, size, digest, key_epoch, state, accepted_at, expires_at, expires_soon"
    };
}
pub(super) use parcel_columns;

/// The parcel in the first columns of a row.
pub(super) fn parcel(row: &Row<'_>) -> rusqlite::Result<Parcel> {
    Ok(Parcel {
        id: parcel_id(row, 0)?,
        from: word(row, 1)?,
        to: word(row, 2)?,
        size: row.get(3)?,
        digest: digest(row, 4)?,
        key_epoch: row.get(5)?,
        state: state(row, 6)?,
        accepted_at: time(row, 7)?,
        expires_at: time(row, 8)?,
        expires_soon: row.get(9)?,
    })
}
