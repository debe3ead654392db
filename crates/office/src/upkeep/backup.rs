//! Backup and restore: one zip file with the database and the archive. What is personal in it is sealed, as it is in
//! the node's folder; it opens with the passwords of the staff and the office.
//!
//! ```text
//! write.rs     the node → a file, while it runs
//! read.rs      a file → its parts, each with the size that it names, never more
//! schedule.rs  one a day, and which are kept
//! drill.rs     a restore that is tried without restoring
//! restore.rs   a file → an empty folder; laid ready by a page, done at the next start
//! ```
//!
//! Nothing here is as large in memory as a backup is.

mod drill;
mod read;
mod restore;
mod schedule;
mod write;

use std::io;
use std::path::Path;

pub use drill::{Drill, DrillFault, DrillProblem, DrillReport};
pub(crate) use restore::finish_restore;
pub use restore::{IncomingBackup, RestoreProblem, restore};
pub use schedule::{BackupPlace, BackupStatus, BackupTrouble};

use crate::base::db::DbError;
use crate::base::error::OfficeError;

/// The database, in the folder and in a backup.
const DB: &str = "node.db";

/// The folder of the sealed parcels, in the node's folder and in a backup.
const ARCHIVE: &str = "archive";

/// Bytes that a restore leaves free: a full disk stops whatever else runs there.
const RESERVE: u64 = 64 * 1024 * 1024;

/// How the names of files and folders begin that are being written; what is left of them after a crash is removed.
const TEMPORARY: &str = ".tasuki-backup-";

/// Why a file is not restored, or is no good backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is no backup of a node, or a part of it only.
    #[error("this is not a backup of a node")]
    NotABackup,
    /// Something in it cannot be read as it was written.
    #[error("the backup is damaged")]
    Damaged,
    /// A newer program made it.
    #[error("the backup has version {found}, this program knows versions up to {known}")]
    Newer {
        /// Version of its database.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// The disk has less space than it takes.
    #[error("{needed} bytes are needed and {free} are free")]
    NoSpace {
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A node lives in the folder already.
    #[error("there is a node in the folder already")]
    NodeThere,
    /// The node failed, or a file cannot be read or written.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

/// Removes a temporary file or folder, as far as it can be.
fn remove(path: &Path) {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if let Err(error) = removed {
        tracing::warn!(error = %error, "a temporary file cannot be removed");
    }
}

impl From<io::Error> for BackupError {
    /// What the operating system tells is no fault of the backup.
    fn from(error: io::Error) -> Self {
        let is_of_system =
            error.raw_os_error().is_some() || matches!(error.kind(), io::ErrorKind::StorageFull);
        if is_of_system { Self::Office(error.into()) } else { Self::Damaged }
    }
}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Newer { found, known } => Self::Newer { found, known },
            DbError::Foreign(_) => Self::NotABackup,
            DbError::Full => Self::Office(OfficeError::DiskFull),
            _ => Self::Damaged,
        }
    }
}
