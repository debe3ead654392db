//! A relay that dies at any instant: what was answered is there, nothing is there by halves.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::ParcelState;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_relay::store::{Acceptance, Ailment, By, Offer, Parcels as _, Store as _};
use tasuki_terms::ParcelId;

use crate::world::{A, B, at, by, contents, no, offer, populate};

/// Names the file of the store for the process that will die.
const FILE: &str = "TASUKI_TEST_STORE";

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let mut answered = Vec::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::send_without_end", "--exact", "--ignored", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ids = lines.filter_map(|line| line.ok()?.strip_prefix("accepted ")?.parse::<ParcelId>().ok());
        answered.extend(ids.take(100 + round * 37));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let store = SqliteStore::open(&path, 0).unwrap();
    assert_eq!(store.check(true).await.unwrap(), []);
    for id in &answered {
        let found = store.inbox_parcel(no(B), *id).await.unwrap().unwrap();
        assert_eq!(found.parcel.state, ParcelState::Accepted);
    }
    let page = store.inbox(no(B), Cursor { after: 0, limit: 500 }).await.unwrap();
    assert!(page.entries.len() >= answered.len());
    let numbers: Vec<u64> = page.entries.iter().map(|entry| entry.seq).collect();
    assert!(numbers.is_sorted());
}

#[tokio::test]
#[ignore = "run by the test above in a process of its own"]
async fn send_without_end() {
    let path = std::env::var_os(FILE).unwrap();
    let store = SqliteStore::open(path.as_ref(), 0).unwrap();
    if store.stats().await.unwrap().offices == 0 {
        populate(&store).await;
    }
    let first = store.stats().await.unwrap().parcels;
    for number in first.. {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&number.to_be_bytes());
        let id = ParcelId::new(at(0), random);
        let offer = Offer { id, mailbox_bytes: u64::MAX, ..offer(A, B, 7) };
        let by = By { at: at(i64::try_from(number).unwrap()), ..by(0) };
        let answer = store.accept(offer, contents(7).into(), by).await;
        if answer.is_err() {
            println!("ailment {:?}", store.health().await.unwrap().ailment());
        }
        assert!(matches!(answer.unwrap(), Acceptance::New(_)));
        println!("accepted {id}");
    }
}

#[tokio::test]
async fn a_backup_is_taken_while_the_store_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("relay.db"), folder.path().join("copy.db"));
    let store = SqliteStore::open(&path, 0).unwrap();
    populate(&store).await;
    store.accept(offer(A, B, 1), contents(1).into(), by(0)).await.unwrap();
    tasuki_relay::store::sqlite::backup(&path, &copy).unwrap();
    store.accept(offer(A, B, 2), contents(2).into(), by(0)).await.unwrap();
    let copy = SqliteStore::open(&copy, 0).unwrap();
    assert_eq!(copy.stats().await.unwrap().parcels, 1);
    assert_eq!(copy.check(true).await.unwrap(), []);
    assert_eq!(store.stats().await.unwrap().parcels, 2);
    let again = tasuki_relay::store::sqlite::backup(&path, &folder.path().join("copy.db"));
    assert!(again.is_err(), "a backup overwrites nothing");
}

#[tokio::test]
async fn every_copy_of_a_store_has_a_life_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let lives = [("relay.db", None), ("copy.db", Some("relay.db")), ("one.db", Some("copy.db"))];
    let mut seen = std::collections::HashSet::new();
    for (name, from) in lives.into_iter().chain([("other.db", Some("copy.db"))]) {
        if let Some(from) = from {
            tasuki_relay::store::sqlite::backup(&file(from), &file(name)).unwrap();
        }
        let life = SqliteStore::open(&file(name), 0).unwrap().life();
        assert_eq!(SqliteStore::open(&file(name), 0).unwrap().life(), life, "a restart is no new life");
        assert!(seen.insert(life.to_string()), "{name} has the life of another");
    }
}

