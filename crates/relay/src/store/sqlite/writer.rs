//! The thread that writes, and commits in groups.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use tasuki_terms::OfficeNo;
use tokio::sync::{broadcast, oneshot};

use super::checkpointer::Bell;
use super::disk::{Disk, is_lasting};
use super::open::{self, OpenError};
use crate::store::StoreError;

/// Jobs in one group, at most.
const GROUP_JOBS: usize = 256;

/// Bytes in one group, at most: a group of large parcels must not hold up the small ones behind it.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// Changes that a slow listener may lag behind before it has to look for itself.
const CHANGES: usize = 16 * 1024;

/// The open transaction of one job, and what it touches.
pub(super) struct Tx<'a> {
    db: &'a Connection,
    disk: &'a Disk,
    touched: RefCell<Vec<OfficeNo>>,
}

impl Tx<'_> {
    /// Tells those who listen, once this is durable, that something changed in a mailbox.
    pub(super) fn touch(&self, office: OfficeNo) {
        self.touched.borrow_mut().push(office);
    }

    /// Whether so many bytes of contents can be stored and still leave the reserve.
    pub(super) fn has_space(&self, bytes: u64) -> rusqlite::Result<bool> {
        self.disk.has_space(self.db, bytes)
    }
}

impl Tx<'_> {
    /// Bytes of contents that must be let go so that new ones can be taken for a while.
    pub(super) fn missing_space(&self) -> rusqlite::Result<u64> {
        self.disk.missing_space(self.db)
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

/// A piece of work: first it runs inside the group's transaction, then it answers with the group's fate.
trait Job: Send {
    fn run(&mut self, db: &Connection, disk: &Disk);
    /// The error with which it ended, if it did.
    fn error(&self) -> Option<&rusqlite::Error>;
    fn answer(self: Box<Self>, fate: Result<(), Fate>, changes: &broadcast::Sender<OfficeNo>);
}

struct Queued {
    weight: usize,
    job: Box<dyn Job>,
}

struct Pending<T, F> {
    job: Option<F>,
    result: Option<rusqlite::Result<T>>,
    touched: Vec<OfficeNo>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: FnOnce(&Tx<'_>) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, db: &Connection, disk: &Disk) {
        if let Some(job) = self.job.take() {
            let tx = Tx { db, disk, touched: RefCell::default() };
            self.result = Some(run_alone(&tx, job));
            self.touched = tx.touched.into_inner();
        }
    }

    fn error(&self) -> Option<&rusqlite::Error> {
        self.result.as_ref()?.as_ref().err()
    }

    fn answer(self: Box<Self>, fate: Result<(), Fate>, changes: &broadcast::Sender<OfficeNo>) {
        let answer = match (fate, self.result) {
            (Ok(()), Some(Ok(value))) => {
                for office in self.touched {
                    // It does not matter if nobody listens.
                    drop(changes.send(office));
                }
                Ok(value)
            }
            (Ok(()), Some(Err(error))) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Unavailable),
            (Err(fate), _) => Err(fate.into()),
        };
        // Whoever asked may have gone.
        drop(self.asker.send(answer));
    }
}

/// Why a group is not durable.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Full,
    Unavailable,
    Failed,
}

impl From<Fate> for StoreError {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Full => Self::Full,
            Fate::Unavailable => Self::Unavailable,
            Fate::Failed => Self::Database("the transaction of this group failed".into()),
        }
    }
}

pub(super) struct Writer {
    jobs: Option<mpsc::SyncSender<Queued>>,
    changes: broadcast::Sender<OfficeNo>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        mut db: Connection,
        disk: Arc<Disk>,
        healthy: Arc<AtomicBool>,
        bell: Arc<Bell>,
    ) -> Result<Self, OpenError> {
        db.wal_hook(Some(move |_: &mut Wal, pages| {
            bell.ring(u64::try_from(pages).unwrap_or(0));
            Ok(())
        }))?;
        // Waiting jobs are bounded by the requests that the service lets in; the queue never blocks a task.
        let (jobs, queue) = mpsc::sync_channel(1 << 16);
        let (changes, _) = broadcast::channel(CHANGES);
        let group = Group { db, disk, changes: changes.clone(), healthy };
        let thread =
            std::thread::Builder::new().name("store-writer".into()).spawn(move || group.serve(&queue))?;
        Ok(Self { jobs: Some(jobs), changes, thread: Some(thread) })
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<OfficeNo> {
        self.changes.subscribe()
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        weight: usize,
        job: impl FnOnce(&Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (asker, answer) = oneshot::channel();
        let job = Box::new(Pending { job: Some(job), result: None, touched: Vec::new(), asker });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Unavailable)?;
        jobs.try_send(Queued { weight, job }).map_err(|_| StoreError::Unavailable)?;
        answer.await.map_err(|_| StoreError::Unavailable)?
    }
}

