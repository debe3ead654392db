//! Days of a month as a mask.

use tasuki_terms::ServiceMonth;

use super::{Cell, Value, ValueError};
use crate::layout::Field;

const FORM: &str = "1111100000000000000000000000000";

/// Days that may be charged per day (日割対象日): 31 digits, the first for the 1st of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayMask(u32);

impl DayMask {
    /// The mask with these days (1 to 31; others are ignored).
    pub fn of(days: impl IntoIterator<Item = i8>) -> Self {
        let days = days.into_iter().filter(|day| (1..=31).contains(day));
        Self(days.fold(0, |mask, day| mask | 1 << (day - 1)))
    }

    /// Whether a day (1 to 31) is in the mask.
    pub fn contains(self, day: i8) -> bool {
        (1..=31).contains(&day) && self.0 >> (day - 1) & 1 == 1
    }

    /// Whether all its days exist in a month.
    pub fn fits(self, month: ServiceMonth) -> bool {
        self.0 >> month.days() == 0
    }
}

impl Value for DayMask {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        if cell.bytes.len() != 31 && cell.bytes.is_ascii() {
            return Err(ValueError::WrongLength { expected: 31, found: cell.bytes.len() });
        }
        if !cell.bytes.iter().all(|byte| matches!(byte, b'0' | b'1')) {
            return Err(cell.not_of_form(FORM));
        }
        let days = (1..).zip(cell.bytes).filter(|(_, digit)| **digit == b'1');
        Ok(Self::of(days.map(|(day, _)| day)))
    }

    fn print(&self, text: &mut String) {
        text.extend((1..=31).map(|day| if self.contains(day) { '1' } else { '0' }));
    }
}
