//! Backups of a node as a process: of any size, on the page and on the command line.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use reqwest::blocking::{Client, multipart};
use tasuki_office::folder::{Folder, write_durably};
use tasuki_office::node::Node;

use crate::process::{Running, office, tasuki};
use tasuki_stage::world::{CARE, PASSWORD, World, deletion, send, until_state};

fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(None).build().unwrap()
}

/// A node with a person and parcels of 10 MiB, and a backup of it.
fn backed_up(temporary: &Path, parcels: u32) {
    let folder = temporary.join("old");
    let node = Node::open_now(Folder::create(&folder).unwrap()).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    drop(node);
    let archive = folder.join("archive/1370000019/sent/202510");
    std::fs::create_dir_all(&archive).unwrap();
    let parcel = vec![7; 10 << 20];
    for number in 0..parcels {
        write_durably(&archive.join(format!("{number}.age")), &parcel).unwrap();
    }
    let backup = temporary.join("backup.zip");
    let output = office(&folder, &["backup", backup.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_backup_of_any_size_is_restored_on_the_page() {
    let temporary = tempfile::tempdir().unwrap();
    backed_up(temporary.path(), 25);
    let folder = temporary.path().join("new");
    let node = Running::node(&folder);
    let upload = |name: &str| {
        let form = multipart::Form::new().file("backup", temporary.path().join(name)).unwrap();
        client().post(format!("{}/setup/restore", node.url())).multipart(form).send().unwrap()
    };
    let mut damaged = std::fs::read(temporary.path().join("backup.zip")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    write_durably(&temporary.path().join("damaged.zip"), &damaged).unwrap();
    let answer = upload("damaged.zip");
    assert_eq!(answer.status(), 422);
    assert!(answer.text().unwrap().contains("壊れている"));
    let answer = upload("backup.zip");
    assert_eq!(answer.status(), 200);
    assert!(answer.text().unwrap().contains("プログラムを起動し直すと"));
    #[cfg(target_os = "linux")]
    assert!(node.peak() < 128 << 20, "{} bytes of memory for a backup of 250 MiB", node.peak());
    drop(node);

    let node = Running::node(&folder);
    let form = [("login", "hanako"), ("password", PASSWORD)];
    let answer = client().post(format!("{}/login", node.url())).form(&form).send().unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(std::fs::read_dir(folder.join("archive/1370000019/sent/202510")).unwrap().count(), 25);
    // Where somebody is at home nothing is restored any more.
    let answer = {
        let form = multipart::Form::new().text("nothing", "");
        client().post(format!("{}/setup/restore", node.url())).multipart(form).send().unwrap()
    };
    assert_eq!(answer.status(), 403);
}

#[test]
fn commands_beside_a_running_node_leave_what_is_laid_ready_alone() {
    let temporary = tempfile::tempdir().unwrap();
    backed_up(temporary.path(), 1);
    let folder = temporary.path().join("new");
    let _node = Running::node(&folder);
    let backup = temporary.path().join("backup.zip");
    std::fs::copy(&backup, folder.join("restore.zip")).unwrap();
    let other = temporary.path().join("other.zip");
    assert_eq!(office(&folder, &["check"]).status.code(), Some(0));
    assert_eq!(office(&folder, &["backup", other.to_str().unwrap()]).status.code(), Some(0));
    assert!(folder.join("restore.zip").exists() && !folder.join("archive").exists());
    let output = office(&folder, &["restore", backup.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("動いています"));
}

/// Tries a backup, with passwords as they would be typed.
fn verify(file: &Path, typed: &str) -> (Option<i32>, String) {
    let mut command = tasuki();
    command.args(["office", "backup", "--verify"]).arg(file);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A file that is no backup at all is refused before anything is read.
    let written = child.stdin.take().unwrap().write_all(typed.as_bytes());
    assert!(written.is_ok() || written.unwrap_err().kind() == std::io::ErrorKind::BrokenPipe);
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_tried_on_the_command_line() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    for serial in 1..=2 {
        let id = send(&node, CARE, vec![deletion(CARE, CARE, serial)]);
        until_state(&node, CARE, id, "received").await;
    }
    let path = |name: &str| world.temporary.path().join(name);
    node.upkeep.back_up("hanako", &path("good.zip")).unwrap();
    let archive = node.folder().path().join("archive").join(CARE);
    std::fs::rename(archive.join("sent"), path("sent")).unwrap();
    node.upkeep.back_up("hanako", &path("bad.zip")).unwrap();
    let whole = std::fs::read(path("good.zip")).unwrap();
    write_durably(&path("half.zip"), &whole[..whole.len() / 2]).unwrap();
    let done = tokio::task::spawn_blocking({
        let folder = world.temporary.path().to_owned();
        move || {
            let path = |name: &str| folder.join(name);
            let (code, text) = verify(&path("good.zip"), &format!("{PASSWORD}\n"));
            assert_eq!(code, Some(0), "{text}");
            for words in
                ["送受信したもの：4 件", "開いて確かめたもの：4 件", "このバックアップから元に戻せます"]
            {
                assert!(text.contains(words), "{text}");
            }
            let (code, text) = verify(&path("good.zip"), "\n");
            assert_eq!(code, Some(0), "{text}");
            assert!(text.contains("開かずに確かめたもの：4 件"), "{text}");
            let (code, text) = verify(&path("good.zip"), "wrong\n");
            assert_eq!(code, Some(2), "{text}");
            assert!(text.contains("パスワードが違います"), "{text}");
            let (code, text) = verify(&path("bad.zip"), &format!("{PASSWORD}\n"));
            assert_eq!(code, Some(1), "{text}");
            assert!(text.contains("：ありません") && text.contains("問題が 2 件あります"), "{text}");
            let (code, text) = verify(&path("half.zip"), "\n");
            assert_eq!(code, Some(2), "{text}");
            assert!(text.contains("途中で切れています"), "{text}");
        }
    });
    done.await.unwrap();
}
