//! The table of service codes that the relay handed out: one for all offices of the node, public data. The file holds
//! the SHA-256 of the table in its first line, so that a damaged one is not believed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tasuki_standard::codes::{ImportError, ServiceCodes, import};
use tasuki_terms::Sha256Digest;

use super::digest_of;
use super::error::OfficeError;
use super::folder::{Folder, write_durably};

/// A table, and the SHA-256 of the CSV that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct CodesTable {
    pub(crate) digest: Sha256Digest,
    pub(crate) codes: Arc<ServiceCodes>,
}

impl CodesTable {
    fn of(csv: &[u8]) -> Result<Self, ImportError> {
        Ok(Self { digest: digest_of(csv), codes: Arc::new(import(csv)?) })
    }
}

/// The table in use, and the file in which it is kept.
pub(crate) struct KeptCodes {
    path: PathBuf,
    /// Read from the file when somebody asks for the first time.
    table: OnceLock<Mutex<Option<CodesTable>>>,
}

impl KeptCodes {
    pub(super) fn new(folder: &Folder) -> Self {
        Self { path: folder.service_codes(), table: OnceLock::new() }
    }

    /// The table in use; none before the relay has handed one out.
    pub(crate) fn table(&self) -> Option<CodesTable> {
        self.in_use().lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a table into use. It is durable when this returns.
    ///
    /// # Errors
    /// [`OfficeError::ServiceCodes`] when it is no table, [`OfficeError::Io`] or [`OfficeError::DiskFull`] when it cannot be
    /// written: then the one before stays in use.
    pub(crate) fn put(&self, csv: &[u8]) -> Result<(), OfficeError> {
        let table = CodesTable::of(csv).map_err(|error| OfficeError::ServiceCodes(Arc::new(error)))?;
        let mut kept = self.in_use().lock().unwrap_or_else(PoisonError::into_inner);
        write_durably(&self.path, &file_of(table.digest, csv))?;
        *kept = Some(table);
        Ok(())
    }

    fn in_use(&self) -> &Mutex<Option<CodesTable>> {
        self.table.get_or_init(|| Mutex::new(read(&self.path)))
    }
}

/// The table in a file. Whatever is wrong with it, the relay has it still.
fn read(path: &Path) -> Option<CodesTable> {
    let table = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        file => file.ok().and_then(|file| believed(&file)),
    };
    if table.is_none() {
        tracing::warn!("the kept table of service codes is damaged and is fetched again");
    }
    table
}

fn file_of(digest: Sha256Digest, csv: &[u8]) -> Vec<u8> {
    [format!("{digest}\n").as_bytes(), csv].concat()
}

/// The table that a file holds whole and unchanged. Pure.
fn believed(file: &[u8]) -> Option<CodesTable> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let (digest, csv) = (file.get(..end)?, file.get(end + 1..)?);
    let digest: Sha256Digest = std::str::from_utf8(digest).ok()?.parse().ok()?;
    CodesTable::of(csv).ok().filter(|table| table.digest == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "code,name,units,per,valid_from\n111111,a,244,,20240601\n";

    fn kept(folder: &Path) -> KeptCodes {
        KeptCodes::new(&Folder::create(folder).unwrap())
    }

    #[test]
    fn a_file_is_believed_only_as_it_was_written() {
        let whole = file_of(digest_of(CSV.as_bytes()), CSV.as_bytes());
        assert_eq!(believed(&whole).unwrap().digest, digest_of(CSV.as_bytes()));
        let text = String::from_utf8(whole).unwrap();
        let cut = &text[..text.len() - 1];
        let other_units = text.replace("244", "245");
        let no_table = file_of(digest_of(b"x"), b"x");
        for damaged in [&[][..], b"\n", CSV.as_bytes(), cut.as_bytes(), other_units.as_bytes(), &no_table] {
            assert!(believed(damaged).is_none(), "{}", String::from_utf8_lossy(damaged));
        }
    }

    #[test]
    fn a_table_outlives_the_process_and_a_wrong_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let codes = kept(folder.path());
        assert!(codes.table().is_none());
        codes.put(CSV.as_bytes()).unwrap();
        assert!(matches!(codes.put(b"code,name\n"), Err(OfficeError::ServiceCodes(_))));
        for codes in [codes, kept(folder.path())] {
            let table = codes.table().unwrap();
            assert_eq!((table.digest, table.codes.entries().len()), (digest_of(CSV.as_bytes()), 1));
        }
    }

    #[test]
    fn what_cannot_be_written_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let codes = kept(folder.path());
        std::fs::create_dir(&codes.path).unwrap();
        assert!(matches!(codes.put(CSV.as_bytes()), Err(OfficeError::Io(_))));
        assert!(codes.table().is_none());
    }
}
