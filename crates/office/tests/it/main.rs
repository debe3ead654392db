//! Nodes and a relay, as they run: real TLS, real files, real keys.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod alone;
mod apart;
mod backup;
mod backup_daily;
mod backup_drill;
mod duties;
mod faults_keys;
mod faults_sends;
mod imported;
mod migrated;
mod passwords;
mod promises;
mod refused;
mod restored;
mod round;
mod service_codes;
