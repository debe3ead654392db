//! What a node does without a relay.

use std::path::Path;

use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::error::OfficeError;
use tasuki_office::files::{Dropped, Readiness, Weight};
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::UnlockError;
use tasuki_office::partners::Partner;
use tasuki_office::sends::{Landed, Tray};
use tasuki_office::staff::{LoginError, Role, StaffError};
use tasuki_office::upkeep::backup::{BackupError, restore};
use tasuki_protocol::directory::{Office, Participation};

use tasuki_stage::world::{CARE, DAY, PASSWORD, VISITS, World, arrivals, deletion, no, send, until_arrived};

fn node(folder: &Path) -> Node {
    Node::open_now(Folder::create(folder).unwrap()).unwrap()
}

fn started(folder: &Path) -> Node {
    let node = node(folder);
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    node
}

/// In the record the words of these stand for the node itself, its folders and programs, and offices.
#[test]
fn nobody_of_the_staff_is_called_like_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let empty = node(folder.path());
    let refused = empty.staff.add_first("node", "x", PASSWORD);
    assert!(matches!(refused, Err(StaffError::LoginTaken)));
    empty.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    for login in
        ["folder", "local", "node", "recovery", "Node", "LOCAL", " node ", "KJ137000001900", "kj137000001900"]
    {
        let added = empty.staff.add("hanako", login, "計画 太郎", Role::Member, "taro no himitsu 9 kaze");
        assert!(matches!(added, Err(StaffError::LoginTaken)), "{login}");
    }
    for login in ["nodes", "kj", "localhost"] {
        empty.staff.add("hanako", login, "計画 太郎", Role::Member, "taro no himitsu 9 kaze").unwrap();
    }
    let who: Vec<_> = empty.upkeep.audit(None, 10).unwrap().into_iter().map(|entry| entry.who).collect();
    assert_eq!(who, ["hanako"; 4]);
}

#[test]
fn staff_are_let_in_by_their_own_password_only() {
    let folder = tempfile::tempdir().unwrap();
    let hanako = started(folder.path());
    assert!(matches!(hanako.staff.add_first("x", "x", PASSWORD), Err(StaffError::LoginTaken)));
    let taro =
        hanako.staff.add("hanako", "taro", "計画 太郎", Role::Member, "taro no himitsu 9 kaze").unwrap();
    assert!(matches!(
        hanako.staff.add("hanako", "HANAKO", "x", Role::Member, "taro no himitsu 9 kaze"),
        Err(StaffError::LoginTaken)
    ));
    // After a restart either opens the drawer.
    let restarted = node(folder.path());
    assert!(matches!(restarted.staff.all(), Err(OfficeError::DrawerLocked)));
    assert!(matches!(restarted.staff.log_in("taro", PASSWORD), Err(LoginError::Wrong)));
    assert!(matches!(restarted.staff.log_in("nobody", PASSWORD), Err(LoginError::Wrong)));
    let member = restarted.staff.log_in("taro", "taro no himitsu 9 kaze").unwrap();
    assert_eq!((member.id, member.name.as_str(), member.role), (taro, "計画 太郎", Role::Member));

    restarted.staff.set_password("hanako", taro, "atarashii himitsu 10").unwrap();
    assert!(matches!(restarted.staff.log_in("taro", "taro no himitsu 9 kaze"), Err(LoginError::Wrong)));
    restarted.staff.change("hanako", taro, Role::Member, true).unwrap();
    assert!(matches!(restarted.staff.log_in("taro", "atarashii himitsu 10"), Err(LoginError::Wrong)));
    let first = restarted.staff.all().unwrap()[0].id;
    assert!(matches!(
        restarted.staff.change("hanako", first, Role::Member, false),
        Err(StaffError::LastAdministrator)
    ));
    assert_eq!(restarted.upkeep.verify_audit().unwrap(), None);
}

#[test]
fn guessing_locks_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let node = started(folder.path());
    let outcomes: Vec<_> = (0..6).map(|_| node.staff.log_in("hanako", "wrong").err().unwrap()).collect();
    assert!(outcomes[..4].iter().all(|error| matches!(error, LoginError::Wrong)));
    assert!(outcomes[4..].iter().all(|error| matches!(error, LoginError::Locked { .. })));
    assert!(matches!(node.staff.log_in("hanako", PASSWORD), Err(LoginError::Locked { .. })));
}

