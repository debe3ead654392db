//! The ground that all parts of the node stand on: folder, database, archive, drawer, table of
//! service codes, clock, record, news and bells.
//!
//! ```text
//! folder.rs disk.rs    paths of the node's folder, files that are written durably, free space
//! db.rs                one connection that writes, one that reads; migrations
//! columns.rs           values of ours as columns, and the condition of lists
//! archive.rs           sealed parcels, sent and received
//! record.rs            who did what, as a chain: `Actor`, `Action`
//! codes.rs             the table of service codes that the relay handed out: kept, and in use
//! duty.rs              what an office does by itself: bells that parts ring, and states that pages show
//! digest.rs            SHA-256 of bytes
//! lockout.rs           when somebody has guessed too often
//! error.rs             what can go wrong
//! ```
//!
//! *Architecture invariant:* nothing here knows a part.

pub(crate) mod archive;
pub(crate) mod codes;
pub(crate) mod columns;
pub(crate) mod db;
pub(crate) mod digest;
pub(crate) mod disk;
pub(crate) mod duty;
pub mod error;
pub mod folder;
pub(crate) mod lockout;
pub(crate) mod record;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use tasuki_identity::drawer::DrawerKey;
use tasuki_terms::OfficeNo;
use tokio::sync::broadcast;
use zeroize::Zeroizing;

use archive::Archive;
use codes::KeptCodes;
use db::{Db, DbError};
pub use digest::digest_of;
use duty::{Duties, Duty};
use error::OfficeError;
use folder::Folder;
use record::{Action, Actor};

/// Tells the time: a parameter, so that tests drive it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// News that a slow page may miss before it has to look for itself.
const NEWS: usize = 256;

/// What changed, for pages that show it live. No personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Of which office.
    pub office: OfficeNo,
    /// What.
    pub topic: Topic,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Drafts, the queue or what was sent.
    Sends,
    /// Something arrived.
    Arrived,
    /// The state of what had arrived.
    Arrivals,
    /// The connection with the relay.
    Link,
}

/// The ground of a node. Clones are the same.
#[derive(Clone)]
pub(crate) struct Base(Arc<Inner>);

struct Inner {
    folder: Folder,
    db: Db,
    archive: Archive,
    codes: KeptCodes,
    clock: Clock,
    drawer: RwLock<Option<Arc<DrawerKey>>>,
    duties: RwLock<BTreeMap<OfficeNo, Arc<Duties>>>,
    news: broadcast::Sender<News>,
}

/// A transaction with the time at which it happens. Reads and writes like a connection.
pub(crate) struct Tx<'a> {
    db: &'a Transaction<'a>,
    now: Timestamp,
}

/// A transaction in which somebody does something that is written down: who and when are those of the transaction.
pub(crate) struct Deed<'a> {
    tx: Tx<'a>,
    by: &'a Actor,
    is_recorded: Cell<bool>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Transaction<'a> {
        self.db
    }
}

impl<'a> Deref for Deed<'a> {
    type Target = Tx<'a>;

    fn deref(&self) -> &Tx<'a> {
        &self.tx
    }
}

impl Tx<'_> {
    /// When it happens: the same time for all that happens in it.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The same in milliseconds since 1970, as columns hold it.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }
}

impl Deed<'_> {
    /// Writes down what was done, of which office (none: the node as a whole) and to what.
    pub(crate) fn record(
        &self,
        action: Action,
        office: impl Into<Option<OfficeNo>>,
        subject: &str,
    ) -> Result<(), OfficeError> {
        self.is_recorded.set(true);
        record::write(self.db, self.now, office.into(), self.by, action, subject)
    }
}

