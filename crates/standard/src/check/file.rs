//! One file through the first five depths.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::code::Code;
use super::finding::{Finding, Findings};
use super::last_good::LastGood;
use super::meaning::{Meaning, RecordKey};
use super::severity::Severity;
use super::{bytes, fields, naming, structure};
use crate::codes::ServiceCodes;
use crate::layout::{Layout, Requirement};
use crate::name::FileName;
use crate::read::{CellPosition, ReadError, Reader, Row};
use crate::value::Encoding;
use crate::{CsvVersion, FileKind};

/// What is known of a file after checking it.
#[derive(Debug)]
pub struct CheckedFile {
    /// The name as it was given.
    pub given_name: String,
    /// The parts of the name, when it could be read.
    pub name: Option<FileName>,
    /// The kind, also when the rest of the name could not be read.
    pub kind: Option<FileKind>,
    /// The version that the rows were read with; `None` for images and files without rows.
    pub version: Option<CsvVersion>,
    /// Rows of data; a header row does not count.
    pub rows: u64,
    /// Different insured persons.
    pub people: u64,
    findings: Findings,
    /// The records (persons' plans, months …) of the file with the row in which each first appears.
    pub(super) records: BTreeMap<RecordKey, u64>,
    /// Names of images that rows refer to.
    pub(super) images: Vec<(String, u64)>,
}

impl CheckedFile {
    /// The findings in the order of the file.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.all()
    }

    /// How many findings of a severity there are.
    pub fn count(&self, severity: Severity) -> u64 {
        self.findings.count(severity)
    }
}

/// Checks a file by its name (without folders) and contents.
///
/// # Errors
/// Only when `source` fails. Contents, however broken, are findings.
pub fn check_file(name: &str, source: impl Read) -> io::Result<CheckedFile> {
    check(name, source, None)
}

/// As [`check_file`], and compares the services with a table of service codes.
///
/// # Errors
/// As [`check_file`].
pub fn check_file_by(name: &str, source: impl Read, table: &ServiceCodes) -> io::Result<CheckedFile> {
    check(name, source, Some(table))
}

fn check(name: &str, source: impl Read, table: Option<&ServiceCodes>) -> io::Result<CheckedFile> {
    let mut findings = Findings::default();
    let parsed = naming::check(name, &mut findings);
    let kind = FileName::kind_of(name);
    let mut file = CheckedFile {
        given_name: name.to_owned(),
        name: parsed,
        kind,
        version: None,
        rows: 0,
        people: 0,
        findings,
        records: BTreeMap::new(),
        images: Vec::new(),
    };
    if kind == Some(FileKind::PreventionBasicInfoImage) {
        check_image(source, &mut file.findings)?;
    } else {
        Rows::new(&mut file, table).check(source)?;
    }
    Ok(file)
}

/// A JPEG picture starts with the marker of its first segment.
fn check_image(mut source: impl Read, findings: &mut Findings) -> io::Result<()> {
    let mut head = Vec::new();
    source.by_ref().take(3).read_to_end(&mut head)?;
    if head != b"\xff\xd8\xff" {
        findings.push(Finding::new(Code::ImageNotJpeg));
    }
    Ok(())
}

/// The walk over the rows of a file.
struct Rows<'a> {
    file: &'a mut CheckedFile,
    layout: Option<&'static Layout>,
    /// The version that stands in the first row of data.
    first_version: Vec<u8>,
    meaning: Option<Meaning<'a>>,
    table: Option<&'a ServiceCodes>,
    last_good: LastGood,
}

impl<'a> Rows<'a> {
    fn new(file: &'a mut CheckedFile, table: Option<&'a ServiceCodes>) -> Self {
        let last_good = LastGood::default();
        Self { file, layout: None, first_version: Vec::new(), meaning: None, table, last_good }
    }

    fn check(mut self, source: impl Read) -> io::Result<()> {
        let mut reader = Reader::new(source);
        let end = self.check_rows(&mut reader);
        match end {
            Err(ReadError::Io(error)) => return Err(error),
            Err(ReadError::Utf16) => self.file.findings.push(Finding::new(Code::Utf16)),
            Err(ReadError::RowTooLong { row }) => {
                self.file.findings.push(Finding::in_row(Code::RowTooLong, row));
            }
            Ok(()) if self.file.rows == 0 => self.file.findings.push(Finding::new(Code::EmptyFile)),
            Ok(()) => {}
        }
        if let Some(meaning) = self.meaning {
            let conclusion = meaning.finish(&mut self.file.findings);
            self.file.people = conclusion.people;
            self.file.records = conclusion.records;
            self.file.images = conclusion.images;
        }
        Ok(())
    }

