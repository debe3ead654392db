//! The node's folder.
//!
//! ```text
//! node.db                     notes, drafts, queue, indexes (personal data sealed)
//! archive/OFFICE/YYYYMM/ID    sealed parcels, sent and received, exactly as they travelled
//! local.json                  address and token for programs of this machine, while the node runs
//! unlock.key                  only if an administrator lets the node unlock itself
//! service-codes               the table of service codes that the relay handed out, under its SHA-256; fetched anew if it is gone
//! node.id                     a random word: where the database's differs, this is a restored node or a copy
//! restore.zip                 a backup that is restored at the next start
//! restore-problem.*           one that could not be restored, and why
//! ```

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The node's folder, which only its owner can enter.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        create_private(&path)?;
        Ok(Self(path))
    }

    /// Keeps other processes from working in it: two of them would send the same queue. The folder is free again
    /// when the file is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when another process has it.
    pub fn lock(&self) -> io::Result<File> {
        let file = File::create(self.0.join("node.lock"))?;
        file.try_lock()?;
        Ok(file)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn db(&self) -> PathBuf {
        self.0.join("node.db")
    }

    /// The sealed parcels.
    pub fn archive(&self) -> PathBuf {
        self.0.join("archive")
    }

    /// How programs of this machine reach the node.
    pub fn local(&self) -> PathBuf {
        self.0.join("local.json")
    }

    /// The table of service codes.
    pub(crate) fn service_codes(&self) -> PathBuf {
        self.0.join("service-codes")
    }

    /// The key file by which the node unlocks itself.
    pub fn unlock_key(&self) -> PathBuf {
        self.0.join("unlock.key")
    }
}

/// Makes a folder, and those above it, that only their owner can enter.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that only its owner can read: complete and durable, or not at all.
///
/// # Errors
/// When the disk is full or the folder cannot be written.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = parent(path);
    prepare(folder, bytes)?.persist(path)?;
    sync_folder(folder)
}

/// As [`write_durably`], but never in the place of a file that is there already.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is one; as before otherwise.
pub fn write_new_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = parent(path);
    prepare(folder, bytes)?.persist_noclobber(path)?;
    sync_folder(folder)
}

/// How the names of files begin that are being written.
pub(crate) const TEMPORARY: &str = ".tasuki-";

fn prepare(folder: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The folder of a file.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The new name is durable only when its folder is. Windows has no such call and needs none.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
