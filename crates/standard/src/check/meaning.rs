//! Depth 5: meaning. What the fields of a file say together.

mod column;
mod detail;
mod listed;
mod plan;
mod prevention;
mod slip;
mod supplement;

use std::collections::{BTreeMap, BTreeSet};

use column::Column;
use listed::ListedRules;

use super::code::Code;
use super::finding::{Finding, Findings};
use crate::codes::ServiceCodes;
use crate::layout::Layout;
use crate::name::FileName;
use crate::read::Row;
use crate::service;
use crate::value::{OfficeNo, OrZero, ServiceMonth, ServiceType};
use crate::{CsvVersion, FileKind};

/// An insured person by the bytes of insurer and insured number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::check) struct Person([u8; 16]);

/// What a row is about: a person's plan, month or record, as the standard relates files by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::check) struct RecordKey {
    pub(in crate::check) person: Person,
    /// Plan date, consultation date or month.
    pub(in crate::check) when: [u8; 8],
    /// Service type of actuals and of their deletion, which leave those of other types alone; empty in others.
    pub(in crate::check) service_type: [u8; 2],
}

/// What a file holds, for the checks across files.
pub(super) struct Conclusion {
    pub(super) people: u64,
    pub(super) records: BTreeMap<RecordKey, u64>,
    pub(super) images: Vec<(String, u64)>,
}

/// The rules of one kind of file.
trait Rules {
    /// Judges a row with the right number of fields.
    fn row(&mut self, row: &Row<'_>, person: Option<Person>, findings: &mut Findings);

    /// Judges the file as a whole, after its last row.
    fn finish(&mut self, _: &mut Findings) {}

    /// Names of images that the rows refer to.
    fn images(&mut self) -> Vec<(String, u64)> {
        Vec::new()
    }
}

/// The offices of a file's name, for the rules that compare them with the rows.
#[derive(Clone, Copy)]
struct Offices {
    sender: OfficeNo,
    receiver: OfficeNo,
    types: Option<(ServiceType, ServiceType)>,
}

impl Offices {
    /// The sender, unless it plans care: then rows may be of any office.
    fn serving_sender(&self) -> Option<OfficeNo> {
        (!self.types.is_some_and(|(from, _)| is_care_management(from))).then_some(self.sender)
    }

    /// The receiver of actuals, unless a planning office passes them on to another.
    fn planning_receiver(&self) -> Option<OfficeNo> {
        (!self.types.is_some_and(|(from, _)| is_care_management(from))).then_some(self.receiver)
    }

    /// The receiver, unless it plans care: such an office gets plans without giving services.
    fn serving_receiver(&self) -> Option<OfficeNo> {
        (!self.types.is_some_and(|(_, to)| is_care_management(to))).then_some(self.receiver)
    }
}

/// 居宅介護支援, 介護予防支援 and 介護予防ケアマネジメント.
fn is_care_management(service_type: ServiceType) -> bool {
    matches!(service_type.as_str(), "43" | "46" | "AF")
}

/// All that is judged over the rows of a file.
pub(super) struct Meaning<'a> {
    kind: FileKind,
    version: CsvVersion,
    insurer: Column,
    insured: Column,
    when: Column,
    service: Column,
    month: Column,
    name_month: Option<OrZero<ServiceMonth>>,
    /// The month of the name, as it must stand in the rows.
    expected_month: Option<String>,
    first_month: Option<Vec<u8>>,
    rules: Box<dyn Rules>,
    listed: Option<ListedRules<'a>>,
    people: BTreeSet<Person>,
    records: BTreeMap<RecordKey, u64>,
    last_key: Option<RecordKey>,
}

