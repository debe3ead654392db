//! Numbers.

use std::fmt::Write as _;

use super::{Cell, Value, ValueError};
use crate::layout::Field;

/// A whole number (整数). The standard says nothing of signs and leading zeros: both are read, no leading
/// zeros are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer(pub i32);

/// A number of the form 99.99, kept as hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    /// The number times one hundred.
    pub hundredths: i32,
}

impl Value for Integer {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        cell.at_most(field)?;
        let (negative, digits) = split_sign(cell.bytes);
        let number = digits_value(digits).ok_or_else(|| cell.not_of_form("123"))?;
        Ok(Self(if negative { -number } else { number }))
    }

    fn print(&self, text: &mut String) {
        let _ = write!(text, "{}", self.0);
    }
}

impl Value for Decimal {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        cell.at_most(field)?;
        let (negative, digits) = split_sign(cell.bytes);
        let hundredths = hundredths(digits).ok_or_else(|| cell.not_of_form("10.55"))?;
        Ok(Self { hundredths: if negative { -hundredths } else { hundredths } })
    }

    fn print(&self, text: &mut String) {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let size = self.hundredths.unsigned_abs();
        let _ = write!(text, "{sign}{}.{:02}", size / 100, size % 100);
    }
}

fn split_sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    }
}

/// Fields have at most nine digits, which an `i32` holds.
fn digits_value(digits: &[u8]) -> Option<i32> {
    let all_digits = digits.iter().all(u8::is_ascii_digit);
    (all_digits && (1..=9).contains(&digits.len()))
        .then(|| digits.iter().fold(0, |number, digit| number * 10 + i32::from(digit - b'0')))
}

fn hundredths(text: &[u8]) -> Option<i32> {
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let whole = digits_value(&text[..point])?;
    let part = match text.get(point + 1..) {
        None => 0,
        Some([tenths]) => digits_value(&[*tenths, b'0'])?,
        Some(two @ [_, _]) => digits_value(two)?,
        Some(_) => return None,
    };
    whole.checked_mul(100)?.checked_add(part)
}
