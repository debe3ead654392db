//! Table 6: plan (UPPLAN), actuals (UPJSK) and the deletion of actuals (DLTJSK).

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::{Column, Findings, Offices, Person, Rules, Served, check_office, check_scope};
use crate::check::code::Code;
use crate::check::finding::Finding;
use crate::layout::Layout;
use crate::read::Row;
use crate::service;
use crate::value::{DayMask, ServiceCode, ServiceCodeRole, ServiceMonth, ServiceTime, ServiceType};

/// Rules of UPPLAN and UPJSK, which share a layout.
pub(super) struct SlipRules {
    columns: Columns,
    /// Whether every person gets something from the receiver (plans).
    served: Option<Served>,
    /// The offices that rows of actuals must agree with.
    actuals_of: Option<Offices>,
    /// The sender that planned the care (plans).
    planned_by: Option<Offices>,
    types: BTreeSet<ServiceType>,
    rows: HashMap<u64, u64>,
    rentals: HashMap<u64, Vec<(u64, Vec<u8>)>>,
    hasher: RandomState,
    last_person: Option<Person>,
}

struct Columns {
    month: Column,
    care_office: Column,
    units: Column,
    date: Column,
    prorated: Column,
    start: Column,
    end: Column,
    count: Column,
    code: Column,
    tais: Column,
    notification: Column,
    detail: Column,
    office: Column,
    satellite: Column,
}

impl Columns {
    fn new(layout: &'static Layout) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            month: column("target_month"),
            care_office: column("care_office_no"),
            units: column("units"),
            date: column("service_date"),
            prorated: column("prorated_days"),
            start: column("start_time"),
            end: column("end_time"),
            count: column("count"),
            code: column("service_code"),
            tais: column("tais_code"),
            notification: column("equipment_notification_code"),
            detail: column("detail_no"),
            office: column("service_office_no"),
            satellite: column("satellite_no"),
        }
    }
}

impl SlipRules {
    pub(super) fn of_plan(layout: &'static Layout, offices: Option<Offices>) -> Self {
        let columns = Columns::new(layout);
        let served = Served::new(offices, columns.office);
        Self { served, planned_by: offices, ..Self::new(columns) }
    }

    pub(super) fn of_actuals(layout: &'static Layout, offices: Option<Offices>) -> Self {
        Self { actuals_of: offices, ..Self::new(Columns::new(layout)) }
    }

    fn new(columns: Columns) -> Self {
        Self {
            columns,
            served: None,
            actuals_of: None,
            planned_by: None,
            types: BTreeSet::new(),
            rows: HashMap::new(),
            rentals: HashMap::new(),
            hasher: RandomState::default(),
            last_person: None,
        }
    }

    fn check_days(&self, row: &Row<'_>, findings: &mut Findings) {
        let Columns { month, date, prorated, .. } = &self.columns;
        let (day, month_text) = (date.bytes(row), month.bytes(row));
        if day.len() == 8 && month_text.len() == 6 && !day.starts_with(month_text) && date.date(row).is_some()
        {
            findings.push(date.finding(Code::DayOutsideMonth, row));
        }
        if let Some(days) = prorated.value::<DayMask>(row)
            && let Ok(month) = ServiceMonth::from_bytes(month_text)
            && !days.fits(month)
        {
            findings.push(prorated.finding(Code::ProratedBeyondMonth, row));
        }
    }

    fn check_times(&self, row: &Row<'_>, code: Option<ServiceCode>, findings: &mut Findings) {
        let Columns { start, end, .. } = &self.columns;
        let (Some(from), Some(to)) = (start.value::<ServiceTime>(row), end.value::<ServiceTime>(row)) else {
            return;
        };
        let within_a_day = || code.is_some_and(|code| service::is_within_a_day(code.service_type()));
        match (from, to) {
            (ServiceTime::At(from), ServiceTime::At(to)) if from == to => {
                findings.push(end.finding(Code::NoDuration, row));
            }
            (ServiceTime::At(from), ServiceTime::At(to)) if from > to => {
                let code = if within_a_day() { Code::EndBeforeStart } else { Code::EndsNextDay };
                findings.push(end.finding(code, row));
            }
            (ServiceTime::At(_), ServiceTime::At(_)) | (ServiceTime::Untimed, ServiceTime::Untimed) => {}
            (ServiceTime::Untimed, _) | (_, ServiceTime::Untimed) => {
                findings.push(end.finding(Code::OneTimeOnly, row));
            }
        }
    }

    fn check_service(&mut self, row: &Row<'_>, code: ServiceCode, findings: &mut Findings) {
        if code.role() != ServiceCodeRole::Service {
            findings.push(self.columns.code.finding(Code::TotalInSlip, row));
            return;
        }
        let service_type = code.service_type();
        self.types.insert(service_type);
        check_scope(service_type, self.columns.code, row, findings);
        let Columns { tais, notification, detail, .. } = self.columns;
        check_equipment(service_type, tais, notification, row, findings);
        if !service::is_equipment_rental(service_type) && !detail.bytes(row).is_empty() {
            findings.push(detail.finding(Code::DetailNoElsewhere, row));
        }
    }

