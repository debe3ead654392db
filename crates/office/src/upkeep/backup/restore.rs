//! Restoring: a page or a person lays a backup ready, the next start puts it into the place of a node in which nothing
//! was set up. Whatever it is, the node starts.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::read::{Backup, must_be_free};
use super::{BackupError, DB, RESERVE, TEMPORARY};
use crate::base::db::Db;
use crate::base::error::OfficeError;
use crate::base::folder::{Folder, create_private, sync_folder, write_durably};
use crate::staff;
use crate::upkeep::origin;
use crate::upkeep::part::Upkeep;

/// Name of a backup that is to be restored at the next start.
const STAGED: &str = "restore.zip";

/// Name of one that was laid ready and could not be restored, and of the reason.
const SET_ASIDE: &str = "restore-problem.zip";
const PROBLEM: &str = "restore-problem.json";

/// Why a backup that was laid ready was not restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum RestoreProblem {
    /// It is no backup, or damaged: set aside.
    Damaged,
    /// A newer program made it: set aside.
    Newer,
    /// A node was set up here in the meantime: set aside.
    NodeThere,
    /// The disk is too full; it is tried again at the next start.
    NoSpace,
    /// Files cannot be read or written; it is tried again at the next start.
    Io,
}

impl RestoreProblem {
    fn of(error: &BackupError) -> Self {
        match error {
            BackupError::NotABackup | BackupError::Damaged => Self::Damaged,
            BackupError::Newer { .. } => Self::Newer,
            BackupError::NodeThere => Self::NodeThere,
            BackupError::NoSpace { .. } | BackupError::Office(OfficeError::DiskFull) => Self::NoSpace,
            BackupError::Office(_) => Self::Io,
        }
    }

    /// The same file will not do at the next start either.
    fn stays(self) -> bool {
        matches!(self, Self::Damaged | Self::Newer | Self::NodeThere)
    }
}

/// A backup on its way into the node's folder. It vanishes unless it is laid ready.
pub struct IncomingBackup {
    file: NamedTempFile,
    /// Bytes since the disk was looked at.
    unchecked: u64,
}

impl IncomingBackup {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the disk is full, but for a reserve.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.unchecked = self.unchecked.saturating_add(bytes.len() as u64);
        if self.unchecked >= RESERVE / 4 {
            must_be_free(self.file.path().parent().unwrap_or(Path::new(".")), 0)?;
            self.unchecked = 0;
        }
        Ok(self.file.write_all(bytes)?)
    }
}

impl Upkeep {
    /// Begins to take a backup that is to be restored, of any size.
    ///
    /// # Errors
    /// When the node's folder cannot be written, or its disk is full.
    pub fn receive_backup(&self) -> Result<IncomingBackup, BackupError> {
        let folder = self.0.folder().path();
        must_be_free(folder, 0)?;
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        Ok(IncomingBackup { file, unchecked: 0 })
    }

    /// Lays a backup ready, once all of it was read and its database was opened: it is restored at the next start, if
    /// nothing was set up until then.
    ///
    /// # Errors
    /// When it is no good backup, or the disk has no space for all that it holds.
    pub fn stage_restore(&self, incoming: IncomingBackup) -> Result<(), BackupError> {
        let folder = self.0.folder().path();
        let mut backup = Backup::open(incoming.file.path())?;
        backup.must_fit(folder)?;
        backup.verify(folder)?;
        drop(backup);
        incoming.file.as_file().sync_all()?;
        incoming.file.persist(folder.join(STAGED)).map_err(|error| error.error)?;
        forget_problem(folder)?;
        Ok(sync_folder(folder)?)
    }

    /// Whether a backup is laid ready.
    pub fn is_restore_staged(&self) -> bool {
        self.0.folder().path().join(STAGED).exists()
    }

    /// Why the backup that was laid ready last was not restored, if it was not.
    pub fn restore_problem(&self) -> Option<RestoreProblem> {
        let bytes = std::fs::read(self.0.folder().path().join(PROBLEM)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Restores a backup that was laid ready, in the place of a database in which nothing was set up. Only the process that
/// holds the lock of the folder may do so. What cannot be restored keeps no node from starting.
pub(crate) fn finish_restore(folder: &Folder) {
    remove_leftovers(folder.path());
    let staged = folder.path().join(STAGED);
    if !staged.exists() {
        return;
    }
    let result = match restore_staged(&staged, folder) {
        Ok(()) => std::fs::remove_file(&staged).and_then(|()| forget_problem(folder.path())),
        Err(error) => {
            let problem = RestoreProblem::of(&error);
            tracing::error!(problem = ?problem, error = %error, "the backup is not restored");
            set_aside(folder.path(), problem)
        }
    };
    if let Err(error) = result {
        tracing::error!(error = %error, "the backup that was laid ready cannot be put away");
    }
}

fn restore_staged(staged: &Path, folder: &Folder) -> Result<(), BackupError> {
    if folder.db().exists() && Db::open(&folder.db())?.read(staff::store::has_members)? {
        return Err(BackupError::NodeThere);
    }
    // It was read when it was laid ready, but disks lose what they had.
    let mut backup = Backup::open(staged)?;
    backup.must_fit(folder.path())?;
    backup.verify(folder.path())?;
    remove_db(folder)?;
    unpack(backup, folder)
}

fn set_aside(folder: &Path, problem: RestoreProblem) -> std::io::Result<()> {
    write_durably(&folder.join(PROBLEM), &serde_json::to_vec(&problem)?)?;
    if problem.stays() {
        std::fs::rename(folder.join(STAGED), folder.join(SET_ASIDE))?;
    }
    sync_folder(folder)
}

fn forget_problem(folder: &Path) -> std::io::Result<()> {
    for name in [PROBLEM, SET_ASIDE] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what a process left that was killed while it took or wrote a backup here.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            super::remove(&entry.path());
        }
    }
}

/// Brings a backup back into an empty folder.
///
/// # Errors
/// When a node is there already, the file is no good backup, or the disk has no space for it.
pub fn restore(from: &Path, folder: &Folder) -> Result<(), BackupError> {
    if folder.db().exists() {
        return Err(BackupError::NodeThere);
    }
    let mut backup = Backup::open(from)?;
    backup.must_fit(folder.path())?;
    backup.verify(folder.path())?;
    remove_db(folder)?;
    unpack(backup, folder)
}

/// Removes a database with what belongs to it: the log of another one would be taken for its own.
fn remove_db(folder: &Folder) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{ending}", folder.db().display()));
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Unpacks all parts, durably. The database comes last: without it the folder is no node's, and the restore can be
/// repeated.
fn unpack(mut backup: Backup, folder: &Folder) -> Result<(), BackupError> {
    let mut folders = BTreeSet::from([folder.path().to_owned()]);
    for part in backup.parts().to_vec() {
        let target = folder.path().join(&part.name);
        if part.name == DB {
            folders.iter().try_for_each(|folder| sync_folder(folder))?;
            // The node that starts here is to know.
            write_durably(&folder.path().join(origin::FILE), origin::RESTORED)?;
        }
        let below = target.ancestors().skip(1).take_while(|above| above.starts_with(folder.path()));
        let new: Vec<_> = below.filter(|above| !folders.contains(*above)).map(Path::to_owned).collect();
        if let Some(deepest) = new.first() {
            create_private(deepest)?;
            folders.extend(new);
        }
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder.path())?;
        backup.copy(&part, &mut file)?;
        file.as_file().sync_all()?;
        file.persist(target).map_err(|error| error.error)?;
    }
    Ok(sync_folder(folder.path())?)
}
