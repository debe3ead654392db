//! A disk that is full: it is told, nothing is lost, and work goes on by itself when there is room again.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reqwest::blocking::multipart;
use tasuki_stage::bare::{BareOffice, new_id};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, deletion};

use crate::office::{client, count, json, until};
use crate::process::{Running, office};

/// A node on a copy of a folder, on a small disk of its own in a name space of its own; where that disk is seen from here.
fn on_a_small_disk(source: &Path, place: &Path) -> (Running, PathBuf) {
    std::fs::create_dir(place).unwrap();
    let script = r#"mount -t tmpfs -o size=24m tmpfs "$2" && cp -r "$1/." "$2" &&
        exec "$0" office serve --no-browser --port 0 --dir "$2""#;
    let mut command = Command::new("unshare");
    command.arg(if is_root() { "-m" } else { "-rm" }).args([
        "sh",
        "-c",
        script,
        env!("CARGO_BIN_EXE_tasuki"),
    ]);
    let node = Running::start(command.arg(source).arg(place));
    let seen = format!("/proc/{}/root{}", node.child.id(), place.display()).into();
    (node, seen)
}

/// What the program says in the name space of a node, where its disk has its true path.
fn inside(node: &Running, arguments: &[&str]) -> Output {
    let mut command = Command::new("nsenter");
    command.args(["-t", &node.child.id().to_string(), "-m"]);
    if !is_root() {
        command.args(["-U", "--preserve-credentials"]);
    }
    command.arg(env!("CARGO_BIN_EXE_tasuki")).args(arguments).output().unwrap()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// Takes room, as another program does: so many bytes, or all there are.
fn fill(disk: &Path, bytes: usize) {
    let mut filler = std::fs::File::create(disk.join("filler")).unwrap();
    let piece = [0; 4096];
    for _ in 0..bytes / piece.len() {
        if filler.write_all(&piece).is_err() {
            break;
        }
    }
}

fn make_room(disk: &Path) {
    std::fs::remove_file(disk.join("filler")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_nothing_is_lost() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let source = world.temporary.path().join(CARE);
    let full = world.temporary.path().join("full");
    tokio::task::spawn_blocking(move || {
        let (node, disk) = on_a_small_disk(&source, &full);
        fill(&disk, 22_000_000);
        let client = client();
        let form = [("login", "hanako"), ("password", PASSWORD)];
        let answer = client.post(format!("{}/login", node.url())).form(&form).send().unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let get = |path: &str| {
            client.get(format!("{}/{CARE}{path}", node.url())).header("cookie", &cookie).send().unwrap()
        };
        let html = get("/send").text().unwrap();
        let csrf = html.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let upload = || {
            let text = "本日は晴天なり。".repeat(200_000).into_bytes();
            let form = multipart::Form::new().text("csrf", csrf.clone());
            let form = form.part("files", multipart::Part::bytes(text).file_name("長い.txt"));
            client
                .post(format!("{}/{CARE}/send", node.url()))
                .header("cookie", &cookie)
                .multipart(form)
                .send()
                .unwrap()
        };
        let answer = upload();
        assert_eq!(answer.status(), 507);
        assert!(answer.text().unwrap().contains("空き容量が足りません"));
        assert_eq!(get("/drafts").status(), 200, "reading goes on");
        assert!(!get("/drafts").text().unwrap().contains("開く"), "and nothing is there by half");
        // Space returns, and it works again by itself.
        make_room(&disk);
        assert_eq!(upload().status(), 303);
        assert!(get("/drafts").text().unwrap().contains("開く"));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_and_received_on_a_full_disk_comes_through_once_when_there_is_room() {
    let world = World::new().await;
    world.enrolled_and_off_after(CARE, |node| node.offices.set_self_unlock("hanako", true).unwrap()).await;
    let visits: BareOffice = world.participant(VISITS).await;
    let (source, full) = (world.temporary.path().join(CARE), world.temporary.path().join("full"));
    let file = deletion(CARE, VISITS, 1);
    let path = world.temporary.path().join(&file.name);
    std::fs::File::create(&path).unwrap().write_all(&file.bytes).unwrap();
    let send = move |folder: &Path| office(folder, &["send", path.to_str().unwrap()]);

    let place = full.clone();
    let begin = tokio::task::spawn_blocking(move || {
        let (node, disk) = on_a_small_disk(&source, &place);
        until("its keys are open", || office(&disk, &["outbox"]).status.success().then_some(()));
        fill(&disk, usize::MAX);
        // What cannot be kept is not promised.
        let refused = send(&disk);
        assert_ne!(refused.status.code(), Some(0), "{}", String::from_utf8_lossy(&refused.stdout));
        assert_eq!(count(&disk, "outbox", "sends"), 0);
        (node, disk, send)
    });
    let (node, disk, send) = begin.await.unwrap();

    // What arrives meanwhile stays at the relay: it is neither refused nor taken for received.
    let id = new_id().unwrap();
    world.send_from(&visits, CARE, id, 2).await;
    let (said, disk) = tokio::task::spawn_blocking(move || {
        let said = until("it is said what it waits for", || {
            let said = String::from_utf8(office(&disk, &["status"]).stdout).unwrap();
            said.contains("空き容量").then_some(said)
        });
        (said, disk)
    })
    .await
    .unwrap();
    assert!(said.contains("未読 0"), "{said}");
    let known = visits.client.parcel(id).await.unwrap();
    assert_eq!((known.parcel.state.as_str(), known.receipts.len()), ("accepted", 0));

    let all = tokio::task::spawn_blocking(move || {
        make_room(&disk);
        let sent = send(&disk);
        assert_eq!(sent.status.code(), Some(0), "{sent:?}");
        until("it has arrived", || (count(&disk, "inbox", "arrivals") == 1).then_some(()));
        until("it is sent", || {
            let listed = json(&office(&disk, &["outbox", "--json"]));
            (listed["sends"][0]["state"] == "sent").then_some(())
        });
        assert_eq!(count(&disk, "outbox", "sends"), 1, "what was not promised is not there as well");
        let checked = inside(&node, &["office", "--dir", full.to_str().unwrap(), "check"]);
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    });
    all.await.unwrap();
}
