//! Depth 2: bytes. Characters, quotes and line ends.

use super::code::Code;
use super::finding::{Finding, Findings};
use crate::gaiji;
use crate::layout::Field;
use crate::ms932::{self, Fault, FaultKind};
use crate::read::{LineEnd, Quoting, Row, WrittenCell};
use crate::value::{Cell, Encoding};

/// Reports the faults of a row that do not belong to a field.
pub(super) fn check_row(row: &Row<'_>, findings: &mut Findings) {
    let number = row.number();
    match row.line_end() {
        LineEnd::CrLf | LineEnd::None => {}
        LineEnd::Lf => findings.push_once(Code::LineFeedOnly, || Finding::in_row(Code::LineFeedOnly, number)),
        LineEnd::Cr => {
            findings
                .push_once(Code::CarriageReturnOnly, || Finding::in_row(Code::CarriageReturnOnly, number));
        }
    }
    if row.blank_lines() > 0 {
        findings.push_once(Code::BlankLine, || Finding::in_row(Code::BlankLine, number));
    }
}

/// Whether a row is nothing but the end-of-file mark of old systems.
pub(super) fn is_end_of_file_mark(row: &Row<'_>) -> bool {
    row.raw() == b"\x1a"
}

/// Whether all characters of some fields are good, separators and quotes between them included: these are no
/// part of any character.
pub(super) fn is_clean(fields: &[u8], encoding: Encoding) -> bool {
    match encoding {
        Encoding::Ms932 => ms932::is_clean(fields),
        Encoding::Utf8 => fields.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e)),
    }
}

/// Reports the faults of a field's characters; `column` is the first byte of the field in its row, from 1.
pub(super) fn check_characters(
    cell: Cell<'_>,
    place: (u64, usize),
    field: Option<&'static Field>,
    findings: &mut Findings,
) {
    match cell.encoding {
        Encoding::Ms932 => {
            for fault in ms932::faults(cell.bytes) {
                findings.push(fault_finding(fault, place, field));
            }
        }
        Encoding::Utf8 => check_utf8(cell.bytes, place, field, findings),
    }
}

fn fault_finding(fault: Fault, place: (u64, usize), field: Option<&'static Field>) -> Finding {
    let finding = |code| character_finding(code, place, fault.offset, field);
    match fault.kind {
        FaultKind::Invalid => finding(Code::InvalidBytes),
        FaultKind::Nul => finding(Code::Nul),
        FaultKind::Control => finding(Code::Control),
        FaultKind::PrivateUse(code) => finding(Code::PrivateUse)
            .with("character", format!("{code:02X}"))
            .with("replacement", gaiji::GETA),
    }
}

fn check_utf8(bytes: &[u8], place: (u64, usize), field: Option<&'static Field>, findings: &mut Findings) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let offset = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        findings.push(character_finding(Code::InvalidBytes, place, offset, field));
        return;
    };
    for (offset, character) in text.char_indices() {
        let finding = |code| character_finding(code, place, offset, field);
        match character {
            '\0' => findings.push(finding(Code::Nul)),
            '\t' | '\r' | '\n' | ' '..='~' => {}
            control if control.is_control() => findings.push(finding(Code::Control)),
            other if ms932::encode(other.encode_utf8(&mut [0; 4])).is_ok() => {}
            other => findings.push(
                finding(Code::NotInMs932)
                    .with("character", format!("U+{:04X}", u32::from(other)))
                    .with("replacement", gaiji::replacement(other)),
            ),
        }
    }
}

fn character_finding(
    code: Code,
    (row, column): (u64, usize),
    offset: usize,
    field: Option<&'static Field>,
) -> Finding {
    Finding::in_field(code, row, field).with("column", column + offset)
}

/// Reports quotes that do not close where they should. Also good for rows in which nobody knows which field is
/// which.
pub(super) fn check_broken_quotes(
    written: &WrittenCell<'_>,
    field: &'static Field,
    row: u64,
    findings: &mut Findings,
) {
    if written.quoting == Quoting::Broken {
        findings.push(Finding::in_field(Code::BrokenQuotes, row, field).with("column", written.column));
    }
}

/// Reports how a field is quoted.
pub(super) fn check_quoting(
    written: &WrittenCell<'_>,
    field: &'static Field,
    row: u64,
    findings: &mut Findings,
) {
    let finding = |code| Finding::in_field(code, row, field).with("column", written.column);
    match written.quoting {
        Quoting::Broken => check_broken_quotes(written, field, row, findings),
        Quoting::Quoted if !field.is_quoted() => {
            findings.push_once(Code::QuotedCode, || finding(Code::QuotedCode));
        }
        Quoting::Bare if field.is_quoted() && !written.cell.is_empty() => {
            findings.push_once(Code::BareText, || finding(Code::BareText));
        }
        Quoting::Bare | Quoting::Quoted => {}
    }
}