#[tokio::test]
async fn a_disk_without_room_takes_no_contents_but_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    {
        let store = SqliteStore::open(&path, 0).unwrap();
        populate(&store).await;
        store.accept(offer(A, B, 1), contents(1).into(), by(0)).await.unwrap();
    }
    let store = SqliteStore::open(&path, u64::MAX / 2).unwrap();
    let full = store.accept(offer(A, B, 2), contents(2).into(), by(0)).await.unwrap_err();
    assert!(matches!(full, tasuki_relay::store::StoreError::Full), "{full:?}");
    let parcel = store.inbox_parcel(no(B), offer(A, B, 1).id).await.unwrap().unwrap().parcel;
    let receipt = crate::world::signed(&parcel, tasuki_protocol::receipt::ReceiptKind::Received);
    store.keep_receipt(no(B), receipt, crate::world::KEPT, by(1)).await.unwrap();
    assert_eq!(store.health().await.unwrap().ailment(), Some(Ailment::DiskAtReserve));
    assert_eq!(store.check(true).await.unwrap(), []);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_lets_go_what_was_acknowledged_and_never_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    {
        let store = SqliteStore::open(&path, 0).unwrap();
        populate(&store).await;
        for number in 1..=3 {
            store.accept(offer(A, B, number), contents(number).into(), by(0)).await.unwrap();
        }
        let parcel = store.inbox_parcel(no(B), offer(A, B, 2).id).await.unwrap().unwrap().parcel;
        let receipt = crate::world::signed(&parcel, tasuki_protocol::receipt::ReceiptKind::Received);
        store.keep_receipt(no(B), receipt, crate::world::KEPT, by(1)).await.unwrap();
        let tended = store.tend(crate::world::KEPT, 10, by(2)).await.unwrap();
        assert_eq!(tended.released, 0, "there is room");
    }
    let store = SqliteStore::open(&path, u64::MAX / 2).unwrap();
    let tended = store.tend(jiff::SignedDuration::from_hours(1), 10, by(3)).await.unwrap();
    assert_eq!((tended.released, tended.released_early), (1, 1));
    assert!(store.tend(jiff::SignedDuration::from_hours(1), 10, by(4)).await.unwrap().is_nothing());
    for number in [1, 3] {
        assert!(store.fetch(no(B), offer(A, B, number).id, by(5)).await.unwrap().is_some());
    }
    assert!(store.fetch(no(B), offer(A, B, 2).id, by(5)).await.unwrap().is_none());
    assert_eq!(store.check(true).await.unwrap(), []);
}

/// Runs the sender without end under strace until it ends or has said so many lines; what it has said.
fn said(path: &std::path::Path, options: &[&str], most: usize) -> Vec<String> {
    let mut child = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none"])
        .args(options)
        .arg(std::env::current_exe().unwrap())
        .args(["crash::send_without_end", "--exact", "--ignored", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ours = |line: &String| line.starts_with("accepted ") || line.starts_with("ailment ");
    let lines = lines.map_while(Result::ok).filter(ours).take(most).collect();
    // It has ended by itself when a fault was injected.
    drop(child.kill());
    child.wait().unwrap();
    lines
}

/// Of these lines, what was answered.
fn answered_in(lines: &[String]) -> Vec<ParcelId> {
    lines.iter().filter_map(|line| line.strip_prefix("accepted ")?.parse().ok()).collect()
}

/// Runs the sender without end under strace until it ends or has answered so often; what was answered.
fn traced(path: &std::path::Path, options: &[&str], most: usize) -> Vec<ParcelId> {
    answered_in(&said(path, options, most))
}

#[test]
fn nothing_is_answered_before_it_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let path = folder.path().join("relay.db");
    let calls = ["-y", "-e", "trace=fsync,fdatasync,write", "-s", "16", "-o", trace.to_str().unwrap()];
    assert_eq!(traced(&path, &calls, 20).len(), 20);
    let (mut synced, mut answers) = (false, 0);
    // Only a sync of the log counts; that of the file, by another thread, makes nothing durable that is answered.
    let mut unfinished = std::collections::HashSet::new();
    for line in BufReader::new(std::fs::File::open(&trace).unwrap()).lines() {
        let line = line.unwrap();
        let thread = line.split_whitespace().next().unwrap().to_owned();
        if line.contains("sync(") && line.contains("-wal>") {
            synced |= line.ends_with("= 0");
            unfinished.extend(line.ends_with("<unfinished ...>").then_some(thread));
        } else if line.contains("sync resumed") {
            synced |= unfinished.remove(&thread) && line.ends_with("= 0");
        } else if line.contains("write(1<") && line.contains("accepted") {
            assert!(synced, "answered without a sync: {line}");
            (synced, answers) = (false, answers + 1);
        }
    }
    assert!(answers >= 20, "only {answers} answers in the trace");
}

#[tokio::test]
async fn a_kill_at_any_sync_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let mut answered = Vec::new();
    // The store is made first, so that every later kill meets a sync of a send.
    answered.extend(traced(&path, &["-e", "trace=none"], 3));
    for sync in 1..=12 {
        let inject = format!("inject=fsync,fdatasync:signal=KILL:when={sync}");
        answered.extend(traced(&path, &["-e", "trace=fsync,fdatasync", "-e", &inject], usize::MAX));
        let store = SqliteStore::open(&path, 0).unwrap();
        assert_eq!(store.check(true).await.unwrap(), [], "killed at sync {sync}");
        for id in &answered {
            assert!(store.inbox_parcel(no(B), *id).await.unwrap().is_some(), "killed at sync {sync}");
        }
    }
    assert!(answered.len() > 10, "the kills came too early to show anything");
}

