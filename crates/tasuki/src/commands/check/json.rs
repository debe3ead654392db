//! The results for machines. The form is fixed: `"format": 1`.
//!
//! A report goes to vendors and into logs: like the findings it holds no person's data. A path may (`見本花子/plan.csv`),
//! so that only names of the standard are given, and a number for other files, unless the caller asks for paths.

use std::borrow::Cow;
use std::io::{BufWriter, Write};

use serde::Serialize;
use tasuki_standard::check::{CheckedFile, Finding, Lang, Severity, Unit, UnitReport};
use tasuki_standard::{CsvVersion, FileKind};

use super::Results;

#[derive(Serialize)]
struct Output<'a> {
    format: u8,
    files: Vec<FileOutput<'a>>,
    units: Vec<UnitOutput<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct FileOutput<'a> {
    path: Cow<'a, str>,
    kind: Option<&'static str>,
    version: Option<&'static str>,
    rows: u64,
    people: u64,
    findings: Vec<FindingOutput>,
}

#[derive(Serialize)]
struct UnitOutput<'a> {
    serial: &'a str,
    unit: Option<&'static str>,
    from: &'a str,
    to: &'a str,
    files: &'a [String],
    findings: Vec<FindingOutput>,
}

#[derive(Serialize)]
struct FindingOutput {
    code: &'static str,
    severity: &'static str,
    row: Option<u64>,
    field: Option<u8>,
    name: Option<&'static str>,
    message: String,
    hint: String,
}

#[derive(Serialize)]
struct Summary {
    errors: u64,
    warnings: u64,
}

pub(super) fn print(results: &Results, lang: Lang, full_paths: bool) -> anyhow::Result<()> {
    let files = results.files.iter().enumerate().map(|(index, (path, file))| {
        let path = if full_paths { Cow::Borrowed(path.as_str()) } else { safe_name(index, file) };
        file_output(path, file, lang)
    });
    let output = Output {
        format: 1,
        files: files.collect(),
        units: results.units.iter().map(|unit| unit_output(unit, lang)).collect(),
        summary: Summary {
            errors: results.count(Severity::Error),
            warnings: results.count(Severity::Warning),
        },
    };
    let mut stdout = BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut stdout, &output).map_err(std::io::Error::from)?;
    writeln!(stdout)?;
    stdout.flush()?;
    Ok(())
}

/// The name of a file if it is one of the standard, which consists of codes and numbers; else its place in the report.
fn safe_name(index: usize, file: &CheckedFile) -> Cow<'_, str> {
    match &file.name {
        Some(_) => Cow::Borrowed(&file.given_name),
        None => Cow::Owned(format!("#{}", index + 1)),
    }
}

fn file_output<'a>(path: Cow<'a, str>, file: &CheckedFile, lang: Lang) -> FileOutput<'a> {
    FileOutput {
        path,
        kind: file.kind.map(FileKind::prefix),
        version: file.version.map(CsvVersion::as_str),
        rows: file.rows,
        people: file.people,
        findings: file.findings().iter().map(|finding| finding_output(finding, lang)).collect(),
    }
}

fn unit_output(unit: &UnitReport, lang: Lang) -> UnitOutput<'_> {
    UnitOutput {
        serial: unit.serial.as_str(),
        unit: unit.unit.map(Unit::as_str),
        from: unit.from.as_str(),
        to: unit.to.as_str(),
        files: &unit.files,
        findings: unit.findings.iter().map(|finding| finding_output(finding, lang)).collect(),
    }
}

fn finding_output(finding: &Finding, lang: Lang) -> FindingOutput {
    FindingOutput {
        code: finding.code.as_str(),
        severity: finding.severity().name(Lang::En),
        row: finding.row,
        field: finding.field.map(|field| field.no),
        name: finding.field.map(|field| field.name_ja),
        message: finding.message(lang),
        hint: finding.hint(lang),
    }
}