impl<'a> Meaning<'a> {
    pub(super) fn new(
        kind: FileKind,
        layout: &'static Layout,
        name: Option<&FileName>,
        table: Option<&'a ServiceCodes>,
    ) -> Self {
        let offices = name.map(|name| Offices {
            sender: name.sender,
            receiver: name.receiver,
            types: name.service_types,
        });
        Self {
            kind,
            version: layout.version,
            insurer: Column::named(layout, "insurer_no"),
            insured: Column::named(layout, "insured_no"),
            when: Column::named(layout, when_name(kind, name)),
            service: Column::named(layout, service_name(kind)),
            month: Column::named(layout, month_name(kind)),
            name_month: name.and_then(|name| name.month),
            expected_month: name.and_then(|name| name.month).map(month_text),
            first_month: None,
            rules: rules_of(kind, layout, name, offices),
            listed: table.and_then(|table| ListedRules::new(kind, layout, table)),
            people: BTreeSet::new(),
            records: BTreeMap::new(),
            last_key: None,
        }
    }

    pub(super) fn row(&mut self, row: &Row<'_>, findings: &mut Findings) {
        self.check_month(row, findings);
        let person = self.person(row);
        if let Some(person) = person {
            self.note_record(row, person, findings);
        }
        self.rules.row(row, person, findings);
        if let Some(listed) = &mut self.listed {
            listed.row(row, findings);
        }
    }

    pub(super) fn finish(mut self, findings: &mut Findings) -> Conclusion {
        self.rules.finish(findings);
        let images = self.rules.images();
        Conclusion { people: self.people.len() as u64, records: self.records, images }
    }

    fn person(&self, row: &Row<'_>) -> Option<Person> {
        let mut key = [0; 16];
        let (insurer, insured) = (self.insurer.bytes(row), self.insured.bytes(row));
        if insurer.len() != 6 || insured.len() != 10 {
            return None;
        }
        key[..6].copy_from_slice(insurer);
        key[6..].copy_from_slice(insured);
        Some(Person(key))
    }

    fn note_record(&mut self, row: &Row<'_>, person: Person, findings: &mut Findings) {
        let when = start_of(self.when.bytes(row));
        let service_type = start_of(self.service.bytes(row));
        let key = RecordKey { person, when, service_type };
        // Rows of a record follow each other: most rows need no look-up.
        if self.last_key == Some(key) && !is_one_row_per_record(self.kind) {
            return;
        }
        self.last_key = Some(key);
        if self.people.insert(person) && self.people.len() == 2 && is_better_alone(self.kind, self.name_month)
        {
            findings.push(Finding::in_row(Code::SeveralPeople, row.number()));
        }
        let first = *self.records.entry(key).or_insert(row.number());
        if first != row.number() && is_one_row_per_record(self.kind) {
            findings.push(Finding::in_row(Code::DuplicateRecord, row.number()).with("other", first));
        }
    }

    fn check_month(&mut self, row: &Row<'_>, findings: &mut Findings) {
        let value = self.month.bytes(row);
        if !self.month.exists() || value.is_empty() {
            return;
        }
        let is_first = self.first_month.is_none();
        let first = self.first_month.get_or_insert_with(|| value.to_vec());
        match &self.expected_month {
            Some(expected) if value != expected.as_bytes() => {
                let finding = self.month.finding(Code::MonthDisagreesWithName, row);
                findings.push(finding.with("month", expected));
            }
            None if value != first.as_slice() => {
                findings.push(self.month.finding(Code::MonthsDiffer, row));
            }
            Some(_) | None => {}
        }
        if is_first {
            self.check_version(row, findings);
        }
    }

    fn check_version(&self, row: &Row<'_>, findings: &mut Findings) {
        let in_row = || ServiceMonth::from_bytes(self.month.bytes(row)).ok();
        let Some(month) = self.name_month.map_or_else(in_row, OrZero::value) else {
            return;
        };
        let finding = |code| Finding::in_row(code, row.number()).with("month", month);
        match CsvVersion::for_month(month) {
            None => findings.push(finding(Code::MonthBeforeVersions)),
            Some(expected) if expected != self.version => {
                let finding = finding(Code::VersionNotForMonth);
                findings.push(finding.with("expected", expected).with("value", self.version));
            }
            Some(_) => {}
        }
    }
}

