//! Writing rows by the names of their fields, in the canonical form: MS932, free text always in quotes, all
//! else bare, CRLF after every row.

use std::fmt::{Display, Write as _};

use encoding_rs::SHIFT_JIS;
use tasuki_standard::layout::Layout;
use tasuki_standard::{CsvVersion, FileKind};

/// A file being written.
pub(crate) struct Table {
    layout: &'static Layout,
    bytes: Vec<u8>,
    value: String,
}

/// A row being written; `end` finishes it.
#[must_use = "a row is written by `end`"]
pub(crate) struct Row<'a> {
    table: &'a mut Table,
    next: usize,
}

impl Table {
    /// An empty file; `None` when the version has no such kind.
    pub(crate) fn new(kind: FileKind, version: CsvVersion) -> Option<Self> {
        let layout = Layout::of(kind, version)?;
        Some(Self { layout, bytes: Vec::new(), value: String::new() })
    }

    /// Begins a row with its version.
    pub(crate) fn row(&mut self) -> Row<'_> {
        let version = self.layout.version;
        Row { table: self, next: 0 }.put("csv_version", version)
    }

    /// The file.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the field at an index of the layout.
    fn write(&mut self, index: usize, value: impl Display) {
        if index > 0 {
            self.bytes.push(b',');
        }
        self.value.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.value, "{value}");
        if self.layout.fields[index].is_quoted() {
            self.bytes.push(b'"');
            self.bytes.extend_from_slice(&encode(&self.value.replace('"', "\"\"")));
            self.bytes.push(b'"');
        } else {
            debug_assert!(self.value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",".contains(&byte)));
            self.bytes.extend_from_slice(self.value.as_bytes());
        }
    }
}

impl Row<'_> {
    /// Writes a field, and leaves those before it empty. Fields come in the order of the layout; one that only
    /// another version has is left out.
    pub(crate) fn put(mut self, name: &str, value: impl Display) -> Self {
        let fields = self.table.layout.fields;
        let Some(ahead) = fields[self.next..].iter().position(|field| field.name_en == name) else {
            debug_assert!(self.is_of_other_version(name), "{name} is unknown or out of order");
            return self;
        };
        let index = self.next + ahead;
        for skipped in self.next..index {
            self.table.write(skipped, "");
        }
        self.table.write(index, value);
        self.next = index + 1;
        self
    }

    /// Writes a field that may have no value.
    pub(crate) fn put_option(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self.put(name, ""),
        }
    }

    /// Leaves the rest empty and ends the row.
    pub(crate) fn end(self) {
        for skipped in self.next..self.table.layout.fields.len() {
            self.table.write(skipped, "");
        }
        self.table.bytes.extend_from_slice(b"\r\n");
    }

    fn is_of_other_version(&self, name: &str) -> bool {
        let Layout { kind, version, .. } = *self.table.layout;
        let has =
            |version| Layout::of(kind, version).is_some_and(|layout| layout.field_named(name).is_some());
        !has(version) && CsvVersion::ALL.into_iter().any(has)
    }
}

/// Whether a text of one line can be written.
pub(crate) fn is_writable(text: &str) -> bool {
    !text.chars().any(char::is_control) && !SHIFT_JIS.encode(text).2
}

/// The bytes of a text in MS932. The crate's own words hold nothing that MS932 has not, and words of the
/// caller were looked at when they came in.
fn encode(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = SHIFT_JIS.encode(text);
    debug_assert!(!unmappable, "{text} has a character that MS932 has not");
    bytes.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: FileKind, version: CsvVersion, fill: impl FnOnce(Row<'_>) -> Row<'_>) -> String {
        let mut table = Table::new(kind, version).unwrap();
        fill(table.row()).end();
        SHIFT_JIS.decode(&table.into_bytes()).0.into_owned()
    }

    #[test]
    fn free_text_is_quoted_and_all_else_is_bare() {
        let row = text(FileKind::ServicePlan3, CsvVersion::V202407, |row| {
            row.put("insurer_no", "139016").put("service_content", "\"入浴\",髙﨑\r\n介助").put("weekday", 1)
        });
        assert_eq!(row, "202407,139016,,,,\"\"\"入浴\"\",髙﨑\r\n介助\",1,,,\"\",,,\"\"\r\n");
    }

    #[test]
    fn fields_of_the_other_version_are_left_out() {
        fn fill(row: Row<'_>) -> Row<'_> {
            row.put("service_code", "171001").put("tais_code", "09999-000010")
        }
        assert!(text(FileKind::UsageSlipPlan, CsvVersion::V202407, fill).contains("171001,09999-000010,"));
        assert!(!text(FileKind::UsageSlipPlan, CsvVersion::V202208, fill).contains("09999"));
    }

    #[test]
    #[should_panic(expected = "unknown or out of order")]
    fn a_name_that_no_layout_has_is_a_mistake() {
        text(FileKind::UsageSlipPlan, CsvVersion::V202407, |row| row.put("service_name", "x"));
    }

    #[test]
    fn version_202208_has_no_table_3() {
        assert!(Table::new(FileKind::ServicePlan3, CsvVersion::V202208).is_none());
    }

    #[test]
    fn only_single_lines_in_ms932_are_writable() {
        assert!(is_writable("髙﨑ケアセンター①"));
        assert!(!is_writable("𠮷野家"));
        assert!(!is_writable("二\r\n行"));
    }
}
