//! What people and scripts are told when there is no page.

use reqwest::header::{ACCEPT, REFERER};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::{Served, place};
use tasuki_stage::world::{CARE, World, no};

async fn by_script(served: &Served, method: Method, path: &str, cookie: &str, csrf: &str) -> Response {
    let request = served.client.request(method, format!("{}{path}", served.url)).header("cookie", cookie);
    let request = request.header(ACCEPT, "application/json").header("tasuki-csrf", csrf);
    let page = format!("{}/{CARE}/send/1?x=1", served.url);
    request.header(REFERER, page).form(&[("message", "消えてはこまる文")]).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_told_that_nothing_was_saved() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}/send"), &cookie).await;
    let message = format!("/{CARE}/send/1/message");
    let start = format!("/{CARE}/send/message");
    let saved = by_script(&served, Method::POST, &start, &cookie, &csrf).await;
    let told: Value = saved.json().await.unwrap();
    assert_eq!(told["next"], format!("/{CARE}/send/1"));

    // The session has ended: no page is led to that could be taken for an answer.
    let refused = by_script(&served, Method::POST, &message, "", &csrf).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let told: Value = refused.json().await.unwrap();
    assert!(told["message"].as_str().unwrap().contains("ログインが切れています"), "{told}");
    let back = format!("/login?next=%2F{CARE}%2Fsend%2F1%3Fx%3D1");
    assert_eq!(told["next"], back.as_str(), "back to the page, not to what only takes posts");
    // The same by a form leads to the log-in and from there to the page where it was pressed.
    let form = served.client.post(format!("{}{message}", served.url));
    let form = form.header(REFERER, format!("{}/{CARE}/send/1?x=1", served.url));
    assert_eq!(place(&form.form(&[("message", "x")]).send().await.unwrap()), back);
    let elsewhere = served.client.post(format!("{}{message}", served.url));
    let elsewhere = elsewhere.header(REFERER, "http://evil.example/x").form(&[("message", "x")]);
    assert_eq!(place(&elsewhere.send().await.unwrap()), "/login");

    // Somebody has logged in anew in another tab: this page's value is an old one.
    let old = by_script(&served, Method::POST, &message, &cookie, "old").await;
    assert_eq!(old.status(), StatusCode::FORBIDDEN);
    assert!(old.json::<Value>().await.unwrap()["message"].as_str().unwrap().contains("古いページ"));
    // What is gone is said to be gone.
    served.node.drafts.delete(no(CARE), "hanako", tasuki_office::sends::SendId(1)).unwrap();
    let gone = by_script(&served, Method::POST, &message, &cookie, &csrf).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert!(gone.json::<Value>().await.unwrap()["message"].as_str().unwrap().contains("見つかりません"));
    // The news of a session that has ended.
    let news = served.client.get(format!("{}/{CARE}/events", served.url)).header(ACCEPT, "text/event-stream");
    assert_eq!(news.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let live = served.client.get(format!("{}/{CARE}/sent", served.url)).header("tasuki-live", "1");
    assert_eq!(live.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_at_once_is_told_in_the_same_words() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}/send"), &cookie).await;
    let large = Part::bytes(vec![b'x'; 129 * 1024 * 1024]).file_name("large.pdf");
    let request = served.client.post(format!("{}/{CARE}/send", served.url)).header("cookie", &cookie);
    let request = request.header(ACCEPT, "application/json").header("tasuki-csrf", &csrf);
    let answer = request.multipart(Form::new().part("files", large)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.json::<Value>().await.unwrap()["message"].as_str().unwrap().contains("何回かに分けて"));
    let torn = served.client.post(format!("{}/{CARE}/send", served.url)).header("cookie", &cookie);
    let torn = torn.header("content-type", "multipart/form-data; boundary=x").header("tasuki-csrf", &csrf);
    let torn = torn.body("--x\r\nnot a part").send().await.unwrap();
    assert_eq!(torn.status(), StatusCode::BAD_REQUEST, "that is not too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_are_answered_in_japanese() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    for (path, status) in [
        ("/nothing", StatusCode::NOT_FOUND),
        ("/1370000019/send/abc", StatusCode::NOT_FOUND),
        ("/1370000019/send/1/files/99999999999999999999", StatusCode::NOT_FOUND),
        ("/1370000019/received/-/files/x/table", StatusCode::NOT_FOUND),
        ("/1370000019/send/%FF", StatusCode::NOT_FOUND),
        ("/1370000019/run/x", StatusCode::NOT_FOUND),
        ("/1370000019/settings/audit?before=x", StatusCode::BAD_REQUEST),
        ("/1370000019/sent?state=%FF&state=x", StatusCode::BAD_REQUEST),
        // What only takes posts.
        ("/1370000019/send/1/message", StatusCode::NOT_FOUND),
        ("/static/x/nothing.js", StatusCode::NOT_FOUND),
        ("/static/%FF/nothing.js", StatusCode::NOT_FOUND),
    ] {
        let answer = served.get(path, &cookie).await;
        assert_eq!(answer.status(), status, "{path}");
        let html = answer.text().await.unwrap();
        let is_japanese = html.contains("見つかりません") || html.contains("正しくありません");
        assert!(html.contains("<!doctype html>") && is_japanese, "{path}: {html}");
    }
}
