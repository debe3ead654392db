//! What is wanted, and what of it cannot be had.

use std::collections::BTreeSet;

use tasuki_standard::CsvVersion;
use tasuki_terms::{OfficeNo, ServiceMonth, ServiceType};

use crate::catalogue::{CARES, Care, care};
use crate::table::is_writable;

/// Most people a month is made up for.
pub const MAX_PEOPLE: u32 = 10_000;

/// Most service offices.
pub const MAX_OFFICES: usize = 200;

/// First month with a version that Tasuki writes (202208).
const FIRST_MONTH: (i16, i8) = (2023, 1);

/// First month of version 202407.
const FIRST_MONTH_OF_202407: (i16, i8) = (2025, 4);

/// Last year; certificates reach some years beyond it.
const LAST_YEAR: i16 = 2099;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Service month (対象年月), 2023-01 to 2099-12.
    pub month: ServiceMonth,
    /// Version of the files; `None` for the one that the month asks for.
    pub version: Option<CsvVersion>,
    /// Number of people, 1 to [`MAX_PEOPLE`].
    pub people: u32,
    /// The office that plans their care (居宅介護支援事業所).
    pub care_office: Office,
    /// The offices that give it (サービス事業所), 1 to [`MAX_OFFICES`].
    pub service_offices: Vec<ServiceOffice>,
    /// Where chance starts. The same options give the same bytes.
    pub seed: u64,
}

/// Number and name of an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Office number.
    pub number: OfficeNo,
    /// Name, one line of characters that MS932 has.
    pub name: String,
}

/// An office that gives one kind of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOffice {
    /// Number, which no other service office has, and name.
    pub office: Office,
    /// What it gives; one of [`service_types`].
    pub service_type: ServiceType,
}

/// Why a sample cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The month is before the first version that Tasuki writes, or too far ahead.
    #[error("no version of the standard is known for {0}; months are 202301 to 209912")]
    Month(ServiceMonth),
    /// The version is not the one that the standard asks for in the month.
    #[error("files of {month} have version {expected}, not {wanted}")]
    Version {
        /// The month.
        month: ServiceMonth,
        /// Its version.
        expected: CsvVersion,
        /// The version that was asked for.
        wanted: CsvVersion,
    },
    /// Too few or too many people.
    #[error("a sample is of 1 to {MAX_PEOPLE} people, not {0}")]
    People(u32),
    /// Too few or too many service offices.
    #[error("a sample is of 1 to {MAX_OFFICES} service offices, not {0}")]
    Offices(usize),
    /// Two service offices have one number.
    #[error("two service offices have the number {0}")]
    OfficeTwice(OfficeNo),
    /// Nothing is known of this kind of service.
    #[error("office {office} gives service type {service_type}, of which no sample can be made")]
    ServiceType {
        /// The office.
        office: OfficeNo,
        /// Its service type.
        service_type: ServiceType,
    },
    /// The name of an office cannot be written.
    #[error("the name of office {0} is empty, of several lines, or has a character that MS932 has not")]
    Name(OfficeNo),
}

impl Options {
    /// People and service offices in these numbers, with made-up offices.
    pub fn new(month: ServiceMonth, people: u32, offices: usize, seed: u64) -> Self {
        Self {
            month,
            version: None,
            people,
            care_office: Office::made_up(0, "みほん居宅介護支援事業所".to_owned()),
            service_offices: (0..offices.min(MAX_OFFICES + 1)).map(ServiceOffice::made_up).collect(),
            seed,
        }
    }

    /// The version of the files.
    ///
    /// # Errors
    /// When the month has no version, or another one than was asked for.
    pub(crate) fn version(&self) -> Result<CsvVersion, OptionsError> {
        let month = (self.month.year(), self.month.month());
        if month < FIRST_MONTH || self.month.year() > LAST_YEAR {
            return Err(OptionsError::Month(self.month));
        }
        let expected = if month < FIRST_MONTH_OF_202407 { CsvVersion::V202208 } else { CsvVersion::V202407 };
        match self.version {
            Some(wanted) if wanted != expected => {
                Err(OptionsError::Version { month: self.month, expected, wanted })
            }
            _ => Ok(expected),
        }
    }

    /// The kinds of care of the service offices, in their order.
    ///
    /// # Errors
    /// When people or offices are too few, too many, doubled, of an unknown kind or of an unwritable name.
    pub(crate) fn cares(&self) -> Result<Vec<&'static Care>, OptionsError> {
        if !(1..=MAX_PEOPLE).contains(&self.people) {
            return Err(OptionsError::People(self.people));
        }
        if !(1..=MAX_OFFICES).contains(&self.service_offices.len()) {
            return Err(OptionsError::Offices(self.service_offices.len()));
        }
        self.care_office.check_name()?;
        let mut numbers = BTreeSet::new();
        let cares = self.service_offices.iter().map(|service_office| {
            let ServiceOffice { office, service_type } = service_office;
            office.check_name()?;
            if !numbers.insert(office.number) {
                return Err(OptionsError::OfficeTwice(office.number));
            }
            let unknown = OptionsError::ServiceType { office: office.number, service_type: *service_type };
            care(service_type.as_str()).ok_or(unknown)
        });
        cares.collect()
    }
}

