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
use crate::review::{Dropped, Readiness, Weight};
use crate::sends::{BATCH_OFFICES, FOLDER, Send, SendState};

const INTERVAL: Duration = Duration::from_secs(2);

/// Looks after which an incomplete unit is staged all the same, so that a person sees what is missing.
const PATIENCE: u32 = 30;

/// Largest file that is read; a send holds 10 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What was seen of a file: its size and time of change.
type Traits = (u64, Option<std::time::SystemTime>);

/// A file of a folder, look after look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    traits: Traits,
    /// For how many looks it has not changed.
    quiet: u32,
    /// It was dealt with.
    done: bool,
}

/// What one look at a folder found. Files are judged one by one: one that is still being written holds up none.
#[derive(Default)]
struct Look(BTreeMap<PathBuf, Seen>);

impl Look {
    /// The next look.
    fn next(&self, files: BTreeMap<PathBuf, Traits>) -> Self {
        let seen = files.into_iter().map(|(path, traits)| {
            let next = match self.0.get(&path) {
                Some(seen) if seen.traits == traits => Seen { quiet: seen.quiet.saturating_add(1), ..*seen },
                _ => Seen { traits, quiet: 0, done: false },
            };
            (path, next)
        });
        Self(seen.collect())
    }

    /// Files that stand still and were not dealt with yet.
    fn still(&self) -> Vec<PathBuf> {
        let still = self.0.iter().filter(|(_, seen)| seen.quiet > 0 && !seen.done);
        still.map(|(path, _)| path.clone()).collect()
    }

    /// Whether the others of its unit have been waited for long enough.
    fn has_waited(&self, path: &Path) -> bool {
        self.0.get(path).is_some_and(|seen| seen.quiet >= PATIENCE)
    }
}

