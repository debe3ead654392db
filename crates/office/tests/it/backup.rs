//! Backups that are damaged, newer, too large or made to harm; and what a restored node knows of itself.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use tasuki_office::Actor;
use tasuki_office::folder::{Folder, write_durably};
use tasuki_office::node::Node;
use tasuki_office::sends::Tray;
use tasuki_office::upkeep::backup::{BackupError, RestoreProblem, restore};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::world::{CARE, PASSWORD, VISITS, deletion, no};

const PARCEL: &str = "archive/1370000019/sent/202510/0199.age";

fn open(path: &Path) -> Node {
    Node::open_now(Folder::create(path).unwrap()).unwrap()
}

/// A node with a person, a draft and a parcel, and a backup of it.
fn backed_up(temporary: &TempDir) -> PathBuf {
    let folder = temporary.path().join("old");
    let node = open(&folder);
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 1)]).unwrap();
    std::fs::create_dir_all(folder.join(PARCEL).parent().unwrap()).unwrap();
    write_durably(&folder.join(PARCEL), &vec![7; 100_000]).unwrap();
    let backup = temporary.path().join("backup.zip");
    node.upkeep.back_up("hanako", &backup).unwrap();
    backup
}

/// What a page does with a file that somebody chose.
fn stage(node: &Node, bytes: &[u8]) -> Result<(), BackupError> {
    let mut incoming = node.upkeep.receive_backup().unwrap();
    for some in bytes.chunks(10_000) {
        incoming.write(some).unwrap();
    }
    node.upkeep.stage_restore(incoming)
}

/// The same backup with other contents of some of its parts, deflated.
fn rewritten(backup: &Path, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut old = ZipArchive::new(File::open(backup).unwrap()).unwrap();
    let mut new = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut part = old.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        new.start_file(&name, options).unwrap();
        new.write_all(&change(&name, bytes)).unwrap();
    }
    new.finish().unwrap().into_inner()
}

/// The backup as a newer program would have made it.
fn newer(backup: &Path) -> Vec<u8> {
    rewritten(backup, |name, bytes| {
        if name != "node.db" {
            return bytes;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        write_durably(file.path(), &bytes).unwrap();
        let db = rusqlite::Connection::open(file.path()).unwrap();
        db.pragma_update(None, "user_version", 9999).unwrap();
        drop(db);
        std::fs::read(file.path()).unwrap()
    })
}

/// Nothing of a restore is left in a folder.
fn is_clean(folder: &Path) -> bool {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).all(|name| {
        !name.starts_with("restore") && !name.starts_with(".tasuki-") && name != "archive"
            || name == "node.lock"
    })
}

#[test]
fn a_backup_is_laid_ready_and_restored_at_the_next_start() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let folder = temporary.path().join("new");
    let node = open(&folder);
    stage(&node, &std::fs::read(&backup).unwrap()).unwrap();
    assert!(node.upkeep.is_restore_staged());
    drop(node);
    let node = open(&folder);
    node.staff.log_in("hanako", PASSWORD).unwrap();
    assert_eq!(node.sends.drafts(no(CARE)).unwrap().len(), 1);
    assert_eq!(std::fs::read(folder.join(PARCEL)).unwrap(), vec![7; 100_000]);
    assert_eq!((node.upkeep.is_restore_staged(), node.upkeep.restore_problem()), (false, None));
}

#[test]
fn what_is_no_good_backup_is_never_laid_ready() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let whole = std::fs::read(&backup).unwrap();
    let folder = temporary.path().join("new");
    let node = open(&folder);
    let position = whole.windows(100).position(|bytes| bytes == [7; 100]).unwrap();
    let mut changed = whole.clone();
    changed[position + 50_000] ^= 1;
    assert!(matches!(stage(&node, &changed), Err(BackupError::Damaged)), "a bit of a parcel");
    let mut changed = whole.clone();
    changed[5000] ^= 1;
    assert!(matches!(stage(&node, &changed), Err(BackupError::Damaged)), "a bit of the database");
    let half = &whole[..whole.len() / 2];
    assert!(matches!(stage(&node, half), Err(BackupError::NotABackup)), "the end is missing");
    assert!(matches!(stage(&node, b"no zip"), Err(BackupError::NotABackup)));
    assert!(matches!(stage(&node, &newer(&backup)), Err(BackupError::Newer { found: 9999, .. })));
    let foreign = rewritten(&backup, |name, bytes| if name == "node.db" { vec![0; 4096] } else { bytes });
    assert!(matches!(stage(&node, &foreign), Err(BackupError::NotABackup | BackupError::Damaged)));
    assert!(!node.upkeep.is_restore_staged());
    assert!(is_clean(&folder), "and nothing is left of it");
    assert!(matches!(restore(&backup, node.folder()), Err(BackupError::NodeThere)));
}

