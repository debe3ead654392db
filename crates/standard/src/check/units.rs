//! Across files: the send units (送信単位) that files form, and the order in which they are imported.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::file::CheckedFile;
use super::finding::Finding;
use super::meaning::RecordKey;
use super::severity::Lang;
use crate::name::{FileName, Serial};
use crate::value::{OfficeNo, OrZero, ServiceType};
use crate::{CsvVersion, FileKind};

use FileKind as K;

/// Kind of send unit (section "送信単位" of the standard). Home care and prevention share those of the usage
/// slip and the actuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Tables 1 to 3 with supplement.
    ServicePlan,
    /// Tables 6 and 7 with supplement.
    UsageSlip,
    /// Deletion of table 1.
    ServicePlanDeletion,
    /// Deletion of a planned table 6.
    UsageSlipDeletion,
    /// Actuals.
    Actuals,
    /// Deletion of actuals.
    ActualsDeletion,
    /// Basic information of prevention, prevention plan, or both.
    Prevention,
    /// Deletion of basic information.
    BasicInfoDeletion,
    /// Deletion of a prevention plan.
    PreventionPlanDeletion,
}

/// What is said of a send unit.
#[derive(Debug)]
pub struct UnitReport {
    /// The serial that its files share.
    pub serial: Serial,
    /// What it is; `None` when files of several units share the serial.
    pub unit: Option<Unit>,
    /// Sender.
    pub from: OfficeNo,
    /// Receiver.
    pub to: OfficeNo,
    /// The names of its files as they were given, in the order of import.
    pub files: Vec<String>,
    /// What is worth saying.
    pub findings: Vec<Finding>,
}

impl Unit {
    /// Stable name, as in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServicePlan => "service-plan",
            Self::UsageSlip => "usage-slip",
            Self::ServicePlanDeletion => "service-plan-deletion",
            Self::UsageSlipDeletion => "usage-slip-deletion",
            Self::Actuals => "actuals",
            Self::ActualsDeletion => "actuals-deletion",
            Self::Prevention => "prevention",
            Self::BasicInfoDeletion => "prevention-basic-info-deletion",
            Self::PreventionPlanDeletion => "prevention-plan-deletion",
        }
    }

    /// Name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        lang.pick(match self {
            Self::ServicePlan => ["居宅サービス計画書（第1～3表）", "service plan (tables 1 to 3)"],
            Self::UsageSlip => ["利用票・別表（第6・7表）", "usage slip (tables 6 and 7)"],
            Self::ServicePlanDeletion => ["居宅サービス計画書の削除", "deletion of a service plan"],
            Self::UsageSlipDeletion => ["利用票の削除", "deletion of a usage slip"],
            Self::Actuals => ["実績", "actuals"],
            Self::ActualsDeletion => ["実績の削除", "deletion of actuals"],
            Self::Prevention => ["介護予防の基本情報・計画書", "prevention plan and basic information"],
            Self::BasicInfoDeletion => ["利用者基本情報の削除", "deletion of basic information"],
            Self::PreventionPlanDeletion => ["介護予防計画書の削除", "deletion of a prevention plan"],
        })
    }

    /// The unit that a file belongs to.
    fn of(name: &FileName) -> Self {
        match name.kind {
            K::ServicePlan1 | K::ServicePlan2 | K::ServicePlan3 => Self::ServicePlan,
            K::UserSupplement if name.month == Some(OrZero::Zero) => Self::ServicePlan,
            K::UserSupplement | K::UsageSlipPlan | K::UsageSlipDetail => Self::UsageSlip,
            K::ServicePlan1Deletion => Self::ServicePlanDeletion,
            K::UsageSlipPlanDeletion => Self::UsageSlipDeletion,
            K::UsageSlipActual => Self::Actuals,
            K::UsageSlipActualDeletion => Self::ActualsDeletion,
            K::PreventionBasicInfoDeletion => Self::BasicInfoDeletion,
            K::PreventionPlanDeletion => Self::PreventionPlanDeletion,
            K::PreventionBasicInfo
            | K::PreventionBasicInfoSchedule
            | K::PreventionBasicInfoHistory
            | K::PreventionBasicInfoImage
            | K::PreventionPlan
            | K::PreventionPlanDetail => Self::Prevention,
        }
    }

    /// Main files and what goes with each.
    fn members(self, version: CsvVersion) -> &'static [(FileKind, &'static [FileKind])] {
        match (self, version) {
            (Self::ServicePlan, CsvVersion::V202208) => {
                &[(K::ServicePlan1, &[K::ServicePlan2, K::UserSupplement])]
            }
            (Self::ServicePlan, CsvVersion::V202407) => {
                &[(K::ServicePlan1, &[K::ServicePlan2, K::ServicePlan3, K::UserSupplement])]
            }
            (Self::UsageSlip, _) => &[(K::UsageSlipPlan, &[K::UsageSlipDetail, K::UserSupplement])],
            (Self::Prevention, _) => &[
                (K::PreventionBasicInfo, &[K::PreventionBasicInfoSchedule, K::PreventionBasicInfoHistory]),
                (K::PreventionPlan, &[K::PreventionPlanDetail]),
            ],
            _ => &[],
        }
    }
}