impl Node {
    /// Watches the export folders of all offices, for ever. Each look does whatever is to be done then: what could not be
    /// done in an earlier one, without a line or without the drawer, is done as soon as it can be.
    pub async fn watch_folders(self) {
        let mut looks: BTreeMap<OfficeNo, Look> = BTreeMap::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            // Without the drawer nothing can be kept.
            if !self.is_drawer_open() {
                continue;
            }
            let offices = self.run(Self::offices).await.unwrap_or_default();
            for office in offices.iter().filter(|office| !office.folders.export.is_empty()) {
                let look = std::mem::take(looks.entry(office.no).or_default());
                let folder = PathBuf::from(&office.folders.export);
                let no = office.no;
                let trouble = match self.run(move |node| Ok(node.look_into(no, &folder, &look))).await {
                    Ok((look, result)) => {
                        looks.insert(office.no, look);
                        result.err()
                    }
                    Err(error) => Some(error),
                };
                let sent = if office.folders.send_by_itself { self.send_staged(no).await } else { Ok(()) };
                for error in trouble.into_iter().chain(sent.err()) {
                    tracing::info!(office = %no, error = %error, "exports wait");
                }
            }
        }
    }

    /// One look at a folder: what is new and complete is staged.
    fn look_into(&self, office: OfficeNo, folder: &Path, look: &Look) -> (Look, Result<(), OfficeError>) {
        let files = match list(folder) {
            Ok(files) => files,
            // Nothing is known of what is there now.
            Err(error) => return (Look::default(), Err(error.into())),
        };
        let mut look = look.next(files);
        match self.stage_files(office, &look) {
            Ok(done) => {
                for path in done {
                    look.0.entry(path).and_modify(|seen| seen.done = true);
                }
                (look, Ok(()))
            }
            Err(error) => (look, Err(error)),
        }
    }

    /// Stages what is new and complete. Says which files need not be looked at again.
    fn stage_files(&self, office: OfficeNo, look: &Look) -> Result<Vec<PathBuf>, OfficeError> {
        let (mut done, mut new) = (Vec::new(), Vec::new());
        for path in look.still() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = Dropped { name, bytes: std::fs::read(&path)? };
            if self.is_staged(office, &file)? { done.push(path) } else { new.push((path, file)) }
        }
        let incomplete = incomplete(new.iter().map(|(_, file)| file));
        let is_ready =
            |path: &Path, file: &Dropped| !incomplete.contains(&file.name) || look.has_waited(path);
        let ready: Vec<_> = new.into_iter().filter(|(path, file)| is_ready(path, file)).collect();
        if ready.is_empty() {
            return Ok(done);
        }
        let (paths, files): (Vec<_>, Vec<_>) = ready.into_iter().unzip();
        self.stage(office, files)?;
        done.extend(paths);
        Ok(done)
    }

    /// Sends what was staged from the folder, has no finding, and was touched by nobody.
    async fn send_staged(&self, office: OfficeNo) -> Result<(), OfficeError> {
        // A node that was restored does not know what it has sent since: a person looks first.
        if self.run(Self::waits_after_restore).await? {
            return Ok(());
        }
        let mine = self.run(move |node| node.staged_and_clean(office)).await?;
        if mine.is_empty() {
            return Ok(());
        }
        let receivers: Vec<_> = mine.iter().filter_map(|send| send.receiver).collect();
        self.look_up(office, &receivers).await?;
        self.run(move |node| {
            let mut ready = Vec::new();
            for send in &mine {
                let Some(receiver) = send.receiver else { continue };
                let partner = node.known_partner(office, receiver)?;
                let (readiness, _) = send.review.readiness(send.receiver, partner.as_ref(), false);
                if readiness == Readiness::Ready {
                    ready.push((send.id, send.revision));
                }
            }
            for some in ready.chunks(BATCH_OFFICES) {
                node.confirm(office, FOLDER, "", some)?;
            }
            Ok(())
        })
        .await
    }

    fn staged_and_clean(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        let mut sends = self.batch(office)?;
        sends.retain(|send| {
            let found = send.review.count(Weight::Error) + send.review.count(Weight::Warning);
            // What failed once needs a person.
            let is_new = send.state == SendState::Draft;
            send.by_staff == FOLDER && is_new && send.is_untouched() && found == 0
        });
        Ok(sends)
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

/// Names of the files whose send unit waits for others. Pure.
fn incomplete<'a>(files: impl Iterator<Item = &'a Dropped>) -> Vec<String> {
    let checked: Vec<_> = files.filter_map(|file| check_file(&file.name, &file.bytes[..]).ok()).collect();
    check_units(&checked)
        .into_iter()
        .filter(|unit| unit.findings.iter().any(|finding| finding.severity() > Severity::Info))
        .flat_map(|unit| unit.files)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_changes_is_left_alone_and_holds_up_nothing() {
        let files = |a, b| BTreeMap::from([("a.csv".into(), (a, None)), ("b.csv".into(), (b, None))]);
        let first = Look::default().next(files(1, 1));
        assert!(first.still().is_empty(), "seen for the first time");
        let mut look = first.next(files(2, 1));
        assert_eq!(look.still(), [PathBuf::from("b.csv")], "a is still being written");
        look.0.get_mut(Path::new("b.csv")).unwrap().done = true;
        let look = look.next(files(2, 1));
        assert_eq!(look.still(), [PathBuf::from("a.csv")], "b was dealt with");
        assert_eq!(look.next(files(2, 2)).still(), [PathBuf::from("a.csv")], "b is another one now");
        let waited = (0..PATIENCE).fold(look, |look, _| look.next(files(2, 1)));
        assert!(waited.has_waited(Path::new("a.csv")) && !first.has_waited(Path::new("a.csv")));
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
        assert_eq!(incomplete(all.iter()), Vec::<String>::new());
        let part: Vec<_> = all.into_iter().filter(|file| file.name.starts_with("UPPLAN")).collect();
        assert_eq!(incomplete(part.iter()).len(), part.len());
    }
}
