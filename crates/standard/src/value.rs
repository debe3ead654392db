//! Values of fields as types that cannot hold a wrong one.
//!
//! Each reads from a [`Cell`] and prints as the canonical text. Empty fields are a matter of the record,
//! where they are `None`.
//!
//! *Architecture invariant:* `Debug` of what could identify a person, and of whole records, shows no value.

pub(crate) mod choice;
mod choices;
mod code;
mod mask;
mod number;
mod text;
mod time;

pub use choice::Flag;
pub use choices::*;
pub use code::{
    Digits, EquipmentCode, InsuredNo, InsurerNo, OpenCode, ParseServiceCodeError, Phone, PostalCode,
    ServiceCode, ServiceCodeRole, Unused,
};
pub use jiff::civil::Date;
pub use mask::DayMask;
pub use number::{Decimal, Integer};
pub use tasuki_terms::{OfficeNo, ServiceMonth, ServiceType};
pub use text::Text;
pub use time::{OrZero, ServiceTime, TimeOfDay};

pub use crate::CsvVersion;
use std::borrow::Cow;

use crate::layout::{Content, Field};
use crate::ms932;

/// Which characters the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Shift-JIS as Windows has it: what the standard asks for.
    Ms932,
    /// UTF-8: seen in the wild and readable, but wrong.
    Utf8,
}

/// The bytes of one field, quotes removed.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// The bytes as they stand in the file, doubled quotes undone.
    pub bytes: &'a [u8],
    /// How they are to be read.
    pub encoding: Encoding,
}

/// Why a value is not what its field holds. The value is not repeated: it may be a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Longer than the field allows.
    #[error("{found} characters, at most {max} are allowed")]
    TooLong {
        /// Characters allowed.
        max: u8,
        /// Characters found.
        found: usize,
    },
    /// Not exactly as long as the field must be.
    #[error("{found} characters instead of {expected}")]
    WrongLength {
        /// Characters needed.
        expected: u8,
        /// Characters found.
        found: usize,
    },
    /// Characters that do not belong into the field, or not in this order.
    #[error("does not look like {form}")]
    Form {
        /// A sample of the form.
        form: &'static str,
    },
    /// Letters, digits or signs of full width (全角) where the field has those of half width.
    #[error("contains full-width characters")]
    FullWidth,
    /// Blanks at the start or end.
    #[error("is padded with blanks")]
    Padded,
    /// A date or month that the calendar does not have, or a time that the day does not have.
    #[error("does not exist in the calendar or on the clock")]
    NotReal,
    /// A date or time with separators (`2025/10/01`, `12:00`).
    #[error("contains separators")]
    Separators,
    /// No code of the closed list.
    #[error("not one of the codes")]
    UnknownCode,
    /// Bytes that are no text.
    #[error("contains bytes that are no characters")]
    Encoding,
}

/// A value that a field can hold.
pub trait Value: Sized {
    /// Reads the value of a field that is not empty.
    ///
    /// # Errors
    /// When the bytes are not a value of this type, or longer than the field allows.
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError>;

    /// As [`Value::read`], without keeping the value.
    ///
    /// # Errors
    /// As [`Value::read`].
    fn check(cell: Cell<'_>, field: &Field) -> Result<(), ValueError> {
        Self::read(cell, field).map(drop)
    }

    /// Appends the canonical text, without quotes.
    fn print(&self, text: &mut String);
}

