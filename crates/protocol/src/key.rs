//! Key statements (what a sender seals for) and the log in which every one of them is chained.
//!
//! A statement is opaque here: `tasuki-identity` makes and verifies it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{OfficeNo, Sha256Digest};
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

/// One entry of the key log. Each hashes the one before it, so that nodes that compare the newest hash
/// have seen the same keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyLogEntry {
    /// Place in the log, from 1 without gaps.
    pub seq: u64,
    /// The office whose key it is.
    #[schema(value_type = schema::OfficeNo)]
    pub office: OfficeNo,
    /// Epoch of the key.
    pub epoch: u32,
    /// SHA-256 of the statement.
    #[schema(value_type = schema::Sha256Digest)]
    pub statement_digest: Sha256Digest,
    /// When the relay had it durably.
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
    /// SHA-256 over the hash before and [`KeyLogEntry::hashed_text`].
    #[schema(value_type = schema::Sha256Digest)]
    pub hash: Sha256Digest,
}

impl KeyLogEntry {
    /// The text that is hashed, after the 32 bytes of the hash before (zeros for the first entry).
    pub fn hashed_text(&self) -> String {
        format!("{} {} {} {} {}\n", self.seq, self.office, self.epoch, self.statement_digest, self.at)
    }
}

/// One page of the key log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyLogPage {
    /// Entries, oldest first.
    pub entries: Vec<KeyLogEntry>,
    /// What to ask for next as `after`.
    pub next_after: u64,
    /// Whether there is more now.
    pub more: bool,
}
