//! Depth 4: fields. Each by what the layout says of it.

use super::code::Code;
use super::finding::{Finding, Findings};
use crate::layout::{Content, Field, Layout, Requirement};
use crate::read::Row;
use crate::value::{self, Cell, ServiceCodeRole, ValueError};

/// Reports the faults of a field of a row.
pub(super) fn check(
    cell: Cell<'_>,
    row: &Row<'_>,
    field: &'static Field,
    layout: &Layout,
    findings: &mut Findings,
) {
    let finding = |code| Finding::in_field(code, row.number(), field);
    if cell.is_empty() {
        match field.requirement {
            Requirement::RequiredInServices if is_total(row, layout) => {}
            Requirement::Required | Requirement::RequiredInServices => findings.push(finding(Code::Missing)),
            Requirement::Expected => findings.push(finding(Code::MissingExpected)),
            Requirement::Optional => {}
        }
        return;
    }
    match value::check(cell, field) {
        Ok(()) => check_style(cell, row, field, findings),
        // The version is a matter of the structure; what is left here is its form.
        Err(ValueError::UnknownCode) if field.content == Content::Version => {}
        Err(error) => findings.push(wrong_value(error, cell, finding, field)),
    }
}

fn is_total(row: &Row<'_>, layout: &Layout) -> bool {
    let code = layout.field_named("service_code").map(|field| row.cell(field.no).bytes);
    ServiceCodeRole::of(code.unwrap_or_default()) != ServiceCodeRole::Service
}

/// What reads well and is yet not as we would write it.
fn check_style(cell: Cell<'_>, row: &Row<'_>, field: &'static Field, findings: &mut Findings) {
    let finding = |code| Finding::in_field(code, row.number(), field);
    match field.content {
        Content::Unused => findings.push_once(Code::UnusedFilled, || finding(Code::UnusedFilled)),
        Content::Integer if has_leading_zeros(cell.bytes) => {
            findings.push_once(Code::LeadingZeros, || finding(Code::LeadingZeros));
        }
        // The only texts of limited length are running numbers (UPYOBO_SUB).
        Content::Text if field.max_len.is_some() && !cell.bytes.iter().all(u8::is_ascii_digit) => {
            findings.push(finding(Code::RunningNumber));
        }
        _ => {}
    }
}

fn has_leading_zeros(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    digits.len() > 1 && digits[0] == b'0'
}

fn wrong_value(
    error: ValueError,
    cell: Cell<'_>,
    finding: impl Fn(Code) -> Finding,
    field: &'static Field,
) -> Finding {
    match error {
        ValueError::TooLong { max, found } => {
            finding(too_long_code(field, found)).with("max", max).with("found", found)
        }
        ValueError::WrongLength { expected, found } => {
            finding(Code::WrongLength).with("expected", expected).with("found", found)
        }
        ValueError::Form { .. } if field.name_en == "discounted_rate" && is_decimal(cell.bytes) => {
            finding(Code::DecimalRate)
        }
        ValueError::Form { form } => finding(Code::Form).with("form", form),
        ValueError::FullWidth if is_with_full_width_hyphen(cell, field) => finding(Code::FullWidthHyphen),
        ValueError::FullWidth | ValueError::Encoding => finding(Code::FullWidth),
        ValueError::Padded => finding(Code::Padded),
        ValueError::NotReal => finding(Code::NotReal),
        ValueError::Separators => finding(Code::Separators).with("form", digits_form(field)),
        ValueError::UnknownCode => {
            let codes: Vec<_> = field.choices().iter().map(|choice| choice.code).collect();
            finding(Code::UnknownCode).with("choices", codes.join("・"))
        }
    }
}

/// Two lengths of the standard are doubtful or differ between its revisions: longer values are read.
fn too_long_code(field: &Field, found: usize) -> Code {
    match field.name_en {
        "detail_no" => Code::DetailNoLong,
        "days_until_prev_month" | "days_planned_this_month" | "days_cumulative" if found <= 5 => {
            Code::LongerThanPrinted
        }
        _ => Code::TooLong,
    }
}

fn is_decimal(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// TAIS codes are printed with a full-width hyphen in the standard itself.
fn is_with_full_width_hyphen(cell: Cell<'_>, field: &Field) -> bool {
    field.content == Content::EquipmentCode
        && cell.text().is_some_and(|text| {
            let half = text.replace(['－', '‐', '−', '―', 'ー'], "-");
            half.len() == 12 && half.is_ascii()
        })
}

/// How dates, months and times are written, by their length.
fn digits_form(field: &Field) -> &'static str {
    match field.content {
        Content::Date | Content::DateOrZero => "YYYYMMDD",
        Content::Time | Content::ServiceTime => "HHMM",
        _ => "YYYYMM",
    }
}
