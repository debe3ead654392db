//! Sends, arrivals and folders, each tried where it once went wrong.

use std::time::Duration;

use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_office::arrivals::ArrivalState;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::offices::Folders;
use tasuki_office::sends::{Landed, Send, Tray};
use tasuki_parcel::open::{VerifiedAt, open};
use tasuki_protocol::mailbox::Cursor;
use tasuki_relay::operator;

use tasuki_stage::world::{
    CARE, DAY, PASSWORD, VISITS, World, arrivals, confirm, deletion, new_id, no, send, until, until_arrived,
    until_state,
};

/// B1: after a restore of the relay a send is sealed anew out of a table that is empty by then.
#[tokio::test(flavor = "multi_thread")]
async fn b1_a_resealed_send_keeps_its_files() {
    let mut world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let visits = world.participant(VISITS).await;
    let backup = world.temporary.path().join("backup.db");
    operator::back_up(&world.relay_folder(), &backup).unwrap();
    // The node sends, and is switched off.
    let node = world.empty_node(CARE);
    let id = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            node.staff.log_in("hanako", PASSWORD).unwrap();
            let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
            node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
            let id = send(&node, CARE, vec![deletion(CARE, VISITS, 1)]);
            until_state(&node, CARE, id, "sent").await;
            id
        })
    })
    .await
    .unwrap();
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;
    // The receiver has a new key by now (a new PC, or a renewed certificate).
    visits.client.log_in(visits.kj_id, PASSWORD).await.unwrap();
    let new_key = OfficeKey::generate();
    let statement = KeyStatement {
        key: new_key.public(),
        epoch: 2,
        before: Some(visits.statement.digest()),
        ..visits.statement.clone()
    };
    visits
        .client
        .publish_key(&SignedStatement::sign(&statement, &visits.key, &visits.chain).unwrap())
        .await
        .unwrap();

    let care = world.switched_on(CARE).await;
    let mut entries = Vec::new();
    for _ in 0..300 {
        entries = visits.client.inbox(Cursor::default()).await.unwrap().entries;
        if !entries.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sealed = visits.client.fetch(entries[0].parcel.id).await.unwrap();
    let trust = Trust::from_pem(&std::fs::read(world.relay_folder().root()).unwrap()).unwrap();
    let opened = open(std::io::Cursor::new(sealed), &[new_key], &trust, VerifiedAt::Sealed, None).unwrap();
    let sent = care.sends.get(no(CARE), id).unwrap();
    let own = care.sends.open_sent(no(CARE), sent.parcel.unwrap()).unwrap();
    println!(
        "B1: state {} review files {} · files at the receiver {} · files in the own copy {} · check {:?}",
        sent.state.as_str(),
        sent.review.files.len(),
        opened.manifest().files.len(),
        own.files.len(),
        care.upkeep.check().unwrap()
    );
    assert_eq!((opened.manifest().files.len(), own.files.len()), (1, 1));
}

/// B2: the receiver of a parcel sends anything under its number back, and the own copy is gone.
#[tokio::test(flavor = "multi_thread")]
async fn b2_nobody_else_changes_the_own_copy() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.participant(VISITS).await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    let sent = until_state(&care, CARE, id, "sent").await;
    let number = sent.parcel.unwrap();
    assert_eq!(care.sends.open_sent(no(CARE), number).unwrap().files.len(), 1);
    visits.hand_in(no(CARE), number, 1, b"anything at all".repeat(20).into()).await.unwrap();
    until_arrived(&care, CARE, 1).await;
    println!(
        "B2: own copy {:?} · check {:?}",
        care.sends.open_sent(no(CARE), number).err(),
        care.upkeep.check().unwrap()
    );
    assert!(care.sends.open_sent(no(CARE), number).is_ok());
}

/// B5: one parcel that cannot be fetched as it should be holds up all that come after it.
#[tokio::test(flavor = "multi_thread")]
async fn b5_a_damaged_parcel_does_not_hold_up_the_others() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let visits = world.participant(VISITS).await;
    world.send_from(&visits, CARE, new_id(), 4).await;
    world.send_from(&visits, CARE, new_id(), 5).await;
    let db = rusqlite::Connection::open(world.relay_folder().store()).unwrap();
    db.execute_batch("PRAGMA busy_timeout = 5000; UPDATE contents SET bytes = zeroblob(length(bytes)) WHERE id = (SELECT min(id) FROM contents)").unwrap();
    drop(db);
    let care = world.switched_on(CARE).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    println!("B5: arrived after 12 s: {} of 2 (one is damaged)", arrivals(&care, CARE).len());
    assert!(!arrivals(&care, CARE).is_empty());
}

