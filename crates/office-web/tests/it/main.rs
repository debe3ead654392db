//! The pages over HTTP, without script: forms as they are, and what strangers get.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use tasuki_office::files::Dropped;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office_web::{LocalAccess, Web};
use tempfile::TempDir;

mod backup;
mod codes;
mod effects;
mod failures;
mod forms;
mod links;
mod local;
mod partner_key;
mod setup;
mod who;

use tasuki_stage::world::{self, CARE, PASSWORD, VISITS, World, deletion, no};

struct Served {
    url: String,
    client: Client,
    node: Node,
    _temporary: Option<TempDir>,
}

impl Served {
    async fn start(node: Node, temporary: Option<TempDir>) -> Self {
        let web = Web::listen(node.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = web.url().trim_end_matches('/').to_owned();
        tokio::spawn(web.serve(std::future::pending()));
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { url, client, node, _temporary: temporary }
    }

    /// A node with a person and without an office.
    async fn alone() -> Self {
        let temporary = TempDir::new().unwrap();
        let node = Node::open_now(Folder::create(temporary.path().join("node")).unwrap()).unwrap();
        node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
        Self::start(node, Some(temporary)).await
    }

    async fn get(&self, path: &str, cookie: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.url));
        request.header("cookie", cookie).send().await.unwrap()
    }

    async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.url)).header("cookie", cookie);
        request.form(fields).send().await.unwrap()
    }

    async fn log_in(&self) -> String {
        let answer = self.post("/login", "", &[("login", "hanako"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What the forms of a page carry.
    async fn csrf(&self, path: &str, cookie: &str) -> String {
        let html = self.get(path, cookie).await.text().await.unwrap();
        let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

fn place(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_action_asks_who_is_there() {
    let served = Served::alone().await;
    let pages = [
        "",
        "/send",
        "/send/1",
        "/send/1/confirm",
        "/batch",
        "/batch/confirm",
        "/run/1",
        "/drafts",
        "/sent",
        "/sent/1",
        "/sent/1/proof",
        "/sent/1/files/0",
        "/received",
        "/received/1",
        "/received/1/all",
        "/received/1/files/0",
        "/received/1/files/0/table",
        "/offices",
        "/settings",
        "/settings/audit",
        "/events",
        "/unlock",
        "/recover",
        "/settings/add-office",
    ];
    for page in pages {
        let answer = served.get(&format!("/{CARE}{page}"), "").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{page}");
        assert!(place(&answer).starts_with("/login"), "{page}");
    }
    let actions = [
        "/send",
        "/send/1",
        "/send/1/message",
        "/send/1/confirm",
        "/batch",
        "/batch/confirm",
        "/sent/1/withdraw",
        "/sent/1/again",
        "/received/1/mark",
        "/received/1/place",
        "/settings/password",
        "/settings/staff",
        "/settings/folders",
        "/settings/backup",
        "/settings/self-unlock",
        "/unlock",
        "/recover",
    ];
    for action in actions {
        let answer = served.post(&format!("/{CARE}{action}"), "", &[("csrf", "x")]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{action}");
        assert!(place(&answer).starts_with("/login"), "{action}");
    }
    for local in ["/local/status", "/local/1370000019/inbox", "/local/1370000019/outbox"] {
        assert_eq!(served.get(local, "").await.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_under_our_own_name_may_act() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let path = format!("/{CARE}/settings/sessions");
    let csrf = served.csrf(&format!("/{CARE}"), &cookie).await;
    let act = async |header: &str, value: &str, csrf: &str| {
        let request = served.client.post(format!("{}{path}", served.url)).header("cookie", &cookie);
        request.header(header, value).form(&[("csrf", csrf)]).send().await.unwrap().status()
    };
    assert_eq!(act("origin", &served.url, &csrf).await, StatusCode::SEE_OTHER);
    assert_eq!(act("origin", "http://evil.example", &csrf).await, StatusCode::FORBIDDEN);
    assert_eq!(act("origin", "null", &csrf).await, StatusCode::FORBIDDEN);
    assert_eq!(act("sec-fetch-site", "cross-site", &csrf).await, StatusCode::FORBIDDEN);
    assert_eq!(act("sec-fetch-site", "same-origin", "wrong").await, StatusCode::FORBIDDEN);
    // A name that somebody made to point at this machine.
    let rebound = served.client.get(&served.url).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);

    let page = served.get(&format!("/{CARE}"), &cookie).await;
    let headers = page.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(
        (&headers["x-content-type-options"], &headers["cache-control"]),
        (&"nosniff".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let html = page.text().await.unwrap();
    assert!(
        !html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick"),
        "nothing inline"
    );
    assert!(!html.contains("https://") && !html.contains("src=\"http"), "nothing from elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_send_works_without_script() {
    let world = World::new().await;
    world.participant(VISITS).await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}/send"), &cookie).await;
    let file = deletion(CARE, VISITS, 1);
    let form = reqwest::multipart::Form::new().text("csrf", csrf.clone());
    let form = form.part("files", reqwest::multipart::Part::bytes(file.bytes).file_name(file.name));
    let request = served.client.post(format!("{}/{CARE}/send", served.url)).header("cookie", &cookie);
    let answer = request.multipart(form).send().await.unwrap();
    let draft = place(&answer).to_owned();
    assert_eq!(draft, format!("/{CARE}/send/1"));
    let html = served.get(&draft, &cookie).await.text().await.unwrap();
    assert!(html.contains("送信できます") && html.contains(&format!("事業所{VISITS}")));

    let confirm = served.get(&format!("{draft}/confirm"), &cookie).await.text().await.unwrap();
    let (_, rest) = confirm.split_once("name=\"revision\" value=\"").unwrap();
    let revision = rest.split('"').next().unwrap();
    let answer =
        served.post(&format!("{draft}/confirm"), &cookie, &[("csrf", &csrf), ("revision", revision)]).await;
    assert!(place(&answer).contains("/run/"));
    world::until_state(&served.node, CARE, tasuki_office::sends::SendId(1), "sent").await;
    let html = served.get(place(&answer), &cookie).await.text().await.unwrap();
    assert!(html.contains("1 件すべて送信しました"));

    // The list is narrowed by number, by a part of the name, by month and by state; or it says that there is nothing.
    for (query, found) in [
        ("receiver=1370000027", true),
        ("receiver=%E4%BA%8B%E6%A5%AD%E6%89%8013700", true),
        ("receiver=nobody", false),
        ("month=2025-10", true),
        ("month=2025-09", false),
        ("state=sent&month=2025-10", true),
        ("state=failed", false),
    ] {
        let html = served.get(&format!("/{CARE}/sent?{query}"), &cookie).await.text().await.unwrap();
        assert_eq!(html.contains("この条件のものはありません"), !found, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_do_not_administrate() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    node.staff
        .add("hanako", "taro", "計画 太郎", tasuki_office::staff::Role::Member, "taro no himitsu 9 kaze")
        .unwrap();
    let served = Served::start(node, None).await;
    let answer =
        served.post("/login", "", &[("login", "taro"), ("password", "taro no himitsu 9 kaze")]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = served.csrf(&format!("/{CARE}"), &cookie).await;
    for action in ["staff", "staff/1", "folders", "backup", "self-unlock", "office-password", "add-office"] {
        let answer = served.post(&format!("/{CARE}/settings/{action}"), &cookie, &[("csrf", &csrf)]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{action}");
    }
    assert_eq!(served.get(&format!("/{CARE}/settings/audit"), &cookie).await.status(), StatusCode::FORBIDDEN);
    // An account that is stopped is out at once.
    let taro = served.node.staff.all().unwrap().into_iter().find(|staff| staff.login == "taro").unwrap();
    served.node.staff.change("hanako", taro.id, taro.role, true).unwrap();
    assert_eq!(served.get(&format!("/{CARE}"), &cookie).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_messages_cannot_break_a_page() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let name = "<img src=x onerror=alert(1)>.txt";
    let id = {
        let file = Dropped { name: name.into(), bytes: b"x".to_vec() };
        let tray = tasuki_office::sends::Tray::New;
        let landed = served.node.drafts.take_in(no(CARE), "hanako", tray, vec![file]).unwrap();
        let tasuki_office::sends::Landed::One(id) = landed else { panic!("one") };
        served.node.drafts.set_message(no(CARE), id, "</textarea><script>alert(1)</script>").unwrap();
        id.0
    };
    let html = served.get(&format!("/{CARE}/send/{id}"), &cookie).await.text().await.unwrap();
    assert!(!html.contains("<img") && !html.contains("<script>"));
    assert!(html.contains("送れません"), "and the name is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_this_machine_need_the_token() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let access = std::fs::read(served.node.folder().local()).unwrap();
    let access: LocalAccess = serde_json::from_slice(&access).unwrap();
    let ask = async |method: Method, path: &str, token: &str| {
        let request =
            served.client.request(method, format!("{}/local/{path}", access.url)).bearer_auth(token);
        request.send().await.unwrap()
    };
    assert_eq!(ask(Method::GET, "status", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    let status: serde_json::Value = ask(Method::GET, "status", &access.token).await.json().await.unwrap();
    assert_eq!(status["offices"][0]["office"], CARE);
    let inbox = ask(Method::GET, &format!("{CARE}/inbox"), &access.token).await;
    assert_eq!(inbox.json::<serde_json::Value>().await.unwrap()["arrivals"], serde_json::json!([]));
    assert_eq!(
        ask(Method::GET, &format!("{VISITS}/inbox"), &access.token).await.status(),
        StatusCode::NOT_FOUND
    );
    let receipt = ask(Method::POST, &format!("{CARE}/inbox/9/receipt?state=read"), &access.token).await;
    assert_eq!(receipt.status(), StatusCode::NOT_FOUND);
    let empty = ask(Method::POST, &format!("{CARE}/send"), &access.token).await;
    assert_eq!(empty.status(), StatusCode::BAD_REQUEST);
}

/// What is not known is never nothing.
#[tokio::test(flavor = "multi_thread")]
async fn before_the_office_log_in_nobody_says_that_nothing_has_arrived() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let served = Served::start(world.empty_node(CARE), None).await;
    let cookie = served.log_in().await;
    let html = served.get(&format!("/{CARE}"), &cookie).await.text().await.unwrap();
    let (_, card) = html.split_once("新しく届いたもの").unwrap();
    let (card, _) = card.split_once("送れなかったもの").unwrap();
    assert!(card.contains('―') && card.contains("まだ確かめていません"), "{card}");
    assert!(!card.contains("0<small>"), "{card}");

    let kj_id = served.node.offices.get(no(CARE)).unwrap().kj_id;
    served.node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    world::until("looked", || {
        let duties = served.node.offices.open_office(no(CARE)).unwrap().duties();
        duties.iter().any(|(duty, status)| duty.name_ja() == "受信" && status.done_at.is_some()).then_some(())
    })
    .await;
    let html = served.get(&format!("/{CARE}"), &cookie).await.text().await.unwrap();
    assert!(html.contains("未読はありません"));
}