#[test]
fn nothing_is_unpacked_that_the_backup_does_not_name() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let node = open(&temporary.path().join("new"));
    // Larger than any parcel.
    let bomb = rewritten(&backup, |name, bytes| if name == PARCEL { vec![0; 64 << 20] } else { bytes });
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(stage(&node, &bomb), Err(BackupError::NotABackup)));
    // The list names fewer bytes than there are.
    let (there, named) = (5_000_011_u32.to_le_bytes(), 1000_u32.to_le_bytes());
    let mut lie = rewritten(&backup, |name, bytes| if name == PARCEL { vec![0; 5_000_011] } else { bytes });
    let places: Vec<_> = (0..lie.len() - 4).filter(|&at| lie[at..at + 4] == there).collect();
    assert!(!places.is_empty());
    for at in places {
        lie[at..at + 4].copy_from_slice(&named);
    }
    assert!(matches!(stage(&node, &lie), Err(BackupError::Damaged)));
    assert!(is_clean(node.folder().path()));
}

#[test]
fn whatever_was_laid_ready_the_node_starts() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let good = std::fs::read(&backup).unwrap();
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for (name, bytes, problem) in [
        ("damaged", damaged, RestoreProblem::Damaged),
        ("newer", newer(&backup), RestoreProblem::Newer),
        ("nothing", Vec::new(), RestoreProblem::Damaged),
    ] {
        // It went bad while it lay there.
        let folder = temporary.path().join(name);
        drop(open(&folder));
        write_durably(&folder.join("restore.zip"), &bytes).unwrap();
        for _ in 0..2 {
            let node = open(&folder);
            assert_eq!(node.upkeep.restore_problem(), Some(problem), "{name}");
            assert!(!node.staff.has_members().unwrap() && !node.upkeep.is_restore_staged(), "{name}");
        }
        // The right one may follow, and takes the remark away.
        let node = open(&folder);
        stage(&node, &good).unwrap();
        assert_eq!(node.upkeep.restore_problem(), None);
        drop(node);
        assert!(open(&folder).staff.has_members().unwrap());
        assert!(!folder.join("restore-problem.zip").exists());
    }
    // Somebody began here in the meantime: their work stays.
    let folder = temporary.path().join("begun");
    let node = open(&folder);
    stage(&node, &good).unwrap();
    node.staff.add_first("taro", "計画 太郎", PASSWORD).unwrap();
    drop(node);
    let node = open(&folder);
    assert_eq!(node.upkeep.restore_problem(), Some(RestoreProblem::NodeThere));
    node.staff.log_in("taro", PASSWORD).unwrap();
}