impl Drop for Writer {
    /// Waits until what was taken in is durable.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Runs one job so that its failure undoes only itself.
fn run_alone<T>(tx: &Tx<'_>, job: impl FnOnce(&Tx<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    tx.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = job(tx);
    if result.is_err() && !tx.is_autocommit() && undo(tx).is_err() {
        // Half a job must not be committed with the others: all of them fail.
        tx.execute_batch("ROLLBACK")?;
    }
    if !tx.is_autocommit() {
        tx.prepare_cached("RELEASE job")?.execute([])?;
    }
    result
}

fn undo(tx: &Tx<'_>) -> rusqlite::Result<usize> {
    tx.prepare_cached("ROLLBACK TO job")?.execute([])
}

struct Group {
    db: Connection,
    disk: Arc<Disk>,
    changes: broadcast::Sender<OfficeNo>,
    healthy: Arc<AtomicBool>,
}

/// Whoever asks is told that nothing is written any more when the thread that writes panics.
struct WhilePanicking<'a>(&'a AtomicBool);

impl Drop for WhilePanicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the thread that writes has panicked: nothing is accepted any more");
            self.0.store(false, Ordering::Release);
        }
    }
}

impl Group {
    fn serve(&self, queue: &mpsc::Receiver<Queued>) {
        let _guard = WhilePanicking(&self.healthy);
        while let Ok(first) = queue.recv() {
            let mut jobs = Vec::new();
            let fate = self.commit(first, queue, &mut jobs);
            if let Err(fate) = fate {
                tracing::error!(?fate, jobs = jobs.len(), "a group of writes failed");
            }
            for job in jobs {
                job.answer(fate, &self.changes);
            }
        }
    }

    /// Runs the first job and what waits behind it in one transaction.
    fn commit(
        &self,
        first: Queued,
        queue: &mpsc::Receiver<Queued>,
        jobs: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), Fate> {
        if !self.is_healthy() {
            jobs.push(first.job);
            return Err(Fate::Unavailable);
        }
        if let Err(error) = self.db.execute_batch("BEGIN IMMEDIATE") {
            jobs.push(first.job);
            return Err(self.fate_of(&error));
        }
        if !self.is_this_version() {
            jobs.push(first.job);
            drop(self.db.execute_batch("ROLLBACK"));
            return Err(Fate::Unavailable);
        }
        let mut weight = 0;
        let mut next = Some(first);
        while let Some(Queued { weight: bytes, mut job }) = next {
            job.run(&self.db, &self.disk);
            if self.db.is_autocommit() {
                // SQLite rolled the whole transaction back by itself.
                let fate = job.error().map_or(Fate::Failed, |error| self.fate_of(error));
                jobs.push(job);
                return Err(fate);
            }
            jobs.push(job);
            weight += bytes;
            let has_room = jobs.len() < GROUP_JOBS && weight < GROUP_BYTES;
            next = if has_room { queue.try_recv().ok() } else { None };
        }
        self.db.execute_batch("COMMIT").map_err(|error| {
            let fate = self.fate_of(&error);
            if !self.db.is_autocommit() {
                drop(self.db.execute_batch("ROLLBACK"));
            }
            fate
        })
    }

    /// Whether the file is still of this version: a newer program may have brought it up beneath this one, which does not
    /// know how to write it then.
    fn is_this_version(&self) -> bool {
        let is_ours = open::is_this_version(&self.db).unwrap_or(false);
        if !is_ours {
            tracing::error!(
                "a newer program has changed the store: nothing is accepted until the relay is restarted"
            );
            self.healthy.store(false, Ordering::Release);
        }
        is_ours
    }

    fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    /// What an error of the transaction means. After a failed write or sync nobody knows what is on the
    /// disk, and a second sync can succeed without having written: nothing is accepted any more.
    fn fate_of(&self, error: &rusqlite::Error) -> Fate {
        tracing::error!(%error, "the database failed");
        match error.sqlite_error_code() {
            _ if is_lasting(error) => {
                self.healthy.store(false, Ordering::Release);
                // Closing must not sync either.
                drop(self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true));
                Fate::Unavailable
            }
            Some(rusqlite::ErrorCode::DiskFull) => Fate::Full,
            Some(rusqlite::ErrorCode::DatabaseBusy) => Fate::Unavailable,
            _ => Fate::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Ailment, Store as _};

    async fn ailment(store: &SqliteStore) -> Option<Ailment> {
        store.health().await.unwrap().ailment()
    }

    #[tokio::test]
    async fn a_panic_of_the_thread_that_writes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store"), 0).unwrap();
        assert_eq!(ailment(&store).await, None);
        let failed = store.write(0, |_| -> rusqlite::Result<()> { panic!("tried") }).await;
        assert!(matches!(failed, Err(StoreError::Unavailable)));
        while ailment(&store).await != Some(Ailment::NoWrites) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_store_that_a_newer_program_has_changed_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = SqliteStore::open(&path, 0).unwrap();
        store.write(0, |_| Ok(())).await.unwrap();
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let failed = store.write(0, |tx| tx.execute("DELETE FROM life", [])).await;
        assert!(matches!(failed, Err(StoreError::Unavailable)));
        assert_eq!(ailment(&store).await, Some(Ailment::NoWrites));
        let lives: u64 = Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM life", [], |row| row.get(0))
            .unwrap();
        assert_eq!(lives, 1);
    }
}
