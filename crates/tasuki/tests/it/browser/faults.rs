//! What may go wrong while people work, and what they see then.

use std::path::PathBuf;

use crate::browser::nodes::{Demo, Serving};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, deletion, no};

fn put(world: &World, files: impl IntoIterator<Item = tasuki_office::files::Dropped>) -> Vec<PathBuf> {
    let folder = world.temporary.path().join("dropped");
    std::fs::create_dir_all(&folder).unwrap();
    let paths = files.into_iter().map(|file| {
        let path = folder.join(&file.name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &file.bytes).unwrap();
        path
    });
    paths.collect()
}

fn number(index: usize) -> String {
    format!("14700{index:05}")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn batch_of_50_offices_with_two_failures() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    // 53 that take part, so that not all fit into one batch; one that does not, and one that nobody knows.
    for index in 0..53 {
        world.participant(&number(index)).await;
    }
    world.register(&number(60)).await;
    let kj_id = world.empty_node(CARE).offices.get(no(CARE)).unwrap().kj_id;
    let node = Serving::start(&world.temporary.path().join(CARE));
    let page = node.log_in().await;
    page.goto(&format!("{}{CARE}/batch", node.url)).await;
    let all =
        (0..53).chain([60, 61]).map(|index| deletion(CARE, &number(index), u32::try_from(index).unwrap()));
    page.drop(&put(&world, all)).await;
    page.unlock(kj_id.as_str(), PASSWORD).await;
    page.sees("残りの3事業所をもう一度").await;
    page.list_shows("送信先はまだ連携に参加していません").await;
    page.list_shows("名簿にありません").await;
    page.is_accessible("60-batch-of-50").await;
    page.press("一括送信").await;
    page.sees("次の 50 事業所に送信します").await;
    // Two of them end their work between the confirmation and the sending.
    for index in [3, 7] {
        world.suspend(&number(index)).await;
    }
    page.press("OK").await;
    page.sees("50 件のうち 48 件を送信しました").await;
    page.rows_showing("送信先の事業所は利用停止中です", 2).await;
    page.is_accessible("61-batch-two-failures").await;
    page.press("OK").await;
    // What went has left the list; the failures stay with their reasons, and the rest waits for the next batch.
    page.rows_showing("送信失敗", 2).await;
    page.rows_are(7).await;
    page.sees("送信できる事業所 3").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_draft_survives_kill_9() {
    let world = World::new().await;
    world.enrolled_and_off(CARE).await;
    let folder = world.temporary.path().join(CARE);
    let node = Serving::start(&folder);
    let page = node.log_in().await;
    page.goto(&format!("{}{CARE}/send", node.url)).await;
    page.write_message("消えてはこまる文").await;
    page.drop(&put(&world, [deletion(CARE, VISITS, 1)])).await;
    page.sees("利用票の削除").await;
    node.kill();
    page.close().await;
    let node = Serving::start(&folder);
    let page = node.log_in().await;
    page.choose_in_menu("一時保存").await;
    page.list_shows("消えてはこまる文").await;
    page.press("開く").await;
    page.sees("利用票の削除").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn the_line_is_cut_while_sending_and_it_goes_on_by_itself() {
    let mut world = World::new().await;
    world.enrolled_and_off(CARE).await;
    for index in 0..5 {
        world.participant(&number(index)).await;
    }
    let kj_id = world.empty_node(CARE).offices.get(no(CARE)).unwrap().kj_id;
    let folder = world.temporary.path().join(CARE);
    let node = Serving::start(&folder);
    let page = node.log_in().await;
    page.goto(&format!("{}{CARE}/batch", node.url)).await;
    let all = (0..5).map(|index| deletion(CARE, &number(index), u32::try_from(index).unwrap()));
    page.drop(&put(&world, all)).await;
    page.unlock(kj_id.as_str(), PASSWORD).await;
    page.press("一括送信").await;
    page.sees("次の 5 事業所に送信します").await;
    world.stop_relay().await;
    page.press("OK").await;
    page.list_shows("送信中断").await;
    page.sees("自動で続きから送ります").await;
    page.is_accessible("62-interrupted").await;
    // The node is killed in the middle of it, too.
    let port = node.port();
    node.kill();
    page.close().await;
    world.start_relay().await;
    let node = Serving::start_at(&folder, port);
    let page = node.log_in().await;
    page.goto(&format!("{}{CARE}/batch", node.url)).await;
    page.unlock(kj_id.as_str(), PASSWORD).await;
    page.sees("送るものはまだありません").await;
    page.goto(&format!("{}{CARE}/sent", node.url)).await;
    page.list_shows("事業所1470000004").await;
    page.rows_showing("送信済", 5).await;
    page.rows_are(5).await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn exports_in_a_folder_appear_on_the_open_page_and_go_by_command_too() {
    let demo = Demo::start();
    let (care, visits) = (&demo.players[0], &demo.players[1]);
    let receiver = visits.log_in_and_unlock().await;
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/settings")).await;
    page.fill("出力フォルダー", care.export().to_str().unwrap()).await;
    page.press("保存する").await;
    page.sees("変更を保存しました").await;
    page.goto(&care.at("/batch")).await;
    page.rows_showing("フォルダーから", 3).await;
    page.sees("送信できる事業所 3").await;
    page.press("一括送信").await;
    page.press("OK").await;
    page.sees("3 件すべて送信しました").await;

    // The same by command, as care software does.
    let status = visits.office_command(&["status", "--json"]);
    assert_eq!(status.status.code(), Some(0));
    receiver.goto(&visits.at("/received")).await;
    receiver.list_shows("未読").await;
    let inbox = visits.office_command(&["inbox", "--json", "--state", "unread"]);
    let inbox: serde_json::Value = serde_json::from_slice(&inbox.stdout).unwrap();
    let id = inbox["arrivals"][0]["id"].to_string();
    let out = visits.import.join("by-command");
    let fetched = visits.office_command(&["fetch", &id, "--out", out.to_str().unwrap()]);
    assert_eq!(fetched.status.code(), Some(0));
    assert!(std::fs::read_dir(&out).unwrap().count() > 3);
    assert_eq!(visits.office_command(&["receipt", &id, "imported"]).status.code(), Some(0));
    receiver.list_shows("取込済").await;
    let actuals: Vec<_> =
        visits.exports("UPJSK").iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    let mut line = vec!["send", "--json", "--message", "10月分です"];
    line.extend(actuals.iter().map(String::as_str));
    let sent = visits.office_command(&line);
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stdout));
    page.goto(&care.at("/received")).await;
    page.list_shows("実績").await;
    assert_eq!(visits.office_command(&["outbox"]).status.code(), Some(0));
    assert_eq!(visits.office_command(&["drafts"]).status.code(), Some(0));
    assert_eq!(care.office_command(&["check"]).status.code(), Some(0));
    receiver.close().await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn two_people_at_once_send_only_what_was_shown() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let first = care.log_in_and_unlock().await;
    first.goto(&care.at("/send")).await;
    first.drop(&crate::browser::manual::slips(care, "1370000027")).await;
    first.sees("送信できます").await;
    let draft = first.address().await;
    first.press("送信").await;
    first.sees("次の内容で送信します").await;
    let second = care.log_in().await;
    second.goto(&draft).await;
    second.write_message("あとから書いた").await;
    first.press("OK").await;
    first.sees("ほかの人がさきに変えたか").await;
    first.goto(&draft).await;
    first.sees("あとから書いた").await;
    first.close().await;
    second.close().await;
}
