//! Writing a backup while the node runs.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::read::Backup;
use super::{BackupError, DB, TEMPORARY};
use crate::base::error::OfficeError;
use crate::base::folder::{parent, sync_folder};
use crate::base::record::{Action, Actor};
use crate::upkeep::part::Upkeep;

impl Upkeep {
    /// Writes a backup while the node runs. It is complete and durable when this returns, and was read again.
    ///
    /// # Errors
    /// When there is a file already, the disk is full, or the archive cannot be read.
    pub fn back_up(&self, by: impl Into<Actor>, to: &Path) -> Result<(), OfficeError> {
        self.write_backup(to).map_err(|error| match error {
            BackupError::Office(error) => error,
            _ => OfficeError::Damaged,
        })?;
        self.0.note(&by.into(), Action::BackedUp, None)
    }

    pub(super) fn write_backup(&self, to: &Path) -> Result<(), BackupError> {
        let folder = parent(to);
        let temporary = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder)?;
        let copy = temporary.path().join(DB);
        self.0.db().copy_to(&copy).map_err(OfficeError::from)?;
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        let mut zip = ZipWriter::new(BufWriter::new(file));
        add(&mut zip, DB, &copy)?;
        // The copy of the database is older than what is now in the archive: nothing that it names is missing.
        for path in files_below(&self.0.folder().archive())? {
            let name = path.strip_prefix(self.0.folder().path()).unwrap_or(&path);
            add(&mut zip, &name.to_string_lossy().replace('\\', "/"), &path)?;
        }
        let file =
            zip.finish().map_err(io::Error::from)?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Backup::open(file.path())?.verify(folder)?;
        file.persist_noclobber(to).map_err(|error| error.error)?;
        Ok(sync_folder(folder)?)
    }
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

pub(super) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
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
