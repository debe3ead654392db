//! From one office to another, and what may come between.

use tasuki_client::ClientError;
use tasuki_office::arrivals::ArrivalState;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::{Folders, UnlockError};
use tasuki_office::sends::{Landed, Tray};
use tasuki_protocol::problem::ProblemType;
use tasuki_relay::operator;
use tasuki_relay::store::Accounts as _;

use tasuki_stage::world::{
    CARE, DAY, PASSWORD, VISITS, World, arrivals, confirm, deletion, no, send, until, until_arrived,
    until_state,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_send_arrives_and_its_states_come_back() {
    let world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    let pdf = Dropped { name: "週間計画.pdf".into(), bytes: b"%PDF-1.7 text".to_vec() };
    let Landed::One(id) =
        care.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 1), pdf]).unwrap()
    else {
        panic!("one destination")
    };
    care.drafts.set_message(no(CARE), id, "いつもお世話になっております。").unwrap();
    confirm(&care, CARE, id);

    let arrived = until_arrived(&visits, VISITS, 1).await.remove(0);
    assert_eq!((arrived.sender, arrived.state), (no(CARE), ArrivalState::Unread));
    assert_eq!(arrived.sender_name, format!("事業所{CARE}"));
    assert_eq!(arrived.inside.names.len(), 2);
    let opened = visits.inbox.open(no(VISITS), arrived.id).unwrap();
    assert_eq!(opened.manifest.message, "いつもお世話になっております。");
    assert_eq!(opened.manifest.staff, "見本 花子");
    assert_eq!(opened.files[0].bytes, deletion(CARE, VISITS, 1).bytes);

    let sent = until_state(&care, CARE, id, "received").await;
    assert_eq!(sent.receipts.len(), 1, "the signed receipt is kept");
    let own_copy = care.sends.open_sent(no(CARE), sent.parcel.unwrap()).unwrap();
    assert_eq!(own_copy.files.len(), 2);

    visits.inbox.mark(no(VISITS), "hanako", arrived.id, ArrivalState::Read).unwrap();
    until_state(&care, CARE, id, "opened").await;
    visits.inbox.mark(no(VISITS), "hanako", arrived.id, ArrivalState::Imported).unwrap();
    assert_eq!(until_state(&care, CARE, id, "imported").await.receipts.len(), 3);
    for node in [&care, &visits] {
        assert_eq!(node.upkeep.check().unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_without_a_line_goes_when_it_is_back() {
    let mut world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    world.stop_relay().await;
    let ids: Vec<_> = (1..=5).map(|serial| send(&care, CARE, vec![deletion(CARE, VISITS, serial)])).collect();
    let interrupted = until_state(&care, CARE, ids[0], "interrupted").await;
    assert!(interrupted.reason.contains("つながりません"), "{}", interrupted.reason);
    world.start_relay().await;
    assert_eq!(until_arrived(&visits, VISITS, 5).await.len(), 5);
    for id in ids {
        until_state(&care, CARE, id, "received").await;
    }
    assert_eq!(arrivals(&visits, VISITS).len(), 5, "nothing came twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_restored_from_an_older_backup_gets_back_what_it_forgot() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    world.enrolled_and_off(VISITS).await;
    let backup = world.temporary.path().join("backup.db");
    tasuki_relay::operator::back_up(&world.relay_folder(), &backup).unwrap();
    let forgotten = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, forgotten, "sent").await;
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;

    let visits = world.switched_on(VISITS).await;
    until_arrived(&visits, VISITS, 1).await;
    until_state(&care, CARE, forgotten, "received").await;
    let next = send(&care, CARE, vec![deletion(CARE, VISITS, 2)]);
    until_state(&care, CARE, next, "received").await;
    assert_eq!(arrivals(&visits, VISITS).len(), 2);
    for node in [&care, &visits] {
        assert_eq!(node.upkeep.check().unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_does_not_take_part_is_told_by_name() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let failed = send(&care, CARE, vec![deletion(CARE, DAY, 1)]);
    let failed = until_state(&care, CARE, failed, "failed").await;
    assert!(failed.reason.contains("送信先"), "{}", failed.reason);
    care.directory.look_up(no(CARE), &[no(DAY)]).await.unwrap();
    let partner = care.directory.known(no(CARE), no(DAY)).unwrap().unwrap();
    assert_eq!(partner.found, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_as_far_as_it_can() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    for office in [VISITS, DAY] {
        world.participant(office).await;
    }
    world.suspend(DAY).await;
    let files = vec![deletion(CARE, VISITS, 1), deletion(CARE, DAY, 2)];
    assert_eq!(care.drafts.take_in(no(CARE), "hanako", Tray::Batch, files).unwrap(), Landed::Batch);
    let shown: Vec<_> =
        care.sends.batch(no(CARE)).unwrap().iter().map(|send| (send.id, send.revision)).collect();
    let run = care.outbox.confirm(no(CARE), "hanako", "見本 花子", &shown).unwrap();
    until_state(&care, CARE, shown[0].0, "sent").await;
    let failed = until_state(&care, CARE, shown[1].0, "failed").await;
    assert!(failed.reason.contains("利用停止中"), "{}", failed.reason);
    assert_eq!(care.sends.of_run(no(CARE), run).unwrap().len(), 2);
    let left: Vec<_> = care.sends.batch(no(CARE)).unwrap().iter().map(|send| send.id).collect();
    assert_eq!(left, [shown[1].0], "what went has left the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_in_time_and_partners_go_on_sending() {
    let world = World::new().await;
    world.enrolled_and_off(VISITS).await;
    let care = world.node(CARE).await;
    care.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    // Two years less a month later, by the clock of this node.
    let folder = Folder::create(world.temporary.path().join(VISITS)).unwrap();
    let later = || jiff::Timestamp::now() + jiff::SignedDuration::from_hours(700 * 24);
    let visits = Node::open(folder, std::sync::Arc::new(later)).unwrap();
    visits.staff.log_in("hanako", PASSWORD).unwrap();
    let before = visits.offices.get(no(VISITS)).unwrap();
    visits.offices.unlock(no(VISITS), before.kj_id.as_str(), PASSWORD).await.unwrap();
    let new = until("renewed", || {
        let now = visits.offices.get(no(VISITS)).unwrap();
        (now.fingerprint != before.fingerprint).then_some(now.fingerprint)
    })
    .await;
    // The new certificate is in use without a restart: the old one is worth nothing any more.
    let certificates = world.store().certificates(no(VISITS)).await.unwrap();
    let old = certificates.iter().find(|one| one.fingerprint == before.fingerprint).unwrap();
    let by = operator::by_operator(jiff::Timestamp::now());
    let (old, over) = (old.fingerprint.parse().unwrap(), Some(new.parse().unwrap()));
    assert!(world.store().revoke_certificate(no(VISITS), old, over, by).await.unwrap());
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, id, "received").await;
    let back = send(&visits, VISITS, vec![deletion(VISITS, CARE, 1)]);
    until_state(&visits, VISITS, back, "received").await;
    let partner = care.directory.known(no(CARE), no(VISITS)).unwrap().unwrap();
    assert_eq!(partner.key_changed_at, None, "it is the same key");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_sends_to_its_own_number() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let id = send(&care, CARE, vec![deletion(CARE, CARE, 1)]);
    until_arrived(&care, CARE, 1).await;
    until_state(&care, CARE, id, "received").await;
    assert_eq!(care.upkeep.check().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_offices_live_in_one_node_and_see_only_their_own() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    let credentials = world.register(VISITS).await;
    node.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    let id = send(&node, CARE, vec![deletion(CARE, VISITS, 1)]);
    let arrived = until_arrived(&node, VISITS, 1).await.remove(0);
    assert!(arrivals(&node, CARE).is_empty());
    assert!(matches!(node.inbox.get(no(CARE), arrived.id), Err(OfficeError::NotFound)));
    assert!(matches!(node.sends.get(no(VISITS), id), Err(OfficeError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_is_taken_back_while_nobody_has_fetched_it() {
    let world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    let fetched = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, fetched, "received").await;
    let error = care.outbox.withdraw(no(CARE), "hanako", fetched).await.unwrap_err();
    let OfficeError::Relay(ClientError::Problem(problem)) = error else { panic!("{error}") };
    assert_eq!(problem.kind(), Some(ProblemType::AlreadyFetched));

    world.enrolled_and_off(DAY).await;
    let waiting = send(&care, CARE, vec![deletion(CARE, DAY, 2)]);
    until_state(&care, CARE, waiting, "sent").await;
    care.outbox.withdraw(no(CARE), "hanako", waiting).await.unwrap();
    until_state(&care, CARE, waiting, "withdrawn").await;
    assert_eq!(arrivals(&visits, VISITS).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_password_opens_the_keys_and_guessing_is_slowed() {
    let world = World::new().await;
    let name = CARE;
    let kj_id = {
        let node = world.node(name).await;
        node.offices.get(no(CARE)).unwrap().kj_id
    };
    // The same folder, as after a restart.
    let node = world.empty_node(name);
    assert!(matches!(node.offices.open_office(no(CARE)), Err(OfficeError::KeysLocked)));
    node.staff.log_in("hanako", PASSWORD).unwrap();
    let unlock = async |kj_id: &str, password: &str| node.offices.unlock(no(CARE), kj_id, password).await;
    for _ in 0..4 {
        assert!(matches!(unlock(kj_id.as_str(), "wrong").await, Err(UnlockError::Wrong)));
    }
    assert!(matches!(unlock("KJ000000000000", PASSWORD).await, Err(UnlockError::Locked { .. })));
    assert!(matches!(unlock(kj_id.as_str(), PASSWORD).await, Err(UnlockError::Locked { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_unlocks_itself_when_an_administrator_wants_it() {
    let world = World::new().await;
    {
        let node = world.node(CARE).await;
        node.offices.set_self_unlock("hanako", true).unwrap();
    }
    let node = world.empty_node(CARE);
    node.offices.unlock_itself().await.unwrap();
    let id = send(&node, CARE, vec![deletion(CARE, CARE, 1)]);
    until_state(&node, CARE, id, "received").await;
    node.offices.set_self_unlock("hanako", false).unwrap();
    let node = world.empty_node(CARE);
    node.offices.unlock_itself().await.unwrap();
    assert!(!node.is_drawer_open());
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_staged_and_sent_and_imported_by_folders_alone() {
    let world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    let folder = |name: &str| {
        let path = world.temporary.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let (export, import) = (folder("export"), folder("import"));
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let folders = Folders { export: text(&export), send_by_itself: false, ..Folders::default() };
    care.offices.set_folders("hanako", no(CARE), &folders).unwrap();
    let folders = Folders { import: text(&import), import_by_itself: true, ..Folders::default() };
    visits.offices.set_folders("hanako", no(VISITS), &folders).unwrap();
    tokio::spawn(care.clone().exports.watch());

    let put = |file: &Dropped| {
        std::fs::File::create(export.join(&file.name))
            .and_then(|mut out| std::io::Write::write_all(&mut out, &file.bytes))
    };
    let first = deletion(CARE, VISITS, 1);
    put(&first).unwrap();
    let staged = until("staged", || care.sends.batch(no(CARE)).unwrap().pop()).await;
    assert_eq!((staged.state.as_str(), staged.by.word().to_owned().as_str()), ("draft", "folder"));
    confirm(&care, CARE, staged.id);
    let placed = import.join(CARE).join("202510").join(&first.name);
    until("placed", || placed.exists().then_some(())).await;
    assert_eq!(std::fs::read(&placed).unwrap(), first.bytes);

    let folders = Folders { export: text(&export), send_by_itself: true, ..Folders::default() };
    care.offices.set_folders("hanako", no(CARE), &folders).unwrap();
    put(&deletion(CARE, VISITS, 2)).unwrap();
    until_arrived(&visits, VISITS, 2).await;
    assert!(export.join(&first.name).exists(), "what the care software wrote stays its own");
    assert!(care.sends.batch(no(CARE)).unwrap().is_empty(), "and is not taken twice");
}
