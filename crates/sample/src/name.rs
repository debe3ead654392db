//! Files and the printing of their names.

use jiff::civil::DateTime;
use tasuki_standard::{CsvVersion, FileKind};
use tasuki_terms::{OfficeNo, ServiceMonth};

/// A file of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// File name.
    pub name: String,
    /// What it holds.
    pub kind: FileKind,
    /// Office that sends it: the care-management office, or a service office for actuals.
    pub sender: OfficeNo,
    /// Office that it is for.
    pub receiver: OfficeNo,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// What the names of a send unit's files have in common.
pub(crate) struct FileName {
    pub(crate) version: CsvVersion,
    /// `None` for tables 1 to 3.
    pub(crate) month: Option<ServiceMonth>,
    /// Number and service type.
    pub(crate) sender: (OfficeNo, &'static str),
    /// Number and service type.
    pub(crate) receiver: (OfficeNo, &'static str),
    pub(crate) serial: DateTime,
}

impl FileName {
    /// A file of this unit.
    pub(crate) fn file(&self, kind: FileKind, bytes: Vec<u8>) -> SampleFile {
        let (sender, receiver) = (self.sender.0, self.receiver.0);
        SampleFile { name: self.print(kind), kind, sender, receiver, bytes }
    }

    fn print(&self, kind: FileKind) -> String {
        let mut parts = vec![kind.prefix().to_owned()];
        match self.month {
            Some(month) => parts.push(month.to_string()),
            None if kind == FileKind::UserSupplement => parts.push("000000".to_owned()),
            None => {}
        }
        for (number, service_type) in [self.sender, self.receiver] {
            parts.push(number.to_string());
            if self.version == CsvVersion::V202407 {
                parts.push(service_type.to_owned());
            }
        }
        parts.push(self.serial.strftime("%Y%m%d%H%M%S").to_string());
        parts.join("_") + ".CSV"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    fn name(version: CsvVersion, month: Option<&str>, kind: FileKind) -> String {
        let name = FileName {
            version,
            month: month.map(|month| month.parse().unwrap()),
            sender: ("0300000100".parse().unwrap(), "43"),
            receiver: ("0300000005".parse().unwrap(), "11"),
            serial: datetime(2019, 10, 25, 20, 2, 1, 0),
        };
        name.print(kind)
    }

    #[test]
    fn names_are_those_of_the_standards_examples() {
        use FileKind::{ServicePlan1, UsageSlipPlan, UserSupplement};
        let examples = [
            (
                CsvVersion::V202407,
                None,
                UserSupplement,
                "UPHOSOKU_000000_0300000100_43_0300000005_11_20191025200201.CSV",
            ),
            (
                CsvVersion::V202407,
                None,
                ServicePlan1,
                "UP1KYO_0300000100_43_0300000005_11_20191025200201.CSV",
            ),
            (
                CsvVersion::V202407,
                Some("201912"),
                UsageSlipPlan,
                "UPPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV",
            ),
            (
                CsvVersion::V202208,
                Some("201909"),
                UserSupplement,
                "UPHOSOKU_201909_0300000100_0300000005_20191025200201.CSV",
            ),
            (CsvVersion::V202208, None, ServicePlan1, "UP1KYO_0300000100_0300000005_20191025200201.CSV"),
        ];
        for (version, month, kind, expected) in examples {
            assert_eq!(name(version, month, kind), expected);
        }
    }
}
