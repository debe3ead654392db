//! Checking files in five depths: name, bytes, structure, fields, meaning; and units across files.
//!
//! [`check_file`] reads a file once, in bounded memory, and never fails on what it holds: everything that is
//! wrong is a [`Finding`]. What it learned is kept in [`CheckedFile`], from which [`check_units`] judges the
//! files that belong together.
//!
//! ```
//! use tasuki_standard::check::{Lang, check_file, check_file_by};
//!
//! let name = "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV";
//! let file = check_file(name, &b"202407,131016,0000012345,202511\r\n"[..])?;
//! let finding = &file.findings()[0];
//! assert_eq!((finding.code.as_str(), finding.row), ("M501", Some(1)));
//! assert_eq!(finding.message(Lang::En), "delete_month differs from the month in the file name (202510).");
//! # Ok::<(), std::io::Error>(())
//! ```

mod bytes;
mod code;
mod fields;
mod file;
mod finding;
mod last_good;
mod meaning;
mod naming;
mod severity;
mod structure;
mod units;

pub use code::{Code, CodeInfo, catalogue};
pub use file::{CheckedFile, check_file, check_file_by};
pub use finding::{Finding, Findings};
pub use severity::{Lang, Severity};
pub(crate) use structure::{is_header, meant_version};
pub use units::{Unit, UnitReport, check_units};
