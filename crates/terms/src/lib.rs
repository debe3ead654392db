//! The words that every room of the house shares, as types that cannot hold a wrong value.
//!
//! | type | field's own word | form |
//! |---|---|---|
//! | [`OfficeNo`] | 事業所番号 | 10 digits or capital letters |
//! | [`KjId`] | 事業所ユーザのユーザID | `KJ` and 12 digits |
//! | [`ServiceType`] | サービス種類コード | 2 digits or capital letters |
//! | [`ServiceMonth`] | 対象年月 | `YYYYMM`, a real month |
//! | [`ParcelId`] | 連携データの番号 | UUIDv7 |
//! | [`Sha256Digest`] | | 64 hexadecimal digits |
//! | [`LogHead`] | | number and hash |
//!
//! [`LogEntry`] and [`SignedHead`] are what the relay writes into its key log and every node reads.
//!
//! Text is parsed once, at the edge; behind it nobody checks again. All of them print as they parse,
//! and serialize as that text.
//!
//! ```
//! use tasuki_terms::{OfficeNo, ServiceMonth};
//!
//! let office: OfficeNo = "1370000019".parse()?;
//! let month: ServiceMonth = "202510".parse()?;
//! assert_eq!(office.to_string(), "1370000019");
//! assert_eq!(month.days(), 31);
//! assert!("13700000x9".parse::<OfficeNo>().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* this crate knows no file format, no protocol and no I/O. A type belongs here
//! only when at least two rooms need it that may not see each other.

mod code;
mod digest;
mod key_log;
mod month;
mod parcel_id;

pub use code::{KjId, OfficeNo, ParseCodeError, ServiceType};
pub use digest::{ParseDigestError, Sha256Digest};
pub use key_log::{LogEntry, LogHead, Logged, ParseLogHeadError, SignedHead};
pub use month::{ParseMonthError, ServiceMonth};
pub use parcel_id::{ParcelId, ParseParcelIdError};

/// Serializes as the text that `Display` prints and reads it back with `FromStr`.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
