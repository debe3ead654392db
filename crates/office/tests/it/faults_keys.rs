//! Keys, passwords and second computers, each tried where it once went wrong.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tasuki_client::ClientError;
use tasuki_identity::chain::public_key_of;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::statement::SignedStatement;
use tasuki_office::arrivals::ArrivalState;
use tasuki_office::error::OfficeError;
use tasuki_office::offices::Enrolment;
use tasuki_office::offices::LinkState;
use tasuki_protocol::mailbox::Cursor;
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_relay::store::{Accounts as _, Offices as _};
use tasuki_terms::Logged;

use tasuki_stage::world::{
    CARE, DAY, PASSWORD, VISITS, World, arrivals, deletion, new_id, no, send, until, until_arrived,
    until_state,
};

/// B3: beginning once more with the same office in the same node.
#[tokio::test(flavor = "multi_thread")]
async fn b3_beginning_again_keeps_the_archive_readable() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.participant(VISITS).await;
    world.send_from(&visits, CARE, new_id(), 1).await;
    let old = until_arrived(&care, CARE, 1).await.remove(0);
    assert_eq!(care.inbox.open(no(CARE), old.id).unwrap().files.len(), 1);
    let begin = again(&world, CARE).await;
    care.offices.enrol(world.enrolment(&begin)).await.unwrap();
    // In the same run.
    world.send_from(&visits, CARE, new_id(), 2).await;
    let all = until_arrived(&care, CARE, 2).await;
    let newest = all.iter().max_by_key(|arrival| arrival.id).unwrap();
    println!("B3a: in the same run the new arrival is {:?}", newest.state);
    let restarted = world.switched_on(CARE).await;
    println!(
        "B3b: after a restart the old arrival opens: {:?}",
        restarted.inbox.open(no(CARE), old.id).err()
    );
    assert_eq!(newest.state, ArrivalState::Unread);
    assert!(restarted.inbox.open(no(CARE), old.id).is_ok());
}

/// B4: a second PC of the same office.
#[tokio::test(flavor = "multi_thread")]
async fn b4_a_second_node_does_not_make_the_first_refuse() {
    let world = World::new().await;
    let first = world.empty_node(CARE);
    first.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(CARE).await;
    let kit = first.offices.enrol(world.enrolment(&credentials)).await.unwrap().unwrap();
    let visits = world.participant(VISITS).await;
    let begin = again(&world, CARE).await;
    let (second, enrolment) = (world.empty_node("second"), world.enrolment(&begin));
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        second.staff.add_first("hanako", "x", PASSWORD).unwrap();
        let kit = runtime.block_on(second.offices.enrol(enrolment)).unwrap();
        assert!(kit.is_none(), "the office has its key already");
    })
    .await
    .unwrap();
    let id = new_id();
    world.send_from(&visits, CARE, id, 3).await;
    let arrived = until_arrived(&first, CARE, 1).await.remove(0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let state = visits.client.parcel(id).await.unwrap().parcel.state;
    let second = world.empty_node("second");
    second.staff.log_in("hanako", PASSWORD).unwrap();
    let kj_id = second.offices.get(no(CARE)).unwrap().kj_id;
    second.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    println!(
        "B4: at the first {:?}, at the relay {state:?}, at the second {}",
        arrived.state,
        arrivals(&second, CARE).len()
    );
    assert_eq!(arrived.state, ArrivalState::Unread);
    assert_eq!(first.inbox.open(no(CARE), arrived.id).unwrap().files.len(), 1);
    // Without the key it fetches nothing, refuses nothing, and says so.
    assert_eq!(second.offices.open_office(no(CARE)).unwrap().link(), LinkState::NoKey);
    assert!(arrivals(&second, CARE).is_empty());
    assert_eq!(state.as_str(), "received");

    let code = RecoveryCode::parse(&kit.code).unwrap();
    second.offices.adopt_office_key("hanako", no(CARE), &kit.file, &code).await.unwrap();
    let there = until_arrived(&second, CARE, 1).await.remove(0);
    assert_eq!(there.state, ArrivalState::Unread);
    assert_eq!(second.inbox.open(no(CARE), there.id).unwrap().files.len(), 1);
    world.send_from(&visits, CARE, new_id(), 4).await;
    for node in [&first, &second] {
        let both = until_arrived(node, CARE, 2).await;
        assert!(both.iter().all(|arrival| arrival.state == ArrivalState::Unread));
    }
    assert_eq!(second.offices.open_office(no(CARE)).unwrap().link(), LinkState::Online);
}

