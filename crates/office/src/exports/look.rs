//! What looks at a folder tell, one after another, and which files wait for others. Pure but for reading the names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tasuki_standard::FileName;
use tasuki_standard::check::{Severity, check_file, check_units};

use crate::files::Dropped;

/// Looks after which an incomplete unit is staged all the same, so that a person sees what is missing.
const PATIENCE: u32 = 30;

/// Largest file that is read; a send holds 10 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What was seen of a file: its size and time of change.
pub(super) type Traits = (u64, Option<std::time::SystemTime>);

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
pub(super) struct Look(BTreeMap<PathBuf, Seen>);

impl Look {
    /// The next look.
    pub(super) fn next(&self, files: BTreeMap<PathBuf, Traits>) -> Self {
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
    pub(super) fn still(&self) -> Vec<PathBuf> {
        let still = self.0.iter().filter(|(_, seen)| seen.quiet > 0 && !seen.done);
        still.map(|(path, _)| path.clone()).collect()
    }

    /// A file was dealt with.
    pub(super) fn note_done(&mut self, path: PathBuf) {
        self.0.entry(path).and_modify(|seen| seen.done = true);
    }

    /// Whether the others of its unit have been waited for long enough.
    pub(super) fn has_waited(&self, path: &Path) -> bool {
        self.0.get(path).is_some_and(|seen| seen.quiet >= PATIENCE)
    }
}

/// The files of a folder that a care software may have put there.
pub(super) fn list(folder: &Path) -> std::io::Result<BTreeMap<PathBuf, Traits>> {
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
pub(super) fn incomplete<'a>(files: impl Iterator<Item = &'a Dropped>) -> Vec<String> {
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

    /// A file of the standard that is no CSV.
    const IMAGE: &str = "UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0001.jpg";

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
    fn what_was_dealt_with_is_not_dealt_with_again() {
        let files = |size| BTreeMap::from([("a.csv".into(), (size, None))]);
        let mut look = Look::default().next(files(1)).next(files(1));
        look.note_done("a.csv".into());
        assert!(look.still().is_empty());
        let again = look.next(files(1));
        assert!(again.still().is_empty(), "it has not changed since");
        assert_eq!(again.next(files(2)).next(files(2)).still(), [PathBuf::from("a.csv")]);
        assert_eq!(Look::default().next(BTreeMap::new()).still(), Vec::<PathBuf>::new());
    }

    #[test]
    fn patience_ends_at_its_number() {
        let files = || BTreeMap::from([("a.csv".into(), (1, None))]);
        let look = (0..PATIENCE).fold(Look::default(), |look, _| look.next(files()));
        assert!(!look.has_waited(Path::new("a.csv")), "the first look tells no quiet yet");
        assert!(look.next(files()).has_waited(Path::new("a.csv")));
        assert!(!look.has_waited(Path::new("b.csv")), "never seen");
    }

    #[test]
    fn only_exports_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.csv", "B.CSV", IMAGE, "手順.pdf"] {
            std::fs::File::create(dir.path().join(name)).unwrap().set_len(1).unwrap();
        }
        std::fs::create_dir(dir.path().join("folder.csv")).unwrap();
        for (name, bytes) in [("largest.csv", 67_108_864), ("larger.csv", 67_108_865)] {
            std::fs::File::create(dir.path().join(name)).unwrap().set_len(bytes).unwrap();
        }
        let listed = list(dir.path()).unwrap();
        let names: Vec<_> = listed.keys().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["B.CSV", IMAGE, "a.csv", "largest.csv"]);
        assert_eq!(listed[&dir.path().join("a.csv")].0, 1);
        assert!(list(&dir.path().join("away")).is_err());
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
