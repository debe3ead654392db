//! Days, months and times of day.

use std::fmt::Write as _;

use jiff::civil::Date;
use tasuki_terms::ServiceMonth;

use super::{Cell, Value, ValueError};
use crate::CsvVersion;
use crate::layout::Field;

/// A time of day (HHMM) from 0000 to 2400; the standard is silent on 2400, the printed week ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The time so many minutes after midnight, 0 to 1440.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= 24 * 60).then_some(Self(minutes))
    }

    /// Minutes since midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

/// Time of a service: a time of day, or `9999` for a service without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceTime {
    /// At a time of day.
    At(TimeOfDay),
    /// `9999`: the service has no time.
    Untimed,
}

/// A value, or zeros in its place where the standard gives zeros a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrZero<T> {
    /// Only zeros.
    Zero,
    /// The value.
    Is(T),
}

impl Value for Date {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        let digits: &[u8; 8] = cell.digits("YYYYMMDD")?;
        let year = i16::try_from(number(&digits[..4])).map_err(|_| ValueError::NotReal)?;
        let [month, day] = [&digits[4..6], &digits[6..]].map(two_digits);
        // Outside these years a date is a slip of the pen, or zeros.
        if !(1868..=2999).contains(&year) {
            return Err(ValueError::NotReal);
        }
        Self::new(year, month, day).map_err(|_| ValueError::NotReal)
    }

    fn print(&self, text: &mut String) {
        let _ = write!(text, "{:04}{:02}{:02}", self.year(), self.month(), self.day());
    }
}

impl Value for ServiceMonth {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        let digits: &[u8; 6] = cell.digits("YYYYMM")?;
        Self::from_bytes(digits).map_err(|_| ValueError::NotReal)
    }

    fn print(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }
}

impl Value for CsvVersion {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        let digits: &[u8; 6] = cell.digits("YYYYMM")?;
        Self::from_bytes(digits).ok_or(ValueError::UnknownCode)
    }

    fn print(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}

impl Value for TimeOfDay {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        let digits: &[u8; 4] = cell.digits("HHMM")?;
        let (hours, minutes) = (number(&digits[..2]), number(&digits[2..]));
        if minutes > 59 {
            return Err(ValueError::NotReal);
        }
        u16::try_from(hours * 60 + minutes).ok().and_then(Self::from_minutes).ok_or(ValueError::NotReal)
    }

    fn print(&self, text: &mut String) {
        let _ = write!(text, "{:02}{:02}", self.0 / 60, self.0 % 60);
    }
}

impl Value for ServiceTime {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        if cell.bytes == b"9999" { Ok(Self::Untimed) } else { TimeOfDay::read(cell, field).map(Self::At) }
    }

    fn print(&self, text: &mut String) {
        match self {
            Self::At(time) => time.print(text),
            Self::Untimed => text.push_str("9999"),
        }
    }
}

/// Types whose place zeros can take.
trait ZeroPrinted: Value {
    const ZEROS: &'static str;
}

impl ZeroPrinted for Date {
    const ZEROS: &'static str = "00000000";
}

impl ZeroPrinted for ServiceMonth {
    const ZEROS: &'static str = "000000";
}

impl<T: ZeroPrinted> Value for OrZero<T> {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        if cell.bytes == T::ZEROS.as_bytes() { Ok(Self::Zero) } else { T::read(cell, field).map(Self::Is) }
    }

    fn print(&self, text: &mut String) {
        match self {
            Self::Zero => text.push_str(T::ZEROS),
            Self::Is(value) => value.print(text),
        }
    }
}

impl<T> OrZero<T> {
    /// The value, unless there are zeros.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Zero => None,
            Self::Is(value) => Some(value),
        }
    }
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

fn two_digits(digits: &[u8]) -> i8 {
    i8::try_from(number(digits)).expect("two digits are at most 99")
}
