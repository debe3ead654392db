//! Every field is found by its number and by its names.

use std::collections::BTreeSet;

use tasuki_standard::{CsvVersion, FileKind, Layout};

#[test]
fn both_versions_have_their_layouts() {
    let count = |version| Layout::all().filter(|layout| layout.version == version).count();
    assert_eq!(CsvVersion::ALL.map(count), [8, 16]);
    let plan = Layout::of(FileKind::UsageSlipPlan, CsvVersion::V202407).unwrap();
    let actual = Layout::of(FileKind::UsageSlipActual, CsvVersion::V202407).unwrap();
    assert!(std::ptr::eq(plan, actual), "plan and actuals are written alike");
}

#[test]
fn fields_are_found_by_number_and_names() {
    let mut twice = BTreeSet::new();
    for layout in Layout::all() {
        let mut japanese = BTreeSet::new();
        for (field, no) in layout.fields.iter().zip(1_u8..) {
            assert_eq!(field.no, no);
            assert!(std::ptr::eq(layout.field(no).unwrap(), field));
            assert!(std::ptr::eq(layout.field_named(field.name_en).unwrap(), field), "{}", field.name_en);
            if japanese.insert(field.name_ja) {
                assert!(std::ptr::eq(layout.field_named(field.name_ja).unwrap(), field), "{}", field.name_ja);
            } else {
                twice.insert((layout.kind.prefix(), field.name_ja));
            }
        }
        assert!(layout.field(0).is_none());
        assert!(layout.field(u8::try_from(layout.fields.len()).unwrap() + 1).is_none());
    }
    assert_eq!(twice, BTreeSet::from([("UP3KYO", "開始時間"), ("UP3KYO", "終了時間")]));
}