#[tokio::test]
async fn a_failed_sync_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let before = traced(&path, &["-e", "trace=none"], 3);
    let inject = "inject=fsync,fdatasync:error=EIO:when=3+";
    let answered = traced(&path, &["-e", "trace=fsync,fdatasync", "-e", inject], usize::MAX);
    assert!(answered.len() <= 2, "{} answers with failing syncs", answered.len());
    let store = SqliteStore::open(&path, 0).unwrap();
    assert_eq!(store.check(true).await.unwrap(), []);
    for id in before.iter().chain(&answered) {
        assert!(store.inbox_parcel(no(B), *id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_carried_over_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    drop(SqliteStore::open(&path, 0).unwrap());
    // Syncs of the log go well, those of the file do not.
    let file = path.to_str().unwrap();
    let inject = "inject=fsync,fdatasync:error=EIO";
    let lines = said(&path, &["-P", file, "-e", "trace=fsync,fdatasync", "-e", inject], 20_000);
    assert_eq!(lines.last().unwrap(), "ailment Some(NoWrites)", "after {} lines", lines.len());
    let answered = answered_in(&lines);
    assert!(answered.len() > 1, "it failed before there was anything to carry over");
    let store = SqliteStore::open(&path, 0).unwrap();
    assert_eq!(store.check(true).await.unwrap(), []);
    for id in &answered {
        assert!(store.inbox_parcel(no(B), *id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_log_is_emptied_when_nothing_is_written_and_goes_on_while_somebody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let store = SqliteStore::open(&path, 0).unwrap();
    populate(&store).await;
    assert!(store.health().await.unwrap().log_bytes > 0);
    let log = || std::fs::metadata(folder.path().join("relay.db-wal")).unwrap().len();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while store.health().await.unwrap().log_bytes > 0 || log() > 0 {
        assert!(std::time::Instant::now() < until, "the log is not emptied");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Somebody reads for long: what they see stays, and sends are answered all the same.
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let parcels = || reader.query_row("SELECT count(*) FROM parcel", [], |row| row.get::<_, u64>(0)).unwrap();
    assert_eq!(parcels(), 0);
    for number in 0..50 {
        let offer = Offer { mailbox_bytes: u64::MAX, ..offer(A, B, number) };
        assert!(matches!(
            store.accept(offer, contents(number).into(), by(0)).await.unwrap(),
            Acceptance::New(_)
        ));
    }
    assert_eq!(parcels(), 0);
    assert_eq!(store.health().await.unwrap().ailment(), None);
}