/// The kit of another key brings nothing, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_kit_of_another_office_is_not_adopted() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.empty_node(VISITS);
    visits.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(VISITS).await;
    let kit = visits.offices.enrol(world.enrolment(&credentials)).await.unwrap().unwrap();
    let code = RecoveryCode::parse(&kit.code).unwrap();
    let refused = care.offices.adopt_office_key("hanako", no(CARE), &kit.file, &code).await;
    assert!(matches!(refused, Err(OfficeError::NotThisKey)), "{refused:?}");
    let wrong = RecoveryCode::generate().unwrap();
    assert!(visits.offices.adopt_office_key("hanako", no(VISITS), &kit.file, &wrong).await.is_err());
    let sender = world.participant(DAY).await;
    world.send_from(&sender, CARE, new_id(), 1).await;
    assert_eq!(until_arrived(&care, CARE, 1).await[0].state, ArrivalState::Unread);
}

/// An office that has lost everything begins with a new key, because somebody has said so; the other computer notices,
/// and leaves what it cannot open to the one that can.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_made_only_when_somebody_says_so() {
    let world = World::new().await;
    let first = world.node(CARE).await;
    let visits = world.participant(VISITS).await;
    let begin = again(&world, CARE).await;
    let second = world.empty_node("second");
    second.staff.add_first("hanako", "x", PASSWORD).unwrap();
    let wish = Enrolment { new_key: true, ..world.enrolment(&begin) };
    assert!(second.offices.enrol(wish).await.unwrap().is_some());
    assert_ne!(first.offices.get(no(CARE)).unwrap().key, second.offices.get(no(CARE)).unwrap().key);
    let open = first.offices.open_office(no(CARE)).unwrap();
    drop((open, first));
    let first = world.empty_node(CARE);
    first.staff.log_in("hanako", PASSWORD).unwrap();
    let kj_id = first.offices.get(no(CARE)).unwrap().kj_id;
    first.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    until("the first notices", || {
        (first.offices.open_office(no(CARE)).unwrap().link() == LinkState::NoKey).then_some(())
    })
    .await;
    world.send_from(&visits, CARE, new_id(), 5).await;
    assert_eq!(until_arrived(&second, CARE, 1).await[0].state, ArrivalState::Unread);
}

async fn again(world: &World, office: &str) -> NewCredentials {
    let valid = SignedDuration::from_hours(24);
    let renewed = operator::renew_credentials(&**world.store(), no(office), false, valid, Timestamp::now());
    let mut again = renewed.await.unwrap();
    again.password = Some(zeroize::Zeroizing::new(PASSWORD.into()));
    again
}

