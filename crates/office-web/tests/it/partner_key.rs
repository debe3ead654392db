//! The key of a partner has changed: told wherever one sends, held until an administrator has compared it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tasuki_office::error::OfficeError;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::sends::SendId;
use tasuki_office::staff::Role;
use tasuki_relay::operator;

use crate::{Served, place};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, no, until_state};

const TOLD: &str = "この事業所の鍵は";

/// A key as people read it aloud.
fn groups(key: &str) -> String {
    let letters: Vec<_> = key.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// An office with a draft and a line of 一括送信 for a partner, whose key then changes.
struct Changed {
    world: World,
    served: Served,
    cookie: String,
    csrf: String,
    draft: String,
    ahead: Arc<AtomicI64>,
}

impl Changed {
    async fn prepare() -> Self {
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
        Self { world, served, cookie, csrf, draft, ahead }
    }

    /// The partner begins anew on another machine, with another key.
    async fn change(&self, machine: &str) -> Node {
        let other = self.world.empty_node(machine);
        other.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
        let (valid, now) = (SignedDuration::from_hours(24), Timestamp::now());
        let anew =
            operator::renew_credentials(&**self.world.store(), no(VISITS), true, valid, now).await.unwrap();
        let mut enrolment = self.world.enrolment(&anew);
        enrolment.new_key = true;
        other.offices.enrol(enrolment).await.unwrap();
        self.ahead.fetch_add(15 * 60, Ordering::Relaxed);
        other
    }

    async fn page(&self, path: &str) -> String {
        self.served.get(path, &self.cookie).await.text().await.unwrap()
    }

    fn pages(&self) -> [String; 5] {
        [
            self.draft.clone(),
            format!("{}/confirm", self.draft),
            format!("/{CARE}/batch"),
            format!("/{CARE}/batch/confirm"),
            format!("/{CARE}/send?to={VISITS}"),
        ]
    }

    /// Presses OK for a send as it is shown.
    async fn press_ok(&self) -> String {
        let id: i64 = self.draft.rsplit_once('/').unwrap().1.parse().unwrap();
        let revision = self.served.node.sends.get(no(CARE), SendId(id)).unwrap().revision.to_string();
        let fields = [("csrf", &*self.csrf), ("revision", &*revision)];
        let answer = self.served.post(&format!("{}/confirm", self.draft), &self.cookie, &fields).await;
        place(&answer).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_told_wherever_one_sends() {
    let changed = Changed::prepare().await;
    for page in changed.pages() {
        let html = changed.page(&page).await;
        assert!(html.contains(&format!("事業所{VISITS}")) && !html.contains(TOLD), "{page}: {html}");
    }
    changed.change("another machine").await;
    for page in changed.pages() {
        let html = changed.page(&page).await;
        assert!(html.contains(TOLD) && html.contains("送信を止めています"), "{page}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_until_an_administrator_has_compared_the_key() {
    let changed = Changed::prepare().await;
    let (served, cookie) = (&changed.served, &changed.cookie);
    served.node.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    let keys = || served.node.directory.keys(no(CARE), no(VISITS)).unwrap();
    let first = keys().now;
    let other = changed.change("another machine").await;
    let batch = changed.page(&format!("/{CARE}/batch")).await;
    assert!(batch.contains("相手の鍵の確認待ち") && batch.contains("鍵の確認待ち <b>1</b>"), "{batch}");
    assert!(batch.contains("disabled>一括送信"), "{batch}");
    assert!(changed.page(&changed.draft).await.contains("相手の鍵の確認を待っています"));
    let held = changed.page(&format!("{}/confirm", changed.draft)).await;
    assert!(held.contains("disabled>OK"), "{held}");
    assert_eq!(changed.press_ok().await, changed.draft, "pressed all the same, it stays where it is");

    // The node holds it itself, whoever asks: pages, folders and programs come through this one gate.
    let send = served.node.sends.drafts(no(CARE)).unwrap().remove(0);
    let confirmed = served.node.outbox.confirm(no(CARE), "hanako", "見本 花子", &[(send.id, send.revision)]);
    assert!(matches!(confirmed, Err(OfficeError::NotReady)), "{confirmed:?}");

    // A member is told who can, and cannot.
    served.node.staff.add("hanako", "taro", "計画 太郎", Role::Member, "taro no himitsu 9 kaze").unwrap();
    let member = [("login", "taro"), ("password", "taro no himitsu 9 kaze")];
    let answer = served.post("/login", "", &member).await;
    let member = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = served.get(&changed.draft, &member).await.text().await.unwrap();
    assert!(html.contains("管理者が相手に確かめて") && !html.contains("鍵を確かめる"), "{html}");

    // Both keys, as the partner's own page shows the new one.
    let path = format!("/{CARE}/partners/{VISITS}/key");
    let html = changed.page(&path).await;
    let now = other.offices.get(no(VISITS)).unwrap().key;
    let shown = Served::start(other, None).await;
    let settings =
        shown.get(&format!("/{VISITS}/settings"), &shown.log_in().await).await.text().await.unwrap();
    for (page, key) in [(&html, &first), (&html, &now), (&settings, &now)] {
        assert!(page.contains(&groups(key)), "{key}: {page}");
    }
    assert_ne!(first, now);
    // It changes once more while somebody is on the telephone: what was compared is no longer what is used.
    changed.change("a third machine").await;
    served.node.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    let confirm = |key: String| {
        let fields = [("csrf", changed.csrf.clone()), ("key", key)];
        let path = &path;
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            served.post(path, cookie, &fields).await
        }
    };
    assert_eq!(confirm(now).await.status(), StatusCode::CONFLICT);
    assert_eq!(keys().before, first, "the one that was trusted, not the one in between");
    assert!(changed.page(&changed.draft).await.contains(TOLD));
    assert_eq!(place(&confirm(keys().now).await), format!("/{CARE}/batch?done=changed"));
    let html = changed.page(&path).await;
    assert!(html.contains("変わっていません") && !html.contains("確認済みにする"), "{html}");
    for page in changed.pages() {
        assert!(!changed.page(&page).await.contains(TOLD), "{page}");
    }
    assert!(changed.press_ok().await.contains("/run/"));
    let id: i64 = changed.draft.rsplit_once('/').unwrap().1.parse().unwrap();
    until_state(&served.node, CARE, SendId(id), "received").await;
}