/// Judges files together. Files whose names cannot be read belong to no unit and are passed over. The units
/// come in the order of import.
pub fn check_units(files: &[CheckedFile]) -> Vec<UnitReport> {
    let mut groups: BTreeMap<GroupKey, Group<'_>> = BTreeMap::new();
    for file in files {
        let Some(name) = &file.name else { continue };
        let key = GroupKey { serial: name.serial, from: name.sender, to: name.receiver, service_types: None };
        groups.entry(key).or_default().files.push((name, file));
    }
    let mut groups: BTreeMap<GroupKey, Group<'_>> =
        groups.into_iter().flat_map(|(key, group)| group.by_service_types(key)).collect();
    for group in groups.values_mut() {
        group.files.sort_by_key(|(name, file)| (import_rank(name.kind), &file.given_name));
    }
    let reports = groups.iter().map(|(key, group)| UnitReport {
        serial: key.serial,
        unit: group.unit(),
        from: key.from,
        to: key.to,
        files: group.files.iter().map(|(_, file)| file.given_name.clone()).collect(),
        findings: group.findings(key, &groups),
    });
    reports.collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    serial: Serial,
    from: OfficeNo,
    to: OfficeNo,
    /// Sender's and receiver's, where one serial holds the units of several.
    service_types: Option<ServiceTypes>,
}

type ServiceTypes = (ServiceType, ServiceType);

/// The place of a kind in the import of its unit: main files before their dependents, the supplement last.
fn import_rank(kind: FileKind) -> (bool, FileKind) {
    (kind == K::UserSupplement, kind)
}

/// The files with one serial from one office to one office.
#[derive(Default)]
struct Group<'a> {
    files: Vec<(&'a FileName, &'a CheckedFile)>,
}

impl<'a> Group<'a> {
    fn findings(&self, key: &GroupKey, groups: &BTreeMap<GroupKey, Group<'_>>) -> Vec<Finding> {
        let mut findings = Vec::new();
        match self.unit() {
            None => findings.push(with_kinds(Code::UnitsMixed, self.kinds())),
            Some(unit) => {
                self.check_members(unit, key, groups, &mut findings);
                if self.check_same(&mut findings) {
                    self.check_relations(unit, &mut findings);
                }
                self.check_images(&mut findings);
            }
        }
        self.check_later(key, groups, &mut findings);
        findings
    }

    /// Taken apart by service types when a kind of file is there for several of them: an office with two services
    /// under one number gets a unit for each. Otherwise types do not matter: care software fills in odd ones.
    fn by_service_types(self, key: GroupKey) -> Vec<(GroupKey, Self)> {
        let mut types: BTreeMap<FileKind, BTreeSet<Option<ServiceTypes>>> = BTreeMap::new();
        for (name, _) in &self.files {
            types.entry(name.kind).or_default().insert(name.service_types);
        }
        if types.values().all(|types| types.len() == 1) {
            return vec![(key, self)];
        }
        let mut parts: BTreeMap<Option<ServiceTypes>, Self> = BTreeMap::new();
        for (name, file) in self.files {
            parts.entry(name.service_types).or_default().files.push((name, file));
        }
        parts.into_iter().map(|(service_types, part)| (GroupKey { service_types, ..key }, part)).collect()
    }

