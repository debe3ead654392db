//! The import folder of the care software: nothing is overwritten, and no file is there by half.

use std::path::{Path, PathBuf};

use tasuki_parcel::manifest::FileKind;
use tasuki_standard::FileName;
use tasuki_terms::OfficeNo;

use super::arrival::ArrivalId;
use super::inbox::Inbox;
use super::store;
use crate::base::error::OfficeError;
use crate::base::folder::{TEMPORARY, write_new_durably};
use crate::files::Dropped;

/// A file that was put into the import folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub path: PathBuf,
    /// It was there already, with the same contents.
    pub was_there: bool,
}

impl Inbox {
    /// Puts the files for the care software into the import folder, by sender and month. Nothing is overwritten,
    /// and no file is there by half.
    ///
    /// # Errors
    /// [`OfficeError::NoFolder`] when none is set; or it cannot be written, or the keys are locked.
    pub fn place(&self, office: OfficeNo, id: ArrivalId) -> Result<Vec<Placed>, OfficeError> {
        let folder = self.offices.get(office)?.folders.import;
        if folder.is_empty() {
            return Err(OfficeError::NoFolder);
        }
        let opened = self.open(office, id)?;
        let files = opened.manifest.files.iter().zip(&opened.files);
        let standard = files.filter(|(entry, _)| entry.kind == FileKind::Standard);
        standard
            .map(|(_, file)| {
                place(&import_folder(Path::new(&folder), opened.manifest.from, &file.name), file)
            })
            .collect()
    }

    /// What is still to be put into the import folder by itself, the oldest first. Nothing while no folder is set.
    pub(crate) fn imports_owed(&self, office: OfficeNo) -> Result<Vec<ArrivalId>, OfficeError> {
        if self.offices.get(office)?.folders.import.is_empty() {
            return Ok(Vec::new());
        }
        self.base.read(|db| store::imports_owed(db, office))
    }

    /// All files of an arrival are in the import folder.
    pub(crate) fn note_imported(&self, id: ArrivalId) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::set_imported(tx, id)?))
    }

    /// Takes away what a killed process has left behind in the import folder: half files, under names that no care
    /// software reads.
    pub(crate) fn sweep_import_folder(&self, office: OfficeNo) -> Result<(), OfficeError> {
        let folder = PathBuf::from(self.offices.get(office)?.folders.import);
        if folder.as_os_str().is_empty() {
            return Ok(());
        }
        for sender in subfolders(&folder)? {
            for month in subfolders(&sender)? {
                for entry in std::fs::read_dir(month)? {
                    let entry = entry?;
                    let is_ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
                    if is_ours {
                        std::fs::remove_file(entry.path())?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The folders in a folder, if it is there at all.
fn subfolders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// `FOLDER/1370000019/202510`.
fn import_folder(folder: &Path, sender: OfficeNo, name: &str) -> PathBuf {
    let month = name.parse::<FileName>().ok().and_then(|name| name.service_month());
    let month = month.map_or_else(|| "月なし".to_owned(), |month| month.to_string());
    folder.join(sender.as_str()).join(month)
}

/// Puts a file into a folder under its own name, or the next one that is free.
fn place(folder: &Path, file: &Dropped) -> Result<Placed, OfficeError> {
    std::fs::create_dir_all(folder)?;
    let (stem, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    for number in 1.. {
        let name = if number == 1 { file.name.clone() } else { format!("{stem} ({number}).{ending}") };
        let path = folder.join(name);
        match write_new_durably(&path, &file.bytes) {
            Ok(()) => return Ok(Placed { path, was_there: false }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if std::fs::read(&path)? == file.bytes {
                    return Ok(Placed { path, was_there: true });
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(OfficeError::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = |bytes: &[u8]| Dropped { name: "A.CSV".into(), bytes: bytes.to_vec() };
        let first = place(folder.path(), &file(b"1")).unwrap();
        assert!(!first.was_there);
        assert!(place(folder.path(), &file(b"1")).unwrap().was_there);
        let second = place(folder.path(), &file(b"2")).unwrap();
        assert!(second.path.ends_with("A (2).CSV"));
        assert_eq!(std::fs::read(first.path).unwrap(), b"1");
    }
}
