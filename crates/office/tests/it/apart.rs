//! What people put together, what programs hand over and what folders stage are kept apart.

use tasuki_office::Actor;
use tasuki_office::error::OfficeError;
use tasuki_office::files::Dropped;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::sends::{Landed, SendId, Submission, Tray};

use tasuki_stage::world::{CARE, DAY, PASSWORD, VISITS, deletion, no};

const OTHERS: &str = "1370000043";

fn node(folder: &tempfile::TempDir) -> Node {
    let node = Node::open_now(Folder::create(folder.path().join("node")).unwrap()).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    node
}

fn note(bytes: &[u8]) -> Dropped {
    Dropped { name: "note.txt".into(), bytes: bytes.to_vec() }
}

fn submit(node: &Node, files: Vec<Dropped>) -> Vec<SendId> {
    let submission =
        Submission { files, to: None, message: "プログラムから".into(), accept_warnings: true };
    node.drafts.submit(no(CARE), submission).unwrap()
}

/// The very case: a person's draft holds a file of the same name as what the program hands over for others.
#[test]
fn a_program_touches_nothing_of_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(&folder);
    let files = vec![deletion(CARE, DAY, 1), note(b"mine")];
    assert_eq!(node.drafts.take_in(no(CARE), "hanako", Tray::Batch, files).unwrap(), Landed::Batch);
    let drafts = node.sends.batch(no(CARE)).unwrap();
    for draft in &drafts {
        node.drafts.set_message(no(CARE), draft.id, "書きかけ").unwrap();
    }
    let before: Vec<_> =
        drafts.iter().map(|draft| node.sends.get(no(CARE), draft.id).unwrap().revision).collect();

    let files =
        vec![deletion(CARE, VISITS, 2), deletion(CARE, OTHERS, 3), deletion(CARE, DAY, 4), note(b"its")];
    let touched = submit(&node, files);
    assert_eq!(touched.len(), 4, "three offices, and what is for nobody in particular");
    for (draft, before) in drafts.iter().zip(before) {
        assert!(!touched.contains(&draft.id));
        let now = node.sends.get(no(CARE), draft.id).unwrap();
        assert_eq!((now.letter.message.as_str(), now.revision), ("書きかけ", before));
        assert!(!now.letter.accepted);
        // Not even when it is asked for.
        let confirmed = node.outbox.confirm(no(CARE), Actor::Program, "", &[(draft.id, before)]);
        assert!(matches!(confirmed, Err(OfficeError::Changed)));
    }
    for id in touched {
        let send = node.sends.get(no(CARE), id).unwrap();
        assert_eq!((&send.by, send.letter.message.as_str()), (&Actor::Program, "プログラムから"));
    }
}

#[test]
fn a_program_that_repeats_itself_makes_no_second_draft() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(&folder);
    let first = submit(&node, vec![deletion(CARE, VISITS, 1)]);
    assert_eq!(submit(&node, vec![deletion(CARE, VISITS, 1)]), first);
    // Something else does not wait for what could not go.
    let second = submit(&node, vec![deletion(CARE, VISITS, 2)]);
    assert_ne!(second, first);
    // The same holds for what says nothing of its receiver itself.
    let map = || Dropped { name: "地図.txt".into(), bytes: "駅から歩いて5分".into() };
    let to_day =
        |files| Submission { files, to: Some(no(DAY)), message: String::new(), accept_warnings: false };
    let attached = node.drafts.submit(no(CARE), to_day(vec![map()])).unwrap();
    assert_eq!(node.drafts.submit(no(CARE), to_day(vec![map()])).unwrap(), attached);
    assert_eq!(node.sends.get(no(CARE), attached[0]).unwrap().receiver, Some(no(DAY)));
    // What a person has touched is the person's.
    node.drafts.set_message(no(CARE), first[0], "ひとこと足します").unwrap();
    let third = submit(&node, vec![deletion(CARE, VISITS, 1)]);
    assert_ne!(third, first);
    assert_eq!(node.sends.get(no(CARE), first[0]).unwrap().letter.message, "ひとこと足します");
}

#[test]
fn what_is_not_ready_does_not_go_whoever_confirms_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(&folder);
    let bad = Dropped { bytes: b"202407,13101,0000012345,202510\r\n".to_vec(), ..deletion(CARE, VISITS, 1) };
    let Landed::One(id) = node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![bad]).unwrap() else {
        panic!("one office")
    };
    let send = node.sends.get(no(CARE), id).unwrap();
    for by in [Actor::from("hanako"), Actor::Program, Actor::Folder] {
        let confirmed = node.outbox.confirm(no(CARE), &by, "", &[(id, send.revision)]);
        assert!(matches!(confirmed, Err(OfficeError::NotReady | OfficeError::Changed)), "{by:?}");
    }
    let empty = node.drafts.start(no(CARE), "hanako", Some(no(VISITS))).unwrap();
    let revision = node.sends.get(no(CARE), empty).unwrap().revision;
    let confirmed = node.outbox.confirm(no(CARE), "hanako", "", &[(empty, revision)]);
    assert!(matches!(confirmed, Err(OfficeError::NotReady)));
    assert!(matches!(node.outbox.confirm(no(CARE), "hanako", "", &[]), Err(OfficeError::NotReady)));
    let good = submit(&node, vec![deletion(CARE, VISITS, 3)])[0];
    let shown = (good, node.sends.get(no(CARE), good).unwrap().revision);
    let twice = node.outbox.confirm(no(CARE), "hanako", "", &[shown, shown]);
    assert!(matches!(twice, Err(OfficeError::NotReady)), "one of them twice");
    let many = [shown].into_iter().chain((900..950).map(|id| (SendId(id), 1))).collect::<Vec<_>>();
    assert!(matches!(node.outbox.confirm(no(CARE), "hanako", "", &many), Err(OfficeError::NotReady)), "51");
    node.outbox.confirm(no(CARE), "hanako", "", &[shown]).unwrap();
}

/// Two attachments of one name may be of two persons; two exports of one name are one, exported anew.
#[test]
fn an_attachment_takes_the_place_of_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(&folder);
    let first = vec![deletion(CARE, VISITS, 1), note(b"one")];
    let Landed::One(id) = node.drafts.take_in(no(CARE), "hanako", Tray::New, first).unwrap() else {
        panic!("one office")
    };
    let again =
        Dropped { bytes: b"202407,131016,0000099999,202510\r\n".to_vec(), ..deletion(CARE, VISITS, 1) };
    node.drafts.take_in(no(CARE), "hanako", Tray::One(id), vec![again, note(b"two"), note(b"one")]).unwrap();
    let names: Vec<_> =
        node.sends.get(no(CARE), id).unwrap().review.files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["note.txt", &deletion(CARE, VISITS, 1).name, "note (2).txt"]);
}
