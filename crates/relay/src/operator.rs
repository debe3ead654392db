//! What the operator does on the relay's own machine, also while the relay serves.

mod import;
mod register;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::folder::Folder;
use crate::store::By;
use crate::store::sqlite::{self, OpenError, SqliteStore, backup};

pub use import::{ImportError, Imported, import};
pub use register::{
    NewCredentials, RegisterError, register_foreign_certificate, register_office, renew_credentials,
};

/// Opens the store of a folder.
///
/// # Errors
/// When it cannot be opened.
pub fn open_store(folder: &Folder, reserve: u64) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(&folder.store(), reserve).map(Arc::new)
}

/// The operator as the one who acts.
pub fn by_operator(now: Timestamp) -> By {
    By { who: "operator".into(), address: String::new(), at: now }
}

/// Copies the store, also while the relay serves, into a file that must not exist.
///
/// # Errors
/// When it cannot be read or the copy not be written.
pub fn back_up(folder: &Folder, to: &Path) -> Result<(), OpenError> {
    backup(&folder.store(), to)
}

/// The first file of a folder's store that is still there: what has to be moved away, all of it, before a restore.
pub fn remains(folder: &Folder) -> Option<PathBuf> {
    sqlite::remains(&folder.store())
}

/// Puts a copy in the place of a folder's store, which must not exist: nothing is overwritten. The relay must not be
/// serving. The store begins another life, by which nodes notice that the relay is older than they are, and bring back
/// what they hold.
///
/// # Errors
/// When the copy is none, or the store is still there.
pub fn restore(folder: &Folder, from: &Path) -> Result<(), OpenError> {
    backup(from, &folder.store())
}
