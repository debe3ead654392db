//! How fast a node works: a batch of 50 offices, an arrival, and lists with a large archive.
//!
//! `cargo bench -p tasuki-office -- [ITEMS IN THE ARCHIVE]` (200,000 unless told). The relay and all nodes are on this
//! machine; the batch is compared with the same bytes in one parcel, the lists with those of a small archive.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its figures, or fails")]

use std::path::Path;
use std::time::{Duration, Instant};

use tasuki_office::arrivals::{ArrivalFilter, ArrivalState};
use tasuki_office::files::Dropped;
use tasuki_office::node::Node;
use tasuki_office::sends::SendState;
use tasuki_office::sends::{Landed, SendFilter, Tray};

use tasuki_stage::world::{CARE, VISITS, World, arrivals, deletion, no};

const OFFICES: usize = 50;
const SIZE: usize = 200_000;
const CALLS: u32 = 200;

#[tokio::main]
async fn main() {
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    let world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    batch(&world, &care).await;
    arrival(&care, &visits).await;
    // Receipts are still on their way.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for items in [1_000, wanted] {
        grow(&world.temporary.path().join(VISITS).join("node.db"), items);
        lists(&visits, items);
    }
}

/// Bytes that do not shrink, in a file of the standard's kind and one beside it.
fn files(to: &str, serial: usize) -> Vec<Dropped> {
    let mut state = serial as u64 + 1;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
    .take(SIZE)
    .collect();
    let pdf = [b"%PDF-1.7 ", &bytes[..]].concat();
    vec![
        deletion(CARE, to, u32::try_from(serial).unwrap()),
        Dropped { name: format!("{serial}.pdf"), bytes: pdf },
    ]
}

async fn batch(world: &World, care: &Node) {
    let office = |index: usize| format!("14700{index:05}");
    for index in 0..OFFICES {
        world.participant(&office(index)).await;
    }
    let mut all = Vec::new();
    for index in 0..OFFICES {
        let Landed::One(id) =
            care.drafts.take_in(no(CARE), "hanako", Tray::New, files(&office(index), index)).unwrap()
        else {
            panic!("one office")
        };
        all.push((id, care.sends.get(no(CARE), id).unwrap().revision));
    }
    let start = Instant::now();
    let run = care.outbox.confirm(no(CARE), "hanako", "見本 花子", &all).unwrap();
    while care.sends.of_run(no(CARE), run).unwrap().iter().any(|send| send.state != SendState::Sent) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let batch = start.elapsed();

    let mut large = files(&office(0), 100);
    large[1].bytes = large[1].bytes.repeat(OFFICES);
    large[1].bytes.truncate(10 * 1024 * 1024 - 1000);
    let Landed::One(id) = care.drafts.take_in(no(CARE), "hanako", Tray::New, large).unwrap() else {
        panic!("one")
    };
    let start = Instant::now();
    let revision = care.sends.get(no(CARE), id).unwrap().revision;
    care.outbox.confirm(no(CARE), "hanako", "", &[(id, revision)]).unwrap();
    while care.sends.get(no(CARE), id).unwrap().state != SendState::Sent {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!(
        "{OFFICES} offices × {SIZE} bytes: {batch:.2?}; the same bytes in one parcel: {:.2?}",
        start.elapsed()
    );
}

async fn arrival(care: &Node, visits: &Node) {
    let mut took = Vec::new();
    for serial in 0..20 {
        let before = arrivals(visits, VISITS).len();
        let Landed::One(id) =
            care.drafts.take_in(no(CARE), "hanako", Tray::New, files(VISITS, 200 + serial)).unwrap()
        else {
            panic!("one office")
        };
        let revision = care.sends.get(no(CARE), id).unwrap().revision;
        let mut news = visits.news();
        let start = Instant::now();
        care.outbox.confirm(no(CARE), "hanako", "", &[(id, revision)]).unwrap();
        while arrivals(visits, VISITS).len() == before {
            news.recv().await.unwrap();
        }
        took.push(start.elapsed());
    }
    took.sort();
    println!("from OK to the receiver's list: median {:.1?}, slowest {:.1?}", took[10], took[19]);
}

/// Copies what is there until there is as much as wanted: sealed texts are the same, numbers differ.
fn grow(path: &Path, items: u64) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(&format!(
        "PRAGMA busy_timeout = 20000;
         BEGIN IMMEDIATE;
         WITH RECURSIVE n(i) AS (SELECT (SELECT count(*) FROM arrival) UNION ALL SELECT i + 1 FROM n WHERE i < {items})
         INSERT INTO arrival (office, parcel, sender, sender_name, state, contents, months, size, accepted_at,
             received_at, record, acknowledged)
         SELECT office, 'copy-' || i, sender, sender_name, 'imported', contents, '2025' || (10 + i % 3), size,
             accepted_at - i * 1000, received_at - i * 1000, record, 'imported'
         FROM n, (SELECT * FROM arrival ORDER BY id LIMIT 1);
         UPDATE arrival SET parcel = lower(hex(randomblob(4))) || '-0000-7000-8000-' || printf('%012x', id)
         WHERE parcel LIKE 'copy-%';
         INSERT OR IGNORE INTO arrival_month (office, month, at, id) SELECT office, months, received_at, id FROM arrival;
         COMMIT;"
    ))
    .unwrap();
}

fn lists(node: &Node, items: u64) {
    let all = ArrivalFilter::default();
    let unread = ArrivalFilter { state: Some(ArrivalState::Unread), ..all.clone() };
    let from = ArrivalFilter { sender: Some(no(CARE)), ..all.clone() };
    let month = ArrivalFilter { month: Some("202510".parse().unwrap()), ..all.clone() };
    let rare = ArrivalFilter { month: Some("202401".parse().unwrap()), ..all.clone() };
    let both = ArrivalFilter { state: Some(ArrivalState::Imported), ..month.clone() };
    let office = no(VISITS);
    println!("with {items} arrivals (p95 of {CALLS} calls):");
    for (name, filter) in [
        ("all", &all),
        ("unread", &unread),
        ("one sender", &from),
        ("one month", &month),
        ("a month without any", &rare),
        ("one month and state", &both),
    ] {
        println!("  list of 51, {name}: {:.2?}", p95(|| drop(node.inbox.list(office, filter, 51).unwrap())));
    }
    println!("  sent: {:.2?}", p95(|| drop(node.sends.sent(office, &SendFilter::default(), 51).unwrap())));
    println!(
        "  numbers of the menu: {:.2?}",
        p95(|| assert!(node.sends.counts(office).unwrap().unread >= 0))
    );
}

fn p95(mut call: impl FnMut()) -> Duration {
    // The first calls fill the cache.
    (0..10).for_each(|_| call());
    let mut took: Vec<_> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    took.sort();
    took[took.len() * 95 / 100]
}