#[test]
fn drafts_survive_and_nothing_personal_is_on_the_disk_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let started = started(folder.path());
    let files = vec![
        deletion(CARE, VISITS, 1),
        Dropped {
            name: "山田様の週間計画.txt".into(), bytes: "要介護２の山田様".as_bytes().to_vec()
        },
    ];
    let Landed::One(id) = started.drafts.take_in(no(CARE), "hanako", Tray::New, files).unwrap() else {
        panic!("one destination")
    };
    started.drafts.set_message(no(CARE), id, "山田様の件です。").unwrap();
    // As after a kill: nothing is closed.
    let again = node(folder.path());
    again.staff.log_in("hanako", PASSWORD).unwrap();
    let draft = again.sends.get(no(CARE), id).unwrap();
    assert_eq!((draft.letter.message.as_str(), draft.review.files.len()), ("山田様の件です。", 2));
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for secret in ["山田", "見本 花子", "0000012346"] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} is in {}", path.display());
            }
        }
    }
}

#[test]
fn files_of_several_offices_lead_over_to_the_batch_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let node = started(folder.path());
    let take = |tray, files| node.drafts.take_in(no(CARE), "hanako", tray, files).unwrap();
    let Landed::One(id) = take(Tray::New, vec![deletion(CARE, VISITS, 1)]) else { panic!("one destination") };
    node.drafts.set_message(no(CARE), id, "お世話になっております。").unwrap();
    let note = Dropped { name: "note.txt".into(), bytes: b"text".to_vec() };
    let landed = take(Tray::One(id), vec![deletion(CARE, DAY, 2), note]);
    assert_eq!(landed, Landed::Batch);
    let batch = node.sends.batch(no(CARE)).unwrap();
    let found: Vec<_> = batch.iter().map(|send| (send.receiver.unwrap(), send.review.files.len())).collect();
    assert_eq!(found, [(no(VISITS), 2), (no(DAY), 1)]);
    assert_eq!(batch[0].letter.message, "お世話になっております。");

    // The same again changes nothing; what is for nobody waits for a person.
    take(Tray::Batch, vec![deletion(CARE, DAY, 2)]);
    take(Tray::Batch, vec![Dropped { name: "other.txt".into(), bytes: b"other".to_vec() }]);
    let batch = node.sends.batch(no(CARE)).unwrap();
    assert_eq!(batch.iter().map(|send| send.review.files.len()).collect::<Vec<_>>(), [2, 1, 1]);
    node.drafts.set_receiver(no(CARE), batch[2].id, Some(no(DAY))).unwrap();
    let batch = node.sends.batch(no(CARE)).unwrap();
    assert_eq!(batch.iter().map(|send| send.review.files.len()).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_was_shown_is_what_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let node = started(folder.path());
    let Landed::One(id) =
        node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 1)]).unwrap()
    else {
        panic!("one destination")
    };
    let shown = node.sends.get(no(CARE), id).unwrap().revision;
    node.drafts.set_message(no(CARE), id, "あとから").unwrap();
    assert!(matches!(node.outbox.confirm(no(CARE), "hanako", "", &[(id, shown)]), Err(OfficeError::Changed)));
    let shown = node.sends.get(no(CARE), id).unwrap().revision;
    node.outbox.confirm(no(CARE), "hanako", "", &[(id, shown)]).unwrap();
    assert!(matches!(node.drafts.set_message(no(CARE), id, "おそい"), Err(OfficeError::Changed)));
    assert!(matches!(node.drafts.delete(no(CARE), "hanako", id), Err(OfficeError::Changed)));
}

