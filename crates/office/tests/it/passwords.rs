//! Passwords that are guessed, changed, and followed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_office::error::OfficeError;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::SelfUnlockState;
use tasuki_office::offices::{LinkState, UnlockError};
use tasuki_office::staff::LoginError;
use tasuki_relay::operator;
use tasuki_relay::store::Accounts as _;

use tasuki_stage::world::{CARE, DAY, PASSWORD, VISITS, World, no, until};

const NEW: &str = "kaze-to-tsuki 99 kawa";

/// R14: guesses that come at once are counted all, before any of them is tried.
#[test]
fn guesses_at_once_do_not_pass_the_lock() {
    let temporary = tempfile::tempdir().unwrap();
    let node = Node::open_now(Folder::create(temporary.path().join("node")).unwrap()).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..24).map(|_| scope.spawn(|| node.staff.log_in("hanako", "wrong").err())).collect();
        tries.into_iter().map(|tried| tried.join().unwrap()).collect()
    });
    let free = outcomes.iter().filter(|outcome| matches!(outcome, Some(LoginError::Wrong))).count();
    assert_eq!(free, 4, "{outcomes:?}");
    let seconds: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Some(LoginError::Locked { seconds }) => Some(*seconds),
            _ => None,
        })
        .collect();
    assert_eq!(seconds.len(), 20);
    assert!(seconds.iter().all(|seconds| (1..=61).contains(seconds)), "{seconds:?}");
    assert!(matches!(node.staff.log_in("hanako", PASSWORD), Err(LoginError::Locked { .. })));
    // A name that nobody has is never told from a wrong password.
    assert!(matches!(node.staff.log_in("nobody", PASSWORD), Err(LoginError::Wrong)));
}

/// R14: the lock of the office password grows as that of the staff's.
#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_the_office_password_grows() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let folder = Folder::create(world.temporary.path().join(CARE)).unwrap();
    let now = move || Timestamp::now() + SignedDuration::from_secs(clock.load(Ordering::Relaxed));
    let node = Node::open(folder, Arc::new(now)).unwrap();
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    let guess = async |password: &str| node.offices.unlock(no(CARE), kj_id.as_str(), password).await;
    for _ in 0..4 {
        assert!(matches!(guess("wrong").await, Err(UnlockError::Wrong)));
    }
    for minutes in [1, 2, 4] {
        let Err(UnlockError::Locked { seconds }) = guess("wrong").await else { panic!("locked") };
        assert_eq!(seconds, minutes * 60);
        assert!(matches!(guess(PASSWORD).await, Err(UnlockError::Locked { .. })), "also the right one waits");
        ahead.fetch_add(seconds + 1, Ordering::Relaxed);
    }
    node.staff.log_in("hanako", PASSWORD).unwrap();
    guess(PASSWORD).await.unwrap();
}

/// R2: the relay has taken the new password, and its answer was lost: the running node finds out by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_leaves_no_two_passwords() {
    let mut world = World::new().await;
    let node = world.node(CARE).await;
    node.offices.set_self_unlock("hanako", true).unwrap();
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    world.stop_relay().await;
    let lost = node.offices.change_password("hanako", no(CARE), PASSWORD, NEW).await;
    assert!(matches!(lost, Err(OfficeError::Relay(_))), "{lost:?}");
    // Until it is known, both open the keys.
    for password in [PASSWORD, NEW] {
        let restarted = world.empty_node(CARE);
        restarted.staff.log_in("hanako", PASSWORD).unwrap();
        restarted.offices.unlock(no(CARE), kj_id.as_str(), password).await.unwrap();
    }
    set_at_relay(&mut world, kj_id, NEW).await;
    until("only the new one opens", || {
        (node.offices.self_unlock_state().unwrap() == SelfUnlockState::Ready && opens_only(&world, NEW))
            .then_some(())
    })
    .await;
    until("connected", || {
        (node.offices.open_office(no(CARE)).unwrap().link() == LinkState::Online).then_some(())
    })
    .await;
}

/// R2: the node was switched off before it could ask: the next 事業所ユーザログイン tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_at_the_next_unlock() {
    let mut world = World::new().await;
    let kj_id = {
        world.enrolled_and_off(CARE).await;
        let (node, kj_id) =
            (world.empty_node(CARE), world.empty_node(CARE).offices.get(no(CARE)).unwrap().kj_id);
        world.stop_relay().await;
        let change = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            node.staff.log_in("hanako", PASSWORD).unwrap();
            runtime.block_on(async {
                node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
                node.offices.change_password("hanako", no(CARE), PASSWORD, NEW).await
            })
        });
        assert!(change.await.unwrap().is_err());
        kj_id
    };
    set_at_relay(&mut world, kj_id, NEW).await;
    let node = world.empty_node(CARE);
    node.staff.log_in("hanako", PASSWORD).unwrap();
    let old = node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await;
    assert!(matches!(old, Err(UnlockError::Refused(_))), "{old:?}");
    node.offices.unlock(no(CARE), kj_id.as_str(), NEW).await.unwrap();
    assert!(opens_only(&world, NEW));
}

