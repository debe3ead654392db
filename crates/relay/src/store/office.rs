//! The directory and the keys in it.

use async_trait::async_trait;
use jiff::Timestamp;
use tasuki_protocol::directory::{Office, OfficeSearch, Offices as FoundOffices};
use tasuki_protocol::mailbox::Cursor;
use tasuki_terms::{LogEntry, LogHead, OfficeNo, ServiceType, Sha256Digest};

use super::{By, StoreError};

/// An office as the operator or the ministry's list describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeRecord {
    /// Its number.
    pub no: OfficeNo,
    /// Its name.
    pub name: String,
    /// Its name in kana.
    pub kana: String,
    /// Its address.
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// Fax number.
    pub fax: String,
    /// Kinds of service.
    pub services: Vec<ServiceType>,
}

/// A key statement to be published; its signature has been verified.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose key it is.
    pub office: OfficeNo,
    /// Its epoch: one more than that of the current one.
    pub epoch: u32,
    /// Digest of what it says.
    pub said: Sha256Digest,
    /// Digest of what the one before says, as it names it.
    pub before: Option<Sha256Digest>,
    /// The signed statement.
    pub statement: String,
}

/// A part of the key log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLog {
    /// Entries, oldest first.
    pub entries: Vec<LogEntry>,
    /// The head of the log that ends with them.
    pub head: LogHead,
    /// Whether there are more now.
    pub more: bool,
}

/// What became of a key statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOutcome {
    /// It is the current one.
    Published,
    /// The very same statement is the current one already.
    Same,
    /// The current one has this or a newer epoch.
    NotNewer,
    /// It skips an epoch, or names another one before it than the current one.
    NotNext,
}

/// The directory.
#[async_trait]
pub trait Offices {
    /// Adds offices or describes them anew; what is not named stays. One transaction.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn put_offices(&self, offices: Vec<OfficeRecord>, by: By) -> Result<(), StoreError>;

    /// The offices of these numbers that are known, in the order of their numbers.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn offices(&self, numbers: &[OfficeNo]) -> Result<Vec<Office>, StoreError>;

    /// The first `limit` offices that fit.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn search(&self, search: OfficeSearch, limit: u32) -> Result<FoundOffices, StoreError>;

    /// Suspends an office or lets it in again. Suspending ends its sessions. False if it is unknown.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn set_suspended(&self, office: OfficeNo, suspended: bool, by: By) -> Result<bool, StoreError>;

    /// Publishes a key and chains it into the key log.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn publish_key(&self, key: NewKey, by: By) -> Result<KeyOutcome, StoreError>;

    /// A page of the key log and the head that it leads to; the newest head when there are no more entries.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn key_log(&self, cursor: Cursor) -> Result<KeyLog, StoreError>;

    /// When the directory last changed, for HTTP caching.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn directory_version(&self) -> Result<Timestamp, StoreError>;
}
