//! Reading and writing are each other's inverse.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tasuki_standard::check::{Severity, check_file};
use tasuki_standard::read::{Reader, Row};
use tasuki_standard::record::{self, Record};
use tasuki_standard::write::Writer;
use tasuki_standard::{CsvVersion, FileKind, FileName, Layout, ms932};

use crate::{arbitrary, corpus};

fn written(kind: FileKind, version: CsvVersion, write: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), kind, version).unwrap();
    write(&mut writer);
    writer.into_inner()
}

fn each_row(bytes: &[u8], mut with: impl FnMut(&Row<'_>)) {
    let mut reader = Reader::new(bytes);
    while let Some(row) = reader.next_row().unwrap() {
        with(&row);
    }
}

/// Reads a row as a record and writes that.
fn rewrite<R: Record>(row: &Row<'_>, version: CsvVersion, writer: &mut Writer<Vec<u8>>) {
    let record = R::read(row, version).unwrap_or_else(|errors| panic!("{errors:?}"));
    writer.write(&record).unwrap();
}

fn rewrite_as(kind: FileKind, row: &Row<'_>, version: CsvVersion, writer: &mut Writer<Vec<u8>>) {
    use FileKind as K;
    let rewrite = match kind {
        K::UserSupplement => rewrite::<record::UserSupplement>,
        K::ServicePlan1 => rewrite::<record::ServicePlan1>,
        K::ServicePlan1Deletion => rewrite::<record::ServicePlan1Deletion>,
        K::ServicePlan2 => rewrite::<record::ServicePlan2>,
        K::ServicePlan3 => rewrite::<record::ServicePlan3>,
        K::UsageSlipPlan | K::UsageSlipActual => rewrite::<record::UsageSlip>,
        K::UsageSlipPlanDeletion => rewrite::<record::UsageSlipPlanDeletion>,
        K::UsageSlipActualDeletion => rewrite::<record::UsageSlipActualDeletion>,
        K::UsageSlipDetail => rewrite::<record::UsageSlipDetail>,
        K::PreventionBasicInfo => rewrite::<record::PreventionBasicInfo>,
        K::PreventionBasicInfoDeletion => rewrite::<record::PreventionBasicInfoDeletion>,
        K::PreventionBasicInfoSchedule => rewrite::<record::PreventionBasicInfoSchedule>,
        K::PreventionBasicInfoHistory => rewrite::<record::PreventionBasicInfoHistory>,
        K::PreventionPlan => rewrite::<record::PreventionPlan>,
        K::PreventionPlanDeletion => rewrite::<record::PreventionPlanDeletion>,
        K::PreventionPlanDetail => rewrite::<record::PreventionPlanDetail>,
        K::PreventionBasicInfoImage => panic!("an image has no rows"),
    };
    rewrite(row, version, writer);
}

/// Clean, but not canonical: the checker has nothing to say of what the standard leaves open.
const NOT_CANONICAL: [&str; 2] = ["clean-no-last-line-end", "clean-totals-without-count"];

/// The canonical files of the corpus.
fn canonical_files() -> Vec<(FileName, PathBuf)> {
    let clean = corpus::folders().into_iter().filter(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap();
        name.starts_with("clean-") && !NOT_CANONICAL.contains(&name)
    });
    let paths = clean.flat_map(|folder| corpus::files_below(&folder));
    let files = paths.filter_map(|path| {
        let name: FileName = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        Layout::of(name.kind, name.version()).map(|_| (name, path))
    });
    files.collect()
}

#[test]
fn canonical_files_come_back_byte_for_byte() {
    let mut layouts = BTreeSet::new();
    for (name, path) in canonical_files() {
        let (kind, version, bytes) = (name.kind, name.version(), fs::read(&path).unwrap());
        let copy = written(kind, version, |writer| each_row(&bytes, |row| writer.write_row(row).unwrap()));
        assert!(copy == bytes, "{}", path.display());
        let typed = written(kind, version, |writer| {
            each_row(&bytes, |row| rewrite_as(kind, row, version, writer));
        });
        // A record holds characters: of two codes of one character it writes the one that Windows writes.
        assert_eq!(ms932::decode(&typed), ms932::decode(&bytes), "{} through records", path.display());
        layouts.insert((kind, version));
    }
    let all: usize = CsvVersion::ALL
        .into_iter()
        .map(|version| FileKind::ALL.into_iter().filter(|kind| Layout::of(*kind, version).is_some()).count())
        .sum();
    assert_eq!(layouts.len(), all);
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_written_again((layout, rows) in arbitrary::rows()) {
        let Layout { kind, version, .. } = *layout;
        let bytes = written(kind, version, |writer| {
            for row in &rows {
                writer.write_texts(row).unwrap();
            }
        });
        let mut read = Vec::new();
        let again = written(kind, version, |writer| each_row(&bytes, |row| {
            read.push(row.cells().map(|cell| cell.text().unwrap().into_owned()).collect::<Vec<_>>());
            writer.write_row(row).unwrap();
        }));
        prop_assert_eq!(&read, &rows);
        prop_assert_eq!(&again, &bytes);
        let typed = written(kind, version, |writer| each_row(&bytes, |row| rewrite_as(kind, row, version, writer)));
        prop_assert_eq!(&typed, &bytes);
    }

    /// Meaning apart: chance knows no calendar of care.
    #[test]
    fn what_is_written_is_right_in_bytes_structure_and_fields((layout, rows) in arbitrary::rows()) {
        let bytes = written(layout.kind, layout.version, |writer| {
            for row in &rows {
                writer.write_texts(row).unwrap();
            }
        });
        let month = if layout.kind.has_month() { "_202510" } else { "" };
        let offices = match layout.version {
            CsvVersion::V202208 => "1370000019_1370000027",
            CsvVersion::V202407 => "1370000019_43_1370000027_11",
        };
        let name = format!("{}{month}_{offices}_20251001090000.CSV", layout.kind.prefix());
        let checked = check_file(&name, bytes.as_slice()).unwrap();
        let wrong: Vec<_> = checked.findings().into_iter().filter(|finding| {
            finding.severity() == Severity::Error && finding.code.as_str().starts_with(['B', 'S', 'F'])
        }).map(|finding| (finding.code.as_str(), finding.field.map(|field| field.name_en))).collect();
        prop_assert_eq!(wrong, []);
    }
}
