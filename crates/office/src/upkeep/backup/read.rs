//! Reading a backup, be it damaged or made to harm: nothing is written that was not announced, nowhere but below the
//! node's folder.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Write};
use std::path::Path;

use tasuki_protocol::limits::PARCEL_BYTES;
use tempfile::TempDir;
use zip::ZipArchive;

use super::{ARCHIVE, BackupError, DB, RESERVE, TEMPORARY};
use crate::base::db::{Db, version_of};
use crate::base::disk;

/// A file of a backup, by the path that it has in the node's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// A backup that is open for reading.
pub(super) struct Backup {
    zip: ZipArchive<BufReader<File>>,
    parts: Vec<Part>,
}

impl Backup {
    /// Opens a file and looks at the list of its parts; the database comes last.
    ///
    /// # Errors
    /// When it has no database, or anything that does not belong into a backup.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path)?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| no_backup(error.into()))?;
        let mut parts = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| no_backup(error.into()))?;
            let name = entry.name().map_err(|error| no_backup(error.into()))?.into_owned();
            // Other programs write folders down too.
            if entry.is_dir() {
                continue;
            }
            parts.push(Part { name, bytes: entry.size() });
        }
        parts.sort_by_key(|part| part.name == DB);
        let has_db = parts.last().is_some_and(|part| part.name == DB);
        if !has_db || !parts.iter().all(belongs) {
            return Err(BackupError::NotABackup);
        }
        Ok(Self { zip, parts })
    }

    /// What it holds, the database last.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Bytes that it takes when it is unpacked.
    fn bytes(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes))
    }

    /// Whether a folder's disk has space for all of it.
    ///
    /// # Errors
    /// [`BackupError::NoSpace`] when it has not.
    pub(super) fn must_fit(&self, folder: &Path) -> Result<(), BackupError> {
        must_be_free(folder, self.bytes())
    }

    /// Copies a part: as many bytes as the list names, no more and no fewer.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] when it holds other bytes than were written; or `to` fails.
    pub(super) fn copy(&mut self, part: &Part, to: &mut impl Write) -> Result<(), BackupError> {
        let mut entry = self.zip.by_name(&part.name).map_err(io::Error::from)?;
        // The checksum is compared where the part ends.
        let copied = io::copy(&mut entry.by_ref().take(part.bytes.saturating_add(1)), to)?;
        if copied == part.bytes { Ok(()) } else { Err(BackupError::Damaged) }
    }

    /// The contents of a parcel; `None` when it is not there. No parcel is larger than the limit.
    ///
    /// # Errors
    /// As [`Backup::copy`].
    pub(super) fn contents(&mut self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let bytes = self.zip.by_index_raw(index).map_err(io::Error::from)?.size();
        let mut contents = Vec::new();
        self.copy(&Part { name: name.to_owned(), bytes }, &mut contents)?;
        Ok(Some(contents))
    }

    /// Unpacks the database into a folder of its own below `scratch`, and opens it as the node will: its version is
    /// known and its pages are sound.
    ///
    /// # Errors
    /// When it is damaged or of a newer version, or the disk is full.
    pub(super) fn open_db(&mut self, scratch: &Path) -> Result<(Db, TempDir), BackupError> {
        let part = self.parts.last().cloned().ok_or(BackupError::NotABackup)?;
        must_be_free(scratch, part.bytes)?;
        let folder = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(scratch)?;
        let path = folder.path().join(DB);
        self.copy(&part, &mut File::create_new(&path)?)?;
        version_of(&path)?;
        let db = Db::open(&path)?;
        if !db.is_sound()? {
            return Err(BackupError::Damaged);
        }
        Ok((db, folder))
    }

    /// Reads all of it, as a restore would.
    ///
    /// # Errors
    /// As [`Backup::copy`] and [`Backup::open_db`].
    pub(super) fn verify(&mut self, scratch: &Path) -> Result<(), BackupError> {
        self.open_db(scratch)?;
        for part in self.parts.clone() {
            self.copy(&part, &mut io::sink())?;
        }
        Ok(())
    }
}

/// Whether a folder's disk has space for so many bytes and the reserve, as far as it can be told.
///
/// # Errors
/// [`BackupError::NoSpace`] when it has not.
pub(super) fn must_be_free(folder: &Path, bytes: u64) -> Result<(), BackupError> {
    let needed = bytes.saturating_add(RESERVE);
    match disk::free_bytes(folder) {
        Some(free) if free < needed => Err(BackupError::NoSpace { needed, free }),
        _ => Ok(()),
    }
}

/// Whether a part is the database or a sealed parcel. Pure.
fn belongs(part: &Part) -> bool {
    if part.name == DB {
        return true;
    }
    let is_plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let in_archive = part.name.strip_prefix(ARCHIVE).and_then(|name| name.strip_prefix('/'));
    let stem = in_archive.and_then(|path| path.strip_suffix(".age"));
    stem.is_some_and(|path| path.split('/').all(is_plain)) && part.bytes <= PARCEL_BYTES
}

fn no_backup(error: io::Error) -> BackupError {
    match BackupError::from(error) {
        BackupError::Damaged => BackupError::NotABackup,
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parcels_and_the_database_belong_into_a_backup() {
        let belongs = |name: &str, bytes| belongs(&Part { name: name.into(), bytes });
        for good in [
            "node.db",
            "archive/1370000019/202510/0199-7.age",
            "archive/1370000019/received/1370000027/202510/01-ab.age",
        ] {
            assert!(belongs(good, PARCEL_BYTES), "{good}");
        }
        for bad in [
            "",
            "x",
            "archive",
            "archive/",
            "archive/.age",
            "archive/x.txt",
            "archive/../x.age",
            "/archive/x.age",
            "archive//x.age",
            "archive\\x.age",
            "archive/c:x.age",
            "archive/利用者.age",
            "local.json",
            "unlock.key",
            "node.db-wal",
        ] {
            assert!(!belongs(bad, 1), "{bad}");
        }
        assert!(!belongs("archive/x.age", PARCEL_BYTES + 1), "no parcel is as large");
    }
}
