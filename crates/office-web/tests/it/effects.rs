//! What asking for a page must not do, and what a person has to be told before sending.

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use tasuki_office::arrivals::ArrivalState;
use tasuki_office::sends::SendId;

use crate::{Served, place};
use tasuki_stage::world::{CARE, VISITS, World, deletion, no, until_arrived};

impl Served {
    /// Posts a file of the standard with the fields of a form.
    pub(crate) async fn post_file(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
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

/// A sender whose name could not be looked up is shown by its number, and looked up again.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_without_a_name_gets_it_later() {
    let mut world = World::new().await;
    let receiver = Served::start(world.node(VISITS).await, None).await;
    let sender = Served::start(world.node(CARE).await, None).await;
    sender.send_one(&sender.log_in().await).await;
    let id = until_arrived(&receiver.node, VISITS, 1).await[0].id;
    world.stop_relay().await;
    let db = rusqlite::Connection::open(receiver.node.folder().db()).unwrap();
    db.execute_batch("UPDATE arrival SET sender_name = ''; DELETE FROM partner").unwrap();
    let cookie = receiver.log_in().await;
    let pages = ["", "/received", &format!("/received/{}", id.0)].map(|page| format!("/{VISITS}{page}"));
    for page in &pages {
        let html = receiver.get(page, &cookie).await.text().await.unwrap();
        assert!(html.contains("名前は確認中"), "{page}: {html}");
        assert!(*page == pages[0] || html.contains(&format!("\"no\">{CARE}<")), "{page}: {html}");
    }
    world.start_relay().await;
    for page in &pages {
        let html = receiver.get(page, &cookie).await.text().await.unwrap();
        assert!(html.contains(&format!("事業所{CARE}")) && !html.contains("確認中"), "{page}: {html}");
    }
}

/// The page says what the node would do at its next start.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_tell_whether_the_node_would_unlock_itself() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let path = format!("/{CARE}/settings");
    let csrf = served.csrf(&path, &cookie).await;
    let night = || async {
        let html = served.get(&path, &cookie).await.text().await.unwrap();
        let (_, part) = html.split_once("id=\"night\"").unwrap();
        part.split("</section>").next().unwrap().to_owned()
    };
    assert!(night().await.contains("切れています"));
    served.post(&format!("{path}/self-unlock"), &cookie, &[("csrf", &csrf), ("wanted", "1")]).await;
    assert!(night().await.contains("入っています"));
    // The file is damaged: it would not open anything, and the page does not say that it would.
    tasuki_office::folder::write_durably(&served.node.folder().unlock_key(), b"{").unwrap();
    let told = night().await;
    assert!(told.contains("働きません") && !told.contains("入っています"), "{told}");
    assert!(told.contains("やめる"), "{told}");
    served.post(&format!("{path}/self-unlock"), &cookie, &[("csrf", &csrf)]).await;
    assert!(night().await.contains("切れています"));
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
