//! Backups by themselves, over days that the test makes pass.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use tasuki_office::folder::{Folder, write_durably};
use tasuki_office::node::Node;
use tasuki_office::upkeep::backup::{BackupPlace, BackupTrouble, restore};
use tempfile::TempDir;

use tasuki_stage::world::PASSWORD;

/// A node whose clock the test moves on, in days.
fn with_days(folder: &Path) -> (Node, Arc<AtomicI64>) {
    let days = Arc::new(AtomicI64::new(0));
    let ticking = Arc::clone(&days);
    let first: Timestamp = "2026-03-30T00:00:00Z".parse().unwrap();
    let clock = move || first + SignedDuration::from_hours(24 * ticking.load(Ordering::Relaxed));
    (Node::open(Folder::create(folder).unwrap(), Arc::new(clock)).unwrap(), days)
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn one_backup_a_day_is_made_and_the_old_ones_go() {
    let temporary = TempDir::new().unwrap();
    let (node, days) = with_days(&temporary.path().join("node"));
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    assert!(!node.upkeep.back_up_if_due().unwrap(), "no folder was chosen");
    assert!(node.upkeep.backup_status().unwrap().is_overdue(node.now()));
    let folder = temporary.path().join("backups");
    node.upkeep.set_backup_folder("hanako", &folder).unwrap();
    let strangers = ["tasuki-daily-00000000-2026-01-01.zip", "tasuki-2026-01-01-101010.zip", "x.txt"];
    for name in strangers {
        write_durably(&folder.join(name), b"").unwrap();
    }
    // Left by a process that was killed while it wrote, long ago.
    let left = File::create(folder.join(".tasuki-backup-x")).unwrap();
    left.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    for day in 0..17 {
        days.store(day, Ordering::Relaxed);
        assert!(node.upkeep.back_up_if_due().unwrap(), "day {day}");
        assert!(!node.upkeep.back_up_if_due().unwrap(), "it is there already");
    }
    let found = names(&folder);
    assert!(strangers.iter().all(|name| found.iter().any(|found| found == name)), "{found:?}");
    assert!(!found.iter().any(|name| name.starts_with('.')), "{found:?}");
    let of_days: Vec<_> = found
        .iter()
        .filter(|name| !strangers.contains(&name.as_str()))
        .map(|name| name[name.len() - 9..name.len() - 4].to_owned())
        .collect();
    let expected =
        ["03-31", "04-05", "04-09", "04-10", "04-11", "04-12", "04-13", "04-14", "04-15"].map(str::to_owned);
    assert_eq!(of_days, expected);
    let status = node.upkeep.backup_status().unwrap();
    assert_eq!((status.place, status.last_failure), (BackupPlace::SameDisk, None));
    assert_eq!(status.last_success.as_ref().unwrap().0, node.now());
    assert!(!node.upkeep.backup_status().unwrap().is_overdue(node.now()));
    days.store(19, Ordering::Relaxed);
    assert!(node.upkeep.backup_status().unwrap().is_overdue(node.now()));
    // What was made is a backup.
    let newest = folder.join(status.last_success.unwrap().1);
    let folder = Folder::create(temporary.path().join("restored")).unwrap();
    restore(&newest, &folder).unwrap();
    assert!(Node::open_now(folder).unwrap().staff.has_members().unwrap());
}

#[test]
fn a_backup_that_cannot_be_made_is_told_and_tried_again() {
    let temporary = TempDir::new().unwrap();
    let (node, days) = with_days(&temporary.path().join("node"));
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let folder = temporary.path().join("disk/backups");
    node.upkeep.set_backup_folder("hanako", &folder).unwrap();
    assert!(node.upkeep.back_up_if_due().unwrap());
    let trouble = |node: &Node| node.upkeep.backup_status().unwrap().last_failure.map(|(_, trouble)| trouble);
    // The disk is taken out: nothing is made in its place.
    days.store(1, Ordering::Relaxed);
    let away = temporary.path().join("away");
    std::fs::rename(temporary.path().join("disk"), &away).unwrap();
    assert!(!node.upkeep.back_up_if_due().unwrap());
    assert_eq!(trouble(&node), Some(BackupTrouble::FolderMissing));
    assert_eq!(node.upkeep.backup_status().unwrap().place, BackupPlace::Missing);
    assert!(!folder.exists());
    std::fs::rename(away, temporary.path().join("disk")).unwrap();
    assert!(node.upkeep.back_up_if_due().unwrap());
    assert_eq!(trouble(&node), None);
    // It was on another disk, and now is on this one: its place only is there.
    days.store(2, Ordering::Relaxed);
    node.set("backup-apart", "1").unwrap();
    assert!(!node.upkeep.back_up_if_due().unwrap());
    assert_eq!(trouble(&node), Some(BackupTrouble::DiskAway));
    assert_eq!(names(&folder).len(), 2);
    // A person chooses it as it is.
    node.upkeep.set_backup_folder("hanako", &folder).unwrap();
    let made = node.upkeep.back_up_now("hanako", &folder).unwrap();
    assert!(made.starts_with(&folder) && trouble(&node).is_none());
    assert!(node.upkeep.back_up_if_due().unwrap());
    node.upkeep.set_backup_folder("hanako", Path::new("")).unwrap();
    assert_eq!(node.upkeep.backup_status().unwrap().folder, None);
}
