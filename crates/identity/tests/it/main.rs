//! What identities promise, tried from outside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod chain;
mod key_log;
mod operator;
mod statement;
mod vault;
