//! The files of samples, read again by the `csv` crate and not by our own reader.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;
use tasuki_sample::{Options, Sample, SampleFile};
use tasuki_standard::layout::{Content, Layout, Requirement};
use tasuki_standard::{CsvVersion, FileKind};

/// A row by the names of its fields.
type Row = BTreeMap<&'static str, String>;

fn sample(month: &str, people: u32, offices: usize, seed: u64) -> Sample {
    Sample::new(Options::new(month.parse().unwrap(), people, offices, seed)).unwrap()
}

fn text(file: &SampleFile) -> String {
    let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&file.bytes);
    text.expect("every byte is MS932").into_owned()
}

fn layout(file: &SampleFile, version: CsvVersion) -> &'static Layout {
    Layout::of(file.kind, version).unwrap()
}

fn rows(file: &SampleFile, version: CsvVersion) -> Vec<Row> {
    let text = text(file);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let names = layout(file, version).fields.iter().map(|field| field.name_en);
    let records = reader.records().map(|record| {
        let record = record.unwrap();
        assert_eq!(record.len(), names.len(), "{}", file.name);
        names.clone().zip(record.iter().map(str::to_owned)).collect()
    });
    records.collect()
}

fn person(row: &Row) -> (String, String) {
    (row["insurer_no"].clone(), row["insured_no"].clone())
}

fn people(rows: &[Row]) -> BTreeSet<(String, String)> {
    rows.iter().map(person).collect()
}

/// All rows of a kind of file, by the office they go to.
fn by_receiver(sample: &Sample, kind: FileKind) -> BTreeMap<String, Vec<Row>> {
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for file in sample.files().filter(|file| file.kind == kind) {
        found.entry(file.receiver.to_string()).or_default().extend(rows(&file, sample.version()));
    }
    found
}

fn number(row: &Row, name: &str) -> Option<i64> {
    if row[name].is_empty() { None } else { Some(row[name].parse().unwrap()) }
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let files = |seed| sample("202510", 12, 5, seed).files().collect::<Vec<_>>();
    assert_eq!(files(1), files(1));
    let bytes = |seed| files(seed).into_iter().map(|file| file.bytes).collect::<Vec<_>>();
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn every_office_gets_both_units_and_returns_actuals() {
    for (month, kinds_to_office) in [("202510", 6), ("202501", 5)] {
        let sample = sample(month, 40, 12, 5);
        let mut kinds: BTreeMap<(String, String), BTreeSet<FileKind>> = BTreeMap::new();
        for file in sample.files() {
            kinds.entry((file.sender.to_string(), file.receiver.to_string())).or_default().insert(file.kind);
        }
        let care_office = "1370000019";
        let to_offices: Vec<_> = kinds.iter().filter(|((from, _), _)| from == care_office).collect();
        assert_eq!(to_offices.len(), 12);
        assert!(to_offices.iter().all(|(_, kinds)| kinds.len() == kinds_to_office));
        let returned: Vec<_> = kinds.iter().filter(|((_, to), _)| to == care_office).collect();
        assert_eq!(returned.len(), 12);
        assert!(returned.iter().all(|(_, kinds)| **kinds == [FileKind::UsageSlipActual].into()));
    }
}

#[test]
fn every_unit_has_a_serial_of_its_own_and_tables_1_to_3_are_of_one_person() {
    let sample = sample("202510", 20, 4, 2);
    let mut units: BTreeMap<String, Vec<SampleFile>> = BTreeMap::new();
    for file in sample.files() {
        let serial = file.name.rsplit('_').next().unwrap().to_owned();
        units.entry(serial).or_default().push(file);
    }
    for files in units.values() {
        let parties: BTreeSet<_> = files.iter().map(|file| (file.sender, file.receiver)).collect();
        assert_eq!(parties.len(), 1);
        let mut kinds: Vec<_> = files.iter().map(|file| file.kind.prefix()).collect();
        kinds.sort_unstable();
        let people: BTreeSet<_> = files.iter().map(|file| people(&rows(file, sample.version()))).collect();
        assert_eq!(people.len(), 1, "all files of a unit are of the same people");
        match kinds.as_slice() {
            ["UP1KYO", "UP2KYO", "UP3KYO", "UPHOSOKU"] => assert_eq!(people.first().unwrap().len(), 1),
            ["UPHOSOKU", "UPPLAN", "UPSIKYU"] | ["UPJSK"] => {}
            other => panic!("{other:?} is no unit"),
        }
    }
}

#[test]
fn people_in_a_file_are_served_by_its_receiver_and_come_with_all_their_services() {
    let sample = sample("202510", 60, 10, 3);
    let mut services: BTreeMap<(String, String), BTreeSet<Row>> = BTreeMap::new();
    let slips = by_receiver(&sample, FileKind::UsageSlipPlan);
    for rows in slips.values() {
        for row in rows {
            services.entry(person(row)).or_default().insert(row.clone());
        }
    }
    for (office, rows) in &slips {
        let served = |person_of: &(String, String)| {
            rows.iter().any(|row| person(row) == *person_of && row["service_office_no"] == *office)
        };
        for of in people(rows) {
            assert!(served(&of), "somebody who gets nothing from {office}");
            let here: BTreeSet<_> = rows.iter().filter(|row| person(row) == of).cloned().collect();
            assert_eq!(here, services[&of], "some services are missing for {office}");
        }
    }
    assert_eq!(services.len(), 60);
    let with_several = services.values().filter(|rows| offices(rows.iter()).len() > 1).count();
    assert!(with_several > 20, "only {with_several} people go to several offices");
}

fn offices<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeSet<&'a str> {
    rows.map(|row| row["service_office_no"].as_str()).collect()
}

