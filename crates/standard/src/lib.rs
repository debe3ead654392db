//! The CSV files by which care offices exchange care plans (ケアプランデータ連携標準仕様): read, check,
//! explain, write.
//!
//! The facts are in the tables of `layout/` beside this crate's sources, for CSV versions 202407 (standard 4.1)
//! and 202208 (standard 3 to 3.2). A newcomer meets them in this order:
//!
//! | module | what |
//! |---|---|
//! | [`name`] | file names in typed parts |
//! | [`layout`] | which fields a kind of file has |
//! | [`read`] | bytes to rows, in bounded memory, never failing on what a file holds |
//! | [`value`], [`record`] | fields and rows as types that cannot hold a wrong value |
//! | [`check`] | what is wrong with files, in words that help |
//! | [`write`](mod@write) | canonical files |
//! | [`explain`], [`service`] | what codes mean |
//! | [`codes`] | the table of service codes: import it, look codes up |
//! | [`ms932`], [`gaiji`] | characters as Windows has them, and replacements for those it has not |
//!
//! Reading an export and saying what is wrong with it:
//!
//! ```
//! use tasuki_standard::check::{Lang, check_file};
//! use tasuki_standard::read::Reader;
//! use tasuki_standard::record::{Record, UsageSlipPlanDeletion};
//!
//! let name = "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV";
//! let contents = b"202407,131016,0000012345,202510\r\n202407,13101,0000012346,202510\r\n";
//!
//! let file = check_file(name, &contents[..])?;
//! for finding in file.findings() {
//!     println!("{} {}", finding.code.as_str(), finding.message(Lang::Ja));
//! }
//! assert_eq!(file.findings().len(), 1);
//!
//! let mut reader = Reader::new(&contents[..]);
//! let row = reader.next_row()?.expect("the file has two rows");
//! let record = UsageSlipPlanDeletion::read(&row, file.version.expect("the rows name it")).expect("row 1 is right");
//! assert_eq!(record.delete_month.to_string(), "202510");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* no file system, network or clock, and no panic whatever the input. Findings, errors
//! and `Debug` show no person's data.

pub mod check;
pub mod codes;
pub mod explain;
pub mod gaiji;
pub mod kind;
pub mod layout;
pub mod ms932;
pub mod name;
pub mod read;
pub mod record;
pub mod service;
pub mod value;
pub mod version;
pub mod write;

pub use kind::FileKind;
pub use layout::{Content, Field, Layout, Requirement};
pub use name::{FileName, NameError, Serial};
pub use version::CsvVersion;
