//! Nodes and a relay, as they run: real TLS, real files, real keys.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod alone;
mod round;
mod world;
