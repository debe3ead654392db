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
pub(crate) fn is_header(row: &Row<'_>) -> bool {
    let first = row.cell(1).bytes.trim_ascii();
    !first.is_empty() && first.iter().any(|byte| !byte.is_ascii_digit())
}

/// The layout that the rows of a file are to be read with, decided by its first row; reports what is wrong
/// with the version that stands there.
pub(super) fn layout_of(
    kind: FileKind,
    name: Option<&FileName>,
    first: &Row<'_>,
    findings: &mut Findings,
) -> Option<&'static Layout> {
    let value = first.cell(1).bytes;
    let version = meant_version(value);
    let shape = name.map(FileName::version);
    let finding =
        |code, value: &dyn ToString| version_finding(code, first, kind).with("value", value.to_string());
    if let Some(code) = version_code(value, version) {
        findings.push(finding(code, &String::from_utf8_lossy(value)));
    }
    if let Some(version) = version.filter(|version| Layout::of(kind, *version).is_none()) {
        findings.push(finding(Code::VersionHasNoKind, &version));
    } else if let Some((version, shape)) = version.zip(shape).filter(|(version, shape)| version != shape) {
        findings.push(finding(Code::VersionDisagreesWithName, &version).with("expected", shape));
    }
    Layout::choose(kind, version, first.len(), shape)
}

/// The version that a value means, if it means one of ours.
pub(crate) fn meant_version(value: &[u8]) -> Option<CsvVersion> {
    CsvVersion::from_bytes(value).or((value == MEANS_202407).then_some(CsvVersion::V202407))
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
