//! What can go wrong at the node.

use std::io;
use std::sync::Arc;

use tasuki_client::ClientError;
use tasuki_identity::drawer::DrawerError;
use tasuki_identity::vault::VaultError;
use tasuki_standard::codes::ImportError;

pub use super::db::DbError;

/// Why something was not done. Nothing is half done.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Nobody has logged in since the start: what is kept sealed cannot be read or written.
    #[error("nobody has logged in since the start")]
    DrawerLocked,
    /// The office password has not been given since the start.
    #[error("the keys of the office are locked")]
    KeysLocked,
    /// There is no such thing, or it is another office's.
    #[error("not found")]
    NotFound,
    /// It was changed or sent by somebody else in the meantime.
    #[error("it was changed in the meantime")]
    Changed,
    /// It may not be sent as it is: something is missing, wrong or not accepted yet.
    #[error("it is not ready to be sent")]
    NotReady,
    /// Parcels for this office are sealed for a key that this computer does not have.
    #[error("this computer does not have the key of the office")]
    NoOfficeKey,
    /// A part of the program failed in the middle. Nothing was half done.
    #[error("a part of the program failed")]
    Panicked,
    /// No folder was set for that.
    #[error("no folder is set")]
    NoFolder,
    /// The recovery kit is not of the key that the office has in the directory.
    #[error("the recovery kit is not of the office's present key")]
    NotThisKey,
    /// The directory has an older key of this office than was seen before: it is waited until the office has
    /// published its key again.
    #[error("the directory has an older key than was seen before")]
    KeyBehind,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The database failed.
    #[error("the database failed")]
    Db(#[source] DbError),
    /// A file cannot be read or written.
    #[error("a file cannot be read or written")]
    Io(#[source] io::Error),
    /// What was kept is damaged.
    #[error("what was kept is damaged")]
    Damaged,
    /// The table of service codes that the relay hands out is none. The one before stays in use.
    #[error("the relay's table of service codes cannot be read")]
    ServiceCodes(#[source] Arc<ImportError>),
    /// A key cannot be opened or made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The relay refused, or cannot be reached.
    #[error(transparent)]
    Relay(#[from] ClientError),
}

impl From<DbError> for OfficeError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::DiskFull,
            DbError::Sqlite(rusqlite::Error::QueryReturnedNoRows) => Self::NotFound,
            error => Self::Db(error),
        }
    }
}

impl From<rusqlite::Error> for OfficeError {
    fn from(error: rusqlite::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<io::Error> for OfficeError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io(error) }
    }
}

impl From<DrawerError> for OfficeError {
    fn from(_: DrawerError) -> Self {
        Self::Damaged
    }
}

impl From<serde_json::Error> for OfficeError {
    fn from(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}

impl From<tasuki_identity::signing::SigningError> for OfficeError {
    fn from(_: tasuki_identity::signing::SigningError) -> Self {
        Self::Damaged
    }
}
