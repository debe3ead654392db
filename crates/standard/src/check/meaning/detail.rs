//! Table 7 (UPSIKYU): services, subtotals, grand totals, and whether they add up.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::slip::check_equipment;
use super::{Column, Findings, Offices, Person, Rules, Served, check_scope};
use crate::check::code::Code;
use crate::check::finding::Finding;
use crate::layout::Layout;
use crate::read::Row;
use crate::service;
use crate::value::{OfficeNo, ServiceCode, ServiceCodeRole, ServiceType};

/// Office number of the grand total.
const GRAND_TOTAL_OFFICE: &[u8] = b"9999999999";

/// The columns that subtotals and totals sum up.
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

/// Those of them that only services counted against the limit have.
const LIMIT_COLUMNS: std::ops::Range<usize> = 1..6;

/// Rules of table 7.
pub(super) struct DetailRules {
    code: Column,
    office: Column,
    satellite: Column,
    units: Column,
    tais: Column,
    notification: Column,
    over_30_days: Column,
    empty_on_totals: [Column; 2],
    summed: [Column; SUMMED.len()],
    served: Option<Served>,
    people: BTreeMap<Person, Slip>,
    rows: HashMap<u64, u64>,
    hasher: RandomState,
}

/// What table 7 of one person says.
#[derive(Default)]
struct Slip {
    first_row: u64,
    groups: BTreeMap<(ServiceType, OfficeNo), Group>,
    grand_total: Option<TotalRow>,
}

/// The services of one type and office, and their subtotals.
#[derive(Default)]
struct Group {
    first_row: u64,
    rows: u32,
    /// Sums of the services counted against the limit, outside it, and over 30 days.
    sums: [Sums; 3],
    subtotals: [Option<TotalRow>; 3],
}

/// A subtotal or grand total.
#[derive(Clone)]
struct TotalRow {
    row: u64,
    amounts: [Option<i64>; SUMMED.len()],
}

/// Sums of the columns; `None` where no row has a value.
#[derive(Default, Clone, Copy)]
struct Sums([Option<i64>; SUMMED.len()]);

impl Sums {
    fn add(&mut self, amounts: &[Option<i64>; SUMMED.len()]) {
        for (sum, amount) in self.0.iter_mut().zip(amounts) {
            if let Some(amount) = amount {
                *sum = Some(sum.unwrap_or(0) + amount);
            }
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.add(&other.0);
        self
    }
}

impl DetailRules {
    pub(super) fn new(layout: &'static Layout, offices: Option<Offices>) -> Self {
        let column = |name| Column::named(layout, name);
        let office = column("service_office_no");
        Self {
            code: column("service_code"),
            office,
            satellite: column("satellite_no"),
            units: column("units"),
            tais: column("tais_code"),
            notification: column("equipment_notification_code"),
            over_30_days: column("over_30_days"),
            empty_on_totals: [column("discounted_rate"), column("discounted_units")],
            summed: SUMMED.map(column),
            served: Served::new(offices, office),
            people: BTreeMap::new(),
            rows: HashMap::new(),
            hasher: RandomState::default(),
        }
    }

    fn service(&mut self, row: &Row<'_>, person: Person, code: ServiceCode, findings: &mut Findings) {
        let service_type = code.service_type();
        check_scope(service_type, self.code, row, findings);
        check_equipment(service_type, self.tais, self.notification, row, findings);
        if !service::is_equipment_rental(service_type) {
            self.check_repeated(row, person, findings);
        }
        let amounts = self.amounts(row);
        let class = self.class(row, &amounts);
        if let Some(group) = self.group(row, person, service_type) {
            group.rows += 1;
            group.sums[class].add(&amounts);
        }
    }

    fn check_repeated(&mut self, row: &Row<'_>, person: Person, findings: &mut Findings) {
        let service = [self.code, self.office, self.satellite, self.units, self.over_30_days];
        let key = self.hasher.hash_one((person, service.map(|column| column.bytes(row))));
        let first = *self.rows.entry(key).or_insert(row.number());
        if first != row.number() {
            findings.push(Finding::in_row(Code::DuplicateRow, row.number()).with("other", first));
        }
    }

