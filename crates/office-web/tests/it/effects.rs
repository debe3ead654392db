//! What asking for a page must not do, and what a person has to be told before sending.

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tasuki_office::arrivals::ArrivalState;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::sends::SendId;
use tasuki_relay::operator;

use crate::{Served, place};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, deletion, no, until_arrived};

impl Served {
    /// Posts a file of the standard with the fields of a form.
    async fn post_file(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
        let file = deletion(CARE, VISITS, 1);
        let form = Form::new().part("files", Part::bytes(file.bytes).file_name(file.name));
        let form = fields
            .iter()
            .fold(form, |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
        let request = self.client.post(format!("{}{path}", self.url)).header("cookie", cookie);
        place(&request.multipart(form).send().await.unwrap()).to_owned()
    }

    /// Sends a file of the standard to an office, as people do.
    async fn send_one(&self, cookie: &str) -> SendId {
        let csrf = self.csrf(&format!("/{CARE}/send"), cookie).await;
        let draft = self.post_file(&format!("/{CARE}/send"), cookie, &[("csrf", &csrf)]).await;
        let confirm = self.get(&format!("{draft}/confirm"), cookie).await.text().await.unwrap();
        let (_, rest) = confirm.split_once("name=\"revision\" value=\"").unwrap();
        let fields = [("csrf", &*csrf), ("revision", rest.split('"').next().unwrap())];
        let answer = self.post(&format!("{draft}/confirm"), cookie, &fields).await;
        assert!(place(&answer).contains("/run/"), "{}", place(&answer));
        SendId(draft.rsplit_once('/').unwrap().1.parse().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_send_to_an_office_makes_no_draft() {
    let world = World::new().await;
    world.participant(VISITS).await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let drafts = || served.node.sends.drafts(no(CARE)).unwrap();
    let path = format!("/{CARE}/send?to={VISITS}");
    for _ in 0..3 {
        let html = served.get(&path, &cookie).await.text().await.unwrap();
        assert!(html.contains(&format!("事業所{VISITS}")), "{html}");
    }
    assert_eq!(drafts().len(), 0);
    let csrf = served.csrf(&path, &cookie).await;
    // Nothing put in is nothing to keep.
    for path in [format!("/{CARE}/send"), format!("/{CARE}/send/message")] {
        served.post(&path, &cookie, &[("csrf", &csrf), ("message", " ")]).await;
    }
    assert_eq!(drafts().len(), 0);
    // The first words, or the first file, are for that office.
    let fields = [("csrf", &*csrf), ("receiver", VISITS), ("message", "お願いします")];
    served.post(&format!("/{CARE}/send/message"), &cookie, &fields).await;
    served.post_file(&format!("/{CARE}/send"), &cookie, &fields).await;
    let receivers: Vec<_> = drafts().iter().map(|send| send.receiver).collect();
    assert_eq!(receivers, [Some(no(VISITS)); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_person_opens_an_arrival() {
    let world = World::new().await;
    let receiver = Served::start(world.node(VISITS).await, None).await;
    let sender = Served::start(world.node(CARE).await, None).await;
    sender.send_one(&sender.log_in().await).await;
    let id = until_arrived(&receiver.node, VISITS, 1).await[0].id;
    let cookie = receiver.log_in().await;
    let path = format!("/{VISITS}/received/{}", id.0);
    let state = || receiver.node.inbox.get(no(VISITS), id).unwrap().state;
    for page in [path.clone(), format!("{path}/all"), format!("{path}/files/0/table")] {
        assert_eq!(receiver.get(&page, &cookie).await.status(), StatusCode::OK, "{page}");
        assert_eq!(state(), ArrivalState::Unread, "a browser may have asked for {page} ahead");
    }
    let html = receiver.get(&path, &cookie).await.text().await.unwrap();
    assert!(html.contains("data-seen") && html.contains("読んだことにする"), "{html}");
    let csrf = receiver.csrf(&path, &cookie).await;
    let fields = [("csrf", &*csrf), ("state", "read")];
    let answer = receiver.post(&format!("{path}/mark"), &cookie, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(state(), ArrivalState::Read);
    assert!(!receiver.get(&path, &cookie).await.text().await.unwrap().contains("data-seen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_is_not_sent_again() {
    let mut world = World::new().await;
    world.participant(VISITS).await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    served.node.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    world.stop_relay().await;
    let id = served.send_one(&cookie).await;
    let path = format!("/{CARE}/sent/{}", id.0);
    let html = served.get(&path, &cookie).await.text().await.unwrap();
    assert!(html.contains("送信の詳細") && !html.contains(">再送<"), "{html}");
    let csrf = served.csrf(&path, &cookie).await;
    let again = served.post(&format!("{path}/again"), &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert_eq!(served.node.sends.drafts(no(CARE)).unwrap().len(), 0, "no second one");
    world.start_relay().await;
    tasuki_stage::world::until_state(&served.node, CARE, id, "sent").await;
    let html = served.get(&path, &cookie).await.text().await.unwrap();
    assert!(html.contains(">再送<"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_told_wherever_one_sends() {
    let world = World::new().await;
    world.node(VISITS).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = {
        let ahead = Arc::clone(&ahead);
        move || Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed))
    };
    let folder = Folder::create(world.temporary.path().join(CARE)).unwrap();
    let node = Node::open(folder, Arc::new(clock)).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    node.offices.enrol(world.enrolment(&world.register(CARE).await)).await.unwrap();
    let served = Served::start(node, None).await;
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}"), &cookie).await;
    let draft = served.post_file(&format!("/{CARE}/send"), &cookie, &[("csrf", &csrf)]).await;
    served.post_file(&format!("/{CARE}/batch"), &cookie, &[("csrf", &csrf)]).await;
    let pages = [
        draft.clone(),
        format!("{draft}/confirm"),
        format!("/{CARE}/batch"),
        format!("/{CARE}/batch/confirm"),
        format!("/{CARE}/send?to={VISITS}"),
    ];
    let told = "この事業所の鍵は";
    for page in &pages {
        let html = served.get(page, &cookie).await.text().await.unwrap();
        assert!(html.contains(&format!("事業所{VISITS}")) && !html.contains(told), "{page}: {html}");
    }
    // The office begins anew on another machine, with another key.
    let other = world.empty_node("another machine");
    other.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let (valid, now) = (SignedDuration::from_hours(24), Timestamp::now());
    let anew = operator::renew_credentials(&**world.store(), no(VISITS), true, valid, now).await.unwrap();
    let mut enrolment = world.enrolment(&anew);
    enrolment.new_key = true;
    other.offices.enrol(enrolment).await.unwrap();
    ahead.store(15 * 60, Ordering::Relaxed);
    for page in &pages {
        let html = served.get(page, &cookie).await.text().await.unwrap();
        assert!(html.contains(told), "{page}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_looked_through_when_somebody_asks() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let path = format!("/{CARE}/settings/audit");
    let shown = served.get(&path, &cookie).await.text().await.unwrap();
    assert!(shown.contains("確かめる") && !shown.contains("書き換えられていません。"), "{shown}");
    let checked = served.get(&format!("{path}?check=1"), &cookie).await.text().await.unwrap();
    assert!(checked.contains("書き換えられていません。"), "{checked}");
}
