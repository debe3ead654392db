//! The corpus: `tests/corpus/` holds a folder for each case, with the files as a care software would export
//! them and `expected.txt` with the findings. A case has one fault; `clean-…` cases have none.
//!
//! A line of `expected.txt` is a finding of a file (`F409 row=1 field=start_time file=UPJSK_….CSV`) or of a
//! send unit (`U601 serial=20251001090000 to=1370000027`). Lines with `#` say what the case is about. What is
//! not expected must not be found, be it of the mildest severity. A case with a `codes.csv` is checked by this table of
//! service codes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tasuki_standard::check::{
    CheckedFile, Code, Finding, Lang, UnitReport, check_file, check_file_by, check_units,
};
use tasuki_standard::codes::{self, ServiceCodes};
use tasuki_standard::{CsvVersion, FileKind, Layout};

/// Findings that no small file gives; they have tests of their own in `limits.rs`.
const TESTED_IN_CODE: [Code; 2] = [Code::RowTooLong, Code::MoreFindings];

/// The table of service codes of a case, beside its files.
const TABLE: &str = "codes.csv";

struct Case {
    name: String,
    files: Vec<CheckedFile>,
    units: Vec<UnitReport>,
    expected: Vec<String>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut expected: Vec<_> = lines.map(str::to_owned).collect();
        expected.sort();
        let table = fs::read(folder.join(TABLE)).ok().map(|table| codes::import(table.as_slice()).unwrap());
        let files: Vec<_> = files_below(folder).iter().map(|path| check(path, table.as_ref())).collect();
        let units = check_units(&files);
        Self { name, files, units, expected }
    }

    fn found(&self) -> Vec<String> {
        let of_files = self.files.iter().flat_map(|file| {
            file.findings().into_iter().map(|finding| format!("{} file={}", place(&finding), file.given_name))
        });
        let of_units = self.units.iter().flat_map(|unit| {
            let place = |finding| format!("{} serial={} to={}", place(finding), unit.serial, unit.to);
            unit.findings.iter().map(place).collect::<Vec<_>>()
        });
        let mut found: Vec<_> = of_files.chain(of_units).collect();
        found.sort();
        found
    }

    fn findings(&self) -> impl Iterator<Item = Finding> {
        let of_files = self.files.iter().flat_map(CheckedFile::findings);
        of_files.chain(self.units.iter().flat_map(|unit| unit.findings.clone()))
    }

    fn is_clean(&self) -> bool {
        self.name.starts_with("clean-")
    }
}

fn place(finding: &Finding) -> String {
    let row = finding.row.map_or_else(String::new, |row| format!(" row={row}"));
    let field = finding.field.map_or_else(String::new, |field| format!(" field={}", field.name_en));
    format!("{}{row}{field}", finding.code.as_str())
}

fn check(path: &Path, table: Option<&ServiceCodes>) -> CheckedFile {
    let name = path.file_name().unwrap().to_str().unwrap();
    let file = fs::File::open(path).unwrap();
    table.map_or_else(|| check_file(name, &file), |table| check_file_by(name, &file, table)).unwrap()
}

/// The files of a case, in its folder and below.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if !["expected.txt", TABLE].map(AsRef::as_ref).contains(&path.file_name().unwrap()) {
            files.push(path);
        }
    }
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The folders of all cases.
pub(crate) fn folders() -> Vec<PathBuf> {
    entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus"))
}

fn cases() -> Vec<Case> {
    folders().iter().map(|folder| Case::read(folder)).collect()
}

#[test]
fn every_case_gives_its_findings_and_no_others() {
    let mut wrong = String::new();
    for case in cases() {
        let found = case.found();
        if found != case.expected {
            let (expected, found) = (case.expected.join("\n    "), found.join("\n    "));
            write!(wrong, "\n{}\n  expected\n    {expected}\n  found\n    {found}", case.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_fault_is_expected_and_every_clean_case_is_clean() {
    for case in cases() {
        assert_eq!(case.is_clean(), case.expected.is_empty(), "{}", case.name);
    }
}

#[test]
fn every_code_has_a_case() {
    let found: BTreeSet<Code> = cases().iter().flat_map(Case::findings).map(|finding| finding.code).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !found.contains(code)).copied().collect();
    assert_eq!(missing, TESTED_IN_CODE);
}

#[test]
fn every_kind_of_file_has_clean_and_faulty_cases_in_every_version() {
    let cases = cases();
    assert!(cases.iter().filter(|case| !case.is_clean()).count() >= 150);
    let layouts = FileKind::ALL.into_iter().flat_map(|kind| {
        let versions = CsvVersion::ALL.into_iter();
        versions
            .filter(move |version| Layout::of(kind, *version).is_some())
            .map(move |version| (kind, Some(version)))
    });
    let image = (FileKind::PreventionBasicInfoImage, None);
    for (kind, version) in layouts.chain([image]) {
        let is_of = |file: &&CheckedFile| (file.kind, file.version) == (Some(kind), version);
        let mut files = cases.iter().flat_map(|case| &case.files).filter(is_of);
        assert!(files.clone().any(|file| file.findings().is_empty()), "no clean {kind:?} {version:?}");
        assert!(files.any(|file| !file.findings().is_empty()), "no faulty {kind:?} {version:?}");
    }
}

/// What a reader of each language is told about every case.
fn told(lang: Lang) -> String {
    let mut page = String::new();
    for case in cases().iter().filter(|case| !case.is_clean()) {
        writeln!(page, "{}", case.name).unwrap();
        for finding in case.findings() {
            let field = finding.field.map_or_else(String::new, |field| lang_name(field, lang));
            let row = finding.row.map_or_else(String::new, |row| format!(" {row}"));
            let head = format!("  {}{row}{field}", finding.code.as_str());
            writeln!(page, "{head}\n    {}\n    {}", finding.message(lang), finding.hint(lang)).unwrap();
        }
    }
    page
}

fn lang_name(field: &tasuki_standard::Field, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!(" {} {}", field.no, field.name_ja),
        Lang::En => format!(" {} {}", field.no, field.name_en),
    }
}

#[test]
fn findings_are_told_in_japanese() {
    insta::assert_snapshot!(told(Lang::Ja));
}

#[test]
fn findings_are_told_in_english() {
    insta::assert_snapshot!(told(Lang::En));
}
