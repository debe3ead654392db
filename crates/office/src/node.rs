//! The node: what all parts of it share.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tasuki_identity::drawer::DrawerKey;
use tasuki_terms::OfficeNo;
use tokio::sync::broadcast;
use zeroize::Zeroizing;

use crate::archive::Archive;
use crate::backup;
use crate::db::{Db, DbError};
use crate::error::OfficeError;
use crate::folder::Folder;
use crate::link::Duty;
use crate::open_office::OpenOffice;

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

/// An office node. Clones are the same node.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    folder: Folder,
    db: Db,
    archive: Archive,
    clock: Clock,
    drawer: RwLock<Option<Arc<DrawerKey>>>,
    open: RwLock<BTreeMap<OfficeNo, Arc<OpenOffice>>>,
    news: broadcast::Sender<News>,
}

impl Node {
    /// Opens a node's folder, new or old. All keys are locked, and nothing happens by itself. A backup that was laid
    /// ready is restored and an older database is brought up to date: only the process that has the folder's lock may
    /// open it so.
    ///
    /// # Errors
    /// When the folder cannot be made, or the database cannot be opened.
    pub fn open(folder: Folder, clock: Clock) -> Result<Self, OfficeError> {
        backup::finish_restore(&folder);
        let db = Db::open(&folder.db())?;
        let node = Self::of(db, folder, clock);
        node.notice_origin()?;
        Ok(node)
    }

    /// Opens a folder in which a node may be running: nothing is restored, migrated or made.
    ///
    /// # Errors
    /// When there is no node's database, or it is of a newer version.
    pub fn open_to_look(folder: Folder) -> Result<Self, OfficeError> {
        let db = Db::open_to_look(&folder.db())?;
        Ok(Self::of(db, folder, Arc::new(Timestamp::now)))
    }

    pub(crate) fn of(db: Db, folder: Folder, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            archive: Archive::new(&folder),
            db,
            folder,
            clock,
            drawer: RwLock::default(),
            open: RwLock::default(),
            news: broadcast::Sender::new(NEWS),
        }))
    }

    /// Opens a node's folder with the clock of the machine.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn open_now(folder: Folder) -> Result<Self, OfficeError> {
        Self::open(folder, Arc::new(Timestamp::now))
    }

    /// The node's folder.
    pub fn folder(&self) -> &Folder {
        &self.0.folder
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// What changes from now on.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    /// Whether somebody has logged in since the start.
    pub fn is_drawer_open(&self) -> bool {
        self.drawer().is_ok()
    }

    /// A setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn setting(&self, name: &str) -> Result<Option<String>, OfficeError> {
        let found = self
            .db()
            .read(|db| db.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0)));
        match found {
            Err(DbError::Sqlite(rusqlite::Error::QueryReturnedNoRows)) => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// Changes a setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set(&self, name: &str, value: &str) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)", [name, value])?;
            Ok(())
        })
    }

    /// Does what takes processor time or waits for disk or database, off the async workers: the only way from async code
    /// to the node.
    ///
    /// # Errors
    /// As the work; [`OfficeError::Panicked`] when it panics.
    pub async fn run<T: std::marker::Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OfficeError> + std::marker::Send + 'static,
    ) -> Result<T, OfficeError> {
        let node = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&node)).await;
        done.unwrap_or(Err(OfficeError::Panicked))
    }

    /// There is something to do for an office, if its keys are open.
    pub(crate) fn ring(&self, office: OfficeNo, duty: Duty) {
        if let Ok(open) = self.open_office(office) {
            open.duties.ring(duty);
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.0.archive
    }

    pub(crate) fn tell(&self, office: OfficeNo, topic: Topic) {
        // It does not matter if nobody looks.
        drop(self.0.news.send(News { office, topic }));
    }

    pub(crate) fn drawer(&self) -> Result<Arc<DrawerKey>, OfficeError> {
        let drawer = self.0.drawer.read().unwrap_or_else(PoisonError::into_inner);
        drawer.clone().ok_or(OfficeError::DrawerLocked)
    }

    pub(crate) fn open_drawer(&self, key: DrawerKey) {
        let mut drawer = self.0.drawer.write().unwrap_or_else(PoisonError::into_inner);
        drawer.get_or_insert_with(|| Arc::new(key));
    }

    /// The keys of an office, once its password was given.
    ///
    /// # Errors
    /// [`OfficeError::KeysLocked`] until then.
    pub fn open_office(&self, office: OfficeNo) -> Result<Arc<OpenOffice>, OfficeError> {
        let open = self.0.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(&office).cloned().ok_or(OfficeError::KeysLocked)
    }

    /// All offices whose keys are open.
    pub(crate) fn open_offices(&self) -> Vec<Arc<OpenOffice>> {
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Puts the keys of an office into use; `false` when they were already.
    pub(crate) fn put_open_office(&self, office: Arc<OpenOffice>) -> bool {
        let mut open = self.0.open.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = !open.contains_key(&office.no());
        open.entry(office.no()).or_insert(office);
        is_new
    }

    /// Puts other keys of an office into use; the ones before, if there were any.
    pub(crate) fn replace_open_office(&self, office: Arc<OpenOffice>) -> Option<Arc<OpenOffice>> {
        self.0.open.write().unwrap_or_else(PoisonError::into_inner).insert(office.no(), office)
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
