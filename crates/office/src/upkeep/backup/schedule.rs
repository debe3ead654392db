//! Backups by themselves: one a day into a chosen folder, and which of them are kept.
//!
//! Every hour it is asked whether today's is there; what failed is tried again. Nothing is removed before today's was
//! written, synced and read again, and never a file that is not by this node.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::read::must_be_free;
use super::write::files_below;
use super::{BackupError, TEMPORARY};
use crate::base::blocking;
use crate::base::disk;
use crate::base::error::OfficeError;
use crate::base::folder::sync_folder;
use crate::base::record::{Action, Actor};
use crate::upkeep::part::Upkeep;

const DAILY: usize = 7;
const WEEKLY: usize = 4;
const MONTHLY: usize = 12;

const FIRST_LOOK: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_hours(1);

/// After so long without a backup a person is to be told.
const OVERDUE: SignedDuration = SignedDuration::from_hours(49);

/// Not the `backup-folder` of earlier versions: that one was for single backups.
const FOLDER: &str = "backup-daily";
/// The folder was on another disk when it was chosen.
const APART: &str = "backup-apart";
const DONE: &str = "backup-done";
const FAILED: &str = "backup-failed";

/// Where the folder for backups is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupPlace {
    /// In another file system than the node.
    Apart,
    /// On the node's own disk: both are lost together.
    SameDisk,
    /// It is not there now.
    Missing,
}

/// Why there is no backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupTrouble {
    /// The folder is not there.
    FolderMissing,
    /// The disk that the folder was on is not there: it would be written to the node's own disk.
    DiskAway,
    /// The disk has no space for it.
    DiskFull,
    /// What was written could not be read again.
    Unreadable,
    /// Files cannot be read or written.
    Io,
}

impl BackupTrouble {
    fn of(error: &BackupError) -> Self {
        match error {
            BackupError::NoSpace { .. } | BackupError::Office(OfficeError::DiskFull) => Self::DiskFull,
            BackupError::Office(OfficeError::NoFolder) => Self::FolderMissing,
            BackupError::Office(_) => Self::Io,
            _ => Self::Unreadable,
        }
    }
}

/// How it stands with the backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupStatus {
    /// The chosen folder; without one there are no backups by themselves.
    pub folder: Option<PathBuf>,
    /// Where it is, when one is chosen.
    pub place: BackupPlace,
    /// When the last backup was made, and the name of its file.
    pub last_success: Option<(Timestamp, String)>,
    /// When and why the last try failed, if nothing has succeeded since.
    pub last_failure: Option<(Timestamp, BackupTrouble)>,
}

impl BackupStatus {
    /// Whether a person is to be told: no folder is chosen, or there was no backup for two days.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let is_recent = |(at, _): &(Timestamp, String)| now.duration_since(*at) < OVERDUE;
        self.folder.is_none() || !self.last_success.as_ref().is_some_and(is_recent)
    }
}

impl Upkeep {
    /// Makes the daily backups, for ever.
    pub async fn run_backups(self) {
        let mut wait = FIRST_LOOK;
        loop {
            tokio::time::sleep(wait).await;
            wait = INTERVAL;
            let upkeep = self.clone();
            if let Err(error) = blocking(move || upkeep.back_up_if_due().map(drop)).await {
                tracing::warn!(error = %error, "the state of the backups cannot be noted");
            }
        }
    }

    /// How it stands with the backups.
    ///
    /// # Errors
    /// When the database fails.
    pub fn backup_status(&self) -> Result<BackupStatus, OfficeError> {
        let folder = self.0.setting(FOLDER)?.filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let place = folder.as_deref().map_or(BackupPlace::Missing, |folder| self.place_of(folder));
        Ok(BackupStatus { folder, place, last_success: self.noted(DONE)?, last_failure: self.noted(FAILED)? })
    }

