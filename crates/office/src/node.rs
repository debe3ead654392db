//! The roof: opens a node and holds its parts. No SQL and no rule stand here.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::broadcast;

pub use crate::base::{Clock, News, Topic};

use crate::arrivals::Inbox;
use crate::base::db::Db;
use crate::base::error::OfficeError;
use crate::base::folder::Folder;
use crate::base::{Base, blocking};
use crate::exports::Exports;
use crate::link;
use crate::offices::{Keys, Offices};
use crate::partners::Directory;
use crate::sends::{Drafts, Outbox, Sends};
use crate::staff::Accounts;
use crate::upkeep::{Upkeep, backup};

/// An office node. Clones are the same node.
#[derive(Clone)]
pub struct Node {
    base: Base,
    /// Who may use it.
    pub staff: Accounts,
    /// Its offices, and their keys.
    pub offices: Offices,
    /// Other offices.
    pub directory: Directory,
    /// Sends, as they are read.
    pub sends: Sends,
    /// What is being put together.
    pub drafts: Drafts,
    /// What was confirmed.
    pub outbox: Outbox,
    /// What arrived.
    pub inbox: Inbox,
    /// Export folders of the care software.
    pub exports: Exports,
    /// Backups, checks, the record of who did what.
    pub upkeep: Upkeep,
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
        let node = Self::of(&Base::new(db, folder, clock));
        node.upkeep.notice_origin()?;
        Ok(node)
    }

    /// Opens a node's folder with the clock of the machine.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn open_now(folder: Folder) -> Result<Self, OfficeError> {
        Self::open(folder, Arc::new(Timestamp::now))
    }

    /// Opens a folder in which a node may be running: nothing is restored, migrated or made.
    ///
    /// # Errors
    /// When there is no node's database, or it is of a newer version.
    pub fn open_to_look(folder: Folder) -> Result<Self, OfficeError> {
        let db = Db::open_to_look(&folder.db())?;
        Ok(Self::of(&Base::new(db, folder, Arc::new(Timestamp::now))))
    }

    fn of(base: &Base) -> Self {
        let keys = Keys::new(link::begin);
        let offices = Offices::new(base, &keys);
        let directory = Directory::new(base, &keys);
        let sends = Sends::new(base, &keys);
        let drafts = Drafts::new(base, &sends);
        let outbox = Outbox::new(base, &keys, &sends);
        let upkeep = Upkeep::new(base);
        Self {
            staff: Accounts::new(base),
            inbox: Inbox::new(base, &keys, &offices),
            exports: Exports {
                base: base.clone(),
                offices: offices.clone(),
                directory: directory.clone(),
                sends: sends.clone(),
                drafts: drafts.clone(),
                outbox: outbox.clone(),
                upkeep: upkeep.clone(),
            },
            base: base.clone(),
            offices,
            directory,
            sends,
            drafts,
            outbox,
            upkeep,
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        self.base.folder()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.base.now()
    }

    /// What changes from now on.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.base.news()
    }

    /// Whether somebody has logged in since the start.
    pub fn is_drawer_open(&self) -> bool {
        self.base.is_drawer_open()
    }

    /// A setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn setting(&self, name: &str) -> Result<Option<String>, OfficeError> {
        self.base.setting(name)
    }

    /// Changes a setting of the node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set(&self, name: &str, value: &str) -> Result<(), OfficeError> {
        self.base.set(name, value)
    }

    /// Does what takes processor time or waits for disk or database, off the async workers: the only way from async code
    /// to the node.
    ///
    /// # Errors
    /// As the work; [`OfficeError::Panicked`] when it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OfficeError> + Send + 'static,
    ) -> Result<T, OfficeError> {
        let node = self.clone();
        blocking(move || work(&node)).await
    }
}