impl Base {
    pub(crate) fn new(db: Db, folder: Folder, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            archive: Archive::new(&folder),
            codes: KeptCodes::new(&folder),
            db,
            folder,
            clock,
            drawer: RwLock::default(),
            duties: RwLock::default(),
            news: broadcast::Sender::new(NEWS),
        }))
    }

    /// The node's folder.
    pub(crate) fn folder(&self) -> &Folder {
        &self.0.folder
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// What changes from now on.
    pub(crate) fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    pub(crate) fn tell(&self, office: OfficeNo, topic: Topic) {
        // It does not matter if nobody looks.
        drop(self.0.news.send(News { office, topic }));
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.0.archive
    }

    pub(crate) fn codes(&self) -> &KeptCodes {
        &self.0.codes
    }

    /// Reads. What is committed before is seen.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, OfficeError> {
        Ok(self.0.db.read(work)?)
    }

    /// Does something in somebody's name, in one transaction: all of it is durable when this returns, or nothing has
    /// happened. Whoever changes something here must record it, but for the node itself, which keeps notes of its own; in a
    /// test build forgetting it is a panic.
    pub(crate) fn write<T, E>(&self, by: &Actor, work: impl FnOnce(&Deed<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<OfficeError> + From<DbError>,
    {
        self.keep(|tx| {
            let before = tx.total_changes();
            let deed = Deed { tx: Tx { db: tx.db, now: tx.now }, by, is_recorded: Cell::new(false) };
            let done = work(&deed)?;
            let is_idle = tx.total_changes() == before;
            let is_told = is_idle || deed.is_recorded.get() || *by == Actor::Node;
            debug_assert!(is_told, "what somebody has done is not written down");
            Ok(done)
        })
    }

    /// Keeps what nobody has to answer for (drafts as they are typed, how far something was read), in one transaction.
    pub(crate) fn keep<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        self.0.db.write(|db| work(&Tx { db, now: self.now() }))
    }

    /// Writes down what was done where nothing else is written.
    pub(crate) fn note(
        &self,
        by: &Actor,
        action: Action,
        office: impl Into<Option<OfficeNo>>,
    ) -> Result<(), OfficeError> {
        self.write(by, |tx| tx.record(action, office, ""))
    }

    /// A setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, OfficeError> {
        self.read(|db| setting(db, name))
    }

    /// Changes a setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn set(&self, name: &str, value: &str) -> Result<(), OfficeError> {
        self.keep(|tx| Ok(set(tx, name, value)?))
    }

    /// From now on these duties of an office are rung.
    pub(crate) fn use_duties(&self, office: OfficeNo, duties: &Arc<Duties>) {
        let mut all = self.0.duties.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(office, Arc::clone(duties));
    }

    /// There is something to do for an office, if its keys are open.
    pub(crate) fn ring(&self, office: OfficeNo, duty: Duty) {
        let all = self.0.duties.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(duties) = all.get(&office) {
            duties.ring(duty);
        }
    }

    /// Whether somebody has logged in since the start.
    pub(crate) fn is_drawer_open(&self) -> bool {
        self.drawer().is_ok()
    }

    pub(crate) fn drawer(&self) -> Result<Arc<DrawerKey>, OfficeError> {
        let drawer = self.0.drawer.read().unwrap_or_else(PoisonError::into_inner);
        drawer.clone().ok_or(OfficeError::DrawerLocked)
    }

    pub(crate) fn open_drawer(&self, key: DrawerKey) {
        let mut drawer = self.0.drawer.write().unwrap_or_else(PoisonError::into_inner);
        drawer.get_or_insert_with(|| Arc::new(key));
    }

    /// Seals something for a place in the database.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, OfficeError> {
        Ok(self.drawer()?.seal(place, plain)?)
    }

    /// Opens what was sealed for a place.
    pub(crate) fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OfficeError> {
        Ok(self.drawer()?.unseal(place, sealed)?)
    }

    pub(crate) fn seal_json(
        &self,
        place: &str,
        value: &impl serde::Serialize,
    ) -> Result<Vec<u8>, OfficeError> {
        self.seal(place, &Zeroizing::new(serde_json::to_vec(value)?))
    }

    pub(crate) fn unseal_json<T: serde::de::DeserializeOwned>(
        &self,
        place: &str,
        sealed: &[u8],
    ) -> Result<T, OfficeError> {
        Ok(serde_json::from_slice(&self.unseal(place, sealed)?)?)
    }
}

/// A setting of the node, in the transaction of the caller.
pub(crate) fn setting(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0)).optional()
}

/// Changes a setting of the node, in the transaction of the caller.
pub(crate) fn set(tx: &Tx<'_>, name: &str, value: &str) -> rusqlite::Result<()> {
    tx.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)", [name, value]).map(drop)
}

/// Runs what takes processor time or waits for disk or database off the async workers: the only way there from async code.
///
/// # Errors
/// As the work; [`OfficeError::Panicked`] when it panics.
pub(crate) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<OfficeError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(OfficeError::Panicked.into()),
    }
}
