//! Free text.

use std::fmt;

use super::{Cell, Value, ValueError};
use crate::layout::Field;

/// Free text (フリーテキスト). `Debug` does not show it: most of it is about a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub String);

impl Value for Text {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        let text = cell.text().ok_or(ValueError::Encoding)?.into_owned();
        match field.max_len {
            Some(max) if text.chars().count() > usize::from(max) => {
                Err(ValueError::TooLong { max, found: text.chars().count() })
            }
            _ => Ok(Self(text)),
        }
    }

    /// Bytes that are no characters are reported where they are, by [`crate::ms932::faults`]; only the length is left.
    fn check(cell: Cell<'_>, field: &Field) -> Result<(), ValueError> {
        if field.max_len.is_none() { Ok(()) } else { Self::read(cell, field).map(drop) }
    }

    fn print(&self, text: &mut String) {
        text.push_str(&self.0);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