impl Office {
    /// An office with the number 1370000019 for 0, 1370000027 for 1, …: a running number and a check digit.
    fn made_up(index: usize, name: String) -> Self {
        let stem = format!("137{:06}", index + 1);
        let weighted = stem.bytes().rev().enumerate().map(|(at, digit)| {
            let digit = usize::from(digit - b'0');
            if at % 2 == 0 { digit * 2 } else { digit }
        });
        let check = (10 - weighted.sum::<usize>() % 10) % 10;
        let number = format!("{stem}{check}").parse().expect("ten digits are an office number");
        Self { number, name }
    }

    fn check_name(&self) -> Result<(), OptionsError> {
        let is_good = !self.name.trim().is_empty() && is_writable(&self.name);
        if is_good { Ok(()) } else { Err(OptionsError::Name(self.number)) }
    }
}

impl ServiceOffice {
    /// The service office that comes at this place when offices are made up: the kinds of care take turns.
    fn made_up(index: usize) -> Self {
        const PLACES: [&str; 8] =
            ["みほん", "たすき", "あおば", "ひだまり", "つばさ", "こもれび", "はなみずき", "ゆうなぎ"];
        let care = &CARES[index % CARES.len()];
        let round = index / CARES.len();
        let place = PLACES[(round + index) % PLACES.len()];
        let branch = if round < PLACES.len() { String::new() } else { format!(" 第{}", full_width(round)) };
        Self {
            office: Office::made_up(index + 1, format!("{place}{}{branch}", care.office_name)),
            service_type: care.code.parse().expect("the catalogue holds service types of two characters"),
        }
    }
}

/// The service types that a sample can be made of.
pub fn service_types() -> impl Iterator<Item = ServiceType> {
    CARES.iter().map(|care| care.code.parse().expect("the catalogue holds service types of two characters"))
}

/// A number in full-width digits.
pub(crate) fn full_width(number: usize) -> String {
    let digits = number.to_string();
    digits.chars().map(|digit| char::from_u32(u32::from(digit) + 0xFEE0).unwrap_or(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(month: &str) -> Options {
        Options::new(month.parse().unwrap(), 1, 3, 1)
    }

    #[test]
    fn the_version_follows_from_the_month() {
        assert_eq!(options("202503").version(), Ok(CsvVersion::V202208));
        assert_eq!(options("202504").version(), Ok(CsvVersion::V202407));
        assert_eq!(options("202212").version(), Err(OptionsError::Month("202212".parse().unwrap())));
        assert!(options("210001").version().is_err());
    }

    #[test]
    fn a_version_that_contradicts_the_month_is_refused() {
        let wanted = |month, version| Options { version: Some(version), ..options(month) }.version();
        assert_eq!(wanted("202503", CsvVersion::V202208), Ok(CsvVersion::V202208));
        let error = wanted("202503", CsvVersion::V202407).unwrap_err();
        assert_eq!(error.to_string(), "files of 202503 have version 202208, not 202407");
        assert!(wanted("202504", CsvVersion::V202208).is_err());
    }

    #[test]
    fn made_up_numbers_go_on_from_those_of_the_manual() {
        let options = options("202510");
        assert_eq!(options.care_office.number.as_str(), "1370000019");
        let numbers: Vec<_> = options.service_offices.iter().map(|office| office.office.number).collect();
        assert_eq!(
            numbers.iter().map(OfficeNo::as_str).collect::<Vec<_>>(),
            ["1370000027", "1370000035", "1370000043"]
        );
    }

    #[test]
    fn as_many_offices_as_allowed_have_different_names_and_numbers() {
        let options = Options::new("202510".parse().unwrap(), 1, MAX_OFFICES, 1);
        assert!(options.cares().is_ok());
        let names: BTreeSet<_> = options.service_offices.iter().map(|office| &office.office.name).collect();
        assert_eq!(names.len(), MAX_OFFICES);
    }

    #[test]
    fn what_cannot_be_made_is_said() {
        let good = options("202510");
        let with = |change: fn(&mut Options)| {
            let mut options = good.clone();
            change(&mut options);
            options.cares().unwrap_err()
        };
        assert_eq!(with(|options| options.people = 0), OptionsError::People(0));
        assert_eq!(with(|options| options.people = MAX_PEOPLE + 1), OptionsError::People(10_001));
        assert_eq!(with(|options| options.service_offices.clear()), OptionsError::Offices(0));
        let no = |no: &str| no.parse().unwrap();
        let twice = with(|options| {
            options.service_offices[1].office.number = options.service_offices[0].office.number;
        });
        assert_eq!(twice, OptionsError::OfficeTwice(no("1370000027")));
        let unknown = with(|options| options.service_offices[0].service_type = "51".parse().unwrap());
        assert!(matches!(unknown, OptionsError::ServiceType { .. }));
        let name = with(|options| options.care_office.name = "𠮷".to_owned());
        assert_eq!(name, OptionsError::Name(no("1370000019")));
    }
}
