//! The table itself.

use std::fmt::Write as _;

use jiff::civil::Date;
use tasuki_terms::{ServiceMonth, ServiceType};

use crate::value::ServiceCode;

/// What the table says of a service code for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCodeEntry {
    /// The code.
    pub code: ServiceCode,
    /// What it is called (サービス内容略称).
    pub name: String,
    /// Units each time; `None` for percentages and for amounts that depend, such as the rent of equipment.
    pub units: Option<i32>,
    /// What the units are counted for (1回につき, 1日につき, 1月につき); may be empty.
    pub per: String,
    /// First day on which it holds.
    pub valid_from: Date,
    /// Last day on which it holds; `None` while no end is known.
    pub valid_to: Option<Date>,
}

impl ServiceCodeEntry {
    /// Whether it holds on some day of a month.
    pub fn is_valid_in(&self, month: ServiceMonth) -> bool {
        let last = month.next().first_day();
        self.valid_from < last && self.valid_to.is_none_or(|to| to >= month.first_day())
    }

    /// Whether both hold on some day.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, other: &Self| one.valid_to.is_some_and(|to| to < other.valid_from);
        self.code == other.code && !ends_before(self, other) && !ends_before(other, self)
    }
}

/// A table of service codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCodes {
    /// By code, then by first day.
    entries: Vec<ServiceCodeEntry>,
    /// Whether the table has all codes of the service types that it has at all.
    is_whole: bool,
}

impl ServiceCodes {
    /// A table of entries that do not overlap.
    pub(super) fn new(mut entries: Vec<ServiceCodeEntry>) -> Self {
        entries.sort_by_key(|entry| (entry.code, entry.valid_from));
        Self { entries, is_whole: true }
    }

    /// The same entries as a table that lacks codes of its service types.
    pub(super) fn partial(self) -> Self {
        Self { is_whole: false, ..self }
    }

    /// All entries, by code and first day.
    pub fn entries(&self) -> &[ServiceCodeEntry] {
        &self.entries
    }

    /// The latest entry of a code that holds in a month.
    pub fn get(&self, code: ServiceCode, month: ServiceMonth) -> Option<&ServiceCodeEntry> {
        let end = self.entries.partition_point(|entry| entry.code <= code);
        let of_code = self.entries[..end].iter().rev().take_while(|entry| entry.code == code);
        of_code.into_iter().find(|entry| entry.is_valid_in(month))
    }

    /// Whether a code of this service type that the table does not have in a month is no code: the table is whole and
    /// has others of the type in that month. Tables without regional services say nothing of these.
    pub fn covers(&self, service_type: ServiceType, month: ServiceMonth) -> bool {
        let mut of_type = self.starting_with(service_type.as_str()).iter();
        self.is_whole && of_type.any(|entry| entry.is_valid_in(month))
    }

    /// The entries whose codes begin so.
    pub fn starting_with(&self, prefix: &str) -> &[ServiceCodeEntry] {
        let start = self.entries.partition_point(|entry| entry.code.as_str() < prefix);
        let rest = &self.entries[start..];
        let length = rest.partition_point(|entry| entry.code.as_str().starts_with(prefix));
        &rest[..length]
    }

    /// The table as CSV in the form that is imported: UTF-8, by code, so that the same table has the same bytes.
    pub fn to_csv(&self) -> String {
        let mut csv = "code,name,units,per,valid_from,valid_to\n".to_owned();
        for entry in &self.entries {
            let ServiceCodeEntry { code, name, units, per, valid_from, valid_to } = entry;
            let units = units.map(|units| units.to_string()).unwrap_or_default();
            let to = valid_to.map(digits).unwrap_or_default();
            let (code, name, per, from) = (code.as_str(), quoted(name), quoted(per), digits(*valid_from));
            let _ = writeln!(csv, "{code},{name},{units},{per},{from},{to}");
        }
        csv
    }
}

fn digits(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\r', '\n']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
