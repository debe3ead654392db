//! What the operator does on the relay's own machine, also while the relay serves.

mod import;
mod register;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tasuki_protocol::limits::SERVICE_CODES_BYTES;

use crate::folder::{Folder, write_new};
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

/// The table of service codes is not taken.
#[derive(Debug, thiserror::Error)]
pub enum LoadCodesError {
    /// It is larger than [`SERVICE_CODES_BYTES`].
    #[error("the table of service codes has more than {SERVICE_CODES_BYTES} bytes")]
    TooLarge,
    /// It cannot be written.
    #[error("the table of service codes cannot be written")]
    Io(#[from] std::io::Error),
}

/// Takes a table of service codes, to be handed out to all offices, in the place of the one before; also while the
/// relay serves. Its bytes are not looked at here: whoever loads it checks it first, and whoever fetches it does again.
///
/// # Errors
/// When it is too large or cannot be written; then the one before stays.
pub fn load_codes(folder: &Folder, table: &[u8]) -> Result<(), LoadCodesError> {
    if table.len() as u64 > SERVICE_CODES_BYTES {
        return Err(LoadCodesError::TooLarge);
    }
    Ok(write_new(&folder.service_codes(), table)?)
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