/// B6: the key file still has the old password.
#[tokio::test(flavor = "multi_thread")]
async fn b6_self_unlock_survives_a_new_office_password() {
    let world = World::new().await;
    {
        let node = world.node(CARE).await;
        node.offices.set_self_unlock("hanako", true).unwrap();
        node.offices.change_password("hanako", no(CARE), PASSWORD, "kaze-to-tsuki 99 kawa").await.unwrap();
    }
    let node = world.empty_node(CARE);
    node.offices.unlock_itself().await.unwrap();
    println!("B6: keys open after a restart: {}", node.offices.open_office(no(CARE)).is_ok());
    assert!(node.offices.open_office(no(CARE)).is_ok());
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
    let begin = again(&world, VISITS).await;
    let second = world.empty_node("second");
    second.staff.add_first("hanako", "x", PASSWORD).unwrap();
    second.offices.enrol(Enrolment { new_key: true, ..world.enrolment(&begin) }).await.unwrap();
    care.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    drop(visits);
    world.stop_relay().await;
    world.restore_relay(&backup);
    world.start_relay().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let sent = care.sends.get(no(CARE), id).unwrap();
    println!("B13: {:?} {} tries: {}", sent.state, sent.attempts, sent.reason);
    assert_ne!(sent.state.as_str(), "failed");
    // The restored relay does not know the certificate of the second: the operator lets it begin once more. Its key
    // follows the one that the sender has seen.
    let key = second.offices.get(no(VISITS)).unwrap().key;
    let begin = again(&world, VISITS).await;
    assert!(second.offices.enrol(world.enrolment(&begin)).await.unwrap().is_some());
    assert_eq!(second.offices.get(no(VISITS)).unwrap().key, key);
    let arrived = until_arrived(&second, VISITS, 1).await.remove(0);
    assert_eq!(arrived.state, ArrivalState::Unread);
}

/// A directory that has lost the key of an office gets it again, at the next connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_has_lost_a_new_key_gets_it_again() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    // The key is stated a second time, and the sender sees it.
    let renewed = again(&world, VISITS).await;
    visits.offices.enrol(world.enrolment(&renewed)).await.unwrap();
    care.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    world.stop_relay().await;
    let db = rusqlite::Connection::open(world.relay_folder().store()).unwrap();
    assert_eq!(db.execute("DELETE FROM key_log WHERE office = ?1 AND epoch = 2", [VISITS]).unwrap(), 1);
    db.execute("UPDATE office SET key_epoch = 1 WHERE no = ?1", [VISITS]).unwrap();
    drop(db);
    world.start_relay().await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    assert_eq!(until_arrived(&visits, VISITS, 1).await[0].state, ArrivalState::Unread);
    until_state(&care, CARE, id, "received").await;
}

/// B14: the relay has enrolled, and the node never hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn b14_a_beginning_whose_answer_was_lost_is_repeated() {
    let world = World::new().await;
    let credentials = world.register(CARE).await;
    let care = world.empty_node(CARE);
    care.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let deaf = swallow_answers(world.relay_address());
    let lost =
        Enrolment { relay: format!("https://127.0.0.1:{}", deaf.port()), ..world.enrolment(&credentials) };
    assert!(matches!(care.offices.enrol(lost).await, Err(OfficeError::Relay(ClientError::Unreachable(_)))));
    // The one-time password is used up: nobody begins with it and another key.
    let stranger = world.empty_node("stranger");
    stranger.staff.add_first("taro", "計画 太郎", PASSWORD).unwrap();
    assert!(matches!(
        stranger.offices.enrol(world.enrolment(&credentials)).await,
        Err(OfficeError::Relay(ClientError::Problem(_)))
    ));
    drop(care);

    let restarted = world.empty_node(CARE);
    restarted.staff.log_in("hanako", PASSWORD).unwrap();
    assert!(restarted.offices.enrol(world.enrolment(&credentials)).await.unwrap().is_some());
    let visits = world.participant(VISITS).await;
    world.send_from(&visits, CARE, new_id(), 1).await;
    assert_eq!(until_arrived(&restarted, CARE, 1).await[0].state, ArrivalState::Unread);
    let db = rusqlite::Connection::open(restarted.folder().db()).unwrap();
    let kept: i64 = db.query_row("SELECT count(*) FROM begun", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0, "the key lies in the vault now");
}

/// The answer that was lost is the one to the new password.
#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_had_come_as_far_as_the_password_is_repeated() {
    let world = World::new().await;
    let credentials = world.register(CARE).await;
    let care = world.empty_node(CARE);
    care.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let deaf = swallow_answers(world.relay_address());
    let lost =
        Enrolment { relay: format!("https://127.0.0.1:{}", deaf.port()), ..world.enrolment(&credentials) };
    assert!(care.offices.enrol(lost).await.is_err());
    let hash = tasuki_relay::password::hash(PASSWORD).unwrap();
    let by = operator::by_operator(Timestamp::now());
    world.store().set_password(credentials.kj_id, hash, "", by).await.unwrap().unwrap();
    assert!(care.offices.enrol(world.enrolment(&credentials)).await.unwrap().is_some());
    assert_eq!(care.offices.open_office(no(CARE)).unwrap().no(), no(CARE));
}