    fn unit(&self) -> Option<Unit> {
        let units: BTreeSet<Unit> = self.files.iter().map(|(name, _)| Unit::of(name)).collect();
        if units.len() == 1 { units.first().copied() } else { None }
    }

    fn kinds(&self) -> BTreeSet<FileKind> {
        self.files.iter().map(|(name, _)| name.kind).collect()
    }

    fn file(&self, kind: FileKind) -> Option<&'a CheckedFile> {
        self.files_of(kind).next()
    }

    fn files_of(&self, kind: FileKind) -> impl Iterator<Item = &'a CheckedFile> {
        self.files.iter().filter(move |(name, _)| name.kind == kind).map(|(_, file)| *file)
    }

    fn version(&self) -> CsvVersion {
        self.files.iter().map(|(name, _)| name.version()).max().unwrap_or(CsvVersion::V202407)
    }

    /// One version, one month, one file of each kind. Whether the records of the files can be compared: those of
    /// different months are different anyway.
    fn check_same(&self, findings: &mut Vec<Finding>) -> bool {
        let versions: BTreeSet<_> = self.files.iter().filter_map(|(_, file)| file.version).collect();
        if versions.len() > 1 {
            findings.push(Finding::new(Code::UnitVersionsDisagree));
        }
        let months: BTreeSet<_> = self.files.iter().filter_map(|(name, _)| name.month).collect();
        if months.len() > 1 {
            findings.push(Finding::new(Code::UnitMonthsDisagree));
            return false;
        }
        let mut seen = BTreeSet::new();
        for (name, _) in &self.files {
            if !seen.insert((name.kind, name.branch)) {
                findings.push(with_kinds(Code::SameFileTwice, [name.kind]));
            }
        }
        true
    }

    fn check_members(
        &self,
        unit: Unit,
        key: &GroupKey,
        groups: &BTreeMap<GroupKey, Group<'_>>,
        findings: &mut Vec<Finding>,
    ) {
        let lacking = self.lacking(unit);
        if lacking.is_empty() {
            return;
        }
        let elsewhere = groups.iter().filter(|(other, group)| {
            other.serial == key.serial
                && (other.from, other.to) != (key.from, key.to)
                && group.completes(self, unit)
        });
        if elsewhere.count() > 0 {
            findings.push(with_kinds(Code::PartiesDisagree, self.kinds()));
            return;
        }
        let (mains, others): (BTreeSet<_>, BTreeSet<_>) = lacking
            .into_iter()
            .partition(|kind| unit.members(self.version()).iter().any(|(main, _)| main == kind));
        if !mains.is_empty() {
            findings.push(with_kinds(Code::MainMissing, mains));
        }
        if !others.is_empty() {
            findings.push(with_kinds(Code::MemberMissing, others));
        }
    }

    /// Kinds that should be there beside those that are.
    fn lacking(&self, unit: Unit) -> BTreeSet<FileKind> {
        let kinds = self.kinds();
        let mut lacking = BTreeSet::new();
        for (main, dependents) in unit.members(self.version()) {
            let image = (*main == K::PreventionBasicInfo).then_some(K::PreventionBasicInfoImage);
            let needs_main = dependents.iter().chain(&image).any(|kind| kinds.contains(kind));
            if kinds.contains(main) || needs_main {
                lacking.extend(std::iter::once(main).chain(*dependents).filter(|kind| !kinds.contains(kind)));
            }
        }
        lacking
    }

    /// Whether this group has just what another lacks: the two are one unit torn apart.
    fn completes(&self, other: &Group<'_>, unit: Unit) -> bool {
        let kinds = self.kinds();
        self.unit() == Some(unit)
            && kinds.is_disjoint(&other.kinds())
            && other.lacking(unit).iter().any(|kind| kinds.contains(kind))
    }

    /// Every record of a dependent file has its main record, and the other way round.
    fn check_relations(&self, unit: Unit, findings: &mut Vec<Finding>) {
        for (main_kind, dependents) in unit.members(self.version()) {
            let Some(main) = self.file(*main_kind) else {
                continue;
            };
            for kind in *dependents {
                let Some(dependent) = self.file(*kind) else {
                    continue;
                };
                let related = |code, row| {
                    let main = [&*kind_ja(*main_kind), main_kind.prefix()];
                    with_kinds(code, [*kind]).with_names("main", main).with("row", row)
                };
                if let Some(row) = first_missing(dependent, main) {
                    findings.push(related(Code::RecordWithoutMain, row));
                }
                // A person may well have no history of illness and no fixed day.
                let may_lack = matches!(kind, K::PreventionBasicInfoSchedule | K::PreventionBasicInfoHistory);
                if let Some(row) = first_missing(main, dependent).filter(|_| !may_lack) {
                    findings.push(related(Code::RecordWithoutDependent, row));
                }
            }
        }
    }

    fn check_images(&self, findings: &mut Vec<Finding>) {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let is_image = |name: &FileName| name.kind == K::PreventionBasicInfoImage;
        let there: Vec<_> =
            self.files.iter().filter(|(name, _)| is_image(name)).map(|(_, file)| &file.given_name).collect();
        let Some(main) = self.file(K::PreventionBasicInfo) else {
            return;
        };
        for (image, row) in &main.images {
            if !there.iter().any(|name| same(name, image)) {
                findings.push(Finding::new(Code::ImageMissing).with("row", row));
            }
        }
        for name in there {
            if !main.images.iter().any(|(image, _)| same(name, image)) {
                findings.push(Finding::new(Code::ImageUnused));
            }
        }
    }

    /// What later units between the same offices do to the records of this one. The last has the last word: a
    /// plan that is deleted and sent again is replaced.
    fn check_later(
        &self,
        key: &GroupKey,
        groups: &BTreeMap<GroupKey, Group<'_>>,
        findings: &mut Vec<Finding>,
    ) {
        for (kind, deletion) in REPLACED_AND_DELETED {
            let later = groups.iter().rev().filter(|(other, _)| {
                other.serial > key.serial && (other.from, other.to) == (key.from, key.to)
            });
            let last_word = later.into_iter().find_map(|(other, group)| {
                let holds_same = |later_kind| {
                    let mut later = group.files_of(later_kind);
                    later.any(|later| {
                        self.files_of(kind)
                            .any(|file| are_of_one_service(file, later) && have_common(file, later))
                    })
                };
                let code = if holds_same(kind) {
                    Code::Replaced
                } else if holds_same(deletion) {
                    Code::DeletedLater
                } else {
                    return None;
                };
                Some(Finding::new(code).with("serial", other.serial))
            });
            findings.extend(last_word);
        }
    }
}

