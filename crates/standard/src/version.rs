//! Versions of the CSV files.

use std::fmt;
use std::str::FromStr;

use tasuki_terms::ServiceMonth;

/// Version of a CSV file (CSVバージョン), the first field of every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CsvVersion {
    /// `202208`: standard 3 to 3.2, for service months up to 2025-03.
    V202208,
    /// `202407`: standard 4.1, for service months from 2025-04.
    V202407,
}

/// A text is no version that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the CSV version must be 202407 or 202208")]
pub struct ParseVersionError;

impl FromStr for CsvVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        Self::from_bytes(text.as_bytes()).ok_or(ParseVersionError)
    }
}

impl CsvVersion {
    /// Both versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V202208, Self::V202407];

    /// The value as it stands in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V202208 => "202208",
            Self::V202407 => "202407",
        }
    }

    /// The version with this value, if it is one of ours.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str().as_bytes() == bytes)
    }

    /// The version that files of a service month must have: 202208 from January 2023, 202407 from April 2025
    /// (standard 3 and 4.1). `None` for earlier months, whose formats are not known here.
    pub fn for_month(month: ServiceMonth) -> Option<Self> {
        let at = (month.year(), month.month());
        let begun = [((2025, 4), Self::V202407), ((2023, 1), Self::V202208)];
        begun.into_iter().find(|(first, _)| at >= *first).map(|(_, version)| version)
    }
}

impl fmt::Display for CsvVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_begin_in_january_2023_and_april_2025() {
        let version = |month: &str| CsvVersion::for_month(month.parse().unwrap());
        assert_eq!(version("202212"), None);
        assert_eq!(version("202301"), Some(CsvVersion::V202208));
        assert_eq!(version("202412"), Some(CsvVersion::V202208));
        assert_eq!(version("202503"), Some(CsvVersion::V202208));
        assert_eq!(version("202504"), Some(CsvVersion::V202407));
    }

    #[test]
    fn other_values_are_no_version() {
        assert_eq!(CsvVersion::from_bytes(b"202407"), Some(CsvVersion::V202407));
        for other in [&b"202410"[..], b"202504", b"", b"2024070"] {
            assert_eq!(CsvVersion::from_bytes(other), None);
        }
    }
}
