//! Tables 1 to 3 (UP1KYO, UP2KYO, UP3KYO) of one person.

use tasuki_standard::FileKind;

use super::{clock, day, row_of, table};
use crate::case::Case;
use crate::catalogue::Pattern;
use crate::dice::Dice;
use crate::options::full_width;
use crate::person::Person;
use crate::sample::Sample;
use crate::service::Service;
use crate::table::{Row, Table};
use crate::words::{ACTIVITIES, CONTACTS, CareWords, FINDINGS, OPINIONS, POLICIES, WISHES, care_words, era};

/// Table 1.
pub(crate) fn table_1(sample: &Sample, case: &Case, dice: &mut Dice) -> Option<Vec<u8>> {
    table(FileKind::ServicePlan1, sample.version(), |table| write_table_1(table, sample, case, dice))
}

fn write_table_1(table: &mut Table, sample: &Sample, case: &Case, dice: &mut Dice) {
    let Person { plan, certification, .. } = &case.person;
    let care_office = sample.care_office();
    let housework = housework_reason(case, dice);
    row_of(table, &case.person)
        .put("created_date", day(plan.current))
        .put("user_postal_code", &case.person.postal_code)
        .put("user_address_1", &case.person.address)
        .put("user_address_2", &case.person.room)
        .put("planner_name", case.person.planner)
        .put("care_office_name", &care_office.name)
        .put("care_office_postal_code", "000-0001")
        .put("care_office_address_1", "東京都見本市たすき町１番１号")
        .put("care_office_address_2", "見本ビル２階")
        .put("care_office_no", care_office.number)
        .put("plan_date", day(plan.current))
        .put("first_plan_date", day(plan.first))
        .put("plan_kind", if plan.first == plan.current { 11 } else { 21 })
        .put("certification_status", 2)
        .put("certification_date", day(certification.date))
        .put("certification_start_date", day(certification.start))
        .put("certification_end_date", day(certification.end))
        .put("care_level", Person::level_code(case.person.care_level))
        .put("wishes_and_assessment_result", wishes(sample, &case.person, dice))
        .put("committee_opinion", dice.pick(&OPINIONS))
        .put("overall_policy", policy(dice))
        .put_option("housework_reason", housework.map(|(code, _)| code))
        .put_option("housework_other_reason", housework.map(|(_, text)| text))
        .put("updating_office_no", care_office.number)
        .end();
}

fn wishes(sample: &Sample, person: &Person, dice: &mut Dice) -> String {
    let (own, family) = dice.pick(&WISHES);
    let finding = dice.pick(&FINDINGS);
    let age = full_width(usize::from(person.age(sample.month().first_day()).unsigned_abs()));
    let home = if person.lives_alone { "一人暮らし" } else { "家族と同居" };
    format!("【本人】（{age}歳、{home}）{own}\r\n【家族】{family}\r\n【課題分析の結果】{finding}")
}

fn policy(dice: &mut Dice) -> String {
    let (policy, contact) = (dice.pick(&POLICIES), dice.pick(&CONTACTS));
    format!("{policy}\r\n緊急連絡先：{contact}（03-0000-{:04}）", dice.of(0..=9999))
}

/// Why somebody gets home help with housework (生活援助), if they do: code and text.
fn housework_reason(case: &Case, dice: &mut Dice) -> Option<(u8, &'static str)> {
    let mut slots = case.services.iter().flat_map(|service| &service.week);
    if !slots.any(|slot| slot.lines.iter().any(|line| line.item.code.starts_with("117"))) {
        return None;
    }
    Some(match case.person.lives_alone {
        true => (1, ""),
        false if dice.percent(70) => (2, ""),
        false => (3, "同居の家族が日中は仕事で不在のため"),
    })
}

/// Table 2: a need for each service, with the office's part and what people do themselves.
pub(crate) fn table_2(sample: &Sample, case: &Case) -> Option<Vec<u8>> {
    table(FileKind::ServicePlan2, sample.version(), |table| {
        for (index, service) in case.services.iter().enumerate() {
            NeedWriter { sample, case, service, need_no: index + 1 }.write(table);
        }
    })
}

