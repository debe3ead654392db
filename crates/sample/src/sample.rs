//! The send units of a month, made one after the other.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use tasuki_standard::{CsvVersion, FileKind};
use tasuki_terms::ServiceMonth;

use crate::actual::actual_visits;
use crate::case::Case;
use crate::caseload::assign;
use crate::catalogue::Care;
use crate::dice::Dice;
use crate::files::{detail, plan, slip, supplement};
use crate::name::{FileName, SampleFile};
use crate::options::{Office, Options, OptionsError};
use crate::person::Person;

/// Service type of care management in file names.
const CARE_MANAGEMENT: &str = "43";

/// Most people in one send unit. Larger caseloads are sent in several, so that no file grows without bound.
const PEOPLE_IN_A_UNIT: usize = 500;

/// Day of the month before on which the plans are made.
const PLANNING_DAY: i32 = 25;

/// A month of a care-management office and its service offices, ready to be written out.
#[derive(Debug)]
pub struct Sample {
    options: Options,
    version: CsvVersion,
    cares: Vec<&'static Care>,
    /// For each person the indices of their offices.
    caseload: Vec<Vec<usize>>,
    units: Vec<Unit>,
}

/// A send unit (送信単位) between the care-management office and a service office, given by its index.
#[derive(Debug)]
enum Unit {
    /// Tables 1 to 3 of one person: some readers take the first row's person for all.
    ServicePlan { office: usize, person: usize },
    /// Tables 6 and 7 of some of the office's people.
    UsageSlip { office: usize, people: Vec<usize> },
    /// Actuals of some of the office's people.
    Actuals { office: usize, people: Vec<usize> },
}

