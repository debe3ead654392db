//! Table 7 (UPSIKYU): services, subtotals, grand totals, and whether they add up.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::slip::check_equipment;
use super::{Column, Findings, Offices, Person, Rules, Served, check_scope};
use crate::check::code::Code;
use crate::check::finding::Finding;
use crate::layout::Layout;
use crate::read::Row;
use crate::service;
use crate::value::{Decimal, OfficeNo, ServiceCode, ServiceCodeRole, ServiceType};

/// Office number of the grand total.
const GRAND_TOTAL_OFFICE: &[u8] = b"9999999999";

/// Prices of a unit in hundredths of a yen: 10 yen, more where wages are high, most in the 23 wards of Tokyo.
const UNIT_PRICES: std::ops::RangeInclusive<i32> = 1000..=1140;

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

/// The class of services that count against the limit.
const WITHIN: usize = 0;

/// Those of them that only services counted against the limit have: the second to the sixth, a bit for each.
const LIMIT_COLUMNS: u16 = 0b11_1110;

/// Rules of table 7.
pub(super) struct DetailRules {
    code: Column,
    office: Column,
    satellite: Column,
    units: Column,
    unit_price: Column,
    tais: Column,
    notification: Column,
    over_30_days: Column,
    empty_on_totals: [Column; 2],
    summed: [Column; SUMMED.len()],
    served: Option<Served>,
    slips: Vec<Slip>,
    /// Where each person's slip is.
    people: HashMap<Person, usize, RandomState>,
    /// The person of the last row: rows of a person follow each other.
    last: Option<(Person, usize)>,
    rows: HashMap<u64, u64>,
    hasher: RandomState,
}

/// What table 7 of one person says. A file holds thousands of these: what is mostly absent is boxed.
#[derive(Default)]
struct Slip {
    first_row: u64,
    groups: Vec<Group>,
    grand_total: Option<Box<TotalRow>>,
}

/// The services of one type and office, and their subtotals.
struct Group {
    service_type: ServiceType,
    office: OfficeNo,
    first_row: u64,
    rows: u32,
    /// Those of the rows that count against the limit.
    rows_within: u32,
    /// Services counted against the limit, outside it, and over 30 days.
    classes: [Option<Box<Class>>; 3],
}

/// Services that are summed up together, and the row that says their sum.
#[derive(Default)]
struct Class {
    sums: Sums,
    subtotal: Option<TotalRow>,
}

/// A subtotal or grand total.
struct TotalRow {
    row: u64,
    amounts: Sums,
}

/// The summed columns of a row, or of several rows together.
#[derive(Default, Clone, Copy)]
struct Sums {
    values: [i64; SUMMED.len()],
    /// The columns that have a value at all, a bit for each.
    known: u16,
}

impl Sums {
    const NONE: Self = Self { values: [0; SUMMED.len()], known: 0 };

    fn of(amounts: [Option<i64>; SUMMED.len()]) -> Self {
        let known = amounts.iter().rev().fold(0, |known, amount| known << 1 | u16::from(amount.is_some()));
        Self { values: amounts.map(Option::unwrap_or_default), known }
    }

    fn get(&self, column: usize) -> Option<i64> {
        (self.known >> column & 1 == 1).then_some(self.values[column])
    }

    fn is_none(&self) -> bool {
        self.known == 0
    }

    fn add(&mut self, other: &Self) {
        for (sum, value) in self.values.iter_mut().zip(other.values) {
            *sum += value;
        }
        self.known |= other.known;
    }

    fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }
}

impl Group {
    fn new(service_type: ServiceType, office: OfficeNo, first_row: u64) -> Self {
        Self { service_type, office, first_row, rows: 0, rows_within: 0, classes: Default::default() }
    }

    fn class(&mut self, class: usize) -> &mut Class {
        self.classes[class].get_or_insert_default()
    }

    fn sums(&self, class: usize) -> &Sums {
        self.classes[class].as_ref().map_or(&Sums::NONE, |class| &class.sums)
    }

