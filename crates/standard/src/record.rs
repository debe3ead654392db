//! Typed records: one struct for each layout, its fields as types that cannot hold a wrong value.
//!
//! A record has the fields of version 202407; what 202208 lacks is `None` when read from such a file and left
//! out when written to one.

mod tables;

pub use tables::*;

use crate::layout::{Field, Layout, Requirement};
use crate::read::Row;
use crate::value::{Cell, Value, ValueError};
use crate::{CsvVersion, FileKind};

/// A field of a row that cannot be read as what it should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("field {} {}", field.no, field.name_ja)]
pub struct FieldError {
    /// The field.
    pub field: &'static Field,
    /// What is wrong with it; `None` when it is missing though required.
    #[source]
    pub value: Option<ValueError>,
}

/// A row as a typed record.
pub trait Record: Sized {
    /// The kind of file that holds such rows. [`UsageSlip`] names the plan; actuals have the same records.
    const KIND: FileKind;

    /// Reads a row of a version.
    ///
    /// # Errors
    /// All fields that do not hold what they should.
    fn read(row: &Row<'_>, version: CsvVersion) -> Result<Self, Vec<FieldError>>;

    /// The canonical texts of all fields of a version, without quotes.
    fn print(&self, version: CsvVersion) -> Vec<String>;
}

/// Walks the fields of a row in the order of a record, leaving out those that the row's version lacks.
struct FieldReader<'a> {
    row: &'a Row<'a>,
    fields: std::iter::Peekable<std::slice::Iter<'static, Field>>,
    errors: Vec<FieldError>,
}

impl<'a> FieldReader<'a> {
    fn new(row: &'a Row<'a>, kind: FileKind, version: CsvVersion) -> Self {
        let fields = Layout::of(kind, version).map_or(&[][..], |layout| layout.fields);
        Self { row, fields: fields.iter().peekable(), errors: Vec::new() }
    }

    /// The next field of the record; `None` when it is missing or wrong, which is noted.
    fn next<T: Slot>(&mut self, name_en: &str) -> Option<T> {
        let Some(field) = self.fields.next_if(|field| field.name_en == name_en) else {
            return T::absent();
        };
        match T::read(self.row.cell(field.no), field) {
            Ok(value) => Some(value),
            Err(value) => {
                self.errors.push(FieldError { field, value });
                None
            }
        }
    }
}

/// The canonical texts of a record, in the fields of a version.
struct FieldPrinter {
    fields: std::iter::Peekable<std::slice::Iter<'static, Field>>,
    texts: Vec<String>,
}

impl FieldPrinter {
    fn new(kind: FileKind, version: CsvVersion) -> Self {
        let fields = Layout::of(kind, version).map_or(&[][..], |layout| layout.fields);
        Self { fields: fields.iter().peekable(), texts: Vec::with_capacity(fields.len()) }
    }

    fn next<T: Slot>(&mut self, name_en: &str, value: &T) {
        if self.fields.next_if(|field| field.name_en == name_en).is_some() {
            let mut text = String::new();
            value.print(&mut text);
            self.texts.push(text);
        }
    }
}

/// A place in a record: a value that must be there, or an `Option` of one.
trait Slot: Sized {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, Option<ValueError>>;
    fn print(&self, text: &mut String);
    /// What stands for a field that the version does not have.
    fn absent() -> Option<Self>;
}

impl<T: Value> Slot for T {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, Option<ValueError>> {
        if cell.is_empty() && field.requirement == Requirement::Required {
            return Err(None);
        }
        T::read(cell, field).map_err(Some)
    }

    fn print(&self, text: &mut String) {
        Value::print(self, text);
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Value> Slot for Option<T> {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, Option<ValueError>> {
        if cell.is_empty() { Ok(None) } else { T::read(cell, field).map(Some).map_err(Some) }
    }

    fn print(&self, text: &mut String) {
        if let Some(value) = self {
            value.print(text);
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Defines a record: its fields must stand in the order of the layout of version 202407.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident, $kind:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::record::Record for $name {
            const KIND: $crate::FileKind = $crate::FileKind::$kind;

            fn read(
                row: &$crate::read::Row<'_>,
                version: CsvVersion,
            ) -> Result<Self, Vec<$crate::record::FieldError>> {
                let mut fields = $crate::record::FieldReader::new(row, Self::KIND, version);
                $(let $field = fields.next::<$type>(stringify!($field));)*
                let record = (|| Some(Self { $($field: $field?,)* }))();
                record.filter(|_| fields.errors.is_empty()).ok_or(fields.errors)
            }

            fn print(&self, version: CsvVersion) -> Vec<String> {
                let mut fields = $crate::record::FieldPrinter::new(Self::KIND, version);
                $(fields.next(stringify!($field), &self.$field);)*
                fields.texts
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), " { … }"))
            }
        }
    };
}
use record;