/// B7: what a person is writing goes with the next export.
#[tokio::test(flavor = "multi_thread")]
async fn b7_what_a_person_has_touched_waits_for_the_person() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    let export = world.temporary.path().join("export");
    std::fs::create_dir(&export).unwrap();
    let folders =
        Folders { export: export.to_str().unwrap().into(), send_by_itself: true, ..Folders::default() };
    care.offices.set_folders("hanako", no(CARE), &folders).unwrap();
    tokio::spawn(care.clone().exports.watch());
    let put = |file: &tasuki_office::files::Dropped| {
        std::io::Write::write_all(&mut std::fs::File::create(export.join(&file.name)).unwrap(), &file.bytes)
            .unwrap();
    };
    // For an office that does not take part yet: it waits on the list.
    put(&deletion(CARE, DAY, 1));
    let staged = until("staged", || care.sends.batch(no(CARE)).unwrap().pop()).await;
    care.drafts.set_message(no(CARE), staged.id, "まだ書きかけです。やまださんの").unwrap();
    // The other one begins to take part, and the care software exports something else.
    let other = world.participant(DAY).await;
    put(&deletion(CARE, VISITS, 2));
    let state = until("left the list", || {
        let send = care.sends.get(no(CARE), staged.id).unwrap();
        (send.state.as_str() != "draft").then(|| send.state.as_str())
    });
    let state = tokio::time::timeout(Duration::from_secs(15), state).await;
    println!("B7: the half-written one: {state:?} {}", other.no);
    assert!(state.is_err(), "sent without a person");
}

/// B8: the same text again is a change.
#[test]
fn b8_the_same_message_is_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let node =
        tasuki_office::node::Node::open_now(tasuki_office::folder::Folder::create(folder.path()).unwrap())
            .unwrap();
    node.staff.add_first("hanako", "x", PASSWORD).unwrap();
    let Landed::One(id) =
        node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 1)]).unwrap()
    else {
        panic!()
    };
    node.drafts.set_message(no(CARE), id, "一行目\r\n二行目").unwrap();
    let before = node.sends.get(no(CARE), id).unwrap().revision;
    node.drafts.set_message(no(CARE), id, "一行目\r\n二行目").unwrap();
    let after = node.sends.get(no(CARE), id).unwrap().revision;
    println!("B8: revision {before} → {after}");
    assert_eq!(before, after);
}

/// B9: a database that is busy for a while in the wrong moment leaves sends in 送信中.
#[tokio::test(flavor = "multi_thread")]
async fn b9_nothing_stays_in_sending() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    let path = world.temporary.path().join(CARE).join("node.db");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let done = std::sync::Arc::clone(&stop);
    let holder = std::thread::spawn(move || {
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute_batch("PRAGMA busy_timeout = 5000").unwrap();
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            let n: i64 = db
                .query_row("SELECT count(*) FROM send WHERE state = 'sending'", [], |row| row.get(0))
                .unwrap();
            if n > 0 && db.execute_batch("BEGIN IMMEDIATE").is_ok() {
                std::thread::sleep(Duration::from_secs(12));
                db.execute_batch("ROLLBACK").unwrap();
                return true;
            }
        }
        false
    });
    let ids: Vec<_> = (1..=8)
        .map(|serial| {
            let Landed::One(id) = care
                .drafts
                .take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, serial)])
                .unwrap()
            else {
                panic!()
            };
            (id, care.sends.get(no(CARE), id).unwrap().revision)
        })
        .collect();
    care.outbox.confirm(no(CARE), "hanako", "", &ids).unwrap();
    let held = tokio::task::spawn_blocking(move || holder.join().unwrap()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(15)).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let states: Vec<_> =
        ids.iter().map(|(id, _)| care.sends.get(no(CARE), *id).unwrap().state.as_str()).collect();
    println!("B9: lock held {held}; 15 s after it was free: {states:?}");
    assert!(!states.contains(&"sending"));
}

/// B10: an error behind fifty warnings.
#[test]
fn b10_an_error_is_an_error_however_many_warnings_stand_before_it() {
    use tasuki_office::files::{Dropped, Weight};
    let options = tasuki_sample::Options::new("202510".parse().unwrap(), 2, 1, 1);
    let plan = tasuki_sample::Sample::new(options)
        .unwrap()
        .files()
        .find(|file| file.name.starts_with("UPPLAN"))
        .unwrap();
    let first = plan.bytes.split(|byte| *byte == b'\n').next().unwrap().strip_suffix(b"\r").unwrap();
    let row = |number: u32, wrong: bool| {
        let mut cells: Vec<Vec<u8>> = first.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect();
        cells[2] = format!("{number:010}").into_bytes();
        (cells[11], cells[12]) = (b"2300".to_vec(), b"0100".to_vec());
        if wrong {
            cells[1] = b"13101".to_vec();
        }
        [cells.join(&b','), b"\r\n".to_vec()].concat()
    };
    let mut bytes: Vec<u8> = (1..=60).flat_map(|number| row(number, false)).collect();
    bytes.extend(row(61, true));
    let truth = tasuki_standard::check::check_file(&plan.name, &bytes[..]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let node =
        tasuki_office::node::Node::open_now(tasuki_office::folder::Folder::create(folder.path()).unwrap())
            .unwrap();
    node.staff.add_first("hanako", "x", PASSWORD).unwrap();
    let file = Dropped { name: plan.name.clone(), bytes };
    let Landed::One(id) = node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![file]).unwrap() else {
        panic!()
    };
    let review = node.sends.get(no(CARE), id).unwrap().review;
    println!(
        "B10: the checker finds {} errors and {} warnings; the review {} errors and {} warnings",
        truth.count(tasuki_standard::check::Severity::Error),
        truth.count(tasuki_standard::check::Severity::Warning),
        review.count(Weight::Error),
        review.count(Weight::Warning)
    );
    assert!(review.count(Weight::Error) > 0);
}

