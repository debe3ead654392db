//! `check` finds what it is there to find. Each promise is broken by hand, from outside of the node.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tasuki_office::node::Node;
use tasuki_office::upkeep::check::Violation;

use tasuki_stage::world::{CARE, VISITS, World, deletion, no, send, until_arrived, until_state};

/// A node that has sent, received and kept something.
async fn used() -> (World, Node, PathBuf) {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, id, "received").await;
    send(&visits, VISITS, vec![deletion(VISITS, CARE, 2)]);
    until_arrived(&care, CARE, 1).await;
    assert_eq!(care.upkeep.check().unwrap(), []);
    let folder = world.temporary.path().join(CARE);
    (world, care, folder)
}

fn by_hand(folder: &Path, sql: &str) {
    let db = Connection::open(folder.join("node.db")).unwrap();
    db.execute_batch(&format!("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = 0; {sql}")).unwrap();
}

fn promises(found: &[Violation]) -> Vec<&'static str> {
    found.iter().map(|violation| violation.promise).collect()
}

fn parcels(folder: &Path, side: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("archive").join(CARE).join(side)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_what_the_archive_has_lost() {
    for side in ["sent", "received"] {
        let (_world, care, folder) = used().await;
        let path = parcels(&folder, side).pop().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &bytes))
            .unwrap();
        assert_eq!(
            promises(&care.upkeep.check().unwrap()),
            ["the archive holds every parcel as it travelled"],
            "{side}"
        );
        std::fs::remove_file(&path).unwrap();
        assert_eq!(promises(&care.upkeep.check().unwrap()), ["the archive holds every parcel"], "{side}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_a_send_that_has_lost_files() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    world.stop_relay().await;
    let note = tasuki_office::files::Dropped { name: "連絡.txt".into(), bytes: b"hello".to_vec() };
    send(&care, CARE, vec![deletion(CARE, VISITS, 1), note]);
    assert_eq!(care.upkeep.check().unwrap(), []);
    by_hand(
        &world.temporary.path().join(CARE),
        "DELETE FROM send_file WHERE id = (SELECT max(id) FROM send_file)",
    );
    let expected = ["what the receiver does not have yet has all its files"];
    assert_eq!(promises(&care.upkeep.check().unwrap()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_a_changed_record_and_an_unknown_state() {
    let (_world, care, folder) = used().await;
    assert_eq!(care.upkeep.verify_audit().unwrap(), None);
    by_hand(&folder, "UPDATE send SET state = 'somewhere'");
    assert_eq!(promises(&care.upkeep.check().unwrap()), ["every state is one of the table"]);
    by_hand(&folder, "UPDATE send SET state = 'received'; UPDATE audit SET who = 'taro' WHERE seq = 2");
    assert_eq!(care.upkeep.verify_audit().unwrap(), Some(2));
    assert_eq!(promises(&care.upkeep.check().unwrap()), ["the audit chain is unbroken"]);
    by_hand(&folder, "DELETE FROM audit WHERE seq = 2");
    assert_eq!(care.upkeep.verify_audit().unwrap(), Some(2), "a gap shows too");
    assert!(care.offices.get(no(CARE)).is_ok());
}