    fn check_rows(&mut self, reader: &mut Reader<impl Read>) -> Result<(), ReadError> {
        let preamble = reader.preamble()?;
        if preamble.has_bom {
            self.file.findings.push(Finding::new(Code::ByteOrderMark));
        } else if preamble.encoding == Encoding::Utf8 {
            self.file.findings.push(Finding::new(Code::Utf8));
        }
        while let Some(row) = reader.next_row()? {
            self.check_row(&row, preamble.encoding);
        }
        if reader.blank_lines_at_end() > 0 {
            self.file.findings.push_once(Code::BlankLine, || Finding::new(Code::BlankLine));
        }
        Ok(())
    }

    fn check_row(&mut self, row: &Row<'_>, encoding: Encoding) {
        let findings = &mut self.file.findings;
        bytes::check_row(row, findings);
        if bytes::is_end_of_file_mark(row) {
            findings.push(Finding::in_row(Code::EndOfFileMark, row.number()));
            return;
        }
        if self.file.rows == 0 && row.number() == 1 && structure::is_header(row) {
            findings.push(Finding::in_row(Code::HeaderRow, row.number()));
            return;
        }
        if self.file.rows == 0 {
            self.begin(row);
        }
        self.file.rows += 1;
        self.check_data(row, encoding);
    }

    /// Decides by the first row of data how all are read.
    fn begin(&mut self, row: &Row<'_>) {
        let file = &mut *self.file;
        self.first_version = row.cell(1).bytes.to_vec();
        self.layout = file
            .kind
            .and_then(|kind| structure::layout_of(kind, file.name.as_ref(), row, &mut file.findings));
        file.version = self.layout.map(|layout| layout.version);
        if let Some((kind, layout)) = file.kind.zip(self.layout) {
            self.meaning = Some(Meaning::new(kind, layout, file.name.as_ref(), self.table));
        }
    }

    fn check_data(&mut self, row: &Row<'_>, encoding: Encoding) {
        let findings = &mut self.file.findings;
        let Some(layout) = self.layout else {
            check_unknown_cells(row, findings);
            return;
        };
        structure::check_same_version(row, &self.first_version, layout.kind, findings);
        let complete = structure::check_width(row, layout, findings);
        let known = complete.then(|| self.last_good.differing(row.raw(), layout.fields.len()));
        match known {
            Some([from, to])
                if bytes::is_clean(&row.raw()[from.offset..to.offset.min(row.raw().len())], encoding) =>
            {
                self.check_known(row, layout, [from, to]);
            }
            _ => self.check_cells(row, layout, complete),
        }
        let findings = &mut self.file.findings;
        if let Some(meaning) = self.meaning.as_mut().filter(|_| complete) {
            meaning.row(row, findings);
        }
    }

    /// Checks the fields of a row with good characters that lie between two positions: the others are as in the
    /// last good row.
    fn check_known(&mut self, row: &Row<'_>, layout: &'static Layout, [from, to]: [CellPosition; 2]) {
        let findings = &mut self.file.findings;
        let before = findings.total();
        let mut depends_on_row = false;
        let mut cells = row.written_cells_from(from);
        while cells.position() != to
            && let Some(written) = cells.next()
        {
            let field = &layout.fields[written.index];
            bytes::check_quoting(&written, field, row.number(), findings);
            fields::check(written.cell, row, field, layout, findings);
            self.last_good.starts[written.index] = written.column - 1;
            // Whether a required field may be empty depends on the rest of its row.
            depends_on_row |= written.cell.is_empty() && field.requirement == Requirement::RequiredInServices;
        }
        let is_good = findings.total() == before && !depends_on_row;
        self.last_good.remember(is_good.then_some(row.raw()), to.index);
    }

    /// Checks the fields of a row with bad characters, or with a field too few or too many: then nobody knows
    /// which field is which, and only characters and quotes are judged.
    fn check_cells(&mut self, row: &Row<'_>, layout: &'static Layout, complete: bool) {
        let findings = &mut self.file.findings;
        for (field, written) in layout.fields.iter().zip(row.written_cells()) {
            bytes::check_characters(written.cell, (row.number(), written.column), Some(field), findings);
            if complete {
                bytes::check_quoting(&written, field, row.number(), findings);
                fields::check(written.cell, row, field, layout, findings);
            } else {
                bytes::check_broken_quotes(&written, field, row.number(), findings);
            }
        }
    }
}

fn check_unknown_cells(row: &Row<'_>, findings: &mut Findings) {
    for written in row.written_cells() {
        bytes::check_characters(written.cell, (row.number(), written.column), None, findings);
    }
}
