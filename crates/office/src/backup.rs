//! Backup and restore: one zip file with the database and the archive. What is personal in it is sealed, as it is in
//! the node's folder; it opens with the passwords of the staff and the office.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Component, Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::db::Db;
use crate::error::OfficeError;
use crate::folder::{Folder, create_private, write_durably};
use crate::node::Node;

const DB: &str = "node.db";
const ARCHIVE: &str = "archive";

impl Node {
    /// Writes a backup while the node runs. It is complete and durable when this returns.
    ///
    /// # Errors
    /// When there is a file already, the disk is full, or the archive cannot be read.
    pub fn back_up(&self, by: &str, to: &Path) -> Result<(), OfficeError> {
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = tempfile::tempdir_in(folder)?;
        let copy = temporary.path().join(DB);
        self.db().copy_to(&copy)?;
        let file = tempfile::Builder::new().prefix(".tasuki-").tempfile_in(folder)?;
        let mut zip = ZipWriter::new(BufWriter::new(file));
        add(&mut zip, DB, &copy)?;
        // The copy of the database is older than what is now in the archive: nothing that it names is missing.
        for path in files_below(&self.folder().archive())? {
            let name = path.strip_prefix(self.folder().path()).unwrap_or(&path);
            add(&mut zip, &name.to_string_lossy().replace('\\', "/"), &path)?;
        }
        let file =
            zip.finish().map_err(io::Error::from)?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(to).map_err(|error| error.error)?;
        self.note(None, by, "backup", "")
    }
}

/// Name of a backup that is to be restored at the next start.
const TO_RESTORE: &str = "restore.zip";

impl Node {
    /// Lays a backup ready: it is restored at the next start, if nothing was set up until then.
    ///
    /// # Errors
    /// When it is no backup, or the disk is full.
    pub fn stage_restore(&self, backup: &[u8]) -> Result<(), OfficeError> {
        let zip = ZipArchive::new(io::Cursor::new(backup)).map_err(|_| OfficeError::Damaged)?;
        if zip.index_for_name(DB).is_none() {
            return Err(OfficeError::Damaged);
        }
        Ok(write_durably(&self.folder().path().join(TO_RESTORE), backup)?)
    }
}

/// Restores a backup that was laid ready, in the place of a database in which nothing was set up.
pub(crate) fn finish_restore(folder: &Folder) -> Result<(), OfficeError> {
    let staged = folder.path().join(TO_RESTORE);
    if !staged.exists() {
        return Ok(());
    }
    let is_empty = !folder.db().exists() || !Db::open(&folder.db())?.has_staff()?;
    if is_empty {
        for ending in ["", "-wal", "-shm"] {
            let path = PathBuf::from(format!("{}{ending}", folder.db().display()));
            if path.exists() {
                std::fs::remove_file(path)?;
            }
        }
        restore(&staged, folder)?;
    }
    Ok(std::fs::remove_file(staged)?)
}

/// Brings a backup back into an empty folder.
///
/// # Errors
/// When a node is there already, or the file is no backup.
pub fn restore(from: &Path, folder: &Folder) -> Result<(), OfficeError> {
    if folder.db().exists() {
        return Err(OfficeError::Changed);
    }
    let mut zip = ZipArchive::new(File::open(from)?).map_err(|_| OfficeError::Damaged)?;
    // The database comes last: without it the folder is no node's, and the restore can be repeated.
    let names: Result<Vec<_>, _> = zip.file_names().map(|name| name.map(String::from)).collect();
    let mut names = names.map_err(|_| OfficeError::Damaged)?;
    names.sort_by_key(|name| name == DB);
    if names.last().map(String::as_str) != Some(DB) {
        return Err(OfficeError::Damaged);
    }
    for name in names {
        let path = Path::new(&name);
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain || (name != DB && !path.starts_with(ARCHIVE)) {
            return Err(OfficeError::Damaged);
        }
        let target = folder.path().join(path);
        create_private(target.parent().expect("it is below the folder"))?;
        let mut entry = zip.by_name(&name).map_err(|_| OfficeError::Damaged)?;
        let mut file = tempfile::NamedTempFile::new_in(folder.path())?;
        io::copy(&mut entry, &mut file)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(target).map_err(|error| error.error)?;
    }
    Ok(())
}

fn add<W: io::Write + io::Seek>(zip: &mut ZipWriter<W>, name: &str, path: &Path) -> Result<(), OfficeError> {
    // Sealed parcels do not shrink.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .unix_permissions(0o600);
    zip.start_file(name, options).map_err(io::Error::from)?;
    io::copy(&mut File::open(path)?, zip)?;
    Ok(())
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files_below(&entry.path())?);
        } else if entry.path().extension().is_some_and(|ending| ending == "age") {
            found.push(entry.path());
        }
    }
    Ok(found)
}
