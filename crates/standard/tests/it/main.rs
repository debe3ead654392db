//! What the library promises, tried from outside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod arbitrary;
mod characters;
mod codes;
mod corpus;
mod hostile;
mod layouts;
mod limits;
mod names;
mod round_trip;
mod units;
mod values;