/// Writes the rows of one need.
struct NeedWriter<'a> {
    sample: &'a Sample,
    case: &'a Case,
    service: &'a Service,
    need_no: usize,
}

impl NeedWriter<'_> {
    fn write(&self, table: &mut Table) {
        let CareWords { need, long_goal, short_goal, content, own } = care_words(self.service.care.code);
        let period = self.period();
        let office = self.sample.office(self.service.office);
        let row = self
            .begin(table)
            .put("need", need)
            .put("goal_no", 1)
            .put("long_term_goal", long_goal)
            .put("short_term_goal", short_goal)
            .put("long_term_period", &period)
            .put("short_term_period", &period)
            .put("support_no", 1)
            .put("service_content", content)
            .put("insurance_coverage", "Y")
            .put("service_kind", self.service.care.name)
            .put("service_office_no", office.number)
            .put("service_office_name", &office.name)
            .put("frequency", frequency(self.service))
            .put("service_period", &period);
        self.end(row);
        // Texts that stand on the row before are left out, as on the printed form.
        let (content, who) = own;
        let row = self
            .begin(table)
            .put("goal_no", 1)
            .put("support_no", 2)
            .put("service_content", content)
            .put("insurance_coverage", if self.need_no.is_multiple_of(2) { "N" } else { "" })
            .put("service_kind", who)
            .put("frequency", "随時")
            .put("service_period", &period);
        self.end(row);
    }

    fn begin<'t>(&self, table: &'t mut Table) -> Row<'t> {
        let plan_date = self.case.person.plan.current;
        row_of(table, &self.case.person)
            .put("created_date", day(plan_date))
            .put("plan_date", day(plan_date))
            .put("need_no", self.need_no)
    }

    fn end(&self, row: Row<'_>) {
        row.put("updating_office_no", self.sample.care_office().number).end();
    }

    fn period(&self) -> String {
        let certification = &self.case.person.certification;
        format!("{}～{}", era(certification.start), era(certification.end))
    }
}

fn frequency(service: &Service) -> String {
    match &service.care.pattern {
        Pattern::Visits { .. } | Pattern::DayCare { .. } => format!("週{}回", full_width(service.week.len())),
        Pattern::ShortStay { .. } => format!("月１回（{}日）", full_width(service.dated.len())),
        Pattern::Advice(_) => format!("月{}回", full_width(service.dated.len())),
        Pattern::Rental(_) | Pattern::AroundTheClock { .. } => "毎日".to_owned(),
    }
}

/// Table 3: the week.
pub(crate) fn table_3(sample: &Sample, case: &Case) -> Option<Vec<u8>> {
    table(FileKind::ServicePlan3, sample.version(), |table| {
        let plan_date = case.person.plan.current;
        let mut begin = |write: &dyn Fn(Row<'_>)| {
            let row = row_of(table, &case.person);
            write(row.put("created_date", day(plan_date)).put("plan_date", day(plan_date)));
        };
        for (service, slot) in case.services.iter().flat_map(|of| of.week.iter().map(move |slot| (of, slot)))
        {
            begin(&|row| {
                row.put("service_content", service.care.name)
                    .put("weekday", slot.weekday)
                    .put("service_start_time", clock(slot.times.start))
                    .put("service_end_time", clock(slot.times.end))
                    .end();
            });
        }
        for (activity, start, end) in ACTIVITIES {
            begin(&|row| {
                row.put("daily_activity", activity)
                    .put("activity_start_time", clock(start))
                    .put("activity_end_time", clock(end))
                    .end();
            });
        }
        for service in case.services.iter().filter(|service| service.week.is_empty()) {
            let text = format!("{}　{}", service.care.name, frequency(service));
            begin(&|row| row.put("non_weekly_service", &text).end());
        }
    })
}