fn rules_of(
    kind: FileKind,
    layout: &'static Layout,
    name: Option<&FileName>,
    offices: Option<Offices>,
) -> Box<dyn Rules> {
    match kind {
        FileKind::UserSupplement => {
            Box::new(supplement::SupplementRules::new(layout, name.and_then(|name| name.month)))
        }
        FileKind::ServicePlan1 => Box::new(plan::Plan1Rules::new(layout, offices)),
        FileKind::ServicePlan2 => Box::new(plan::Plan2Rules::new(layout, offices)),
        FileKind::ServicePlan3 => Box::new(plan::Plan3Rules::new(layout)),
        FileKind::UsageSlipPlan => Box::new(slip::SlipRules::of_plan(layout, offices)),
        FileKind::UsageSlipActual => Box::new(slip::SlipRules::of_actuals(layout, offices)),
        FileKind::UsageSlipActualDeletion => Box::new(slip::ActualDeletionRules::new(layout, offices)),
        FileKind::UsageSlipDetail => Box::new(detail::DetailRules::new(layout, offices)),
        FileKind::PreventionBasicInfo => Box::new(prevention::BasicInfoRules::new(layout, name.cloned())),
        FileKind::PreventionPlan => Box::new(prevention::PreventionPlanRules::new(layout)),
        FileKind::ServicePlan1Deletion
        | FileKind::UsageSlipPlanDeletion
        | FileKind::PreventionBasicInfoDeletion
        | FileKind::PreventionBasicInfoSchedule
        | FileKind::PreventionBasicInfoHistory
        | FileKind::PreventionBasicInfoImage
        | FileKind::PreventionPlanDeletion
        | FileKind::PreventionPlanDetail => Box::new(NoRules),
    }
}

/// Kinds of which nothing more can be said.
struct NoRules;

impl Rules for NoRules {
    fn row(&mut self, _: &Row<'_>, _: Option<Person>, _: &mut Findings) {}
}

/// The third part of the key by which files are related.
fn when_name(kind: FileKind, name: Option<&FileName>) -> &'static str {
    match kind {
        FileKind::UserSupplement if name.is_some_and(|name| name.service_month().is_some()) => "target_month",
        FileKind::UsageSlipPlan | FileKind::UsageSlipActual | FileKind::UsageSlipDetail => "target_month",
        FileKind::UsageSlipPlanDeletion | FileKind::UsageSlipActualDeletion => "delete_month",
        FileKind::PreventionBasicInfo
        | FileKind::PreventionBasicInfoDeletion
        | FileKind::PreventionBasicInfoSchedule
        | FileKind::PreventionBasicInfoHistory => "consultation_date",
        _ => "plan_date",
    }
}

fn month_text(month: OrZero<ServiceMonth>) -> String {
    month.value().map_or_else(|| "000000".to_owned(), |month| month.to_string())
}

/// Where the service type stands in actuals and their deletion: a code of service starts with its type.
fn service_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::UsageSlipActual => "service_code",
        FileKind::UsageSlipActualDeletion => "service_type",
        _ => "",
    }
}

/// The first bytes of a value, filled up with blanks.
fn start_of<const N: usize>(value: &[u8]) -> [u8; N] {
    let mut start = [b' '; N];
    let length = value.len().min(N);
    start[..length].copy_from_slice(&value[..length]);
    start
}

fn month_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::UsageSlipPlanDeletion | FileKind::UsageSlipActualDeletion => "delete_month",
        _ => "target_month",
    }
}

/// One row for each person and plan (section 8 of the tables' notes).
fn is_one_row_per_record(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::UserSupplement
            | FileKind::ServicePlan1
            | FileKind::PreventionBasicInfo
            | FileKind::PreventionPlan
    ) || kind.is_deletion() && kind != FileKind::UsageSlipActualDeletion
}

