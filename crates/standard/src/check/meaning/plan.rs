//! Tables 1, 2 and 3 (UP1KYO, UP2KYO, UP3KYO).

use std::collections::{BTreeMap, HashMap};

use super::{Column, Findings, Offices, Person, Rules, check_office, check_other_text, check_period};
use crate::check::code::Code;
use crate::check::finding::Finding;
use crate::layout::Layout;
use crate::read::Row;
use crate::value::TimeOfDay;

/// Rules of table 1.
pub(super) struct Plan1Rules {
    sender: Option<Offices>,
    care_office: Column,
    first_plan: Column,
    plan: Column,
    certified_from: Column,
    certified_to: Column,
    housework: Column,
    housework_text: Column,
}

impl Plan1Rules {
    pub(super) fn new(layout: &'static Layout, sender: Option<Offices>) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            sender,
            care_office: column("care_office_no"),
            first_plan: column("first_plan_date"),
            plan: column("plan_date"),
            certified_from: column("certification_start_date"),
            certified_to: column("certification_end_date"),
            housework: column("housework_reason"),
            housework_text: column("housework_other_reason"),
        }
    }
}

impl Rules for Plan1Rules {
    fn row(&mut self, row: &Row<'_>, _: Option<Person>, findings: &mut Findings) {
        let sender = self.sender.map(|offices| offices.sender);
        check_office(Code::SenderIsNotCareOffice, self.care_office, sender, row, findings);
        check_period(self.first_plan, self.plan, row, findings);
        check_period(self.certified_from, self.certified_to, row, findings);
        check_other_text(self.housework, b"3", self.housework_text, row, findings);
    }
}

/// Rules of table 2.
pub(super) struct Plan2Rules {
    receiver: Option<Offices>,
    need: Column,
    goal: Column,
    support: Column,
    plan: Column,
    office: Column,
    numbers: HashMap<(Person, Vec<u8>), u64>,
    people: BTreeMap<Person, PlanOffices>,
}

/// The offices that table 2 names for a person.
struct PlanOffices {
    row: u64,
    any: bool,
    receiver: bool,
}

impl Plan2Rules {
    pub(super) fn new(layout: &'static Layout, receiver: Option<Offices>) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            receiver,
            need: column("need_no"),
            goal: column("goal_no"),
            support: column("support_no"),
            plan: column("plan_date"),
            office: column("service_office_no"),
            numbers: HashMap::new(),
            people: BTreeMap::new(),
        }
    }

    fn note_offices(&mut self, row: &Row<'_>, person: Person) {
        let office = self.office.bytes(row);
        let receiver = self.receiver.and_then(|offices| offices.serving_receiver());
        let new = || PlanOffices { row: row.number(), any: false, receiver: receiver.is_none() };
        let offices = self.people.entry(person).or_insert_with(new);
        offices.any |= !office.is_empty();
        offices.receiver |= receiver.is_some_and(|no| no.as_str().as_bytes() == office);
    }
}

impl Rules for Plan2Rules {
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings) {
        let Some(person) = person else { return };
        self.note_offices(row, person);
        let numbers = [self.need, self.goal, self.support].map(|column| column.bytes(row));
        if numbers.iter().all(|number| number.is_empty()) {
            return;
        }
        let key = [numbers[0], b",", numbers[1], b",", numbers[2], b",", self.plan.bytes(row)].concat();
        let first = *self.numbers.entry((person, key)).or_insert(row.number());
        if first != row.number() {
            findings.push(self.support.finding(Code::PlanNumbersRepeated, row).with("other", first));
        }
    }

    /// Offices are optional in table 2: only a person with offices, none of them the receiver, is suspicious.
    fn finish(&mut self, findings: &mut Findings) {
        let Some(receiver) = self.receiver.map(|offices| offices.receiver) else {
            return;
        };
        for person in self.people.values().filter(|person| person.any && !person.receiver) {
            findings.push(Finding::in_row(Code::PlanNotForReceiver, person.row).with("office", receiver));
        }
    }
}

/// Rules of table 3.
pub(super) struct Plan3Rules {
    service: Column,
    weekday: Column,
    service_times: [Column; 2],
    activity: Column,
    activity_times: [Column; 2],
    other: Column,
}

impl Plan3Rules {
    pub(super) fn new(layout: &'static Layout) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            service: column("service_content"),
            weekday: column("weekday"),
            service_times: [column("service_start_time"), column("service_end_time")],
            activity: column("daily_activity"),
            activity_times: [column("activity_start_time"), column("activity_end_time")],
            other: column("non_weekly_service"),
        }
    }

    fn check_week(&self, row: &Row<'_>, findings: &mut Findings) {
        let [start, end] = self.service_times;
        for column in [self.weekday, start, end] {
            if column.bytes(row).is_empty() {
                findings.push(column.finding(Code::WeekTimeMissing, row));
            }
        }
        let [from, to] = [start, end].map(|column| column.value::<TimeOfDay>(row));
        if let (Some(from), Some(to)) = (from, to) {
            if from > to {
                findings.push(end.finding(Code::EndsNextDay, row));
            } else if from == to {
                findings.push(end.finding(Code::NoDuration, row));
            }
        }
    }
}

impl Rules for Plan3Rules {
    fn row(&mut self, row: &Row<'_>, _: Option<Person>, findings: &mut Findings) {
        let [start, end] = self.service_times;
        let [active_from, active_to] = self.activity_times;
        let is_filled = |columns: &[Column]| columns.iter().any(|column| !column.bytes(row).is_empty());
        let week = is_filled(&[self.service, self.weekday, start, end]);
        let activity = is_filled(&[self.activity, active_from, active_to]);
        let other = is_filled(&[self.other]);
        if [week, activity, other].into_iter().filter(|filled| *filled).count() != 1 {
            findings.push(Finding::in_row(Code::WeekRowUnclear, row.number()));
        } else if week {
            self.check_week(row, findings);
        }
    }
}
