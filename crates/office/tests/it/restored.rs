//! Restored from a backup, the relay or a node: nothing is lost, nothing doubled, nothing withdrawn comes back.

use std::path::Path;

use tasuki_office::node::Node;
use tasuki_office::sends::{SendFilter, SendId};
use tasuki_relay::operator;

use tasuki_stage::world::{
    CARE, DAY, PASSWORD, VISITS, World, arrivals, deletion, new_id, no, send, until, until_arrived,
    until_state,
};

/// Runs the node of an office for a while, in a runtime of its own that ends with it.
async fn on_for_a_while<T: std::marker::Send + 'static>(
    world: &World,
    office: &'static str,
    work: impl AsyncFnOnce(&Node) -> T + std::marker::Send + 'static,
) -> T {
    let node = world.empty_node(office);
    let done = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            node.staff.log_in("hanako", PASSWORD).unwrap();
            let kj_id = node.offices.get(no(office)).unwrap().kj_id;
            node.offices.unlock(no(office), kj_id.as_str(), PASSWORD).await.unwrap();
            work(&node).await
        })
    });
    done.await.unwrap()
}

async fn send_two(node: &Node) -> [SendId; 2] {
    let ids = [1, 2].map(|serial| send(node, CARE, vec![deletion(CARE, VISITS, serial)]));
    for id in ids {
        until_state(node, CARE, id, "sent").await;
    }
    ids
}

/// The case in which counters tell nothing: others were there first, and have used the forgotten numbers again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_first_to_a_restored_relay() {
    let mut world = World::new().await;
    world.enrolled_and_off(CARE).await;
    world.enrolled_and_off(VISITS).await;
    let day = world.participant(DAY).await;
    let backup = world.temporary.path().join("backup.db");
    operator::back_up(&world.relay_folder(), &backup).unwrap();
    on_for_a_while(&world, CARE, async |node: &Node| send_two(node).await).await;
    // The receiver has seen numbers that will be given anew, and has fetched what is forgotten.
    on_for_a_while(&world, VISITS, async |node: &Node| drop(until_arrived(node, VISITS, 2).await)).await;
    on_for_a_while(&world, CARE, async |node: &Node| {
        send(node, CARE, vec![deletion(CARE, VISITS, 3)]);
        until("sent", || (node.sends.counts(no(CARE)).unwrap().on_the_way == 0).then_some(())).await;
    })
    .await;
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;
    for serial in 4..12 {
        world.send_from(&day, VISITS, new_id(), serial).await;
    }
    let care = world.switched_on(CARE).await;
    let visits = world.switched_on(VISITS).await;
    until_arrived(&visits, VISITS, 11).await;
    until("delivered", || {
        let sent = care.sends.sent(no(CARE), &SendFilter::default(), 100).unwrap();
        (sent.len() == 3 && sent.iter().all(|send| send.state.as_str() == "received")).then_some(())
    })
    .await;
    assert_eq!(arrivals(&visits, VISITS).len(), 11, "each once");
    assert_eq!((care.upkeep.check().unwrap(), visits.upkeep.check().unwrap()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_stays_so_after_a_restore_of_the_relay() {
    let mut world = World::new().await;
    world.enrolled_and_off(VISITS).await;
    let care = world.node(CARE).await;
    let [kept, withdrawn] = send_two(&care).await;
    let backup = world.temporary.path().join("backup.db");
    operator::back_up(&world.relay_folder(), &backup).unwrap();
    care.outbox.withdraw(no(CARE), "hanako", withdrawn).await.unwrap();
    until_state(&care, CARE, withdrawn, "withdrawn").await;
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;
    // It says so only when it is so again.
    until("noticed", || {
        care.upkeep.audit(None, 50).unwrap().iter().find(|entry| entry.action == "relay-restored").cloned()
    })
    .await;
    until_state(&care, CARE, withdrawn, "withdrawn").await;
    let visits = world.switched_on(VISITS).await;
    until_state(&care, CARE, kept, "received").await;
    assert_eq!(arrivals(&visits, VISITS).len(), 1);
}

/// What is on its way is no draft before the relay has promised never to take it.
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_without_a_line_is_final_only_when_the_relay_has_confirmed_it() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    world.stop_relay().await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, id, "interrupted").await;
    care.outbox.withdraw(no(CARE), "hanako", id).await.unwrap();
    assert_eq!(care.sends.get(no(CARE), id).unwrap().state.as_str(), "withdrawing");
    assert!(care.drafts.set_message(no(CARE), id, "x").is_err(), "nobody can send it a second time");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(care.sends.get(no(CARE), id).unwrap().state.as_str(), "withdrawing");
    world.start_relay().await;
    until_state(&care, CARE, id, "draft").await;
    assert_eq!(care.sends.get(no(CARE), id).unwrap().parcel, None);
    send(&care, CARE, vec![deletion(CARE, VISITS, 2)]);
    until_arrived(&visits, VISITS, 1).await;
    assert_eq!(arrivals(&visits, VISITS).len(), 1);
    assert_eq!(care.upkeep.check().unwrap(), []);
}

/// A person may send again what has failed, under a new number: the old one must be dead by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_can_no_longer_come_through_by_itself() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    world.stop_relay().await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&care, CARE, id, "interrupted").await;
    world.start_relay().await;
    world.suspend(VISITS).await;
    let failed = until_state(&care, CARE, id, "failed").await;
    assert!(failed.attempts > 1);
    let db = rusqlite::Connection::open(world.relay_folder().store()).unwrap();
    let marks = "SELECT count(*) FROM withdrawn_ahead";
    assert_eq!(db.query_row(marks, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

/// A correction that overtakes what it corrects would be undone by it at the receiver.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_first_arrives_first() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    world.stop_relay().await;
    let first = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    // It waits longer and longer; the others are new.
    until("tried again", || (care.sends.get(no(CARE), first).unwrap().attempts >= 3).then_some(())).await;
    let later = [2, 3, 4].map(|serial| send(&care, CARE, vec![deletion(CARE, VISITS, serial)]));
    world.start_relay().await;
    let arrived = until_arrived(&visits, VISITS, 4).await;
    let mut by_time: Vec<_> = arrived.iter().map(|arrival| (arrival.accepted_at, arrival.parcel)).collect();
    by_time.sort();
    let sent =
        [first].into_iter().chain(later).map(|id| care.sends.get(no(CARE), id).unwrap().parcel.unwrap());
    assert_eq!(by_time.into_iter().map(|(_, parcel)| parcel).collect::<Vec<_>>(), sent.collect::<Vec<_>>());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_restored_from_an_older_copy_gets_back_what_arrived_since() {
    let world = World::new().await;
    let visits = world.node(VISITS).await;
    world.enrolled_and_off(CARE).await;
    let (folder, older) = (world.temporary.path().join(CARE), world.temporary.path().join("older"));
    copy(&folder, &older);
    let id = send(&visits, VISITS, vec![deletion(VISITS, CARE, 1)]);
    on_for_a_while(&world, CARE, async |node: &Node| drop(until_arrived(node, CARE, 1).await)).await;
    until_state(&visits, VISITS, id, "received").await;
    std::fs::remove_dir_all(&folder).unwrap();
    copy(&older, &folder);
    let care = world.switched_on(CARE).await;
    let arrived = until_arrived(&care, CARE, 1).await.remove(0);
    assert_eq!(care.inbox.open(no(CARE), arrived.id).unwrap().files.len(), 1);
    assert_eq!(care.upkeep.check().unwrap(), []);
}
