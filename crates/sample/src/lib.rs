//! Made-up exports, as care software would write them: for one care-management office (居宅介護支援事業所)
//! and one service month the files that go to each of its service offices, and the actuals that these
//! return.
//!
//! | to each service office | a send unit |
//! |---|---|
//! | tables 1, 2, 3 and supplement (`UP1KYO`, `UP2KYO`, `UP3KYO`, `UPHOSOKU` 000000) | for each person |
//! | tables 6 and 7 and supplement (`UPPLAN`, `UPSIKYU`, `UPHOSOKU` of the month) | for all of its people |
//!
//! | from each service office | a send unit |
//! |---|---|
//! | actuals (`UPJSK`): the plan with visits called off, moved, or held at other times | for all of its people |
//!
//! The people are plainly fictional; their care is not: levels of care with their limits, weekly patterns,
//! real service codes and units, add-ons with the times of their base service, percentages outside the limit,
//! rental with equipment codes, a few people over the limit, and totals that add up. Every file keeps every
//! rule of the standard, in its canonical form.
//!
//! ```
//! use tasuki_sample::{Options, Sample};
//!
//! let sample = Sample::new(Options::new("202510".parse()?, 3, 2, 1))?;
//! let names: Vec<String> = sample.files().map(|file| file.name).collect();
//! assert!(names.contains(&"UPPLAN_202510_1370000019_43_1370000027_11_20250925060002.CSV".to_owned()));
//! // The same options give the same bytes.
//! assert!(sample.files().eq(Sample::new(Options::new("202510".parse()?, 3, 2, 1))?.files()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* this crate shares nothing with the reader and checker but the layouts and the
//! names of kinds and versions. It prints names, encodes and adds up by itself, so that the two can prove each
//! other wrong. It does no I/O and knows no clock: every date follows from the month, all chance from the
//! seed.

mod account;
mod actual;
mod case;
mod caseload;
mod catalogue;
mod dice;
mod files;
mod name;
mod options;
mod person;
mod sample;
mod service;
mod table;
mod words;

pub use name::SampleFile;
pub use options::{MAX_OFFICES, MAX_PEOPLE, Office, Options, OptionsError, ServiceOffice, service_types};
pub use sample::Sample;