/// Checks a field that is not empty against what its layout says it holds.
///
/// # Errors
/// When the field does not hold that.
pub fn check(cell: Cell<'_>, field: &Field) -> Result<(), ValueError> {
    match field.content {
        Content::Version => CsvVersion::check(cell, field),
        Content::Date => Date::check(cell, field),
        Content::DateOrZero => OrZero::<Date>::check(cell, field),
        Content::Month => ServiceMonth::check(cell, field),
        Content::MonthOrZero => OrZero::<ServiceMonth>::check(cell, field),
        Content::InsurerNo => InsurerNo::check(cell, field),
        Content::Digits => Digits::check(cell, field),
        Content::Choice(choices) | Content::Flag(choices) => {
            let known = choices.iter().any(|choice| choice.code.as_bytes() == cell.bytes);
            known.then_some(()).ok_or_else(|| cell.unknown_code())
        }
        Content::ServiceType => ServiceType::check(cell, field),
        Content::EquipmentCode => EquipmentCode::check(cell, field),
        Content::OpenCode => OpenCode::check(cell, field),
        Content::InsuredNo => InsuredNo::check(cell, field),
        Content::OfficeNo => OfficeNo::check(cell, field),
        Content::Text | Content::ImageName => Text::check(cell, field),
        Content::Postal => PostalCode::check(cell, field),
        Content::Phone => Phone::check(cell, field),
        Content::Integer => Integer::check(cell, field),
        Content::Decimal => Decimal::check(cell, field),
        Content::Time => TimeOfDay::check(cell, field),
        Content::ServiceTime => ServiceTime::check(cell, field),
        Content::DayMask => DayMask::check(cell, field),
        Content::ServiceCode => ServiceCode::check(cell, field),
        Content::Unused => Unused::check(cell, field),
    }
}

impl<'a> Cell<'a> {
    /// The text; `None` when there are bytes that are no characters.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.encoding {
            Encoding::Ms932 => ms932::decode(self.bytes),
            Encoding::Utf8 => std::str::from_utf8(self.bytes).ok().map(Cow::Borrowed),
        }
    }

    /// The text with U+FFFD for what cannot be read.
    pub fn text_lossy(&self) -> Cow<'a, str> {
        match self.encoding {
            Encoding::Ms932 => ms932::decode_lossy(self.bytes),
            Encoding::Utf8 => String::from_utf8_lossy(self.bytes),
        }
    }
}

impl Cell<'_> {
    /// Whether the field is empty (Null).
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The cause to report when the bytes do not have a form of ASCII characters: the plainest one that is true.
    pub(crate) fn not_of_form(self, form: &'static str) -> ValueError {
        if !self.bytes.is_ascii() {
            ValueError::FullWidth
        } else if self.bytes.trim_ascii().len() != self.bytes.len() {
            ValueError::Padded
        } else {
            ValueError::Form { form }
        }
    }

    /// As [`Self::not_of_form`], for closed lists.
    pub(crate) fn unknown_code(self) -> ValueError {
        match self.not_of_form("") {
            ValueError::Form { .. } => ValueError::UnknownCode,
            plainer => plainer,
        }
    }

    /// Fails unless the value has exactly the length of its field.
    pub(crate) fn exactly(self, field: &Field) -> Result<(), ValueError> {
        match field.max_len {
            Some(expected) if self.bytes.len() != usize::from(expected) && self.is_plain() => {
                Err(ValueError::WrongLength { expected, found: self.bytes.len() })
            }
            _ => Ok(()),
        }
    }

    /// Fails when the value is longer than its field.
    pub(crate) fn at_most(self, field: &Field) -> Result<(), ValueError> {
        match field.max_len {
            Some(max) if self.bytes.len() > usize::from(max) && self.is_plain() => {
                Err(ValueError::TooLong { max, found: self.bytes.len() })
            }
            _ => Ok(()),
        }
    }

    /// Whether the length is worth reporting: of full-width and padded values it is only a consequence.
    fn is_plain(self) -> bool {
        self.bytes.is_ascii() && self.bytes.trim_ascii().len() == self.bytes.len()
    }

    /// The bytes, when they are exactly `N` digits.
    pub(crate) fn digits<const N: usize>(&self, form: &'static str) -> Result<&[u8; N], ValueError> {
        if !self.bytes.iter().all(u8::is_ascii_digit) {
            let separated = self.bytes.iter().all(|byte| byte.is_ascii_digit() || b":/.-".contains(byte));
            return Err(if separated { ValueError::Separators } else { self.not_of_form(form) });
        }
        let found = self.bytes.len();
        let expected = u8::try_from(N).expect("codes are short");
        self.bytes.try_into().map_err(|_| ValueError::WrongLength { expected, found })
    }
}
