//! Send units: which files form one, and in which order they are imported.

use tasuki_standard::check::{UnitReport, check_file, check_units};

fn units(names: &[&str]) -> Vec<UnitReport> {
    let files: Vec<_> = names.iter().map(|name| check_file(name, &b""[..]).unwrap()).collect();
    check_units(&files)
}

fn prefixes(unit: &UnitReport) -> Vec<&str> {
    unit.files.iter().map(|name| name.split('_').next().unwrap()).collect()
}

#[test]
fn the_main_file_comes_first_and_the_supplement_last() {
    let end = "1370000019_43_1370000027_11_20251001090000.CSV";
    let names =
        |prefixes: &[&str]| prefixes.iter().map(|prefix| format!("{prefix}_{end}")).collect::<Vec<_>>();
    for wanted in [
        &["UP1KYO", "UP2KYO", "UP3KYO", "UPHOSOKU_000000"][..],
        &["UPPLAN_202510", "UPSIKYU_202510", "UPHOSOKU_202510"],
        &["UPKIHON", "UPKIHON_SUB1", "UPKIHON_SUB2", "UPYOBO", "UPYOBO_SUB"],
    ] {
        let given: Vec<_> = names(wanted).into_iter().rev().collect();
        let units = units(&given.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(units.iter().map(|unit| unit.files.clone()).collect::<Vec<_>>(), [names(wanted)]);
    }
}

#[test]
fn each_service_of_an_office_gets_a_unit_of_its_own() {
    let names: Vec<_> = ["11", "15"]
        .iter()
        .flat_map(|service_type| {
            ["UPPLAN", "UPSIKYU", "UPHOSOKU"].map(|prefix| {
                format!("{prefix}_202510_1370000019_43_1370000027_{service_type}_20251001090000.CSV")
            })
        })
        .collect();
    let units = units(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(units.len(), 2);
    for unit in &units {
        assert_eq!(prefixes(unit), ["UPPLAN", "UPSIKYU", "UPHOSOKU"]);
    }
}

#[test]
fn one_odd_type_does_not_tear_a_unit_apart() {
    let units = units(&[
        "UPPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV",
        "UPSIKYU_202510_1370000019_46_1370000027_78_20251001090000.CSV",
        "UPHOSOKU_202510_1370000019_43_1370000027_11_20251001090000.CSV",
    ]);
    assert_eq!(units.iter().map(|unit| unit.files.len()).collect::<Vec<_>>(), [3]);
}
