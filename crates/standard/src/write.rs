//! Writing canonical files: MS932, CRLF after every row, no header, free text always in quotes, all else bare,
//! unused fields empty.
//!
//! ```
//! use tasuki_standard::record::UsageSlipPlanDeletion;
//! use tasuki_standard::write::Writer;
//! use tasuki_standard::{CsvVersion, FileKind};
//!
//! let mut file = Writer::new(Vec::new(), FileKind::UsageSlipPlanDeletion, CsvVersion::V202407)?;
//! file.write_texts(&["202407", "131016", "0000012345", "202510"])?;
//! assert_eq!(file.into_inner(), b"202407,131016,0000012345,202510\r\n");
//! # Ok::<(), tasuki_standard::write::WriteError>(())
//! ```

use std::borrow::Cow;
use std::io::{self, Write};

use crate::layout::{Content, Field, Layout, Requirement};
use crate::ms932::{self, Unencodable};
use crate::read::Row;
use crate::record::Record;
use crate::value::{self, Cell, Decimal, Encoding, Integer, ServiceCodeRole, Value, ValueError};
use crate::{CsvVersion, FileKind};

/// Why a row is not written. Nothing of it is.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The version has no such kind of file, or it is an image.
    #[error("version {version} has no layout for {}", kind.prefix())]
    NoLayout {
        /// Kind asked for.
        kind: FileKind,
        /// Version asked for.
        version: CsvVersion,
    },
    /// The record belongs to another kind of file.
    #[error("a record of {} does not go into a file of {}", found.prefix(), expected.prefix())]
    OtherKind {
        /// Kind of the file.
        expected: FileKind,
        /// Kind of the record.
        found: FileKind,
    },
    /// The row has more or fewer fields than the layout.
    #[error("row {row} has {found} fields instead of {expected}")]
    FieldCount {
        /// Row, from 1.
        row: u64,
        /// Fields of the layout.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A required field is empty.
    #[error("row {row}, field {} ({}) is empty", field.no, field.name_ja)]
    Missing {
        /// Row, from 1.
        row: u64,
        /// The field.
        field: &'static Field,
    },
    /// A field does not hold what it should.
    #[error("row {row}, field {} ({}) cannot be written", field.no, field.name_ja)]
    Value {
        /// Row, from 1.
        row: u64,
        /// The field.
        field: &'static Field,
        /// What is wrong with it.
        source: ValueError,
    },
    /// A text holds a character that MS932 does not have; [`crate::gaiji::replacement`] offers another.
    #[error("row {row}, field {} ({}) holds a character that cannot be written", field.no, field.name_ja)]
    Character {
        /// Row, from 1.
        row: u64,
        /// The field.
        field: &'static Field,
        /// The character.
        source: Unencodable,
    },
    /// A text holds a control character, a private-use one, or bytes that are no characters.
    #[error("row {row}, field {} ({}) holds what is no text", field.no, field.name_ja)]
    NotText {
        /// Row, from 1.
        row: u64,
        /// The field.
        field: &'static Field,
    },
    /// The destination failed.
    #[error("the file cannot be written")]
    Io(#[from] io::Error),
}

/// Writes the rows of one file.
#[derive(Debug)]
pub struct Writer<W> {
    destination: W,
    kind: FileKind,
    layout: &'static Layout,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// A writer of a kind of file in a version.
    ///
    /// # Errors
    /// When the version has no such kind, or the kind is an image.
    pub fn new(destination: W, kind: FileKind, version: CsvVersion) -> Result<Self, WriteError> {
        let layout = Layout::of(kind, version).ok_or(WriteError::NoLayout { kind, version })?;
        Ok(Self { destination, kind, layout, rows: 0 })
    }

    /// Writes a typed record.
    ///
    /// # Errors
    /// When the record is of another kind, a value does not fit its field, or the destination fails.
    pub fn write<R: Record>(&mut self, record: &R) -> Result<(), WriteError> {
        let shares_layout = self.kind == FileKind::UsageSlipActual && R::KIND == FileKind::UsageSlipPlan;
        if R::KIND != self.kind && !shares_layout {
            return Err(WriteError::OtherKind { expected: self.kind, found: R::KIND });
        }
        self.write_texts(&record.print(self.layout.version))
    }

    /// Writes a row from the texts of its fields, without quotes.
    ///
    /// # Errors
    /// When there are too few or too many, one does not fit its field, or the destination fails.
    pub fn write_texts<S: AsRef<str>>(&mut self, texts: &[S]) -> Result<(), WriteError> {
        let row = self.rows + 1;
        self.check_width(texts.len())?;
        let mut cells = Vec::with_capacity(texts.len());
        for (field, text) in self.layout.fields.iter().zip(texts) {
            let encoded = ms932::encode(text.as_ref());
            cells.push(encoded.map_err(|source| WriteError::Character { row, field, source })?);
        }
        self.put(&cells)
    }

    /// Writes a row that was read. Texts keep their bytes, so that a canonical file comes back as it was.
    ///
    /// # Errors
    /// As [`Writer::write_texts`]. A row that was read as UTF-8 is encoded anew.
    pub fn write_row(&mut self, row: &Row<'_>) -> Result<(), WriteError> {
        let number = self.rows + 1;
        self.check_width(row.len())?;
        let mut cells = Vec::with_capacity(row.len());
        for (field, cell) in self.layout.fields.iter().zip(row.cells()) {
            let text = cell.text().ok_or(WriteError::NotText { row: number, field })?;
            cells.push(match cell.encoding {
                Encoding::Ms932 => cell.bytes.to_vec(),
                Encoding::Utf8 => ms932::encode(&text).map_err(|source| WriteError::Character {
                    row: number,
                    field,
                    source,
                })?,
            });
        }
        self.put(&cells)
    }

    /// Ends writing and gives the destination back, unflushed.
    pub fn into_inner(self) -> W {
        self.destination
    }

    fn check_width(&self, found: usize) -> Result<(), WriteError> {
        let expected = self.layout.fields.len();
        if found == expected {
            Ok(())
        } else {
            Err(WriteError::FieldCount { row: self.rows + 1, expected, found })
        }
    }

    /// Writes the row in one piece, so that an error does not leave a part of it.
    fn put(&mut self, cells: &[Vec<u8>]) -> Result<(), WriteError> {
        let code = self.layout.field_named("service_code").map(|field| &cells[usize::from(field.no) - 1]);
        let role = code.map_or(ServiceCodeRole::Service, |code| ServiceCodeRole::of(code));
        let mut line = Vec::new();
        for (field, cell) in self.layout.fields.iter().zip(cells) {
            if field.no > 1 {
                line.push(b',');
            }
            let bytes = canonical(cell, field, role, self.rows + 1)?;
            if field.is_quoted() { quote(&bytes, &mut line) } else { line.extend_from_slice(&bytes) }
        }
        line.extend_from_slice(b"\r\n");
        self.destination.write_all(&line)?;
        self.rows += 1;
        Ok(())
    }
}

/// The bytes to be written for a field of a row whose service code has this role.
fn canonical<'a>(
    bytes: &'a [u8],
    field: &'static Field,
    role: ServiceCodeRole,
    row: u64,
) -> Result<Cow<'a, [u8]>, WriteError> {
    if field.content == Content::Unused {
        return Ok(Cow::Borrowed(b""));
    }
    if bytes.is_empty() {
        return match field.requirement {
            Requirement::RequiredInServices if role != ServiceCodeRole::Service => Ok(Cow::Borrowed(b"0")),
            Requirement::Required | Requirement::RequiredInServices => {
                Err(WriteError::Missing { row, field })
            }
            Requirement::Expected | Requirement::Optional => Ok(Cow::Borrowed(b"")),
        };
    }
    if !ms932::is_clean(bytes) {
        return Err(WriteError::NotText { row, field });
    }
    let cell = Cell { bytes, encoding: Encoding::Ms932 };
    let value_error = |source| WriteError::Value { row, field, source };
    value::check(cell, field).map_err(value_error)?;
    match field.content {
        Content::Integer => Integer::read(cell, field).map(|value| printed(&value)).map_err(value_error),
        Content::Decimal => Decimal::read(cell, field).map(|value| printed(&value)).map_err(value_error),
        _ => Ok(Cow::Borrowed(bytes)),
    }
}

fn printed(value: &impl Value) -> Cow<'static, [u8]> {
    let mut text = String::new();
    value.print(&mut text);
    Cow::Owned(text.into_bytes())
}

fn quote(bytes: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}