    fn noted<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, OfficeError> {
        Ok(self.0.setting(name)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn place_of(&self, folder: &Path) -> BackupPlace {
        match disk::is_same(folder, self.0.folder().path()) {
            None => BackupPlace::Missing,
            Some(true) => BackupPlace::SameDisk,
            Some(false) => BackupPlace::Apart,
        }
    }

    /// Chooses the folder for the daily backups, and makes it; an empty path ends them.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn set_backup_folder(&self, by: impl Into<Actor>, folder: &Path) -> Result<(), OfficeError> {
        let (folder, apart) = if folder.as_os_str().is_empty() {
            (PathBuf::new(), false)
        } else {
            let folder = std::path::absolute(folder)?;
            std::fs::create_dir_all(&folder)?;
            let apart = self.place_of(&folder) == BackupPlace::Apart;
            (folder, apart)
        };
        self.0.set(FOLDER, &folder.to_string_lossy())?;
        self.0.set(APART, if apart { "1" } else { "" })?;
        self.0.note(&by.into(), Action::BackupFolderChosen, None)
    }

    /// Makes a backup in any folder at once, and the folder too.
    ///
    /// # Errors
    /// As [`Upkeep::back_up`].
    pub fn back_up_now(&self, by: impl Into<Actor>, folder: &Path) -> Result<PathBuf, OfficeError> {
        std::fs::create_dir_all(folder)?;
        let at = Offset::constant(9).to_datetime(self.0.now());
        let clock = format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second());
        let path = folder.join(format!("tasuki-{}-{clock}.zip", at.date()));
        self.back_up(by, &path)?;
        self.note_done(&path)?;
        Ok(path)
    }

    /// Makes today's backup, if a folder is chosen and it is not there yet, and removes those that are too old. `true`
    /// when it was made. What went wrong is noted and told by [`Upkeep::backup_status`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn back_up_if_due(&self) -> Result<bool, OfficeError> {
        let Some(folder) = self.backup_status()?.folder else { return Ok(false) };
        let today = Offset::constant(9).to_datetime(self.0.now()).date();
        let prefix = format!("tasuki-daily-{}-", self.short_id()?);
        let path = folder.join(format!("{prefix}{today}.zip"));
        if path.exists() {
            return Ok(false);
        }
        let trouble = match self.trouble_with(&folder)? {
            Some(trouble) => trouble,
            None => match self.make_daily(&folder, &path) {
                Ok(()) => {
                    self.note_done(&path)?;
                    self.0.note(&Actor::Node, Action::BackedUp, None)?;
                    remove_old(&folder, &prefix, today);
                    return Ok(true);
                }
                Err(error) => BackupTrouble::of(&error),
            },
        };
        tracing::warn!(trouble = ?trouble, "there is no backup of today");
        self.0.set(FAILED, &serde_json::to_string(&(self.0.now(), trouble))?)?;
        Ok(false)
    }

    /// What is known to be wrong before anything is written. The folder is not made here: where a disk is away, its place
    /// would be made on another.
    fn trouble_with(&self, folder: &Path) -> Result<Option<BackupTrouble>, OfficeError> {
        let was_apart = self.0.setting(APART)?.is_some_and(|apart| !apart.is_empty());
        Ok(match self.place_of(folder) {
            BackupPlace::Missing => Some(BackupTrouble::FolderMissing),
            BackupPlace::SameDisk if was_apart => Some(BackupTrouble::DiskAway),
            _ => None,
        })
    }

    fn make_daily(&self, folder: &Path, path: &Path) -> Result<(), BackupError> {
        remove_leftovers(folder, self.0.now());
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let archive: u64 = files_below(&self.0.folder().archive())?.iter().map(|path| bytes(path)).sum();
        // The database is there as a copy, in the backup, and once more when it is read again.
        must_be_free(folder, archive.saturating_add(bytes(&self.0.folder().db()).saturating_mul(3)))?;
        self.write_backup(path)
    }

    fn note_done(&self, path: &Path) -> Result<(), OfficeError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.0.set(DONE, &serde_json::to_string(&(self.0.now(), name))?)?;
        self.0.set(FAILED, "")
    }
}