    /// Notes a row to find its like. Rented items that are alike are told apart by their detail number, all
    /// other rows must differ in what identifies a visit.
    fn note_row(&mut self, row: &Row<'_>, person: Person, is_rental: bool, findings: &mut Findings) {
        let Columns { date, start, end, code, office, satellite, units, detail, .. } = self.columns;
        let visit = [date, start, end, code, office, satellite].map(|column| column.bytes(row));
        if is_rental {
            let item = self.hasher.hash_one((person, visit, units.bytes(row)));
            let number = detail.bytes(row).to_vec();
            self.rentals.entry(item).or_default().push((row.number(), number));
            return;
        }
        let first = *self.rows.entry(self.hasher.hash_one((person, visit))).or_insert(row.number());
        if first != row.number() {
            findings.push(Finding::in_row(Code::DuplicateRow, row.number()).with("other", first));
        }
    }

    fn check_parties(&mut self, row: &Row<'_>, person: Person, findings: &mut Findings) {
        if let Some(served) = &mut self.served {
            served.row(row, person);
        }
        let Columns { office, care_office, .. } = self.columns;
        if let Some(offices) = self.actuals_of {
            check_office(Code::ActualOfOtherOffice, office, offices.serving_sender(), row, findings);
        }
        if self.last_person == Some(person) {
            return;
        }
        self.last_person = Some(person);
        if let Some(offices) = self.actuals_of {
            check_office(
                Code::ReceiverIsNotCareOffice,
                care_office,
                offices.planning_receiver(),
                row,
                findings,
            );
        }
        if let Some(offices) = self.planned_by {
            check_office(Code::SenderIsNotCareOffice, care_office, Some(offices.sender), row, findings);
        }
    }

    fn check_detail_numbers(&self, findings: &mut Findings) {
        for items in self.rentals.values().filter(|items| items.len() > 1) {
            let mut seen = BTreeSet::new();
            for (row, number) in items {
                let finding = |code| Finding::in_field(code, *row, self.columns.detail.field());
                if number.is_empty() {
                    findings.push(finding(Code::DetailNoMissing));
                } else if !seen.insert(number) {
                    findings.push(finding(Code::DetailNoRepeated));
                }
            }
        }
    }
}

impl Rules for SlipRules {
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings) {
        let code: Option<ServiceCode> = self.columns.code.value(row);
        self.check_days(row, findings);
        self.check_times(row, code, findings);
        if self.columns.count.number(row) == Some(0) {
            findings.push(self.columns.count.finding(Code::NoCount, row));
        }
        if let Some(code) = code {
            self.check_service(row, code, findings);
        }
        if let Some(person) = person {
            let is_rental = code.is_some_and(|code| service::is_equipment_rental(code.service_type()));
            self.note_row(row, person, is_rental, findings);
            self.check_parties(row, person, findings);
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        self.check_detail_numbers(findings);
        if let Some(served) = &self.served {
            served.finish(findings);
        }
        if self.actuals_of.is_some() && self.types.len() > 1 {
            findings.push(Finding::new(Code::SeveralServiceTypes));
        }
    }
}

/// Rented equipment has one of two codes, nothing else has any (from version 202407 on).
pub(super) fn check_equipment(
    service_type: ServiceType,
    tais: Column,
    notification: Column,
    row: &Row<'_>,
    findings: &mut Findings,
) {
    if !tais.exists() {
        return;
    }
    let filled = [tais, notification].into_iter().find(|column| !column.bytes(row).is_empty());
    match (service::is_equipment_rental(service_type), filled) {
        (true, None) => findings.push(tais.finding(Code::EquipmentCodeMissing, row)),
        (false, Some(column)) => findings.push(column.finding(Code::EquipmentCodeElsewhere, row)),
        _ => {}
    }
    let code = tais.bytes(row);
    let is_of_12 = code.len() == 12 && code.is_ascii();
    if is_of_12 && !is_tais_code(code) {
        findings.push(tais.finding(Code::EquipmentCodeForm, row));
    }
}

/// `00001-000010`: company and product.
fn is_tais_code(code: &[u8]) -> bool {
    code.get(5) == Some(&b'-') && code.iter().enumerate().all(|(at, byte)| at == 5 || byte.is_ascii_digit())
}

/// Rules of DLTJSK.
pub(super) struct ActualDeletionRules {
    office: Column,
    service_type: Column,
    month: Column,
    sender: Option<Offices>,
    rows: HashMap<(Person, Vec<u8>), u64>,
}

impl ActualDeletionRules {
    pub(super) fn new(layout: &'static Layout, sender: Option<Offices>) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            office: column("service_office_no"),
            service_type: column("service_type"),
            month: column("delete_month"),
            sender,
            rows: HashMap::new(),
        }
    }
}

impl Rules for ActualDeletionRules {
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings) {
        let sender = self.sender.and_then(|offices| offices.serving_sender());
        check_office(Code::DeletionOfOtherOffice, self.office, sender, row, findings);
        if let Some(service_type) = self.service_type.value(row) {
            check_scope(service_type, self.service_type, row, findings);
        }
        let Some(person) = person else { return };
        let rest = [self.month, self.office, self.service_type].map(|column| column.bytes(row)).concat();
        let first = *self.rows.entry((person, rest)).or_insert(row.number());
        if first != row.number() {
            findings.push(Finding::in_row(Code::DuplicateRow, row.number()).with("other", first));
        }
    }
}