#[test]
fn who_only_looks_restores_and_migrates_nothing() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let folder = temporary.path().join("new");
    let node = open(&folder);
    stage(&node, &std::fs::read(&backup).unwrap()).unwrap();
    let look = Node::open_to_look(Folder::create(&folder).unwrap()).unwrap();
    assert_eq!(look.upkeep.check().unwrap(), []);
    assert!(
        node.upkeep.is_restore_staged() && !node.staff.has_members().unwrap(),
        "that is for the next start"
    );
    drop((look, node));

    // A database as the first version made it.
    let old = temporary.path().join("older");
    std::fs::create_dir(&old).unwrap();
    let db = rusqlite::Connection::open(old.join("node.db")).unwrap();
    db.execute_batch(include_str!("../../migrations/0001_first.sql")).unwrap();
    db.pragma_update(None, "application_id", 0x5453_4b4f).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let version = || db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap();
    let look = Node::open_to_look(Folder::create(&old).unwrap()).unwrap();
    assert!(look.upkeep.check().is_err());
    let copy = temporary.path().join("older.zip");
    look.upkeep.back_up(Actor::Program, &copy).unwrap();
    assert_eq!(version(), 1, "nothing was migrated");
    restore(&copy, &Folder::create(temporary.path().join("brought up to date")).unwrap()).unwrap();
    assert!(Node::open_to_look(Folder::create(temporary.path().join("nothing")).unwrap()).is_err());
    assert!(!temporary.path().join("nothing/node.db").exists());
}

fn restored(backup: &Path, folder: &Path) -> Node {
    restore(backup, &Folder::create(folder).unwrap()).unwrap();
    open(folder)
}

/// Changes a database behind the back of its node.
fn meddle(folder: &Path, sql: &str) {
    rusqlite::Connection::open(folder.join("node.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_restored_node_waits_until_somebody_has_seen_it() {
    let temporary = TempDir::new().unwrap();
    let backup = backed_up(&temporary);
    let old = open(&temporary.path().join("old"));
    assert!(!old.upkeep.waits_after_restore().unwrap(), "the first one is what it was");
    drop(old);
    let folder = temporary.path().join("new");
    for _ in 0..2 {
        if !folder.exists() {
            restored(&backup, &folder);
        }
        let node = open(&folder);
        assert!(node.upkeep.waits_after_restore().unwrap());
        assert!(node.upkeep.restored_at().unwrap().is_some());
    }
    let node = open(&folder);
    node.upkeep.note_restore_seen("hanako").unwrap();
    assert!(!node.upkeep.waits_after_restore().unwrap());
    drop(node);
    let node = open(&folder);
    assert!(!node.upkeep.waits_after_restore().unwrap(), "and also after another start");
    assert_eq!(node.upkeep.verify_audit().unwrap(), None);
    let actions: Vec<_> = node.upkeep.audit(None, 2).unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["restore-seen", "restored"]);
    // The same on the page's way, and once more of the restored one.
    let second = temporary.path().join("second.zip");
    node.upkeep.back_up("hanako", &second).unwrap();
    let page = open(&temporary.path().join("page"));
    stage(&page, &std::fs::read(second).unwrap()).unwrap();
    drop(page);
    assert!(open(&temporary.path().join("page")).upkeep.waits_after_restore().unwrap());
}

#[test]
fn a_copy_is_noticed_where_it_can_be() {
    let temporary = TempDir::new().unwrap();
    drop(backed_up(&temporary));
    let old = temporary.path().join("old");
    drop(open(&old));
    // The database alone.
    let copy = temporary.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(old.join("node.db"), copy.join("node.db")).unwrap();
    assert!(open(&copy).upkeep.waits_after_restore().unwrap());
    // All of it, from another machine.
    meddle(&old, "UPDATE setting SET value = 'another' WHERE name = 'node-machine' AND value <> ''");
    let has_word = std::fs::read("/etc/machine-id").is_ok_and(|id| !id.trim_ascii().is_empty());
    assert_eq!(open(&old).upkeep.waits_after_restore().unwrap(), has_word || cfg!(windows));
}

#[test]
fn earlier_versions_knew_nothing_of_where_they_are() {
    let temporary = TempDir::new().unwrap();
    drop(backed_up(&temporary));
    let old = temporary.path().join("old");
    meddle(&old, "DELETE FROM setting");
    std::fs::remove_file(old.join("node.id")).unwrap();
    let backup = temporary.path().join("earlier.zip");
    Node::open_to_look(Folder::create(&old).unwrap())
        .unwrap()
        .upkeep
        .back_up(Actor::Program, &backup)
        .unwrap();
    assert!(!open(&old).upkeep.waits_after_restore().unwrap(), "a new version is no restore");
    assert!(restored(&backup, &temporary.path().join("new")).upkeep.waits_after_restore().unwrap());
}