    /// The sums of all classes together.
    fn all_sums(&self) -> Sums {
        self.classes.iter().flatten().fold(Sums::NONE, |sums, class| sums.plus(&class.sums))
    }

    fn subtotals(&self) -> impl Iterator<Item = (usize, &TotalRow)> {
        let classes = self.classes.iter().enumerate();
        classes.filter_map(|(number, class)| Some((number, class.as_ref()?.subtotal.as_ref()?)))
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
            unit_price: column("unit_price"),
            tais: column("tais_code"),
            notification: column("equipment_notification_code"),
            over_30_days: column("over_30_days"),
            empty_on_totals: [column("discounted_rate"), column("discounted_units")],
            summed: SUMMED.map(column),
            served: Served::new(offices, office),
            slips: Vec::new(),
            people: HashMap::default(),
            last: None,
            rows: HashMap::new(),
            hasher: RandomState::default(),
        }
    }

    fn service(&mut self, row: &Row<'_>, person: Person, code: ServiceCode, findings: &mut Findings) {
        let service_type = code.service_type();
        check_scope(service_type, self.code, row, findings);
        check_equipment(service_type, self.tais, self.notification, row, findings);
        self.check_unit_price(row, findings);
        if !service::is_equipment_rental(service_type) {
            self.check_repeated(row, person, findings);
        }
        let amounts = self.amounts(row);
        let class = self.class(row, &amounts);
        if let Some(group) = self.group(row, person, service_type) {
            group.rows += 1;
            group.rows_within += u32::from(class == WITHIN);
            group.class(class).sums.add(&amounts);
        }
    }

    fn check_unit_price(&self, row: &Row<'_>, findings: &mut Findings) {
        let price = self.unit_price.value::<Decimal>(row);
        if price.is_some_and(|price| !UNIT_PRICES.contains(&price.hundredths)) {
            findings.push(self.unit_price.finding(Code::UnitPriceImplausible, row));
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

    fn amounts(&self, row: &Row<'_>) -> Sums {
        Sums::of(self.summed.map(|column| column.number(row)))
    }

    /// Which of a group's sums a service belongs to.
    fn class(&self, row: &Row<'_>, amounts: &Sums) -> usize {
        if self.over_30_days.bytes(row) == b"1" { 2 } else { usize::from(amounts.known & LIMIT_COLUMNS == 0) }
    }

    /// The slip of a person, which begins in this row if it is not there yet.
    fn slip(&mut self, person: Person, row: u64) -> &mut Slip {
        let index = match self.last {
            Some((last, index)) if last == person => index,
            _ => *self.people.entry(person).or_insert_with(|| {
                self.slips.push(Slip { first_row: row, ..Slip::default() });
                self.slips.len() - 1
            }),
        };
        self.last = Some((person, index));
        &mut self.slips[index]
    }

    fn group(&mut self, row: &Row<'_>, person: Person, service_type: ServiceType) -> Option<&mut Group> {
        let office: OfficeNo = self.office.value(row)?;
        let groups = &mut self.slip(person, row.number()).groups;
        let is_same = |group: &Group| (group.service_type, group.office) == (service_type, office);
        let index = groups.iter().position(is_same).unwrap_or_else(|| {
            groups.push(Group::new(service_type, office, row.number()));
            groups.len() - 1
        });
        groups.get_mut(index)
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
        match &mut group.class(class).subtotal {
            Some(first) => {
                findings.push(Finding::in_row(Code::SubtotalTwice, total.row).with("other", first.row));
            }
            none => *none = Some(total),
        }
    }

    fn grand_total(&mut self, row: &Row<'_>, person: Person, findings: &mut Findings) {
        let total = TotalRow { row: row.number(), amounts: self.amounts(row) };
        let slip = self.slip(person, row.number());
        if slip.grand_total.is_some() {
            findings.push(Finding::in_row(Code::GrandTotalTwice, total.row));
        } else {
            slip.grand_total = Some(Box::new(total));
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
        for (index, group) in slip.groups.iter().enumerate() {
            let of_type = || slip.groups.iter().filter(|other| other.service_type == group.service_type);
            let is_first = slip.groups[..index].iter().all(|other| other.service_type != group.service_type);
            if let Some(code) = missing_subtotal(of_type()).filter(|_| is_first) {
                let finding = Finding::in_row(code, group.first_row);
                findings.push(finding.with("value", group.service_type));
            }
            for (class, subtotal) in group.subtotals() {
                let of_class = of_type().fold(Sums::NONE, |sums, group| sums.plus(group.sums(class)));
                let of_all = of_type().fold(Sums::NONE, |sums, group| sums.plus(&group.all_sums()));
                self.check_subtotal(subtotal, class, group, [&of_class, &of_all], findings);
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
        [of_type, all_of_type]: [&Sums; 2],
        findings: &mut Findings,
    ) {
        if group.rows == 0 && all_of_type.is_none() {
            findings.push(Finding::in_row(Code::SubtotalWithoutRows, subtotal.row));
            return;
        }
        let allowed = [group.sums(class), of_type, &group.all_sums(), all_of_type];
        self.check_sums(Code::SubtotalWrong, subtotal, &allowed, findings);
    }

    /// The grand total sums all services or, where they are without amounts, the subtotals; some writers sum
    /// only what counts against the limit.
    fn check_grand_total(&self, total: &TotalRow, slip: &Slip, findings: &mut Findings) {
        let [mut all, mut within, mut subtotals] = [Sums::NONE; 3];
        for group in &slip.groups {
            all.add(&group.all_sums());
            within.add(group.sums(WITHIN));
            let mut has_subtotal = false;
            for (_, subtotal) in group.subtotals() {
                subtotals.add(&subtotal.amounts);
                has_subtotal = true;
            }
            if !has_subtotal {
                subtotals.add(&group.all_sums());
            }
        }
        self.check_sums(Code::GrandTotalWrong, total, &[&all, &within, &subtotals], findings);
    }

    /// A value must be one of the sums that are known; where no row has a value, it stands for itself.
    fn check_sums(&self, code: Code, total: &TotalRow, allowed: &[&Sums], findings: &mut Findings) {
        for column in 0..SUMMED.len() {
            let amount = total.amounts.get(column);
            let mut known = allowed.iter().filter_map(|sums| sums.get(column)).peekable();
            if amount.is_some() && known.peek().is_some() && known.all(|sum| amount != Some(sum)) {
                findings.push(self.finding_at(code, total.row, column));
            }
        }
    }
}

/// What to say of a service type without a subtotal of what counts against the limit. The standard demands one when
/// a type has several rows; it does not say whether rows of several offices, or outside the limit, are counted, and
/// a subtotal of zero for a type that never counts makes no sense.
fn missing_subtotal<'a>(of_type: impl Iterator<Item = &'a Group>) -> Option<Code> {
    let (mut rows, mut within, mut most_of_an_office) = (0, 0, 0);
    for group in of_type {
        if group.subtotals().any(|(class, _)| class == WITHIN) {
            return None;
        }
        rows += group.rows;
        within += group.rows_within;
        most_of_an_office = most_of_an_office.max(group.rows_within);
    }
    if most_of_an_office > 1 {
        return Some(Code::SubtotalMissing);
    }
    (within > 0 && rows > 1).then_some(Code::SubtotalDoubtful)
}

impl Rules for DetailRules {
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings) {
        let (Some(person), Some(code)) = (person, self.code.value::<ServiceCode>(row)) else {
            return;
        };
        self.slip(person, row.number());
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
            ServiceCodeRole::SubtotalWithin => self.subtotal(row, person, (service_type, WITHIN), findings),
            ServiceCodeRole::SubtotalOutside => self.subtotal(row, person, (service_type, 1), findings),
            ServiceCodeRole::SubtotalOver30Days => self.subtotal(row, person, (service_type, 2), findings),
            ServiceCodeRole::GrandTotal => self.grand_total(row, person, findings),
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for slip in &self.slips {
            self.check_slip(slip, findings);
        }
        if let Some(served) = &self.served {
            served.finish(findings);
        }
    }
}
