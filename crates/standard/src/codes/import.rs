//! A table of service codes from CSV.

use std::collections::HashMap;
use std::io::{self, Read};

use jiff::civil::Date;

use super::table::{ServiceCodeEntry, ServiceCodes};
use crate::read::{ReadError, Reader, Row};
use crate::value::{ServiceCode, ServiceCodeRole};

/// Most bytes of a table. The national one of 2024 has about three million.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Most entries of a table. The national one of 2024 has some fifty thousand.
pub const MAX_ENTRIES: usize = 300_000;

/// Longest name in characters.
const MAX_NAME: usize = 100;

/// Longest "per" in characters.
const MAX_PER: usize = 20;

/// Why a file is no table of service codes. Lines are counted from 1, the header's included.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as CSV.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is larger than [`MAX_BYTES`].
    #[error("the table is larger than can be")]
    TooLarge,
    /// More entries than [`MAX_ENTRIES`].
    #[error("line {line}: the table has more entries than can be")]
    TooMany {
        /// Line of the first that is too much.
        line: u64,
    },
    /// The first line lacks a column that must be there.
    #[error("line 1: the column `{column}` is missing")]
    NoColumn {
        /// Its name.
        column: &'static str,
    },
    /// The first line names a column twice.
    #[error("line 1: the column `{column}` is there twice")]
    ColumnTwice {
        /// Its name.
        column: &'static str,
    },
    /// A line has more or fewer fields than the first.
    #[error("line {line}: {found} fields instead of {expected}")]
    FieldCount {
        /// The line.
        line: u64,
        /// Fields found.
        found: usize,
        /// Fields of the first line.
        expected: usize,
    },
    /// A field does not hold what it must.
    #[error("line {line}, column `{column}`: {error}")]
    Field {
        /// The line.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// What is wrong.
        error: FieldError,
    },
    /// Two lines say something of one code for the same day.
    #[error("line {line}: the code stands in line {other} for the same time")]
    Overlap {
        /// The line.
        line: u64,
        /// The earlier line.
        other: u64,
    },
    /// There are no lines but the first.
    #[error("the table has no entries")]
    Empty,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not a service code of a service: 6 digits and capitals.
    #[error("not a service code (such as 111111)")]
    Code,
    /// Bytes that are no text, or control characters.
    #[error("not a text")]
    Text,
    /// Empty.
    #[error("empty")]
    Empty,
    /// More characters than can be.
    #[error("too long")]
    TooLong,
    /// Neither empty nor a whole number of up to 6 digits.
    #[error("not a number of units")]
    Units,
    /// Not a day as YYYYMMDD.
    #[error("not a day (such as 20240601)")]
    Date,
    /// The last day is before the first.
    #[error("the last day is before the first")]
    Reversed,
}

/// Reads a table of service codes: CSV in UTF-8 or MS932, whose first line names the columns `code`, `name`, `units`,
/// `per`, `valid_from` and, if there is one, `valid_to`, in any order; further columns are passed over. `units` may be
/// empty (percentages, amounts that depend); an empty `valid_to` means that no end is known.
///
/// # Errors
/// When the source fails, or the file is not such a table: see [`ImportError`].
pub fn import(source: impl Read) -> Result<ServiceCodes, ImportError> {
    let mut limited = Limited { source, left: MAX_BYTES, is_over: false };
    let read = read_entries(&mut limited);
    if limited.is_over { Err(ImportError::TooLarge) } else { read }
}

fn read_entries(source: impl Read) -> Result<ServiceCodes, ImportError> {
    let mut reader = Reader::new(source);
    let mut lines = Lines::default();
    let columns = match reader.next_row()? {
        None => return Err(ImportError::Empty),
        Some(row) => {
            lines.at(&row);
            Columns::find(&row)?
        }
    };
    let mut entries = Vec::new();
    let mut numbers = Vec::new();
    while let Some(row) = reader.next_row()? {
        let line = lines.at(&row);
        if entries.len() == MAX_ENTRIES {
            return Err(ImportError::TooMany { line });
        }
        entries.push(columns.entry(&row, line)?);
        numbers.push(line);
    }
    if entries.is_empty() {
        return Err(ImportError::Empty);
    }
    check_overlaps(&entries, &numbers)?;
    Ok(ServiceCodes::new(entries))
}

