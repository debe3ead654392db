//! Depth 3: structure. Which layout a file has, and whether its rows do.

use super::code::Code;
use super::finding::{Finding, Findings};
use crate::layout::Layout;
use crate::name::FileName;
use crate::read::Row;
use crate::{CsvVersion, FileKind};

/// The value that at least two public writers use for version 202407 (standard 4.1 is of 2024-10).
const MEANS_202407: &[u8] = b"202410";

/// Versions that existed and are not supported: standards 1 and 2, and 4.0, replaced before its first month.
const NOT_SUPPORTED: [&[u8]; 3] = [b"201910", b"202003", b"202504"];

/// Whether a first row holds names of fields instead of values: it starts with something else than digits.
pub(super) fn is_header(row: &Row<'_>) -> bool {
    let first = row.cell(1).bytes.trim_ascii();
    !first.is_empty() && first.iter().any(|byte| !byte.is_ascii_digit())
}

/// The layout that the rows of a file are to be read with, decided by its first row: the version that stands
/// there, else the one that the number of fields or the shape of the name fits.
pub(super) fn layout_of(
    kind: FileKind,
    name: Option<&FileName>,
    first: &Row<'_>,
    findings: &mut Findings,
) -> Option<&'static Layout> {
    let value = first.cell(1).bytes;
    let said = CsvVersion::from_bytes(value).or((value == MEANS_202407).then_some(CsvVersion::V202407));
    let shape = name.map(FileName::version);
    let has_width = |version: &CsvVersion| {
        Layout::of(kind, *version).is_some_and(|layout| layout.fields.len() == first.len())
    };
    let guess =
        shape.filter(has_width).or_else(|| CsvVersion::ALL.into_iter().rev().find(has_width)).or(shape);
    if let Some(code) = version_code(value, said) {
        report_version(code, value, first, kind, findings);
    }
    if let Some((said, shape)) = said.zip(shape).filter(|(said, shape)| said != shape) {
        let finding = version_finding(Code::VersionDisagreesWithName, first, kind);
        findings.push(finding.with("value", said).with("expected", shape));
    }
    match said {
        Some(version) if Layout::of(kind, version).is_none() => {
            findings.push(version_finding(Code::VersionHasNoKind, first, kind).with("value", version));
            Layout::of(kind, CsvVersion::V202407)
        }
        Some(version) => Layout::of(kind, version),
        None => Layout::of(kind, guess.unwrap_or(CsvVersion::V202407))
            .or_else(|| Layout::of(kind, CsvVersion::V202407)),
    }
}

/// What is wrong with a version's value by itself. An empty or malformed one is a matter of its field.
fn version_code(value: &[u8], said: Option<CsvVersion>) -> Option<Code> {
    let six_digits = value.len() == 6 && value.iter().all(u8::is_ascii_digit);
    match said {
        Some(_) if value == MEANS_202407 => Some(Code::Version202410),
        None if NOT_SUPPORTED.contains(&value) => Some(Code::VersionNotSupported),
        None if six_digits => Some(Code::VersionUnknown),
        _ => None,
    }
}

fn report_version(code: Code, value: &[u8], row: &Row<'_>, kind: FileKind, findings: &mut Findings) {
    let value = String::from_utf8_lossy(value);
    findings.push_once(code, || version_finding(code, row, kind).with("value", value));
}

fn version_finding(code: Code, row: &Row<'_>, kind: FileKind) -> Finding {
    let field = Layout::of(kind, CsvVersion::V202407).and_then(|layout| layout.field(1));
    Finding::in_field(code, row.number(), field)
}

/// Reports a version that differs from that of the first row.
pub(super) fn check_same_version(
    row: &Row<'_>,
    first_version: &[u8],
    kind: FileKind,
    findings: &mut Findings,
) {
    let value = row.cell(1).bytes;
    if value != first_version && !value.is_empty() {
        findings.push(version_finding(Code::MixedVersions, row, kind));
    }
}

/// Whether a row has as many fields as its layout; reports it when not.
pub(super) fn check_width(row: &Row<'_>, layout: &Layout, findings: &mut Findings) -> bool {
    let (found, expected) = (row.len(), layout.fields.len());
    if found != expected {
        let finding = Finding::in_row(Code::FieldCount, row.number());
        findings.push(finding.with("found", found).with("expected", expected));
    }
    found == expected
}
