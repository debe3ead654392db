//! Key statements (what a sender seals for) and the log in which every one of them is chained.
//!
//! A statement is opaque here: `tasuki-identity` makes and verifies it.

use serde::{Deserialize, Serialize};
use tasuki_terms::{LogEntry, SignedHead};
use utoipa::ToSchema;

use crate::schema;

/// Body of `PUT /v1/keys/current`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishKey {
    /// The signed statement.
    #[schema(max_length = 16384)]
    pub statement: String,
}

/// A statement in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishedKey {
    /// Counts up with every new key of the office.
    pub epoch: u32,
    /// The signed statement.
    pub statement: String,
    /// Its place in the key log.
    pub log_seq: u64,
}

/// One page of the key log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyLogPage {
    /// Entries, oldest first.
    #[schema(value_type = Vec<schema::LogEntry>)]
    pub entries: Vec<LogEntry>,
    /// The head of the log that ends with these entries, or the newest one when there are none.
    #[schema(value_type = schema::SignedHead)]
    pub head: SignedHead,
    /// What to ask for next as `after`.
    pub next_after: u64,
    /// Whether there is more now.
    pub more: bool,
}