/// Main files with the files that delete them.
const REPLACED_AND_DELETED: [(FileKind, FileKind); 5] = [
    (K::ServicePlan1, K::ServicePlan1Deletion),
    (K::UsageSlipPlan, K::UsageSlipPlanDeletion),
    (K::UsageSlipActual, K::UsageSlipActualDeletion),
    (K::PreventionBasicInfo, K::PreventionBasicInfoDeletion),
    (K::PreventionPlan, K::PreventionPlanDeletion),
];

/// The first row of a file whose record the other does not have.
fn first_missing(file: &CheckedFile, other: &CheckedFile) -> Option<u64> {
    let missing = file.records.iter().filter(|(key, _)| !other.records.contains_key(*key));
    missing.map(|(_, row)| *row).min()
}

/// Whether a later file can be about what an earlier one holds: the same tables are sent again for each service of
/// an office. A writer may exchange the two types of a name.
fn are_of_one_service(file: &CheckedFile, later: &CheckedFile) -> bool {
    let types = |file: &CheckedFile| file.name.as_ref().and_then(|name| name.service_types);
    match (types(file), types(later)) {
        (Some(one), Some(other)) => one == other || one == (other.1, other.0),
        _ => true,
    }
}

fn have_common(file: &CheckedFile, other: &CheckedFile) -> bool {
    file.records.keys().any(|key: &RecordKey| other.records.contains_key(key))
}

/// Fills in names of kinds: for Japanese readers what they are, with the prefix to find them by.
fn with_kinds(code: Code, kinds: impl IntoIterator<Item = FileKind>) -> Finding {
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    for kind in kinds {
        ja.push(kind_ja(kind));
        en.push(kind.prefix());
    }
    Finding::new(code).with_names("kinds", [&ja.join("・"), &en.join(", ")])
}

fn kind_ja(kind: FileKind) -> String {
    format!("{}（{}）", kind.name_ja(), kind.prefix())
}