    fn amounts(&self, row: &Row<'_>) -> [Option<i64>; SUMMED.len()] {
        self.summed.map(|column| column.number(row))
    }

    /// Which of a group's sums a service belongs to.
    fn class(&self, row: &Row<'_>, amounts: &[Option<i64>; SUMMED.len()]) -> usize {
        if self.over_30_days.bytes(row) == b"1" {
            2
        } else {
            usize::from(amounts[LIMIT_COLUMNS].iter().all(Option::is_none))
        }
    }

    fn group(&mut self, row: &Row<'_>, person: Person, service_type: ServiceType) -> Option<&mut Group> {
        let office: OfficeNo = self.office.value(row)?;
        let slip = self.people.entry(person).or_default();
        let group = slip.groups.entry((service_type, office)).or_default();
        if group.first_row == 0 {
            group.first_row = row.number();
        }
        Some(group)
    }

    fn subtotal(
        &mut self,
        row: &Row<'_>,
        person: Person,
        (service_type, class): (ServiceType, usize),
        findings: &mut Findings,
    ) {
        let total = TotalRow { row: row.number(), amounts: self.amounts(row) };
        let Some(group) = self.group(row, person, service_type) else {
            return;
        };
        match &group.subtotals[class] {
            Some(first) => {
                findings.push(Finding::in_row(Code::SubtotalTwice, total.row).with("other", first.row));
            }
            None => group.subtotals[class] = Some(total),
        }
    }

    fn grand_total(&mut self, row: &Row<'_>, person: Person, findings: &mut Findings) {
        let total = TotalRow { row: row.number(), amounts: self.amounts(row) };
        let slip = self.people.entry(person).or_default();
        if slip.grand_total.is_some() {
            findings.push(Finding::in_row(Code::GrandTotalTwice, total.row));
        } else {
            slip.grand_total = Some(total);
        }
    }

    /// On subtotals and totals units is 0, the discounted values are empty.
    fn check_total_row(&self, row: &Row<'_>, findings: &mut Findings) {
        let wrong = |column: Column, expected| {
            column.finding(Code::TotalRowFilled, row).with_names("expected", expected)
        };
        if self.units.number(row).is_some_and(|units| units != 0) {
            findings.push(wrong(self.units, ["0", "0"]));
        }
        for column in self.empty_on_totals {
            if !column.bytes(row).is_empty() {
                findings.push(wrong(column, ["空", "empty"]));
            }
        }
    }

    fn check_total_office(&self, row: &Row<'_>, role: ServiceCodeRole, findings: &mut Findings) {
        let office = self.office.bytes(row);
        let is_total_office = office == GRAND_TOTAL_OFFICE;
        if !office.is_empty() && is_total_office != (role == ServiceCodeRole::GrandTotal) {
            findings.push(self.office.finding(Code::GrandTotalOffice, row));
        }
    }

    fn finding_at(&self, code: Code, row: u64, column: usize) -> Finding {
        Finding::in_field(code, row, self.summed[column].field())
    }

    fn check_slip(&self, slip: &Slip, findings: &mut Findings) {
        for ((service_type, _), group) in &slip.groups {
            let of_type = || slip.groups.iter().filter(|((other, _), _)| other == service_type);
            let has_subtotal = of_type().any(|(_, group)| group.subtotals[0].is_some());
            if group.rows > 1 && !has_subtotal {
                let finding = Finding::in_row(Code::SubtotalMissing, group.first_row);
                findings.push(finding.with("value", service_type));
            }
            let of_class = |class: usize| {
                of_type().fold(Sums::default(), |sums, (_, group)| sums.plus(&group.sums[class]))
            };
            let type_sums = [0, 1, 2].map(of_class);
            for (class, subtotal) in group.subtotals.iter().enumerate() {
                if let Some(subtotal) = subtotal {
                    self.check_subtotal(subtotal, class, group, &type_sums, findings);
                }
            }
        }
        match &slip.grand_total {
            None => findings.push(Finding::in_row(Code::GrandTotalMissing, slip.first_row)),
            Some(total) if slip.groups.is_empty() => {
                findings.push(Finding::in_row(Code::NoDetailRows, total.row));
            }
            Some(total) => self.check_grand_total(total, slip, findings),
        }
    }

