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
mod checkpointer;
mod disk;
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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tasuki_protocol::mailbox::Life;
use tasuki_terms::OfficeNo;
use tokio::sync::{Semaphore, broadcast};

use checkpointer::Checkpointer;
use disk::Disk;
use readers::Readers;
use writer::{Tx, Writer};

use super::{Health, Stats, Store, StoreError, Violation};

pub use open::{OpenError, backup};
pub(crate) use open::{lock_of, remains};

/// The store in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    checkpointer: Checkpointer,
    readers: Readers,
    disk: Arc<Disk>,
    healthy: Arc<AtomicBool>,
    life: Life,
    searches: Semaphore,
}

/// Searches of the directory at once.
const SEARCHES: usize = 2;

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
        open::migrate_unserved(path, &connection)?;
        let life = open::life(&connection)?;
        let readers = Readers::open(path)?;
        let (disk, healthy) = (Arc::new(Disk::of(path, reserve)), Arc::new(AtomicBool::new(true)));
        let checkpointer = Checkpointer::start(path, Arc::clone(&healthy))?;
        let writer = Writer::start(connection, Arc::clone(&disk), Arc::clone(&healthy), checkpointer.bell())?;
        Ok(Self { writer, checkpointer, readers, disk, healthy, life, searches: Semaphore::new(SEARCHES) })
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

    async fn health(&self) -> Result<Health, StoreError> {
        let (disk, log_bytes) = (Arc::clone(&self.disk), self.checkpointer.log_bytes());
        let writes = self.healthy.load(Ordering::Acquire);
        self.read(move |db| Ok(Health { writes, log_bytes, disk_at_reserve: disk.is_at_reserve(db)? })).await
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