/// Files that some readers take to be about one person: tables 1 to 3 and their supplement.
fn is_better_alone(kind: FileKind, month: Option<OrZero<ServiceMonth>>) -> bool {
    match kind {
        FileKind::ServicePlan1 | FileKind::ServicePlan2 | FileKind::ServicePlan3 => true,
        FileKind::UserSupplement => month == Some(OrZero::Zero),
        _ => false,
    }
}

/// Reports a service type that the standard does not list, or keeps out of the exchange.
fn check_scope(service_type: ServiceType, column: Column, row: &Row<'_>, findings: &mut Findings) {
    match service::service_type_info(service_type) {
        None => findings.push(column.finding(Code::ServiceTypeUnknown, row).with("value", service_type)),
        Some(info) if !info.in_scope => {
            let finding = column.finding(Code::ServiceTypeOutOfScope, row);
            findings.push(finding.with("value", service_type).with("name", info.name_ja));
        }
        Some(_) => {}
    }
}

/// Whether the persons of a file get something from the office that receives it.
struct Served {
    receiver: OfficeNo,
    office: Column,
    people: BTreeMap<Person, (u64, bool)>,
    last: Option<(Person, bool)>,
}

impl Served {
    fn new(offices: Option<Offices>, office: Column) -> Option<Self> {
        let receiver = offices?.serving_receiver()?;
        Some(Self { receiver, office, people: BTreeMap::new(), last: None })
    }

    fn row(&mut self, row: &Row<'_>, person: Person) {
        let by_receiver = self.office.bytes(row) == self.receiver.as_str().as_bytes();
        // Rows of a person follow each other: most tell nothing new.
        if self.last.is_some_and(|(last, served)| last == person && (served || !by_receiver)) {
            return;
        }
        let (_, served) = self.people.entry(person).or_insert((row.number(), false));
        *served |= by_receiver;
        self.last = Some((person, *served));
    }

    fn finish(&self, findings: &mut Findings) {
        let mut rows: Vec<u64> =
            self.people.values().filter(|(_, served)| !served).map(|(row, _)| *row).collect();
        rows.sort_unstable();
        for row in rows {
            findings.push(Finding::in_row(Code::PersonNotServed, row).with("office", self.receiver));
        }
    }
}

/// Reports an office number of a row that is not the one in the file name.
fn check_office(
    code: Code,
    column: Column,
    expected: Option<OfficeNo>,
    row: &Row<'_>,
    findings: &mut Findings,
) {
    let value = column.bytes(row);
    if let Some(expected) = expected.filter(|no| !value.is_empty() && value != no.as_str().as_bytes()) {
        findings.push(column.finding(code, row).with("office", expected));
    }
}

/// Reports a start that is after its end.
fn check_period(start: Column, end: Column, row: &Row<'_>, findings: &mut Findings) {
    if let (Some(from), Some(to)) = (start.date(row), end.date(row))
        && from > to
        && let Some(end) = end.field()
    {
        findings
            .push(start.finding(Code::PeriodReversed, row).with_names("other", [end.name_ja, end.name_en]));
    }
}

/// Reports a choice that needs a text which is empty.
fn check_other_text(choice: Column, code: &[u8], text: Column, row: &Row<'_>, findings: &mut Findings) {
    if choice.bytes(row) == code
        && text.bytes(row).is_empty()
        && let Some(choice) = choice.field()
    {
        let finding = text.finding(Code::OtherWithoutText, row);
        findings.push(finding.with_names("other", [choice.name_ja, choice.name_en]));
    }
}

/// Reports a date of birth that is after another day of the row.
fn check_birth(birth: Column, other: Column, row: &Row<'_>, findings: &mut Findings) {
    if let (Some(birth_date), Some(day)) = (birth.date(row), other.date(row))
        && birth_date > day
    {
        findings.push(birth.finding(Code::BornLater, row));
    }
}
