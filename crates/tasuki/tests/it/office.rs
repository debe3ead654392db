//! Office nodes as processes: from the operator's invitation to a month's exchange, and what breaks on the way.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use reqwest::blocking::{Client, multipart};
use serde_json::Value;
use tasuki_office::node::Node;

use crate::process::{Running, office, tasuki};
use tasuki_stage::world::{self, CARE, PASSWORD, VISITS, World, deletion};

pub(crate) fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it does not come: {what}")
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The first start on the page, as its form sends it.
fn begin(node: &Running, invitation: &Path) {
    let mut form = multipart::Form::new().file("invitation", invitation).unwrap();
    for (name, value) in [
        ("new_password", PASSWORD),
        ("new_again", PASSWORD),
        ("login", "hanako"),
        ("name", "見本 花子"),
        ("staff_password", PASSWORD),
        ("staff_again", PASSWORD),
    ] {
        form = form.text(name, value);
    }
    let answer = client().post(format!("{}/setup", node.url())).multipart(form).send().unwrap();
    let html = answer.text().unwrap();
    assert!(html.contains("復元キット"), "{html}");
}

pub(crate) fn count(folder: &Path, list: &str, member: &str) -> usize {
    json(&office(folder, &[list, "--json"]))[member].as_array().map_or(0, Vec::len)
}