#[test]
fn a_file_that_is_exported_anew_takes_the_place_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let node = started(folder.path());
    let bad = Dropped { bytes: b"202407,13101,0000012345,202510\r\n".to_vec(), ..deletion(CARE, VISITS, 1) };
    let Landed::One(id) = node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![bad]).unwrap() else {
        panic!("one destination")
    };
    assert!(node.sends.get(no(CARE), id).unwrap().review.count(Weight::Error) > 0);
    node.drafts.take_in(no(CARE), "hanako", Tray::One(id), vec![deletion(CARE, VISITS, 1)]).unwrap();
    let review = node.sends.get(no(CARE), id).unwrap().review;
    assert_eq!((review.count(Weight::Error), review.files.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_everything_back_elsewhere() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let kj_id = care.offices.get(no(CARE)).unwrap().kj_id;
    send(&care, CARE, vec![deletion(CARE, CARE, 1)]);
    until_arrived(&care, CARE, 1).await;
    care.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 2)]).unwrap();
    let backup = world.temporary.path().join("backup.zip");
    care.upkeep.back_up("hanako", &backup).unwrap();
    assert!(care.upkeep.back_up("hanako", &backup).is_err(), "a backup is never overwritten");

    let folder = Folder::create(world.temporary.path().join("elsewhere")).unwrap();
    restore(&backup, &folder).unwrap();
    assert!(matches!(restore(&backup, &folder), Err(BackupError::NodeThere)));
    let restored = Node::open_now(folder).unwrap();
    restored.staff.log_in("hanako", PASSWORD).unwrap();
    assert_eq!(restored.sends.drafts(no(CARE)).unwrap().len(), 1);
    restored.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    let arrived = arrivals(&restored, CARE).remove(0);
    assert_eq!(restored.inbox.open(no(CARE), arrived.id).unwrap().files.len(), 1);
    assert_eq!(restored.upkeep.check().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_kit_brings_back_keys_and_staff() {
    let world = World::new().await;
    let node = world.empty_node(CARE);
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(CARE).await;
    let kit = node.offices.enrol(world.enrolment(&credentials)).await.unwrap().unwrap();
    let code = RecoveryCode::parse(&kit.code).unwrap();

    let again = world.empty_node(CARE);
    let other = RecoveryCode::generate().unwrap();
    assert!(again.offices.drawer_by_recovery(no(CARE), &other).is_err());
    let key = again.offices.drawer_by_recovery(no(CARE), &code).unwrap();
    again.staff.rescue(key, "hanako", "mattaku atarashii 77").unwrap();
    assert!(again.staff.log_in("hanako", "mattaku atarashii 77").is_ok());

    // The keys open with the new password; the relay's account gets it from the operator.
    assert!(again.offices.recover("hanako", no(CARE), &other, "mattaku atarashii 78").is_err());
    again.offices.recover("hanako", no(CARE), &code, "mattaku atarashii 78").unwrap();
    let kj_id = again.offices.get(no(CARE)).unwrap().kj_id;
    let unlocked = again.offices.unlock(no(CARE), kj_id.as_str(), "mattaku atarashii 78").await;
    assert!(matches!(unlocked, Err(UnlockError::Refused(_))), "{unlocked:?}");
    assert!(again.offices.open_office(no(CARE)).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_password_is_changed_at_the_relay_and_for_the_keys() {
    const NEW: &str = "kaze-to-tsuki 32 kawa";
    let world = World::new().await;
    let node = world.node(CARE).await;
    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    let wrong = node.offices.change_password("hanako", no(CARE), "wrong", NEW).await;
    assert!(matches!(wrong, Err(OfficeError::Vault(_))));
    node.offices.change_password("hanako", no(CARE), PASSWORD, NEW).await.unwrap();
    send(&node, CARE, vec![deletion(CARE, CARE, 1)]);
    until_arrived(&node, CARE, 1).await;
    let again = world.empty_node(CARE);
    again.staff.log_in("hanako", PASSWORD).unwrap();
    assert!(matches!(
        again.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await,
        Err(UnlockError::Wrong)
    ));
    again.offices.unlock(no(CARE), kj_id.as_str(), NEW).await.unwrap();
}

#[test]
fn warnings_are_accepted_knowingly_and_only_those_that_were_seen() {
    let folder = tempfile::tempdir().unwrap();
    let node = started(folder.path());
    let options = tasuki_sample::Options::new("202510".parse().unwrap(), 2, 1, 1);
    let all: Vec<_> = tasuki_sample::Sample::new(options).unwrap().files().collect();
    let take = |tray, prefix: &str| {
        let files = all.iter().filter(|file| file.name.starts_with(prefix));
        let files =
            files.map(|file| Dropped { name: file.name.clone(), bytes: file.bytes.clone() }).collect();
        node.drafts.take_in(no(CARE), "hanako", tray, files).unwrap()
    };
    // Table 6 without what goes with it.
    let Landed::One(id) = take(Tray::New, "UPPLAN") else { panic!("one destination") };
    let readiness = || {
        let send = node.sends.get(no(CARE), id).unwrap();
        let no = send.receiver.unwrap();
        let found = Office {
            no,
            name: "たすき訪問介護".into(),
            kana: String::new(),
            address: String::new(),
            phone: String::new(),
            fax: String::new(),
            services: vec![],
            participation: Participation::Active,
            key: None,
        };
        let partner = Partner {
            no,
            found: Some(found),
            seen_at: jiff::Timestamp::now(),
            key_changed_at: None,
            key_confirmed_at: None,
        };
        send.review.readiness(Some(no), Some(partner.standing()), send.letter.accepted).0
    };
    assert_eq!(readiness(), Readiness::Doubtful);
    node.drafts.accept_warnings(no(CARE), id, true).unwrap();
    assert_eq!(readiness(), Readiness::Ready);
    take(Tray::One(id), "UPSIKYU");
    assert_eq!(readiness(), Readiness::Doubtful, "these warnings nobody has seen");
    take(Tray::One(id), "UPHOSOKU_20");
    assert_eq!(readiness(), Readiness::Ready, "the unit is complete");
}
