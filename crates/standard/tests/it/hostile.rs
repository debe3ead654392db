//! Whatever comes in: no panic, and nothing of a person in what is said.

use proptest::prelude::*;
use proptest::sample::select;
use tasuki_standard::check::{Lang, check_file, check_units};
use tasuki_standard::explain::{explain, layout_for};
use tasuki_standard::read::Reader;
use tasuki_standard::write::Writer;
use tasuki_standard::{CsvVersion, FileKind, Layout};

use crate::arbitrary;

/// Bytes that look like a file here and there.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        select(vec!["202407,", "202208,", "\r\n", "\"", ",", "\u{feff}", "0000012345", "131016,"])
            .prop_map(|text| text.as_bytes().to_vec()),
        select(vec![b"\x83\x5c".to_vec(), b"\xf0\x40".to_vec(), b"\x1a".to_vec(), b"\0".to_vec()]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_under_no_name_make_it_panic(bytes in bytes(), name in arbitrary::name(), other: String) {
        for name in [name.to_string(), other] {
            let file = check_file(&name, bytes.as_slice()).unwrap();
            for finding in file.findings() {
                let unfilled = finding.message(Lang::Ja).contains(['{', '}']);
                prop_assert!(!unfilled);
            }
            check_units(&[file]);
        }
    }

    #[test]
    fn no_bytes_make_showing_or_copying_panic(bytes in bytes(), kind in select(FileKind::ALL.to_vec())) {
        let name = format!("{}_x.CSV", kind.prefix());
        let mut reader = Reader::new(bytes.as_slice());
        while let Ok(Some(row)) = reader.next_row() {
            if let Some(layout) = layout_for(&name, &row) {
                layout.fields.iter().zip(row.cells()).for_each(|(field, cell)| drop(explain(cell, field)));
            }
            if let Ok(mut writer) = Writer::new(Vec::new(), kind, CsvVersion::V202407) {
                let _ = writer.write_row(&row);
            }
        }
    }

    /// Every field holds a mark, in its right place or in none; no sentence repeats it.
    #[test]
    fn nothing_of_a_field_is_repeated(
        (layout, mut rows) in arbitrary::rows(),
        mark in "[Q-Z]{8}",
        fields in prop::collection::vec((0_usize..60, any::<bool>()), 1..30),
    ) {
        for (index, last) in fields {
            let row = if last { rows.len() - 1 } else { 0 };
            let width = rows[row].len();
            rows[row][1 + index % (width - 1)] = mark.clone();
        }
        let lines: Vec<_> = rows.iter().map(|row| row.join(",")).collect();
        let month = if layout.kind.has_month() { "_202510" } else { "" };
        let name = format!("{}{month}_1370000019_43_1370000027_11_20251001090000.CSV", layout.kind.prefix());
        let file = check_file(&name, lines.join("\r\n").as_bytes()).unwrap();
        let mut findings = file.findings();
        prop_assert!(!findings.is_empty());
        findings.extend(check_units(&[file]).into_iter().flat_map(|unit| unit.findings));
        for finding in findings {
            for lang in [Lang::Ja, Lang::En] {
                let said = finding.message(lang) + &finding.hint(lang) + &format!("{finding:?}");
                prop_assert!(!said.contains(&mark), "{}", said);
            }
        }
    }
}

#[test]
fn every_kind_but_images_has_a_layout() {
    for kind in FileKind::ALL {
        let has_layout = Layout::of(kind, CsvVersion::V202407).is_some();
        assert_eq!(has_layout, kind != FileKind::PreventionBasicInfoImage, "{kind:?}");
    }
}
