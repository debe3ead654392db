//! A field of a layout, looked up once for all rows.

use jiff::civil::Date;

use crate::check::code::Code;
use crate::check::finding::Finding;
use crate::layout::{Field, Layout};
use crate::read::Row;
use crate::value::{Integer, Value};

/// A column, or none when the version does not have the field.
#[derive(Clone, Copy)]
pub(super) struct Column(Option<&'static Field>);

impl Column {
    pub(super) fn named(layout: &'static Layout, name_en: &str) -> Self {
        Self(layout.fields.iter().find(|field| field.name_en == name_en))
    }

    pub(super) fn exists(self) -> bool {
        self.0.is_some()
    }

    pub(super) fn field(self) -> Option<&'static Field> {
        self.0
    }

    /// The bytes of a row in this column; none for a column that does not exist.
    pub(super) fn bytes<'a>(self, row: &Row<'a>) -> &'a [u8] {
        self.0.map_or(&[], |field| row.cell(field.no).bytes)
    }

    /// The value of a row in this column, if it is there and right.
    pub(super) fn value<T: Value>(self, row: &Row<'_>) -> Option<T> {
        let field = self.0?;
        let cell = row.cell(field.no);
        if cell.is_empty() { None } else { T::read(cell, field).ok() }
    }

    pub(super) fn date(self, row: &Row<'_>) -> Option<Date> {
        self.value(row)
    }

    pub(super) fn number(self, row: &Row<'_>) -> Option<i64> {
        self.value(row).map(|Integer(number)| i64::from(number))
    }

    /// A finding about this column of a row.
    pub(super) fn finding(self, code: Code, row: &Row<'_>) -> Finding {
        Finding::in_field(code, row.number(), self.0)
    }
}
