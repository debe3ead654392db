//! Each sort of field: what it takes, how it is written again, and why it takes no other.

use tasuki_standard::value::{self, Cell, Encoding, ValueError};
use tasuki_standard::{Content, CsvVersion, Field, FileKind, Layout};

use FileKind as K;

/// The first field of a kind of file with a name.
fn field(kind: FileKind, name: &str) -> &'static Field {
    Layout::of(kind, CsvVersion::V202407).unwrap().field_named(name).unwrap_or_else(|| panic!("{name}"))
}

fn check(kind: FileKind, name: &str, text: &str) -> Result<(), ValueError> {
    let bytes = tasuki_standard::ms932::encode(text).unwrap();
    value::check(Cell { bytes: &bytes, encoding: Encoding::Ms932 }, field(kind, name))
}

#[test]
fn right_values_are_taken() {
    let cases = [
        (K::ServicePlan1, "csv_version", vec!["202407", "202208"]),
        (K::ServicePlan1, "insurer_no", vec!["131016", "000000"]),
        (K::ServicePlan1, "insured_no", vec!["0000012345", "H000012345"]),
        (K::ServicePlan1, "plan_date", vec!["20240229", "20251231"]),
        (K::UserSupplement, "plan_date", vec!["00000000", "20251001"]),
        (K::UserSupplement, "target_month", vec!["000000", "202510"]),
        (K::UserSupplement, "user_sex", vec!["1", "2"]),
        (K::UserSupplement, "user_postal_code", vec!["100-0001"]),
        (K::UserSupplement, "user_phone", vec!["03-0000-0000", "(03)00000000", "+81 3 0000 0000"]),
        (K::UserSupplement, "category_limit_units", vec!["0", "16765"]),
        (K::UsageSlipPlan, "start_time", vec!["0000", "2359", "9999"]),
        (K::UsageSlipPlan, "end_time", vec!["2400", "9999"]),
        (K::UsageSlipPlan, "prorated_days", vec!["1111111111111111111111111111111"]),
        (K::UsageSlipPlan, "service_code", vec!["111111", "15AAAA", "999999"]),
        (K::UsageSlipPlan, "service_office_no", vec!["1370000019", "13A0000019"]),
        (K::UsageSlipPlan, "tais_code", vec!["00001-000010"]),
        (K::UsageSlipActualDeletion, "service_type", vec!["11", "A2"]),
        (K::ServicePlan3, "weekday", vec!["1", "7"]),
    ];
    for (kind, name, texts) in cases {
        for text in texts {
            assert_eq!(check(kind, name, text), Ok(()), "{name}: {text}");
        }
    }
}

#[test]
fn wrong_values_are_refused_with_the_reason() {
    use ValueError as E;
    let length = |expected, found| E::WrongLength { expected, found };
    let cases = [
        (K::ServicePlan1, "insurer_no", "13101", length(6, 5)),
        (K::ServicePlan1, "insurer_no", "13101A", E::Form { form: "131016" }),
        (K::ServicePlan1, "insurer_no", "１３１０１６", E::FullWidth),
        (K::ServicePlan1, "insured_no", "12345", length(10, 5)),
        (K::ServicePlan1, "insured_no", "h000012345", E::Form { form: "0000012345 / H000012345" }),
        (K::ServicePlan1, "plan_date", "20250229", E::NotReal),
        (K::ServicePlan1, "plan_date", "20251301", E::NotReal),
        (K::ServicePlan1, "plan_date", "00000000", E::NotReal),
        (K::ServicePlan1, "plan_date", "2025/10/01", E::Separators),
        (K::UserSupplement, "target_month", "202513", E::NotReal),
        (K::UserSupplement, "user_sex", "3", E::UnknownCode),
        (K::UserSupplement, "user_sex", " 1", E::Padded),
        (K::UserSupplement, "user_postal_code", "1000001", E::Form { form: "100-0001" }),
        (K::UsageSlipPlan, "start_time", "2460", E::NotReal),
        (K::UsageSlipPlan, "start_time", "9:00", E::Separators),
        (K::UsageSlipPlan, "prorated_days", "111", length(31, 3)),
        (K::UsageSlipPlan, "service_code", "11111", length(6, 5)),
        (K::UsageSlipPlan, "service_code", "11111a", E::Form { form: "111111" }),
        (K::UsageSlipPlan, "service_office_no", "137000001", length(10, 9)),
        (K::UsageSlipPlan, "units", "1,000", E::Form { form: "123" }),
    ];
    for (kind, name, text, error) in cases {
        assert_eq!(check(kind, name, text), Err(error), "{name}: {text}");
    }
}

#[test]
fn texts_are_counted_as_the_standard_counts() {
    for layout in Layout::all() {
        for field in layout.fields.iter().filter(|field| field.content == Content::Text) {
            let Some(max) = field.max_len else { continue };
            let check = |text: String| {
                let bytes = tasuki_standard::ms932::encode(&text).unwrap();
                value::check(Cell { bytes: &bytes, encoding: Encoding::Ms932 }, field)
            };
            assert_eq!(check("あ".repeat(usize::from(max))), Ok(()), "{}", field.name_en);
            let found = usize::from(max) + 1;
            assert_eq!(
                check("あ".repeat(found)),
                Err(ValueError::TooLong { max, found }),
                "{}",
                field.name_en
            );
        }
    }
}