    /// A subtotal sums the services of its office, or of all offices of the type. Where a writer does not
    /// tell which services are outside the limit, it sums all of them.
    fn check_subtotal(
        &self,
        subtotal: &TotalRow,
        class: usize,
        group: &Group,
        type_sums: &[Sums; 3],
        findings: &mut Findings,
    ) {
        if group.rows == 0 && type_sums.iter().all(|sums| sums.0.iter().all(Option::is_none)) {
            findings.push(Finding::in_row(Code::SubtotalWithoutRows, subtotal.row));
            return;
        }
        let [of_office, of_type] =
            [&group.sums, type_sums].map(|sums| sums.iter().fold(Sums::default(), Sums::plus));
        let allowed = [&group.sums[class], &type_sums[class], &of_office, &of_type];
        self.check_sums(Code::SubtotalWrong, subtotal, &allowed, findings);
    }

    /// The grand total sums all services or, where they are without amounts, the subtotals; some writers sum
    /// only what counts against the limit.
    fn check_grand_total(&self, total: &TotalRow, slip: &Slip, findings: &mut Findings) {
        let [mut all, mut within, mut subtotals] = [Sums::default(); 3];
        for group in slip.groups.values() {
            all = group.sums.iter().fold(all, Sums::plus);
            within = within.plus(&group.sums[0]);
            let of_subtotals: Vec<_> = group.subtotals.iter().flatten().collect();
            for subtotal in &of_subtotals {
                subtotals.add(&subtotal.amounts);
            }
            if of_subtotals.is_empty() {
                subtotals = group.sums.iter().fold(subtotals, Sums::plus);
            }
        }
        self.check_sums(Code::GrandTotalWrong, total, &[&all, &within, &subtotals], findings);
    }

    /// A value must be one of the sums that are known; where no row has a value, it stands for itself.
    fn check_sums(&self, code: Code, total: &TotalRow, allowed: &[&Sums], findings: &mut Findings) {
        for (column, amount) in total.amounts.iter().enumerate() {
            let mut known = allowed.iter().filter_map(|sums| sums.0[column]).peekable();
            if amount.is_some() && known.peek().is_some() && known.all(|sum| *amount != Some(sum)) {
                findings.push(self.finding_at(code, total.row, column));
            }
        }
    }
}

impl Rules for DetailRules {
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings) {
        let (Some(person), Some(code)) = (person, self.code.value::<ServiceCode>(row)) else {
            return;
        };
        let slip = self.people.entry(person).or_default();
        if slip.first_row == 0 {
            slip.first_row = row.number();
        }
        if let Some(served) = &mut self.served {
            served.row(row, person);
        }
        let role = code.role();
        self.check_total_office(row, role, findings);
        if role != ServiceCodeRole::Service {
            self.check_total_row(row, findings);
        }
        let service_type = code.service_type();
        match role {
            ServiceCodeRole::Service => self.service(row, person, code, findings),
            ServiceCodeRole::SubtotalWithin => self.subtotal(row, person, (service_type, 0), findings),
            ServiceCodeRole::SubtotalOutside => self.subtotal(row, person, (service_type, 1), findings),
            ServiceCodeRole::SubtotalOver30Days => self.subtotal(row, person, (service_type, 2), findings),
            ServiceCodeRole::GrandTotal => self.grand_total(row, person, findings),
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for slip in self.people.values() {
            self.check_slip(slip, findings);
        }
        if let Some(served) = &self.served {
            served.finish(findings);
        }
    }
}
