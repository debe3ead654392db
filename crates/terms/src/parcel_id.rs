//! The number of a parcel.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use crate::serde_as_text;

/// A text is not the number of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a parcel id must be a UUID of version 7 in lower case with hyphens")]
pub struct ParseParcelIdError;

/// Number of a parcel (連携データ): a UUIDv7 made by the sender when the parcel is queued, so that a
/// repeated send is known to be the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParcelId(Uuid);

impl ParcelId {
    /// A new number for a parcel queued at `at`. `random` are the 74 bits that make it unique (the rest of
    /// the bytes is ignored); they must come from a good source of randomness.
    ///
    /// Times before 1970 count as 1970: the number stays unique, only its order is lost.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The 16 bytes of the number.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The number from its 16 bytes.
    ///
    /// # Errors
    /// When they are not a UUID of version 7.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, ParseParcelIdError> {
        let uuid = Uuid::from_bytes(bytes);
        let is_v7 = uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122;
        if is_v7 { Ok(Self(uuid)) } else { Err(ParseParcelIdError) }
    }
}

impl FromStr for ParcelId {
    type Err = ParseParcelIdError;

    /// Accepts only the form that `Display` prints, so that one parcel has one name.
    fn from_str(text: &str) -> Result<Self, ParseParcelIdError> {
        let uuid = Uuid::try_parse(text).map_err(|_| ParseParcelIdError)?;
        let id = Self::from_bytes(uuid.into_bytes())?;
        if id.to_string() == text { Ok(id) } else { Err(ParseParcelIdError) }
    }
}

impl fmt::Display for ParcelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for ParcelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParcelId({self})")
    }
}

serde_as_text!(ParcelId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later_and_print_as_they_parse() {
        let at = |second| ParcelId::new(Timestamp::from_second(second).unwrap(), [0xff; 10]);
        assert!(at(1) < at(2));
        assert_eq!(at(1).to_string().parse::<ParcelId>(), Ok(at(1)));
    }

    #[test]
    fn other_uuids_and_other_spellings_are_refused() {
        let id = ParcelId::new(Timestamp::from_second(1_760_000_000).unwrap(), [7; 10]).to_string();
        for bad in [
            id.to_uppercase().as_str(),
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "",
        ] {
            assert!(bad.parse::<ParcelId>().is_err(), "{bad:?}");
        }
    }
}