#[test]
fn table_7_holds_the_services_of_table_6() {
    for month in ["202510", "202501"] {
        let sample = sample(month, 50, 12, 4);
        let slips = by_receiver(&sample, FileKind::UsageSlipPlan);
        let details = by_receiver(&sample, FileKind::UsageSlipDetail);
        for (office, slip) in &slips {
            let detail = details[office].iter().filter(|row| !is_total(row));
            assert_eq!(counts(slip.iter(), "count"), counts(detail, "count_or_days"));
        }
    }
}

/// How often each person gets each service of each office.
fn counts<'a>(rows: impl Iterator<Item = &'a Row>, column: &str) -> BTreeMap<Vec<&'a str>, i64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let key = ["insured_no", "service_office_no", "service_code", "units"];
        let tais = row.get("tais_code").map_or("", String::as_str);
        let key = key.iter().map(|name| row[*name].as_str()).chain([tais]).collect();
        *counts.entry(key).or_insert(0) += number(row, column).unwrap();
    }
    counts
}

fn is_total(row: &Row) -> bool {
    let code = &row["service_code"];
    code == "999999" || ["AAAA", "EEEE"].contains(&&code[2..])
}

const SUMMED: [&str; 10] = [
    "service_units_amount",
    "managed_units",
    "type_limit_excess_units",
    "type_limit_within_units",
    "category_limit_excess_units",
    "category_limit_within_units",
    "total_cost",
    "insurance_claim",
    "user_copay",
    "user_full_payment",
];

fn sum(rows: &[&Row], column: &str) -> Option<i64> {
    rows.iter().filter_map(|row| number(row, column)).reduce(|sum, amount| sum + amount)
}

/// Checks table 7 of one person; says whether the limit is exceeded.
fn assert_adds_up(rows: &[&Row]) -> bool {
    let (totals, services): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| is_total(row));
    let is_counted = |row: &Row| !row["managed_units"].is_empty();
    let mut of_type: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &services {
        of_type.entry(&row["service_code"][..2]).or_default().push(row);
    }
    for total in &totals {
        assert_eq!([&total["units"], &total["discounted_rate"], &total["discounted_units"]], ["0", "", ""]);
        let (kind, suffix) = total["service_code"].split_at(2);
        let parts: Vec<&Row> = match suffix {
            "9999" => services.clone(),
            suffix => of_type[kind]
                .iter()
                .copied()
                .filter(|row| row["service_office_no"] == total["service_office_no"])
                .filter(|row| is_counted(row) == (suffix == "AAAA"))
                .collect(),
        };
        for column in SUMMED {
            assert_eq!(number(total, column), sum(&parts, column), "{column} of {}", total["service_code"]);
        }
    }
    for (kind, rows) in of_type {
        let subtotals = totals.iter().filter(|total| total["service_code"] == format!("{kind}AAAA"));
        let counted: Vec<_> = rows.iter().copied().filter(|row| is_counted(row)).collect();
        let expected = if rows.len() > 1 { offices(counted.into_iter()).len() } else { 0 };
        assert_eq!(subtotals.count(), expected);
    }
    let grand: Vec<_> = totals.iter().filter(|total| total["service_code"] == "999999").collect();
    assert_eq!(grand.len(), 1);
    assert_eq!(grand[0]["service_office_no"], "9999999999");
    number(grand[0], "category_limit_excess_units").is_some_and(|excess| excess > 0)
}

