//! Keys, passwords and second computers, each tried where it once went wrong.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tasuki_office::arrivals::ArrivalState;
use tasuki_relay::operator;

use crate::other::{new_id, other};
use crate::world::{CARE, PASSWORD, VISITS, World, arrivals, deletion, no, send, until_arrived};

/// B3: beginning once more with the same office in the same node.
#[tokio::test(flavor = "multi_thread")]
async fn b3_beginning_again_keeps_the_archive_readable() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = other(&world, VISITS).await;
    visits.send(&world, CARE, new_id(1), 1).await;
    let old = until_arrived(&care, CARE, 1).await.remove(0);
    assert_eq!(care.open_arrival(no(CARE), old.id).unwrap().files.len(), 1);
    let valid = SignedDuration::from_hours(24);
    let mut again =
        operator::renew_credentials(&*world.store, no(CARE), false, valid, Timestamp::now()).await.unwrap();
    again.password = Some(zeroize::Zeroizing::new(PASSWORD.into()));
    care.enrol(world.enrolment(&again)).await.unwrap();
    // In the same run.
    visits.send(&world, CARE, new_id(2), 2).await;
    let all = until_arrived(&care, CARE, 2).await;
    let newest = all.iter().max_by_key(|arrival| arrival.id).unwrap();
    println!("B3a: in the same run the new arrival is {:?}", newest.state);
    let restarted = world.switched_on(CARE).await;
    println!(
        "B3b: after a restart the old arrival opens: {:?}",
        restarted.open_arrival(no(CARE), old.id).err()
    );
    assert_eq!(newest.state, ArrivalState::Unread);
    assert!(restarted.open_arrival(no(CARE), old.id).is_ok());
}

/// B4: a second PC of the same office.
#[tokio::test(flavor = "multi_thread")]
async fn b4_a_second_node_does_not_make_the_first_refuse() {
    let world = World::new().await;
    let first = world.node(CARE).await;
    let visits = other(&world, VISITS).await;
    let valid = SignedDuration::from_hours(24);
    let mut again =
        operator::renew_credentials(&*world.store, no(CARE), false, valid, Timestamp::now()).await.unwrap();
    again.password = Some(zeroize::Zeroizing::new(PASSWORD.into()));
    let (second, enrolment) = (world.empty_node("second"), world.enrolment(&again));
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        second.add_first_staff("hanako", "x", PASSWORD).unwrap();
        runtime.block_on(second.enrol(enrolment)).unwrap();
    })
    .await
    .unwrap();
    let id = new_id(3);
    visits.send(&world, CARE, id, 3).await;
    let arrived = until_arrived(&first, CARE, 1).await.remove(0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let state = visits.client.parcel(id).await.unwrap().parcel.state;
    let second = world.empty_node("second");
    second.log_in("hanako", PASSWORD).unwrap();
    let kj_id = second.office(no(CARE)).unwrap().kj_id;
    second.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    println!(
        "B4: at the first {:?}, at the relay {state:?}, at the second {}",
        arrived.state,
        arrivals(&second, CARE).len()
    );
    assert_eq!(arrivals(&second, CARE).len(), 1);
}

/// B6: the key file still has the old password.
#[tokio::test(flavor = "multi_thread")]
async fn b6_self_unlock_survives_a_new_office_password() {
    let world = World::new().await;
    {
        let node = world.node(CARE).await;
        node.set_self_unlock("hanako", true).unwrap();
        node.change_office_password("hanako", no(CARE), PASSWORD, "kaze-to-tsuki 99 kawa").await.unwrap();
    }
    let node = world.empty_node(CARE);
    node.unlock_itself().await.unwrap();
    println!("B6: keys open after a restart: {}", node.open_office(no(CARE)).is_ok());
    assert!(node.open_office(no(CARE)).is_ok());
}

/// B13: after a restore of the relay, a receiver whose key is newer than the backup.
#[tokio::test(flavor = "multi_thread")]
async fn b13_a_restored_relay_learns_the_keys_anew() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    let backup = world.temporary.path().join("backup.db");
    operator::back_up(&world.relay_folder(), &backup).unwrap();
    // The receiver begins again on a new PC (or its certificate is renewed): a higher epoch, known to the sender.
    let valid = SignedDuration::from_hours(24);
    let mut again =
        operator::renew_credentials(&*world.store, no(VISITS), false, valid, Timestamp::now()).await.unwrap();
    again.password = Some(zeroize::Zeroizing::new(PASSWORD.into()));
    let second = world.empty_node("second");
    second.add_first_staff("hanako", "x", PASSWORD).unwrap();
    second.enrol(world.enrolment(&again)).await.unwrap();
    care.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    drop(visits);
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let sent = care.send(no(CARE), id).unwrap();
    println!("B13: {:?} {} tries: {}", sent.state, sent.attempts, sent.reason);
    assert_ne!(sent.state.as_str(), "failed");
}
