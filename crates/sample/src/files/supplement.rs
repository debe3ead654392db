//! The supplement (UPHOSOKU).

use tasuki_standard::FileKind;

use super::{day, row_of, table};
use crate::case::Case;
use crate::person::Person;
use crate::sample::Sample;
use crate::table::Table;

/// The supplement to tables 1 to 3 of a person.
pub(crate) fn of_plan(sample: &Sample, case: &Case) -> Option<Vec<u8>> {
    table(FileKind::UserSupplement, sample.version(), |table| {
        let plan = day(case.person.plan.current).to_string();
        write(table, sample, case, &plan, "000000");
    })
}

/// The supplement to tables 6 and 7.
pub(crate) fn of_month(sample: &Sample, cases: &[Case]) -> Option<Vec<u8>> {
    table(FileKind::UserSupplement, sample.version(), |table| {
        for case in cases {
            write(table, sample, case, "00000000", &sample.month().to_string());
        }
    })
}

fn write(table: &mut Table, sample: &Sample, case: &Case, plan_date: &str, month: &str) {
    let person = &case.person;
    let care_office = sample.care_office().number;
    let days_before = case.stay_days_before;
    let days_with_month = days_before.map(|days| usize::from(days) + case.stay_days());
    row_of(table, person)
        .put("plan_date", plan_date)
        .put("user_name_kana", &person.kana)
        .put("user_name", &person.name)
        .put("user_sex", if person.is_woman { 2 } else { 1 })
        .put("user_birth_date", day(person.birth))
        .put("user_postal_code", &person.postal_code)
        .put("user_address_1", &person.address)
        .put("user_address_2", &person.room)
        .put("user_phone", &person.phone)
        .put("certification_date", day(person.certification.date))
        .put("limit_start_date", day(person.certification.start))
        .put("limit_end_date", day(person.certification.end))
        .put("certification_status", 2)
        .put_option("care_level_change_date", person.previous_level.map(|_| day(person.certification.start)))
        .put("care_level", Person::level_code(person.care_level))
        .put("category_limit_units", case.limit())
        .put_option("short_stay_days_until_prev_month", days_before)
        .put_option("short_stay_days_cumulative", days_with_month)
        .put_option("previous_care_level", person.previous_level.map(Person::level_code))
        .put("consent_office_no", care_office)
        .put("updating_office_no", care_office)
        .put("target_month", month)
        .end();
}
