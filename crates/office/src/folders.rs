//! Export folders of the care software: what is put there is staged for 一括送信, or sent by itself.
//!
//! A folder is looked at every two seconds: this works on network drives too, where file events do not. A file is
//! taken once it has stopped growing and its send unit is complete, and it stays where it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tasuki_standard::FileName;
use tasuki_standard::check::{Severity, check_file, check_units};
use tasuki_terms::OfficeNo;

use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::blocking;
use crate::review::{Dropped, Readiness, Weight};
use crate::sends::{BATCH_OFFICES, FOLDER};

const INTERVAL: Duration = Duration::from_secs(2);

/// Looks after which an incomplete unit is staged all the same, so that a person sees what is missing.
const PATIENCE: u32 = 30;

/// Largest file that is read; a send holds 10 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What was seen of a file: its size and time of change.
type Traits = (u64, Option<std::time::SystemTime>);

/// What one look at a folder found.
#[derive(Default)]
struct Look {
    files: BTreeMap<PathBuf, Traits>,
    /// For how many looks nothing has changed.
    quiet: u32,
    /// Everything that is there was dealt with.
    done: bool,
}

impl Look {
    /// The next look.
    fn next(&self, files: BTreeMap<PathBuf, Traits>) -> Self {
        if files == self.files {
            Self { files, quiet: self.quiet.saturating_add(1), done: self.done }
        } else {
            Self { files, quiet: 0, done: false }
        }
    }
}

impl Node {
    /// Watches the export folders of all offices, for ever.
    pub async fn watch_folders(self) {
        let mut looks: BTreeMap<OfficeNo, Look> = BTreeMap::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            // Without the drawer nothing can be kept.
            let offices = if self.is_drawer_open() { self.offices().unwrap_or_default() } else { Vec::new() };
            for office in offices.iter().filter(|office| !office.folders.export.is_empty()) {
                let look = looks.entry(office.no).or_default();
                match self.look_into(office.no, Path::new(&office.folders.export), look).await {
                    Ok(true) if office.folders.send_by_itself => {
                        if let Err(error) = self.send_staged(office.no).await {
                            tracing::warn!(office = %office.no, error = %error, "exports wait for a person");
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(office = %office.no, error = %error, "the export folder cannot be read");
                    }
                }
            }
        }
    }

    /// One look; `true` when something was staged.
    async fn look_into(&self, office: OfficeNo, folder: &Path, look: &mut Look) -> Result<bool, OfficeError> {
        *look = look.next(list(folder)?);
        if look.done || look.quiet == 0 || look.files.is_empty() {
            return Ok(false);
        }
        let paths: Vec<_> = look.files.keys().cloned().collect();
        let is_patient = look.quiet < PATIENCE;
        let node = self.clone();
        let (staged, done) = blocking(move || node.stage_files(office, &paths, is_patient)).await?;
        look.done = done;
        Ok(staged)
    }

    fn stage_files(
        &self,
        office: OfficeNo,
        paths: &[PathBuf],
        is_patient: bool,
    ) -> Result<(bool, bool), OfficeError> {
        let mut new = Vec::new();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = Dropped { name, bytes: std::fs::read(path)? };
            if !self.is_staged(office, &file)? {
                new.push(file);
            }
        }
        let (ready, waiting): (Vec<_>, Vec<_>) = if is_patient { complete(new) } else { (new, Vec::new()) };
        let staged = !ready.is_empty();
        if staged {
            self.stage(office, ready)?;
        }
        Ok((staged, waiting.is_empty()))
    }

    /// Sends what was staged from the folder and has no finding.
    async fn send_staged(&self, office: OfficeNo) -> Result<(), OfficeError> {
        let mine: Vec<_> = self
            .batch(office)?
            .into_iter()
            .filter(|send| send.by_staff == FOLDER && send.state.is_open())
            .collect();
        let receivers: Vec<_> = mine.iter().filter_map(|send| send.receiver).collect();
        self.look_up(office, &receivers).await?;
        let mut ready = Vec::new();
        for send in mine {
            let Some(receiver) = send.receiver else { continue };
            let partner = self.known_partner(office, receiver)?;
            let (readiness, _) = send.review.readiness(send.receiver, partner.as_ref(), false);
            if readiness == Readiness::Ready && send.review.count(Weight::Warning) == 0 {
                ready.push((send.id, send.revision));
            }
        }
        for some in ready.chunks(BATCH_OFFICES) {
            self.queue(office, FOLDER, "", some)?;
        }
        Ok(())
    }
}

/// The files of a folder that a care software may have put there.
fn list(folder: &Path) -> std::io::Result<BTreeMap<PathBuf, Traits>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_export = name.parse::<FileName>().is_ok() || name.to_ascii_lowercase().ends_with(".csv");
        if metadata.is_file() && is_export && metadata.len() <= MAX_BYTES {
            files.insert(entry.path(), (metadata.len(), metadata.modified().ok()));
        }
    }
    Ok(files)
}

/// Parts files into those whose send unit is complete and those that wait for others. Pure.
fn complete(files: Vec<Dropped>) -> (Vec<Dropped>, Vec<Dropped>) {
    let checked: Vec<_> =
        files.iter().filter_map(|file| check_file(&file.name, &file.bytes[..]).ok()).collect();
    let incomplete: Vec<_> = check_units(&checked)
        .into_iter()
        .filter(|unit| unit.findings.iter().any(|finding| finding.severity() > Severity::Info))
        .flat_map(|unit| unit.files)
        .collect();
    files.into_iter().partition(|file| !incomplete.contains(&file.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_changes_is_left_alone() {
        let files = |size| BTreeMap::from([(PathBuf::from("a.csv"), (size, None))]);
        let first = Look::default().next(files(1));
        let grown = first.next(files(2));
        let still = grown.next(files(2));
        assert_eq!((first.quiet, grown.quiet, still.quiet), (0, 0, 1));
    }

    #[test]
    fn units_wait_until_they_are_complete() {
        let options = tasuki_sample::Options::new("202510".parse().unwrap(), 2, 1, 1);
        let sample = tasuki_sample::Sample::new(options).unwrap();
        let all: Vec<_> = sample
            .files()
            .filter(|file| file.name.starts_with("UPPLAN") || file.name.contains("_202510_"))
            .filter(|file| !file.name.starts_with("UPJSK"))
            .map(|file| Dropped { name: file.name, bytes: file.bytes })
            .collect();
        assert!(all.len() >= 3, "table 6, table 7 and the supplement");
        let (ready, waiting) = complete(all.clone());
        assert_eq!((ready.len(), waiting.len()), (all.len(), 0));
        let part: Vec<_> = all.into_iter().filter(|file| file.name.starts_with("UPPLAN")).collect();
        let (ready, waiting) = complete(part);
        assert_eq!(ready.len(), 0);
        assert!(!waiting.is_empty());
    }
}
