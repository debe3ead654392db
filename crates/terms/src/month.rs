//! The month in which a service is given.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::serde_as_text;

/// A text is not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month must be YYYYMM with a year from 1900 to 2999 and a month from 01 to 12")]
pub struct ParseMonthError;

/// Service month (対象年月): year and month, written `YYYYMM`.
///
/// ```
/// use tasuki_terms::ServiceMonth;
/// let month: ServiceMonth = "202402".parse()?;
/// assert_eq!((month.days(), month.next().to_string()), (29, "202403".to_owned()));
/// # Ok::<(), tasuki_terms::ParseMonthError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceMonth {
    year: i16,
    month: i8,
}

impl ServiceMonth {
    const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

    /// The month of a year.
    ///
    /// # Errors
    /// When the year is not 1900 to 2999 or the month not 1 to 12.
    pub fn new(year: i16, month: i8) -> Result<Self, ParseMonthError> {
        if Self::YEARS.contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(ParseMonthError)
        }
    }

    /// Reads `YYYYMM` from its ASCII bytes.
    ///
    /// # Errors
    /// As [`ServiceMonth::new`], or when the bytes are not six digits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseMonthError> {
        if bytes.len() != 6 || !bytes.iter().all(u8::is_ascii_digit) {
            return Err(ParseMonthError);
        }
        let number = |digits: &[u8]| digits.iter().fold(0, |n, digit| n * 10 + i16::from(digit - b'0'));
        let month = i8::try_from(number(&bytes[4..])).map_err(|_| ParseMonthError)?;
        Self::new(number(&bytes[..4]), month)
    }

    /// The month in which a day lies.
    ///
    /// # Errors
    /// When the year is not 1900 to 2999.
    pub fn of(date: Date) -> Result<Self, ParseMonthError> {
        Self::new(date.year(), date.month())
    }

    /// Year, 1900 to 2999.
    pub fn year(self) -> i16 {
        self.year
    }

    /// Month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// First day.
    pub fn first_day(self) -> Date {
        Date::new(self.year, self.month, 1).expect("every month of these years has a first day")
    }

    /// Number of days, 28 to 31.
    pub fn days(self) -> i8 {
        self.first_day().days_in_month()
    }

    /// Whether a day lies in this month.
    pub fn contains(self, date: Date) -> bool {
        date.year() == self.year && date.month() == self.month
    }

    /// The month after (the last one stays).
    #[must_use]
    pub fn next(self) -> Self {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Self::new(year, month).unwrap_or(self)
    }

    /// The month before (the first one stays).
    #[must_use]
    pub fn previous(self) -> Self {
        let (year, month) = if self.month == 1 { (self.year - 1, 12) } else { (self.year, self.month - 1) };
        Self::new(year, month).unwrap_or(self)
    }
}

impl FromStr for ServiceMonth {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, ParseMonthError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for ServiceMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.year, self.month)
    }
}

impl fmt::Debug for ServiceMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceMonth({self})")
    }
}

serde_as_text!(ServiceMonth);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_months_parse() {
        for good in ["190001", "202512", "299912"] {
            assert_eq!(good.parse::<ServiceMonth>().unwrap().to_string(), good);
        }
        for bad in ["", "20251", "202500", "202513", "189912", "300001", "2025-1", "２０２５１０"] {
            assert!(bad.parse::<ServiceMonth>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn months_follow_each_other_over_the_year_end() {
        let december: ServiceMonth = "202512".parse().unwrap();
        assert_eq!(december.next().to_string(), "202601");
        assert_eq!(december.next().previous(), december);
    }

    #[test]
    fn a_month_contains_its_days_only() {
        let month: ServiceMonth = "202502".parse().unwrap();
        assert_eq!(month.days(), 28);
        assert!(month.contains(month.first_day()));
        assert!(!month.contains(month.next().first_day()));
    }
}