/// B11: what was imported does not become unread, says the description.
#[tokio::test(flavor = "multi_thread")]
async fn b11_what_was_imported_does_not_become_unread() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    send(&care, CARE, vec![deletion(CARE, CARE, 1)]);
    let arrived = until_arrived(&care, CARE, 1).await.remove(0);
    care.inbox.mark(no(CARE), "hanako", arrived.id, ArrivalState::Imported).unwrap();
    care.inbox.mark(no(CARE), "hanako", arrived.id, ArrivalState::Unread).unwrap();
    let state = care.inbox.get(no(CARE), arrived.id).unwrap().state;
    println!("B11: {state:?}");
    assert_eq!(state, ArrivalState::Imported);
}

/// B12: an export that was staged without a line is sent when the line is back.
#[tokio::test(flavor = "multi_thread")]
async fn b12_exports_are_sent_by_themselves_when_the_line_is_back() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    let export = world.temporary.path().join("export");
    std::fs::create_dir(&export).unwrap();
    let folders =
        Folders { export: export.to_str().unwrap().into(), send_by_itself: true, ..Folders::default() };
    care.offices.set_folders("hanako", no(CARE), &folders).unwrap();
    world.stop_relay().await;
    tokio::spawn(care.clone().exports.watch());
    let file = deletion(CARE, VISITS, 2);
    std::io::Write::write_all(&mut std::fs::File::create(export.join(&file.name)).unwrap(), &file.bytes)
        .unwrap();
    let staged = until("staged", || care.sends.batch(no(CARE)).unwrap().pop()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.start_relay().await;
    until("sent by itself", || {
        (care.sends.get(no(CARE), staged.id).unwrap().state.as_str() != "draft").then_some(())
    })
    .await;
    let state = care.sends.get(no(CARE), staged.id).unwrap().state;
    println!(
        "B12: 75 s after the line was back, linked {:?}: {state:?}",
        care.offices.open_office(no(CARE)).unwrap().link()
    );
    assert_ne!(state.as_str(), "draft");
}

/// 再送 is whole or not there: a draft without its files would be sent without them.
#[tokio::test(flavor = "multi_thread")]
async fn sending_again_is_one_step() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let _visits = world.node(VISITS).await;
    let files =
        vec![deletion(CARE, VISITS, 1), Dropped { name: "連絡.txt".into(), bytes: b"hello".to_vec() }];
    let Landed::One(first) = care.drafts.take_in(no(CARE), "hanako", Tray::New, files).unwrap() else {
        panic!("one office")
    };
    care.drafts.set_message(no(CARE), first, "よろしくお願いします。").unwrap();
    assert_eq!(care.drafts.again(no(CARE), "hanako", first).unwrap(), first, "it is a draft still");
    confirm(&care, CARE, first);
    until_state(&care, CARE, first, "received").await;

    // In the middle the disk is full.
    let db = rusqlite::Connection::open(care.folder().db()).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON send_file WHEN (SELECT count(*) FROM send_file) > 0
                BEGIN SELECT RAISE(ABORT, 'full'); END";
    db.execute_batch(full).unwrap();
    assert!(care.drafts.again(no(CARE), "hanako", first).is_err());
    assert!(care.sends.drafts(no(CARE)).unwrap().is_empty(), "nothing is there by half");
    db.execute_batch("DROP TRIGGER full").unwrap();

    let again = care.drafts.again(no(CARE), "hanako", first).unwrap();
    let (sent, draft) = (care.sends.get(no(CARE), first).unwrap(), care.sends.get(no(CARE), again).unwrap());
    assert_ne!(again, first);
    assert_eq!(draft.state.as_str(), "draft");
    assert_eq!((draft.receiver, &draft.letter.message), (sent.receiver, &sent.letter.message));
    let names = |send: &Send| send.review.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&draft), names(&sent));
    confirm(&care, CARE, again);
    until_state(&care, CARE, again, "received").await;

    // What goes by itself is not sent a second time.
    world.stop_relay().await;
    let waiting = send(&care, CARE, vec![deletion(CARE, VISITS, 3)]);
    assert!(matches!(care.drafts.again(no(CARE), "hanako", waiting), Err(OfficeError::Changed)));
}
