//! The program as it is used: real processes, real folders, a real browser.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod backup;
mod browser;
mod check;
mod disk;
mod office;
mod open;
mod process;
mod relay;
mod sample;
mod soak;
mod steps;