/// A change that the relay refuses changes nothing; one that another node of the office has made is taken over.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_changed_elsewhere_is_taken_over() {
    let mut world = World::new().await;
    let node = world.node(CARE).await;
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    let refused = node.offices.change_password("hanako", no(CARE), PASSWORD, "short").await;
    assert!(matches!(refused, Err(OfficeError::Relay(_))), "{refused:?}");
    assert!(opens_only(&world, PASSWORD));
    world.stop_relay().await;
    set_at_relay(&mut world, kj_id, NEW).await;
    node.offices.change_password("hanako", no(CARE), PASSWORD, NEW).await.unwrap();
    assert!(opens_only(&world, NEW));
}

/// The relay comes back, with this password of the account.
async fn set_at_relay(world: &mut World, kj_id: tasuki_terms::KjId, password: &str) {
    world.start_relay().await;
    let hash = tasuki_relay::password::hash(password).unwrap();
    world
        .store()
        .set_password(kj_id, hash, "", operator::by_operator(Timestamp::now()))
        .await
        .unwrap()
        .unwrap();
}

/// Whether this password, and no other of these tests, opens the keys as they are kept.
fn opens_only(world: &World, password: &str) -> bool {
    let db = rusqlite::Connection::open(world.temporary.path().join(CARE).join("node.db")).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (vault, next): (Vec<u8>, Option<Vec<u8>>) =
        db.query_row("SELECT vault, vault_next FROM office", [], read).unwrap();
    let vault = tasuki_identity::vault::Vault::from_bytes(&vault).unwrap();
    next.is_none() && vault.open(password).is_ok()
}

/// H13: the key file has offices that were added later, and says when it does not open one.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_file_follows_offices_that_are_added() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    assert_eq!(node.offices.self_unlock_state().unwrap(), SelfUnlockState::Off);
    node.offices.set_self_unlock("hanako", true).unwrap();
    let credentials = world.register(DAY).await;
    node.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    assert_eq!(node.offices.self_unlock_state().unwrap(), SelfUnlockState::Ready);
    let restarted = world.empty_node(CARE);
    restarted.offices.unlock_itself().await.unwrap();
    assert!(
        restarted.offices.open_office(no(DAY)).is_ok() && restarted.offices.open_office(no(CARE)).is_ok()
    );

    let path = world.temporary.path().join(CARE).join("unlock.key");
    let text = std::fs::read_to_string(&path).unwrap();
    overwrite(&path, &text.replacen(PASSWORD, "another", 1));
    assert_eq!(node.offices.self_unlock_state().unwrap(), SelfUnlockState::Without(vec![no(CARE)]));
    // Whoever gives the right one teaches it.
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    assert_eq!(node.offices.self_unlock_state().unwrap(), SelfUnlockState::Ready);
    overwrite(&path, "{}");
    assert_eq!(node.offices.self_unlock_state().unwrap(), SelfUnlockState::Damaged);
}

fn overwrite(path: &std::path::Path, text: &str) {
    use std::io::Write as _;
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// R7: a changed key is told until a person has confirmed it, and again when it changes once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_confirmed_by_a_person() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    let partner = world.participant(VISITS).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let last = std::sync::Mutex::new(partner.statement.clone());
    let publish = async |epoch| {
        let key = tasuki_identity::office_key::OfficeKey::generate().public();
        let before = Some(last.lock().unwrap().digest());
        let statement = KeyStatement { key, epoch, before, ..partner.statement.clone() };
        last.lock().unwrap().clone_from(&statement);
        let signed = SignedStatement::sign(&statement, &partner.key, &partner.chain).unwrap();
        partner.client.publish_key(&signed).await.unwrap();
        // What the directory said is taken as it is for a while: the next look is a later one.
        ahead.fetch_add(1200, Ordering::Relaxed);
    };
    drop(node);
    let clock = Arc::clone(&ahead);
    let now = move || Timestamp::now() + SignedDuration::from_secs(clock.load(Ordering::Relaxed));
    let node = Node::open(Folder::create(world.temporary.path().join(CARE)).unwrap(), Arc::new(now)).unwrap();
    node.staff.log_in("hanako", PASSWORD).unwrap();
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    let seen = async || {
        node.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
        node.directory.known(no(CARE), no(VISITS)).unwrap().unwrap().has_unconfirmed_key()
    };
    assert!(!seen().await);
    for epoch in [2, 3] {
        publish(epoch).await;
        assert!(seen().await, "{epoch}");
        let other = node.directory.confirm_key("hanako", no(CARE), no(VISITS), "age1another");
        assert!(matches!(other, Err(OfficeError::Changed)), "only what was compared");
        let used = node.directory.keys(no(CARE), no(VISITS)).unwrap().now;
        node.directory.confirm_key("hanako", no(CARE), no(VISITS), &used).unwrap();
        assert!(!seen().await, "{epoch}");
    }
    let nobody = node.directory.confirm_key("hanako", no(CARE), no(DAY), "");
    assert!(matches!(nobody, Err(OfficeError::NotFound)));
}
