//! What parcels promise, tried from outside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod attachment;
mod forged;
mod hostile;
mod memory;
mod refused;
mod round_trip;
mod strict;
mod tools;
mod vectors;
mod world;
