//! The embedded store: one SQLite file, contents too.
//!
//! One thread writes. It takes whatever jobs wait, runs each behind its own savepoint, and commits them
//! together: one real sync (`synchronous=FULL` in WAL mode) makes a whole group durable, and nobody is
//! answered before it. Readers have connections of their own and never wait for the writer.
//!
//! `rusqlite` and not `sqlx`: group commit needs many jobs between one `BEGIN` and one `COMMIT`, with the
//! decisions of each made in plain code on the writing thread; an asynchronous pool would send every
//! statement through a channel of its own.

mod accounts;
mod audit;
mod certificates;
mod check;
mod key_log;
mod lists;
mod offices;
mod open;
mod parcels;
mod readers;
mod receipts;
mod row;
mod sessions;
mod tend;
mod withdrawn_ahead;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use tasuki_protocol::mailbox::Life;
use tasuki_terms::OfficeNo;
use tokio::sync::broadcast;

use readers::Readers;
use writer::{Tx, Writer};

use super::{Stats, Store, StoreError, Violation};

pub(crate) use open::remains;
pub use open::{OpenError, backup};

/// The store in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    life: Life,
}

impl SqliteStore {
    /// Opens the store, makes it if it is not there, and brings it up to this version. What an interrupted
    /// write left is rolled back by SQLite itself.
    ///
    /// `reserve` is the space on the disk, in bytes, that new contents must leave free: for receipts,
    /// withdrawals and the log.
    ///
    /// # Errors
    /// When the file cannot be opened, is no store, or was made by a newer version.
    pub fn open(path: &Path, reserve: u64) -> Result<Self, OpenError> {
        let connection = open::writable(path)?;
        open::migrate(&connection)?;
        let life = open::life(&connection)?;
        let readers = Readers::open(path)?;
        Ok(Self { writer: Writer::start(connection, path, reserve)?, readers, life })
    }

    /// Runs a job on the writing thread and answers when it is durable. `weight` is its size in bytes.
    async fn write<T: Send + 'static>(
        &self,
        weight: usize,
        job: impl FnOnce(&Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(weight, job).await
    }

    /// Runs a query on one of the reading connections.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.run(query).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn changes(&self) -> broadcast::Receiver<OfficeNo> {
        self.writer.changes()
    }

    fn life(&self) -> Life {
        self.life
    }

    fn is_healthy(&self) -> bool {
        self.writer.is_healthy()
    }

    async fn check(&self, deep: bool) -> Result<Vec<Violation>, StoreError> {
        self.read(move |db| check::violations(db, deep)).await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.read(check::stats).await
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(Box::new(error)),
        }
    }
}
