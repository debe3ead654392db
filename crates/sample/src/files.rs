//! The files themselves, one module for each table or pair of tables that look alike.

pub(crate) mod detail;
pub(crate) mod plan;
pub(crate) mod slip;
pub(crate) mod supplement;

use jiff::civil::Date;
use tasuki_standard::{CsvVersion, FileKind};

use crate::person::Person;
use crate::table::{Row, Table};

/// A file of rows about people; `None` when the version has no such kind.
fn table(kind: FileKind, version: CsvVersion, write: impl FnOnce(&mut Table)) -> Option<Vec<u8>> {
    let mut table = Table::new(kind, version)?;
    write(&mut table);
    Some(table.into_bytes())
}

/// Begins a row about a person.
fn row_of<'a>(table: &'a mut Table, person: &Person) -> Row<'a> {
    table.row().put("insurer_no", person.insurer_no).put("insured_no", &person.insured_no)
}

/// `YYYYMMDD`.
fn day(date: Date) -> impl std::fmt::Display {
    date.strftime("%Y%m%d")
}

/// `HHMM` of minutes since midnight.
fn clock(minutes: u16) -> String {
    format!("{:02}{:02}", minutes / 60, minutes % 60)
}
