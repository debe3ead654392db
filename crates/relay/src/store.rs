//! What the relay keeps, as traits: SQLite implements them in one file, other databases can drop in.
//!
//! [`Store`] is the sum of four small traits. What a caller may rely on, and every implementation must
//! pass as `tests/it/contract.rs`:
//!
//! * A write is answered only when it is durable: a crash of the machine right after the answer loses
//!   nothing. What was not answered may or may not be there.
//! * Each write belongs to one mailbox (that of the receiving office). Its numbers are taken in the same
//!   transaction that stores what they count, so a cursor never skips an entry that committed late. The
//!   sender's number of a change may be taken in a transaction after it, but is never lost.
//! * Every decision that depends on what is stored is made inside the writing transaction.
//! * Times come in as parameters. Nothing is ordered by time.

mod account;
mod audit;
mod contents;
mod office;
mod parcel;
pub mod sqlite;

use async_trait::async_trait;
use jiff::Timestamp;
use tasuki_protocol::mailbox::Life;
use tasuki_terms::OfficeNo;
use tokio::sync::broadcast;

pub use account::{
    Accounts, Attempt, CallerRow, CertificateRow, Enrolment, Locked, NewAccount, NewCertificate, NewSession,
};
pub use audit::{Audit, AuditEntry, ChainReport, OPERATOR_CHAIN};
pub use contents::Contents;
pub use office::{KeyLog, KeyOutcome, NewKey, OfficeRecord, Offices};
pub use parcel::{
    Acceptance, Fetched, Holdings, Leap, Offer, Parcels, ReceiptOutcome, Room, Tended, Usage, Withdrawal,
};

/// Everything the relay keeps.
#[async_trait]
pub trait Store: Offices + Accounts + Parcels + Audit + Send + Sync {
    /// The offices in whose mailboxes something has changed, as it becomes durable. A receiver that lags
    /// behind must look at every mailbox it cares for.
    fn changes(&self) -> broadcast::Receiver<OfficeNo>;

    /// The name of this store's life: given when it is made, and anew to every copy, so that no two stores of one life
    /// have taken different parcels.
    fn life(&self) -> Life;

    /// How the store is.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn health(&self) -> Result<Health, StoreError>;

    /// Compares everything with the invariants of the architecture and names what is broken.
    /// `deep` also reads all contents and compares their digests.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn check(&self, deep: bool) -> Result<Vec<Violation>, StoreError>;

    /// Numbers for the operator.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn stats(&self) -> Result<Stats, StoreError>;
}

/// Why the store did not do as told. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is too little space for new contents.
    #[error("the store has no space left")]
    Full,
    /// The store has stopped accepting writes after a failed sync, or is closing.
    #[error("the store accepts no writes")]
    Unavailable,
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Who does something, when, and from where: for the audit log.
#[derive(Debug, Clone)]
pub struct By {
    /// KJ ID of the account, or the name of the operator's command.
    pub who: String,
    /// Network address, empty for the operator on the machine itself.
    pub address: String,
    /// Time of the act.
    pub at: Timestamp,
}

/// One broken promise, as `tasuki relay check` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant, `I1` to `I8`.
    pub invariant: &'static str,
    /// What is broken, with ids and no personal data.
    pub what: String,
}

/// How a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether writes are accepted. After a failed sync they never are again in this process.
    pub writes: bool,
    /// Bytes in the log that are still to be carried over into the file.
    pub log_bytes: u64,
    /// Whether there is no space for anything new.
    pub disk_at_reserve: bool,
}

/// What an operator has to do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ailment {
    /// Nothing is written any more: the disk may be failing.
    NoWrites,
    /// Nothing new is taken.
    DiskAtReserve,
    /// The log is not carried over: somebody has been reading for long, or the disk is failing.
    LogTooLong,
}

impl Health {
    /// Bytes of the log from which on something is wrong: 512 MiB.
    const LOG_BYTES: u64 = 512 * 1024 * 1024;

    /// The worst that is wrong, if anything is.
    pub fn ailment(&self) -> Option<Ailment> {
        if !self.writes {
            Some(Ailment::NoWrites)
        } else if self.disk_at_reserve {
            Some(Ailment::DiskAtReserve)
        } else if self.log_bytes >= Self::LOG_BYTES {
            Some(Ailment::LogTooLong)
        } else {
            None
        }
    }
}

/// Numbers for the operator and for `/metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Offices in the directory.
    pub offices: u64,
    /// Offices that have an account.
    pub registered: u64,
    /// Parcels ever accepted.
    pub parcels: u64,
    /// Parcels that wait to be fetched.
    pub waiting: u64,
    /// Sealed bytes held.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told() {
        let well = Health { writes: true, log_bytes: 0, disk_at_reserve: false };
        for (health, expected) in [
            (well, None),
            (Health { log_bytes: Health::LOG_BYTES - 1, ..well }, None),
            (Health { log_bytes: Health::LOG_BYTES, ..well }, Some(Ailment::LogTooLong)),
            (Health { disk_at_reserve: true, ..well }, Some(Ailment::DiskAtReserve)),
            (Health { disk_at_reserve: true, writes: false, ..well }, Some(Ailment::NoWrites)),
        ] {
            assert_eq!(health.ailment(), expected, "{health:?}");
        }
    }
}