/// Removes daily backups of this node that need not be kept. One that cannot be removed harms nobody.
fn remove_old(folder: &Path, prefix: &str, today: Date) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let day_of = |name: &str| name.strip_prefix(prefix)?.strip_suffix(".zip")?.parse::<Date>().ok();
    let made: BTreeSet<Date> =
        entries.flatten().filter_map(|entry| day_of(&entry.file_name().to_string_lossy())).collect();
    let kept = kept(&made, today);
    for day in made.difference(&kept) {
        let removed = std::fs::remove_file(folder.join(format!("{prefix}{day}.zip")));
        if let Err(error) = removed.and_then(|()| sync_folder(folder)) {
            tracing::warn!(error = %error, "an old backup cannot be removed");
        }
    }
}

/// Removes what a process left that was killed while it wrote a backup, a day ago or more.
fn remove_leftovers(folder: &Path, now: Timestamp) {
    let day_ago = now.as_second().saturating_sub(24 * 60 * 60);
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let is_old = since.is_some_and(|since| i64::try_from(since.as_secs()).is_ok_and(|at| at < day_ago));
        if is_old && entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            super::remove(&entry.path());
        }
    }
}

/// Which days' backups are kept: the newest of each of the last seven days, four weeks and twelve months that have one.
/// Days after `today` come from a wrong clock: they are kept, and count for nothing. Pure.
fn kept(made: &BTreeSet<Date>, today: Date) -> BTreeSet<Date> {
    let newest_of = |count: usize, group: fn(Date) -> (i16, i8)| {
        let mut newest: Vec<Date> = Vec::new();
        for &day in made.iter().rev().filter(|&&day| day <= today) {
            if newest.last().is_none_or(|&last| group(last) != group(day)) {
                newest.push(day);
            }
        }
        newest.truncate(count);
        newest
    };
    let mut kept: BTreeSet<Date> = made.iter().copied().filter(|&day| day > today).collect();
    kept.extend(made.iter().rev().filter(|&&day| day <= today).take(DAILY));
    kept.extend(newest_of(WEEKLY, |day| (day.iso_week_date().year(), day.iso_week_date().week())));
    kept.extend(newest_of(MONTHLY, |day| (day.year(), day.month())));
    kept
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;

    use super::*;

    fn days(texts: &[&str]) -> BTreeSet<Date> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_kept_is_a_table() {
        let today = date(2026, 4, 15);
        for (made, gone) in [
            (&[][..], &[][..]),
            (&["2026-04-15"], &[]),
            // Seven days, however far apart: whoever is off for a month loses nothing.
            (
                &[
                    "2025-01-01",
                    "2025-01-02",
                    "2025-01-03",
                    "2025-06-01",
                    "2025-06-02",
                    "2026-04-14",
                    "2026-04-15",
                ],
                &[],
            ),
            // The eighth goes, unless it is the newest of its week or month.
            (
                &[
                    "2026-04-06",
                    "2026-04-07",
                    "2026-04-08",
                    "2026-04-09",
                    "2026-04-10",
                    "2026-04-11",
                    "2026-04-12",
                    "2026-04-13",
                    "2026-04-14",
                    "2026-04-15",
                ],
                &["2026-04-06", "2026-04-07", "2026-04-08"],
            ),
            (
                &[
                    "2026-03-30",
                    "2026-03-31",
                    "2026-04-05",
                    "2026-04-09",
                    "2026-04-10",
                    "2026-04-11",
                    "2026-04-12",
                    "2026-04-13",
                    "2026-04-14",
                    "2026-04-15",
                ],
                &["2026-03-30"],
            ),
            // Days to come are left alone and push nothing out.
            (
                &[
                    "2026-04-09",
                    "2026-04-10",
                    "2026-04-11",
                    "2026-04-12",
                    "2026-04-13",
                    "2026-04-14",
                    "2026-04-15",
                    "2026-07-01",
                    "2027-01-01",
                ],
                &[],
            ),
        ] {
            let made = days(made);
            let removed: BTreeSet<_> = made.difference(&kept(&made, today)).copied().collect();
            assert_eq!(removed, days(gone), "{made:?}");
        }
    }

    #[test]
    fn a_person_is_told_after_two_days() {
        let at = |hour: i64| Timestamp::from_second(hour * 3_600).unwrap();
        let status = |folder: Option<&str>, last: Option<i64>| BackupStatus {
            folder: folder.map(PathBuf::from),
            place: BackupPlace::Apart,
            last_success: last.map(|hour| (at(hour), "x.zip".into())),
            last_failure: None,
        };
        for (folder, last, overdue) in [
            (None, None, true),
            (None, Some(100), true),
            (Some("/backup"), None, true),
            (Some("/backup"), Some(100), false),
            (Some("/backup"), Some(52), false),
            (Some("/backup"), Some(51), true),
            (Some("/backup"), Some(50), true),
        ] {
            assert_eq!(status(folder, last).is_overdue(at(100)), overdue, "{folder:?} {last:?}");
        }
    }

    #[test]
    fn every_trouble_has_its_name() {
        let io = || std::io::Error::other("x");
        for (error, trouble) in [
            (BackupError::NoSpace { needed: 2, free: 1 }, BackupTrouble::DiskFull),
            (BackupError::Office(OfficeError::DiskFull), BackupTrouble::DiskFull),
            (BackupError::Office(OfficeError::NoFolder), BackupTrouble::FolderMissing),
            (BackupError::Office(OfficeError::Io(io())), BackupTrouble::Io),
            (BackupError::Damaged, BackupTrouble::Unreadable),
        ] {
            assert_eq!(BackupTrouble::of(&error), trouble, "{error:?}");
        }
    }

    #[test]
    fn only_own_backups_and_old_leftovers_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(10 * 86_400).unwrap();
        let put = |name: &str, seconds_ago: i64| {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            let at = u64::try_from(now.as_second() - seconds_ago).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at)).unwrap();
        };
        let names = || {
            let entries = std::fs::read_dir(dir.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
        };
        put(".tasuki-backup-now", 0);
        put(".tasuki-backup-day", 86_400);
        put(".tasuki-backup-old", 86_401);
        put("someone's", 30 * 3_600);
        remove_leftovers(dir.path(), now);
        let left = [".tasuki-backup-day", ".tasuki-backup-now", "someone's"].map(String::from);
        assert_eq!(names(), BTreeSet::from(left.clone()));

        let week = (8..=14).map(|day| format!("tasuki-a-2026-04-{day:02}.zip"));
        let others = ["tasuki-b-2020-01-01.zip".to_owned(), "tasuki-a-2020-01-01.txt".to_owned()];
        let kept: BTreeSet<_> = left.into_iter().chain(week).chain(others).collect();
        for name in kept.iter().map(String::as_str).chain(["tasuki-a-2026-04-07.zip"]) {
            put(name, 0);
        }
        remove_old(dir.path(), "tasuki-a-", date(2026, 4, 14));
        assert_eq!(names(), kept);
    }

    #[test]
    fn after_two_years_there_are_seven_days_four_weeks_and_twelve_months() {
        let mut made = BTreeSet::new();
        let mut today = date(2024, 1, 1);
        while today < date(2026, 2, 1) {
            made.insert(today);
            made = kept(&made, today);
            today = today.checked_add(1.day()).unwrap();
        }
        let last = date(2026, 1, 31);
        let week = |day: &Date| (day.iso_week_date().year(), day.iso_week_date().week());
        let weeks: BTreeSet<_> = made.iter().map(week).collect();
        let months: BTreeSet<_> = made.iter().map(|day| (day.year(), day.month())).collect();
        for back in 0..7 {
            assert!(made.contains(&last.checked_sub(back.days()).unwrap()));
        }
        for back in 0..4 {
            assert!(weeks.contains(&week(&last.checked_sub((back * 7).days()).unwrap())));
        }
        assert_eq!(months.len(), 12);
        assert!(made.len() <= 7 + 4 + 12, "{made:?}");
    }
}
