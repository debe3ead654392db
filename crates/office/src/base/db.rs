//! The node's database: one connection that writes, one that reads, both in WAL mode with a sync at every commit.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

/// Every migration, oldest first. They are only added, never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_house.sql"),
    include_str!("../../migrations/0003_keys.sql"),
    include_str!("../../migrations/0004_begun.sql"),
    include_str!("../../migrations/0005_key_before.sql"),
];

/// Marks the file as a node's database (`PRAGMA application_id`): "TSKO".
const APPLICATION_ID: i32 = 0x5453_4b4f;

/// How long to wait for a lock that another process (a backup) holds.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The database failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The disk is full: nothing was changed, and what is there can be read.
    #[error("the disk is full")]
    Full,
    /// The file was made by a newer program.
    #[error("the database has version {found}, this program knows versions up to {known}")]
    Newer {
        /// Version of the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// The file is not a database of a node.
    #[error("{0} is not a database of a node")]
    Foreign(PathBuf),
    /// The file was made by an older program, and only looked at: the serving node brings it up to date.
    #[error("the database has version {found}, and is {known} once the node has been started")]
    Older {
        /// Version of the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// Anything else.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) { Self::Full } else { Self::Sqlite(error) }
    }
}

pub(crate) struct Db {
    path: PathBuf,
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Db {
    pub(crate) fn open(path: &Path) -> Result<Self, DbError> {
        let mut writer = Connection::open(path)?;
        set_up(&writer)?;
        migrate(&mut writer, path)?;
        let reader = Connection::open(path)?;
        set_up(&reader)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// Opens the database that a serving node may have open too: nothing is made, migrated or restored.
    pub(crate) fn open_to_look(path: &Path) -> Result<Self, DbError> {
        version_of(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let writer = Connection::open_with_flags(path, flags)?;
        let reader = Connection::open_with_flags(path, flags)?;
        for connection in [&writer, &reader] {
            set_up(connection)?;
        }
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// Whether the tables are those that this program knows.
    pub(crate) fn must_be_current(&self) -> Result<(), DbError> {
        let found: usize = self.read(|db| db.pragma_query_value(None, "user_version", |row| row.get(0)))?;
        let known = MIGRATIONS.len();
        if found < known { Err(DbError::Older { found, known }) } else { Ok(()) }
    }

    /// Whether all pages are as they were written.
    pub(crate) fn is_sound(&self) -> Result<bool, DbError> {
        let found: String = self.read(|db| db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        Ok(found == "ok")
    }

    /// Reads. What is committed before is seen.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DbError> {
        Ok(work(&lock(&self.reader))?)
    }

    /// Writes in one transaction: all of it is durable when this returns, or nothing has happened.
    pub(crate) fn write<T, E>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        let mut db = lock(&self.writer);
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DbError::from)?;
        let result = work(&tx)?;
        tx.commit().map_err(DbError::from)?;
        Ok(result)
    }

    /// Copies the database as of now into a new file.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), DbError> {
        let target = path.to_str().ok_or_else(|| DbError::Foreign(path.to_owned()))?;
        // A connection of its own: others go on reading and writing.
        Connection::open(&self.path)?.execute("VACUUM INTO ?1", [target])?;
        Ok(())
    }
}

/// A thread that panicked in the middle left its transaction rolled back: the connection is sound.
fn lock(db: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    db.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(LOCK_WAIT)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "secure_delete", "FAST")?;
    db.pragma_update(None, "cache_size", -8 * 1024)
}

/// The version of a node's database, which is not changed by this.
///
/// # Errors
/// When it is no node's, or of a newer program.
pub(crate) fn version_of(path: &Path) -> Result<usize, DbError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(LOCK_WAIT)?;
    let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: usize = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = MIGRATIONS.len();
    match (id, found) {
        (APPLICATION_ID, 1..) if found <= known => Ok(found),
        (APPLICATION_ID, 1..) => Err(DbError::Newer { found, known }),
        _ => Err(DbError::Foreign(path.to_owned())),
    }
}

fn migrate(db: &mut Connection, path: &Path) -> Result<(), DbError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id: i32 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: usize = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if id != APPLICATION_ID && (id, version) != (0, 0) {
        return Err(DbError::Foreign(path.to_owned()));
    }
    if version > MIGRATIONS.len() {
        return Err(DbError::Newer { found: version, known: MIGRATIONS.len() });
    }
    for migration in &MIGRATIONS[version..] {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", MIGRATIONS.len())?;
    Ok(tx.commit()?)
}