/// A code may have several lines, each for its time; they are few.
fn check_overlaps(entries: &[ServiceCodeEntry], numbers: &[u64]) -> Result<(), ImportError> {
    let mut of_code: HashMap<ServiceCode, Vec<usize>> = HashMap::new();
    for (index, (entry, line)) in entries.iter().zip(numbers).enumerate() {
        let others = of_code.entry(entry.code).or_default();
        let other = others.iter().copied().find(|other| entries[*other].overlaps(entry));
        if let Some(other) = other {
            return Err(ImportError::Overlap { line: *line, other: numbers[other] });
        }
        others.push(index);
    }
    Ok(())
}

/// Counts the lines that rows begin in: a quoted field may hold line breaks, and blank lines are no rows.
#[derive(Default)]
struct Lines {
    ended: u64,
}

impl Lines {
    fn at(&mut self, row: &Row<'_>) -> u64 {
        let line = self.ended + row.blank_lines() + 1;
        let breaks = memchr::memchr_iter(b'\n', row.raw()).count();
        self.ended = line + breaks as u64;
        line
    }
}

/// Where the columns are, by their numbers from 1.
struct Columns {
    count: usize,
    code: u8,
    name: u8,
    units: u8,
    per: u8,
    valid_from: u8,
    valid_to: Option<u8>,
}

impl Columns {
    fn find(header: &Row<'_>) -> Result<Self, ImportError> {
        let column = |column: &'static str| {
            let is_it = |no: &u8| header.cell(*no).bytes.trim_ascii().eq_ignore_ascii_case(column.as_bytes());
            let last = u8::try_from(header.len()).unwrap_or(u8::MAX);
            let mut found = (1..=last).filter(is_it);
            let first = found.next();
            if found.next().is_some() { Err(ImportError::ColumnTwice { column }) } else { Ok(first) }
        };
        let needed = |name| column(name)?.ok_or(ImportError::NoColumn { column: name });
        Ok(Self {
            count: header.len(),
            code: needed("code")?,
            name: needed("name")?,
            units: needed("units")?,
            per: needed("per")?,
            valid_from: needed("valid_from")?,
            valid_to: column("valid_to")?,
        })
    }

    fn entry(&self, row: &Row<'_>, line: u64) -> Result<ServiceCodeEntry, ImportError> {
        if row.len() != self.count {
            return Err(ImportError::FieldCount { line, found: row.len(), expected: self.count });
        }
        let in_column = |column| move |error| ImportError::Field { line, column, error };
        let bytes = |no: u8| row.cell(no).bytes.trim_ascii();
        let name = text(row, self.name, MAX_NAME).map_err(in_column("name"))?;
        if name.is_empty() {
            return Err(in_column("name")(FieldError::Empty));
        }
        let valid_from = date(bytes(self.valid_from)).map_err(in_column("valid_from"))?;
        let valid_to = self.valid_to.map(bytes).filter(|to| !to.is_empty());
        let valid_to = valid_to.map(date).transpose().map_err(in_column("valid_to"))?;
        if valid_to.is_some_and(|to| to < valid_from) {
            return Err(in_column("valid_to")(FieldError::Reversed));
        }
        Ok(ServiceCodeEntry {
            code: code(bytes(self.code)).map_err(in_column("code"))?,
            name,
            units: units(bytes(self.units)).map_err(in_column("units"))?,
            per: text(row, self.per, MAX_PER).map_err(in_column("per"))?,
            valid_from,
            valid_to,
        })
    }
}

fn code(bytes: &[u8]) -> Result<ServiceCode, FieldError> {
    let code = ServiceCode::from_bytes(bytes).map_err(|_| FieldError::Code)?;
    if code.role() == ServiceCodeRole::Service { Ok(code) } else { Err(FieldError::Code) }
}

fn text(row: &Row<'_>, no: u8, max: usize) -> Result<String, FieldError> {
    let text = row.cell(no).text().ok_or(FieldError::Text)?;
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(FieldError::Text);
    }
    if text.chars().count() > max { Err(FieldError::TooLong) } else { Ok(text.to_owned()) }
}

fn units(bytes: &[u8]) -> Result<Option<i32>, FieldError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let is_number = (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(bytes).ok().filter(|_| is_number).and_then(|text| text.parse().ok());
    number.map(Some).ok_or(FieldError::Units)
}

fn date(bytes: &[u8]) -> Result<Date, FieldError> {
    let all_digits = bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(bytes).ok().filter(|_| all_digits);
    text.and_then(|text| Date::strptime("%Y%m%d", text).ok()).ok_or(FieldError::Date)
}

/// A source that ends where it has given as much as it may.
struct Limited<R> {
    source: R,
    left: u64,
    is_over: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.is_over = left.is_none();
        self.left = left.unwrap_or(0);
        Ok(if self.is_over { 0 } else { read })
    }
}
