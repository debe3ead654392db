//! How fast the SQLite store accepts parcels, beside the least that durability costs: the same bytes appended to one
//! file with a sync for each group. And whether a list is as fast in a full mailbox as in an empty one.
//!
//! `cargo bench -p tasuki-relay -- [PARCELS IN THE MAILBOX]` (200,000 unless told).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use tasuki_protocol::mailbox::Cursor;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_relay::store::{
    Acceptance, Accounts as _, By, NewAccount, NewKey, Offer, OfficeRecord, Offices as _, Parcels as _, Usage,
};
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

const SENDERS: usize = 64;
const SENDS: usize = 4000;
const SIZE: usize = 50_000;

#[tokio::main]
async fn main() {
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(&folder.path().join("relay.db"), 0).expect("a store"));
    populate(&store).await;

    let contents = Bytes::from(vec![7; SIZE]);
    let (elapsed, slowest) = send(&store, 0, SENDS, &contents).await;
    let baseline = append(folder.path(), &contents);
    let [sends, appends] = [elapsed, baseline].map(|time| rate(SENDS, time));
    println!("durable sends of {SIZE} bytes: {sends:.0}/s, p99 {slowest:.1?}");
    println!(
        "the same bytes appended, synced in groups of {SENDERS}: {appends:.0}/s (ratio {:.2})",
        sends / appends
    );

    list(&store, SENDS).await;
    let (elapsed, _) = send(&store, SENDS, wanted, &Bytes::from_static(b"small")).await;
    println!("small sends: {:.0}/s", rate(wanted, elapsed));
    list(&store, SENDS + wanted).await;
    drop(store);
    let start = Instant::now();
    drop(SqliteStore::open(&folder.path().join("relay.db"), 0).expect("a store"));
    println!("opened again in {:.1?}", start.elapsed());
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Sends by many at once; the time for all, and what one in a hundred waits at least.
async fn send(
    store: &Arc<SqliteStore>,
    first: usize,
    count: usize,
    contents: &Bytes,
) -> (Duration, Duration) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (store, contents) = (Arc::clone(store), contents.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in (first + sender..first + count).step_by(SENDERS) {
                    let start = Instant::now();
                    let offer = offer(number, contents.len());
                    let answer =
                        store.accept(offer, contents.clone().into(), by()).await.expect("a healthy store");
                    assert!(matches!(answer, Acceptance::New(_)));
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("no panic"));
    }
    times.sort();
    (start.elapsed(), times[times.len() * 99 / 100])
}

/// The baseline.
fn append(folder: &Path, contents: &Bytes) -> Duration {
    let mut file = File::create(folder.join("baseline")).expect("a file");
    let start = Instant::now();
    for _ in 0..SENDS / SENDERS {
        for _ in 0..SENDERS {
            file.write_all(contents).expect("room");
        }
        file.sync_data().expect("a sync");
    }
    start.elapsed()
}

/// A page from the middle of the mailbox, again and again.
async fn list(store: &SqliteStore, parcels: usize) {
    let mut times = Vec::new();
    for _ in 0..200 {
        let cursor = Cursor { after: parcels as u64 / 2, limit: 100 };
        let start = Instant::now();
        let page = store.inbox(no(RECEIVER), cursor).await.expect("a healthy store");
        times.push(start.elapsed());
        assert_eq!(page.entries.len(), 100);
    }
    times.sort();
    println!("a list of 100 among {parcels}: median {:.2?}, p99 {:.2?}", times[100], times[198]);
}

const SENDER: &str = "1370000019";
const RECEIVER: &str = "1370000027";

async fn populate(store: &SqliteStore) {
    for (office, account) in [(SENDER, "KJ000000000001"), (RECEIVER, "KJ000000000002")] {
        let text = String::new;
        let record = OfficeRecord {
            no: no(office),
            name: text(),
            kana: text(),
            address: text(),
            phone: text(),
            fax: text(),
            services: Vec::new(),
        };
        store.put_offices(vec![record], by()).await.expect("a healthy store");
        let account = NewAccount {
            kj_id: account.parse().expect("a KJ ID"),
            office: no(office),
            password_hash: Some(text()),
            enrolment_hash: text(),
            enrolment_expires_at: now(),
        };
        store.put_account(account, by()).await.expect("a healthy store");
        let key = NewKey {
            office: no(office),
            epoch: 1,
            said: Sha256Digest([0; 32]),
            before: None,
            statement: text(),
        };
        store.publish_key(key, by()).await.expect("a healthy store");
    }
}

fn offer(number: usize, size: usize) -> Offer {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Offer {
        id: ParcelId::new(now(), random),
        from: no(SENDER),
        to: no(RECEIVER),
        size: size as u64,
        digest: Sha256Digest([7; 32]),
        key_epoch: 1,
        expires_at: now(),
        mailbox_bytes: u64::MAX,
        outstanding: Usage { parcels: u64::MAX, bytes: u64::MAX },
    }
}

fn no(text: &str) -> OfficeNo {
    text.parse().expect("an office number")
}

fn now() -> Timestamp {
    Timestamp::constant(1_775_000_000, 0)
}

fn by() -> By {
    By { who: "bench".into(), address: String::new(), at: now() }
}