/// A way to the relay on which its answer to the first request is lost: the line is cut once the answer has come.
fn swallow_answers(relay: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (node, _) = listener.accept().unwrap();
        let there = TcpStream::connect(relay).unwrap();
        // What the node says after the relay has greeted it holds the request.
        let greeted = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicBool::new(false));
        let to_relay = {
            let (node, there) = (node.try_clone().unwrap(), there.try_clone().unwrap());
            let (greeted, asked) = (Arc::clone(&greeted), Arc::clone(&asked));
            move || {
                pass_on(node, there, |_| {
                    asked.fetch_or(greeted.load(Ordering::SeqCst), Ordering::SeqCst);
                    true
                });
            }
        };
        std::thread::spawn(to_relay);
        let closing = node.try_clone().unwrap();
        pass_on(there, node, |length| {
            greeted.store(true, Ordering::SeqCst);
            let is_asked = asked.load(Ordering::SeqCst);
            // The answer holds a certificate: it is longer than anything else that comes after the greeting.
            if is_asked && length > 1000 {
                closing.shutdown(Shutdown::Both).unwrap();
            }
            !is_asked
        });
    });
    address
}

/// Passes on what comes, as far as it is wanted; `is_wanted` is told how long it is.
fn pass_on(mut from: TcpStream, mut to: TcpStream, mut is_wanted: impl FnMut(usize) -> bool) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if is_wanted(length) && to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}

/// The relay takes one epoch after the other: a directory that has lost several gets as many statements, and partners, who
/// have seen the lost ones, believe the last.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_has_lost_several_statements_gets_as_many_again() {
    let mut world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    for _ in 0..2 {
        let renewed = again(&world, VISITS).await;
        visits.offices.enrol(world.enrolment(&renewed)).await.unwrap();
    }
    care.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    world.stop_relay().await;
    let db = rusqlite::Connection::open(world.relay_folder().store()).unwrap();
    assert_eq!(db.execute("DELETE FROM key_log WHERE office = ?1 AND epoch > 1", [VISITS]).unwrap(), 2);
    db.execute("UPDATE office SET key_epoch = 1 WHERE no = ?1", [VISITS]).unwrap();
    drop(db);
    world.start_relay().await;
    let id = send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
    assert_eq!(until_arrived(&visits, VISITS, 1).await[0].state, ArrivalState::Unread);
    until_state(&care, CARE, id, "received").await;
    let found = world.store().offices(&[no(VISITS)]).await.unwrap().remove(0);
    assert_eq!(found.key.unwrap().epoch, 4);
}

/// An office that begins again on the same computer has a new certificate, and its old key hands over to it.
#[tokio::test(flavor = "multi_thread")]
async fn who_begins_again_hands_over_from_the_key_before() {
    let world = World::new().await;
    let visits = world.node(VISITS).await;
    let renewed = again(&world, VISITS).await;
    visits.offices.enrol(world.enrolment(&renewed)).await.unwrap();
    let page = world.store().key_log(Cursor { after: 0, limit: 100 }).await.unwrap();
    let trust = world.relay_folder().trust().unwrap();
    let mut before: Option<Vec<u8>> = None;
    let mut statements = 0;
    for entry in page.entries.iter().filter(|entry| entry.office == no(VISITS)) {
        let Logged::Key { statement, .. } = &entry.logged else { continue };
        let signed: SignedStatement = serde_json::from_str(statement).unwrap();
        let (_, signer) = signed.verify_with_signer(&trust, Timestamp::now()).unwrap();
        let key = public_key_of(signer.der()).unwrap();
        assert!(before.is_none_or(|before| before != key && signed.is_handed_over_by(&before)));
        before = Some(key);
        statements += 1;
    }
    assert_eq!(statements, 2);
}