impl Sample {
    /// Decides who goes where; the files are made when they are asked for.
    ///
    /// # Errors
    /// When the options cannot be met.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let version = options.version()?;
        let cares = options.cares()?;
        let people = usize::try_from(options.people).unwrap_or(usize::MAX);
        let caseload = assign(people, &cares, &mut Dice::new(options.seed, 0));
        let units = units(&caseload, cares.len());
        Ok(Self { options, version, cares, caseload, units })
    }

    /// Version of the files.
    pub fn version(&self) -> CsvVersion {
        self.version
    }

    /// The files: for each service office those that it gets, tables 1 to 3 of each person and then tables 6
    /// and 7 of all, and after these the actuals that the offices return. Each send unit has a serial of its
    /// own. Only one unit is held in memory at a time.
    pub fn files(&self) -> impl Iterator<Item = SampleFile> + '_ {
        self.units.iter().enumerate().flat_map(|(number, unit)| match unit {
            Unit::ServicePlan { office, person } => self.service_plan(number, *office, *person),
            Unit::UsageSlip { office, people } => self.usage_slip(number, *office, people),
            Unit::Actuals { office, people } => self.actuals(number, *office, people).into_iter().collect(),
        })
    }

    fn service_plan(&self, number: usize, office: usize, person: usize) -> Vec<SampleFile> {
        let case = self.case(person);
        let mut dice = self.dice(person, Purpose::Words);
        let files = [
            (FileKind::ServicePlan1, plan::table_1(self, &case, &mut dice)),
            (FileKind::ServicePlan2, plan::table_2(self, &case)),
            (FileKind::ServicePlan3, plan::table_3(self, &case)),
            (FileKind::UserSupplement, supplement::of_plan(self, &case)),
        ];
        self.sent(number, office, files)
    }

    fn usage_slip(&self, number: usize, office: usize, people: &[usize]) -> Vec<SampleFile> {
        let cases: Vec<Case> = people.iter().map(|person| self.case(*person)).collect();
        let files = [
            (FileKind::UsageSlipPlan, slip::plan(self, &cases)),
            (FileKind::UsageSlipDetail, detail::table_7(self, &cases)),
            (FileKind::UserSupplement, supplement::of_month(self, &cases)),
        ];
        self.sent(number, office, files)
    }

    /// The files of a unit that goes to a service office; those that the version has not are `None`.
    fn sent<const N: usize>(
        &self,
        number: usize,
        office: usize,
        files: [(FileKind, Option<Vec<u8>>); N],
    ) -> Vec<SampleFile> {
        let is_month = files.iter().any(|(kind, _)| *kind == FileKind::UsageSlipPlan);
        let name = FileName {
            version: self.version,
            month: is_month.then_some(self.options.month),
            sender: (self.care_office().number, CARE_MANAGEMENT),
            receiver: (self.office(office).number, self.cares[office].code),
            serial: serial(number, self.made()),
        };
        files.into_iter().filter_map(|(kind, bytes)| Some(name.file(kind, bytes?))).collect()
    }

    fn actuals(&self, number: usize, office: usize, people: &[usize]) -> Option<SampleFile> {
        let mut cases = Vec::with_capacity(people.len());
        for person in people {
            let case = self.case(*person);
            let mut dice = self.dice(*person, Purpose::Actuals);
            let services = case.services.iter().filter(|service| service.office == office);
            let visits: Vec<_> =
                services.flat_map(|service| actual_visits(&case, service, &mut dice)).collect();
            if !visits.is_empty() {
                cases.push((case, visits));
            }
        }
        if cases.is_empty() {
            return None;
        }
        let name = FileName {
            version: self.version,
            month: Some(self.options.month),
            sender: (self.office(office).number, self.cares[office].code),
            receiver: (self.care_office().number, CARE_MANAGEMENT),
            serial: serial(number, self.returned()),
        };
        let bytes = slip::actuals(self, office, &cases)?;
        Some(name.file(FileKind::UsageSlipActual, bytes))
    }

    /// A person's month, always the same one.
    fn case(&self, person: usize) -> Case {
        let mut dice = self.dice(person, Purpose::Case);
        let number = u32::try_from(person).unwrap_or(u32::MAX);
        let of_person = Person::new(number, self.month().first_day(), self.made(), &mut dice);
        let offices: Vec<_> =
            self.caseload[person].iter().map(|office| (*office, self.cares[*office])).collect();
        Case::plan(of_person, &offices, self.month(), &mut dice)
    }

    fn dice(&self, person: usize, purpose: Purpose) -> Dice {
        Dice::new(self.options.seed, 1 + person as u64 * 3 + purpose as u64)
    }

    pub(crate) fn month(&self) -> ServiceMonth {
        self.options.month
    }

    /// The day on which the plans are made.
    pub(crate) fn made(&self) -> Date {
        self.month().previous().first_day().saturating_add((PLANNING_DAY - 1).days())
    }

    /// The day on which the actuals are returned.
    pub(crate) fn returned(&self) -> Date {
        self.month().next().first_day()
    }

    pub(crate) fn care_office(&self) -> &Office {
        &self.options.care_office
    }

    pub(crate) fn office(&self, index: usize) -> &Office {
        &self.options.service_offices[index].office
    }
}

/// Serial of a unit: the time at which it is made, one second after the unit before.
fn serial(number: usize, day: Date) -> DateTime {
    let seconds = i64::try_from(number).unwrap_or(0);
    day.at(6, 0, 0, 0).saturating_add(seconds.seconds())
}

/// What chance is used for, so that each use is independent of the others.
#[derive(Clone, Copy)]
enum Purpose {
    Case,
    Words,
    Actuals,
}

/// All units: those to each office, then those from each office.
fn units(caseload: &[Vec<usize>], offices: usize) -> Vec<Unit> {
    let mut people_of = vec![Vec::new(); offices];
    for (person, offices) in caseload.iter().enumerate() {
        for office in offices {
            people_of[*office].push(person);
        }
    }
    let mut units = Vec::new();
    for (office, people) in people_of.iter().enumerate() {
        units.extend(people.iter().map(|person| Unit::ServicePlan { office, person: *person }));
        units.extend(parts(people).map(|people| Unit::UsageSlip { office, people }));
    }
    for (office, people) in people_of.iter().enumerate() {
        units.extend(parts(people).map(|people| Unit::Actuals { office, people }));
    }
    units
}

fn parts(people: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    people.chunks(PEOPLE_IN_A_UNIT).map(<[usize]>::to_vec)
}