#[test]
fn two_nodes_and_a_relay_from_invitation_to_import_with_the_relay_away_in_between() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    let relay_dir = path("relay");
    let relay = |arguments: &[&str]| {
        let output = tasuki().args(["relay", "--dir"]).arg(&relay_dir).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    relay(&["init", "--host", "127.0.0.1"]);
    let mut serving = Running::relay(&relay_dir, "127.0.0.1:0");
    let address = serving.url().trim_start_matches("https://").to_owned();
    let mut nodes = Vec::new();
    for (number, name) in [(CARE, "たすき居宅介護支援事業所"), (VISITS, "たすき訪問介護")]
    {
        let invitation = path(&format!("{number}.json"));
        let file = invitation.to_str().unwrap();
        relay(&["office", "add", number, "--name", name, "--invitation", file, "--url", serving.url()]);
        let node = Running::node(&path(number));
        begin(&node, &invitation);
        nodes.push(node);
    }
    let (care, visits) = (path(CARE), path(VISITS));
    let put = |serial| {
        let file = deletion(CARE, VISITS, serial);
        let path = path(&file.name);
        std::fs::File::create(&path).unwrap().write_all(&file.bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let sent = office(&care, &["send", &put(1), "--message", "お願いします", "--json"]);
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stderr));
    until("the arrival", || (count(&visits, "inbox", "arrivals") == 1).then_some(()));

    serving.kill();
    until("offline", || {
        (json(&office(&care, &["status", "--json"]))["offices"][0]["link"] == "offline").then_some(())
    });
    // Without a line the directory is known from before: it is confirmed, and waits.
    let sent = office(&care, &["send", &put(2), "--json"]);
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stdout));
    let _serving = Running::relay(&relay_dir, &address);
    until("the second arrival", || (count(&visits, "inbox", "arrivals") == 2).then_some(()));

    let arrival = json(&office(&visits, &["inbox", "--json"]))["arrivals"][0].clone();
    let (id, out) = (arrival["id"].to_string(), path("out"));
    assert_eq!(office(&visits, &["fetch", &id, "--out", out.to_str().unwrap()]).status.code(), Some(0));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    assert_eq!(office(&visits, &["receipt", &id, "imported"]).status.code(), Some(0));
    until("the receipt", || {
        let sends = json(&office(&care, &["outbox", "--json"]));
        sends["sends"].as_array().unwrap().iter().any(|send| send["state"] == "imported").then_some(())
    });
    for folder in [&care, &visits] {
        assert_eq!(office(folder, &["check"]).status.code(), Some(0));
    }

    // What waits for a person is told by the exit status.
    let bad = path("DLTPLAN_202510_1370000019_43_1370000027_11_20251001000009.CSV");
    std::fs::File::create(&bad).unwrap().write_all(b"202407,13101,0000012345,202510\r\n").unwrap();
    let findings = office(&care, &["send", bad.to_str().unwrap(), "--json"]);
    assert_eq!(findings.status.code(), Some(1));
    assert_eq!(json(&findings)["sends"][0]["errors"][0]["column"], 2);
    // After a restart somebody has to log in; without a node nobody answers.
    nodes.remove(0).kill();
    assert_eq!(office(&care, &["status"]).status.code(), Some(3));
    let _node = Running::node(&care);
    assert_eq!(
        office(&care, &["inbox", "--office", CARE]).status.code(),
        Some(0),
        "an empty list holds no secret"
    );
    assert_eq!(office(&care, &["outbox", "--office", CARE]).status.code(), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_loses_and_doubles_nothing() {
    let world = World::new().await;
    world.enrolled_and_off_after(CARE, |node| node.offices.set_self_unlock("hanako", true).unwrap()).await;
    let folder = world.temporary.path().join(CARE);
    let all = tokio::task::spawn_blocking(move || {
        let mut seed = 7_u64;
        for round in 0..25 {
            let mut node = Running::node(&folder);
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let file = deletion(CARE, CARE, round);
            let path = folder.join(&file.name);
            std::fs::File::create(&path).unwrap().write_all(&file.bytes).unwrap();
            // The kill may come while it is taken in, too: then it was not promised.
            let mut send = tasuki();
            send.args(["office", "--dir"]).arg(&folder).args(["send", path.to_str().unwrap()]);
            let mut send = send.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Every other time what was promised is killed, and else what is being taken in.
            if round % 2 == 0 {
                send.wait().unwrap();
                std::thread::sleep(Duration::from_millis(seed >> 57));
            } else {
                std::thread::sleep(Duration::from_millis(seed >> 55));
            }
            node.kill();
            send.wait().unwrap();
        }
        let _node = Running::node(&folder);
        until("all are received", || {
            let sends = json(&office(&folder, &["outbox", "--json"]));
            let sends = sends["sends"].as_array().unwrap().clone();
            sends.iter().all(|send| send["state"] == "received").then_some(sends.len())
        });
        let sent = count(&folder, "outbox", "sends");
        let arrived = count(&folder, "inbox", "arrivals");
        (sent, arrived, office(&folder, &["check"]).status.code())
    });
    let (sent, arrived, check) = all.await.unwrap();
    assert!(sent > 5, "{sent} were sent between the kills");
    assert_eq!((arrived, check), (sent, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_arrivals_are_listed_once_each_in_order() {
    const ITEMS: usize = 10_000;
    let world = World::new().await;
    world.enrolled_and_off_after(CARE, |node| node.offices.set_self_unlock("hanako", true).unwrap()).await;
    {
        let node = world.switched_on(CARE).await;
        world::send(&node, CARE, vec![deletion(CARE, CARE, 1)]);
        world::until_arrived(&node, CARE, 1).await;
    }
    let folder = world.temporary.path().join(CARE);
    let db = rusqlite::Connection::open(folder.join("node.db")).unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO arrival (office, parcel, sender, sender_name, state, contents, months, size, accepted_at,
             received_at, record, acknowledged)
         SELECT office, printf('%08x-0000-7000-8000-%012x', i, i), sender, sender_name, 'imported', contents, months,
             size, accepted_at, received_at - i / 3, record, 'imported'
         FROM n, (SELECT * FROM arrival ORDER BY id LIMIT 1)";
    db.execute(sql, [ITEMS]).unwrap();
    drop(db);
    let seen = tokio::task::spawn_blocking(move || {
        let _node = Running::node(&folder);
        let (mut seen, mut times, mut before) =
            (std::collections::BTreeSet::new(), Vec::new(), String::new());
        loop {
            let line = ["inbox", "--json", "--before", &before];
            let page = json(&office(&folder, &line));
            for arrival in page["arrivals"].as_array().unwrap() {
                assert!(seen.insert(arrival["id"].as_i64().unwrap()), "twice");
                times.push(arrival["received_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut before),
                None => break,
            }
        }
        assert!(times.is_sorted_by(|a, b| a >= b), "the newest first");
        seen.len()
    });
    assert_eq!(seen.await.unwrap(), ITEMS);
}

#[test]
fn two_nodes_never_work_in_one_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let _node = Running::node(temporary.path());
    let second = office(temporary.path(), &["serve", "--no-browser", "--port", "0"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("もう動いています"));
}

#[test]
fn a_folder_that_is_no_nodes_is_told() {
    let temporary = tempfile::tempdir().unwrap();
    let output = office(&temporary.path().join("nothing"), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("連携クライアントのフォルダーではありません"));
    let file = temporary.path().join("no.zip");
    std::fs::File::create(&file).unwrap().write_all(b"no zip").unwrap();
    let output = office(&temporary.path().join("new"), &["restore", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!temporary.path().join("new/node.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_clocks_do_not_stop_the_work() {
    let world = World::new().await;
    let shifted = |name: &str, hours: i64| {
        let folder = tasuki_office::folder::Folder::create(world.temporary.path().join(name)).unwrap();
        let clock = move || jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        let node = Node::open(folder, std::sync::Arc::new(clock)).unwrap();
        node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
        node
    };
    let (early, late) = (shifted(CARE, -23), shifted(VISITS, 23));
    for (node, office) in [(&early, CARE), (&late, VISITS)] {
        let credentials = world.register(office).await;
        node.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    }
    let there = world::send(&early, CARE, vec![deletion(CARE, VISITS, 1)]);
    let back = world::send(&late, VISITS, vec![deletion(VISITS, CARE, 2)]);
    world::until_state(&early, CARE, there, "received").await;
    world::until_state(&late, VISITS, back, "received").await;
}
