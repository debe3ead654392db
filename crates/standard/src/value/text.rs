//! Free text.

use std::fmt;

use super::{Cell, Encoding, Value, ValueError};
use crate::layout::Field;
use crate::ms932;

/// Free text (フリーテキスト). `Debug` does not show it: most of it is about a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub String);

impl Value for Text {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        let text = match cell.encoding {
            Encoding::Ms932 => ms932::decode(cell.bytes)
                .ok_or(ValueError::Encoding)?
                .into_owned(),
            Encoding::Utf8 => String::from_utf8(cell.bytes.to_vec()).map_err(|_| ValueError::Encoding)?,
        };
        match field.max_len {
            Some(max) if text.chars().count() > usize::from(max) => Err(ValueError::TooLong {
                max,
                found: text.chars().count(),
            }),
            _ => Ok(Self(text)),
        }
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
