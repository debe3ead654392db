//! Values of ours as columns of the database, and the condition by which lists begin.

use jiff::Timestamp;
use rusqlite::Row;

/// A column whose text is of a type that cannot hold a wrong value.
pub(crate) fn parse<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// The same of a column that may be empty (`NULL`).
pub(crate) fn parse_option<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    if text.is_some() { parse(row, column).map(Some) } else { Ok(None) }
}

/// A column of milliseconds since 1970, or `NULL`.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = row.get(column)?;
    Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

/// The condition by which a list begins: of an office (`?1`), older than a place (`?2`, `?3`), about a month (`?6`) if one
/// is given. `at` is the column of the list's order, `months` the table that holds months in that order.
pub(crate) fn listed(at: &str, months: &str, month: &str, nothing_else: bool) -> String {
    if month.is_empty() {
        return format!("office = ?1 AND ({at}, id) < (?2, ?3) AND ?6 = ''");
    }
    // Where nothing else narrows the list, no more of the month is looked at than is shown. The plus signs keep SQLite
    // from walking through the whole list instead.
    let limit = if nothing_else { "ORDER BY at DESC, id DESC LIMIT ?7" } else { "" };
    format!(
        "id IN (SELECT id FROM {months} WHERE office = ?1 AND month = ?6 AND (at, id) < (?2, ?3) {limit})
         AND +office = ?1 AND (+{at}, +id) < (?2, ?3)"
    )
}
