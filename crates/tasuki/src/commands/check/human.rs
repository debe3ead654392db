//! The results for people, grouped by file.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use tasuki_standard::check::{CheckedFile, Finding, Lang, Severity, UnitReport};

use super::Results;

/// The texts around findings.
struct Words {
    row: fn(u64) -> String,
    file: fn(&CheckedFile) -> String,
    unit: fn(&UnitReport, Lang) -> String,
    nothing: &'static str,
    summary: fn(&Results) -> String,
    skipped: fn(u64) -> String,
}

const JAPANESE: Words = Words {
    row: |row| format!("{row}行目"),
    file: |file| format!("{} {}行 {}名", kind(file, Lang::Ja), file.rows, file.people),
    unit: |unit, lang| {
        let name = unit.unit.map_or("複数の種類", |unit| unit.name(lang));
        format!("連番 {}  {name}  {} → {}", unit.serial, unit.from, unit.to)
    },
    nothing: "標準仕様のファイルがありません。介護ソフトが書き出したフォルダーを指定してください。",
    summary: |results| {
        let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| results.count(severity));
        format!("{}個のファイルを確かめました：エラー {errors}件、警告 {warnings}件", results.files.len())
    },
    skipped: |skipped| format!("標準仕様のファイルではないもの{skipped}個は見ていません"),
};

const ENGLISH: Words = Words {
    row: |row| format!("row {row}"),
    file: |file| format!("{} {} rows, {} persons", kind(file, Lang::En), file.rows, file.people),
    unit: |unit, lang| {
        let name = unit.unit.map_or("several units", |unit| unit.name(lang));
        format!("serial {}  {name}  {} → {}", unit.serial, unit.from, unit.to)
    },
    nothing: "No files of the standard here. Name the folder that the care software exports to.",
    summary: |results| {
        let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| results.count(severity));
        format!("{} files checked: {errors} errors, {warnings} warnings", results.files.len())
    },
    skipped: |skipped| format!("{skipped} files that are none of the standard were passed over"),
};

pub(super) fn print(out: &mut impl Write, results: &Results, lang: Lang) -> io::Result<()> {
    let words = match lang {
        Lang::Ja => &JAPANESE,
        Lang::En => &ENGLISH,
    };
    for (path, file) in &results.files {
        let findings = file.findings();
        if !findings.is_empty() {
            print_group(out, path, &(words.file)(file), &findings, words, lang)?;
        }
    }
    for unit in results.units.iter().filter(|unit| !unit.findings.is_empty()) {
        print_group(out, &(words.unit)(unit, lang), &unit.files.join("\n  "), &unit.findings, words, lang)?;
    }
    if results.skipped > 0 {
        writeln!(out, "{}", (words.skipped)(results.skipped))?;
    }
    if results.files.is_empty() {
        writeln!(out, "{}", words.nothing)?;
    }
    writeln!(out, "{}", (words.summary)(results))
}

fn print_group(
    out: &mut impl Write,
    title: &str,
    about: &str,
    findings: &[Finding],
    words: &Words,
    lang: Lang,
) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{title}{bold:#}\n  {about}")?;
    for finding in findings {
        print_finding(out, finding, words, lang)?;
    }
    writeln!(out)
}

fn print_finding(out: &mut impl Write, finding: &Finding, words: &Words, lang: Lang) -> io::Result<()> {
    let severity = finding.severity();
    let style = style(severity);
    let place = finding.row.map(|row| format!("  {}", (words.row)(row))).unwrap_or_default();
    let field = finding.field.map(|field| match lang {
        Lang::Ja => format!("  {} {}", field.no, field.name_ja),
        Lang::En => format!("  {} {}", field.no, field.name_en),
    });
    let field = field.unwrap_or_default();
    let (code, name) = (finding.code.as_str(), severity.name(lang));
    writeln!(out, "  {style}{} {name}{style:#} {code}{place}{field}", sign(severity))?;
    writeln!(out, "      {}\n      → {}", finding.message(lang), finding.hint(lang))
}

fn kind(file: &CheckedFile, lang: Lang) -> String {
    let kind = match (file.kind, lang) {
        (Some(kind), Lang::Ja) => kind.name_ja(),
        (Some(kind), Lang::En) => kind.prefix(),
        (None, Lang::Ja) => "種類不明",
        (None, Lang::En) => "unknown kind",
    };
    let version = file.version.map(|version| format!(" {version}")).unwrap_or_default();
    format!("{kind}{version}")
}

/// A sign beside the colour: not everybody sees colours.
fn sign(severity: Severity) -> char {
    match severity {
        Severity::Error => '×',
        Severity::Warning => '△',
        Severity::Info => '・',
    }
}

fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(color.into())).bold()
}