#[test]
fn table_7_adds_up_and_keeps_to_the_limit_but_for_what_it_calls_excess() {
    for month in ["202510", "202501"] {
        let sample = sample(month, 150, 12, 6);
        let limits: BTreeMap<_, _> = by_receiver(&sample, FileKind::UserSupplement)
            .into_values()
            .flatten()
            .map(|row| (person(&row), number(&row, "category_limit_units").unwrap()))
            .collect();
        let mut over = BTreeSet::new();
        for rows in by_receiver(&sample, FileKind::UsageSlipDetail).values() {
            for of in people(rows) {
                let of_person: Vec<_> = rows.iter().filter(|row| person(row) == of).collect();
                let services: Vec<_> = of_person.iter().copied().filter(|row| !is_total(row)).collect();
                let within = sum(&services, "category_limit_within_units").unwrap_or(0);
                assert!(within <= limits[&of]);
                if assert_adds_up(&of_person) {
                    assert_eq!(within, limits[&of], "excess though there was room");
                    over.insert(of);
                }
            }
        }
        assert!((1..40).contains(&over.len()), "{} people are over the limit", over.len());
    }
}

#[test]
fn each_row_of_table_7_costs_units_times_price() {
    let sample = sample("202510", 60, 12, 7);
    for row in by_receiver(&sample, FileKind::UsageSlipDetail).into_values().flatten() {
        if is_total(&row) {
            continue;
        }
        let value = |name: &str| number(&row, name).unwrap_or(0);
        let amount = value("service_units_amount");
        assert_eq!(amount, value("units") * value("count_or_days"));
        let excess = value("category_limit_excess_units");
        if !row["managed_units"].is_empty() {
            assert_eq!(amount, value("managed_units"));
            assert_eq!(amount, value("category_limit_within_units") + excess);
        }
        let hundredths: i64 = row["unit_price"].replace('.', "").parse().unwrap();
        let yen = |units: i64| units * hundredths / 100;
        assert_eq!(value("total_cost"), yen(amount - excess));
        assert_eq!(value("user_full_payment"), yen(excess));
        assert_eq!(value("insurance_claim"), value("total_cost") * value("benefit_rate") / 100);
        assert_eq!(value("total_cost"), value("insurance_claim") + value("user_copay"));
    }
}

#[test]
fn actuals_are_of_the_sender_only_and_differ_from_the_plan_here_and_there() {
    let sample = sample("202510", 80, 12, 8);
    let planned: BTreeSet<Vec<String>> =
        by_receiver(&sample, FileKind::UsageSlipPlan).values().flatten().map(visit).collect();
    let (mut as_planned, mut changed) = (0, 0);
    for file in sample.files().filter(|file| file.kind == FileKind::UsageSlipActual) {
        for row in rows(&file, sample.version()) {
            assert_eq!(row["service_office_no"], file.sender.as_str());
            assert_eq!(row["care_office_no"], file.receiver.as_str());
            if planned.contains(&visit(&row)) { as_planned += 1 } else { changed += 1 }
        }
    }
    assert!(changed * 4 < as_planned && changed * 100 > as_planned, "{changed} of {as_planned} changed");
    assert!(as_planned + changed < planned.len(), "nothing was called off");
}

fn visit(row: &Row) -> Vec<String> {
    let names = ["insured_no", "service_date", "start_time", "end_time", "service_code", "service_office_no"];
    names.map(|name| row[name].clone()).to_vec()
}

#[test]
fn rows_of_table_3_hold_one_of_their_three_parts() {
    let sample = sample("202510", 30, 12, 9);
    let mut parts = BTreeSet::new();
    for row in by_receiver(&sample, FileKind::ServicePlan3).values().flatten() {
        let filled: Vec<_> = ["service_content", "daily_activity", "non_weekly_service"]
            .into_iter()
            .filter(|name| !row[*name].is_empty())
            .collect();
        assert_eq!(filled.len(), 1);
        parts.extend(filled);
    }
    assert_eq!(parts.len(), 3);
}

