//! What an office does by itself, where it is disturbed: by a panic, by a line that was away, by another computer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tasuki_office::folder::Folder;
use tasuki_office::link::Obstacle;
use tasuki_office::node::Node;
use tasuki_office::offices::LinkState;
use tasuki_office::sends::SendId;
use tasuki_relay::operator;
use tasuki_relay::store::Parcels as _;
use tasuki_terms::ParcelId;

use tasuki_stage::world::{
    CARE, DAY, PASSWORD, VISITS, World, arrivals, deletion, new_id, no, send, until, until_arrived,
    until_state,
};

/// One thread for all that is async: there the clock fails once, in the middle of whatever duty asks it next.
#[tokio::test]
async fn a_duty_that_panics_is_begun_again_and_says_so() {
    let world = World::new().await;
    let (fails, thread) = (Arc::new(AtomicBool::new(false)), std::thread::current().id());
    let clock = {
        let fails = Arc::clone(&fails);
        move || {
            let is_duty = std::thread::current().id() == thread;
            assert!(!(is_duty && fails.swap(false, Ordering::SeqCst)), "the clock has failed");
            Timestamp::now()
        }
    };
    let folder = Folder::create(world.temporary.path().join(CARE)).unwrap();
    let care = Node::open(folder, Arc::new(clock)).unwrap();
    care.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(CARE).await;
    care.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    let visits = world.participant(VISITS).await;
    let open = care.offices.open_office(no(CARE)).unwrap();
    until("the line", || (open.link() == LinkState::Online).then_some(())).await;
    until("nothing is left to do", || {
        open.duties().iter().all(|(_, status)| status.done_at.is_some()).then_some(())
    })
    .await;

    fails.store(true, Ordering::SeqCst);
    open.hurry();
    let (duty, status) =
        until("a duty has failed", || open.duties().into_iter().find(|(_, status)| status.failures > 0))
            .await;
    assert!(!fails.load(Ordering::SeqCst));
    assert_eq!(status.obstacle.map(|(obstacle, _)| obstacle), Some(Obstacle::Node), "{duty:?}");
    until("it goes on", || {
        let duties = open.duties();
        let (_, status) = duties.iter().find(|(other, _)| *other == duty)?;
        (status.obstacle.is_none() && status.failures == 0).then_some(())
    })
    .await;
    world.send_from(&visits, CARE, new_id(), 1).await;
    until_arrived(&care, CARE, 1).await;
}

/// Waits of an hour, by hand: whatever is sent before that was not waited for.
fn put_off(world: &World, id: SendId, reason: Option<&str>) {
    let in_an_hour = Timestamp::now().as_millisecond() + 60 * 60 * 1000;
    let sql = "UPDATE send SET next_try_at = ?2, reason = coalesce(?3, reason) WHERE id = ?1";
    assert_eq!(by_hand(world).execute(sql, params![id.0, in_an_hour, reason]).unwrap(), 1);
}

fn by_hand(world: &World) -> Connection {
    let db = Connection::open(node_db(world.temporary.path())).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db
}

fn node_db(folder: &Path) -> std::path::PathBuf {
    folder.join(CARE).join("node.db")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_only_for_the_line_goes_as_soon_as_it_is_back() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    world.participant(VISITS).await;
    world.participant(DAY).await;
    care.directory.look_up(no(CARE), &[no(VISITS), no(DAY)]).await.unwrap();
    world.stop_relay().await;
    let for_the_line = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    let for_the_relay = send(&care, CARE, vec![deletion(CARE, DAY, 2)]);
    for id in [for_the_line, for_the_relay] {
        until_state(&care, CARE, id, "interrupted").await;
    }
    put_off(&world, for_the_line, None);
    put_off(&world, for_the_relay, Some("連携基盤が混み合っています。"));
    world.start_relay().await;
    until_state(&care, CARE, for_the_line, "sent").await;
    let other = care.sends.get(no(CARE), for_the_relay).unwrap();
    assert_eq!(other.state.as_str(), "interrupted", "what waits for something else waits on");
    assert!(other.next_try_at.unwrap() > Timestamp::now());
}

/// Another computer of the office, or this one before it was restored, has taken the number back.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_taken_back_elsewhere_is_withdrawn_here_too() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    world.stop_relay().await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    let parcel: ParcelId = until_state(&care, CARE, id, "interrupted").await.parcel.unwrap();
    put_off(&world, id, Some("ほかの理由"));
    world.start_relay().await;
    let by = operator::by_operator(Timestamp::now());
    world.store().withdraw(no(CARE), parcel, by).await.unwrap();
    by_hand(&world).execute("UPDATE send SET next_try_at = 0", []).unwrap();
    care.offices.open_office(no(CARE)).unwrap().hurry();
    let withdrawn = until_state(&care, CARE, id, "withdrawn").await;
    assert_eq!((withdrawn.reason.as_str(), withdrawn.sent_at), ("", None), "the relay never had it");
    // It is no failure, and what comes behind it goes.
    let next = send(&care, CARE, vec![deletion(CARE, VISITS, 2)]);
    until_state(&care, CARE, next, "received").await;
    assert_eq!(arrivals(&visits, VISITS).len(), 1);
    assert_eq!(care.upkeep.check().unwrap(), []);
}
