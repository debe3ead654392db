//! Nodes and a relay, as they run: real TLS, real files, real keys.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod alone;
mod faults_keys;
mod faults_sends;
mod other;
mod passwords;
mod round;
mod world;