#[test]
fn large_caseloads_are_sent_in_several_units() {
    let sample = sample("202510", 1_100, 1, 1);
    let plans: Vec<_> = sample.files().filter(|file| file.kind == FileKind::UsageSlipPlan).collect();
    assert_eq!(plans.len(), 3);
    let names: BTreeSet<_> = plans.iter().map(|file| &file.name).collect();
    assert_eq!(names.len(), 3);
}

/// Whether a value has the form of its field, as the tables say.
fn fits(content: Content, value: &str) -> bool {
    let digits = |len: usize| value.len() == len && value.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = |text: &str| text == "0" || (!text.is_empty() && !text.starts_with('0'));
    match content {
        Content::Version | Content::Month | Content::MonthOrZero | Content::InsurerNo => digits(6),
        Content::Date | Content::DateOrZero => digits(8),
        Content::Time => digits(4) && value <= "2400",
        Content::ServiceTime => digits(4) && (value == "9999" || value <= "2400"),
        Content::OfficeNo => digits(10),
        Content::InsuredNo => {
            value.len() == 10 && value.trim_start_matches('H').bytes().all(|b| b.is_ascii_digit())
        }
        Content::Integer => value.bytes().all(|byte| byte.is_ascii_digit()) && canonical(value),
        Content::Decimal => {
            value.split_once('.').is_some_and(|(yen, part)| canonical(yen) && part.len() == 2)
        }
        Content::Choice(choices) | Content::Flag(choices) => {
            choices.iter().any(|choice| choice.code == value)
        }
        Content::Postal => value.len() == 8 && value.as_bytes()[3] == b'-',
        Content::ServiceCode => value.len() == 6,
        Content::EquipmentCode => value.len() == 12 && value.as_bytes()[5] == b'-',
        Content::Unused => false,
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_value_of_every_sample_fits_its_field(
        seed: u64,
        people in 1_u32..12,
        offices in 1_usize..16,
        year in 2023_i16..2040,
        month in 1_i8..=12,
    ) {
        let month = tasuki_terms::ServiceMonth::new(year, month).unwrap();
        let sample = Sample::new(Options::new(month, people, offices, seed)).unwrap();
        for file in sample.files() {
            prop_assert!(file.bytes.ends_with(b"\r\n"));
            for row in rows(&file, sample.version()) {
                for field in layout(&file, sample.version()).fields {
                    let value = &row[field.name_en];
                    if value.is_empty() {
                        prop_assert_eq!(field.requirement, Requirement::Optional, "{}", field.name_en);
                        continue;
                    }
                    prop_assert!(fits(field.content, value), "{} of {}", field.name_en, file.name);
                    let length = value.chars().count();
                    prop_assert!(field.max_len.is_none_or(|max| length <= usize::from(max)), "{}", field.name_en);
                }
            }
        }
    }

    #[test]
    fn times_and_days_lie_in_the_month(seed: u64, people in 1_u32..6, offices in 1_usize..16) {
        let sample = sample("202602", people, offices, seed);
        for kind in [FileKind::UsageSlipPlan, FileKind::UsageSlipActual] {
            for row in by_receiver(&sample, kind).values().flatten() {
                let date = &row["service_date"];
                prop_assert!(("20260201".."20260229").contains(&date.as_str()), "{}", date);
                let (start, end) = (&row["start_time"], &row["end_time"]);
                prop_assert_eq!(start == "9999", end == "9999");
                prop_assert!(start < end || start == "9999");
            }
        }
    }

    #[test]
    fn table_7_adds_up_for_every_seed(seed: u64, people in 1_u32..8, offices in 1_usize..24) {
        let sample = sample("202506", people, offices, seed);
        for rows in by_receiver(&sample, FileKind::UsageSlipDetail).values() {
            for of in self::people(rows) {
                assert_adds_up(&rows.iter().filter(|row| person(row) == of).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_tiny_sample_reads_well() {
    let sample = sample("202510", 2, 3, 20);
    let mut page = String::new();
    for file in sample.files() {
        page.extend(["== ", &file.name, "\n", &text(&file).replace("\r\n", "\n"), "\n"]);
    }
    insta::assert_snapshot!(page);
}
