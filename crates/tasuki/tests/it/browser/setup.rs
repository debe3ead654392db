//! The first start, the settings, and looking after a node.

use tasuki_office::offices::Invitation;

use crate::browser::nodes::{Demo, Serving};
use crate::browser::page::Page;
use tasuki_relay::operator;
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, deletion, new_id, no, send, until_arrived};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn first_start_wizard_leads_from_the_invitation_to_the_top_screen() {
    let world = World::new().await;
    let credentials = world.register(CARE).await;
    let invitation = Invitation {
        tasuki_invitation: 1,
        relay: world.url(),
        root_pem: std::fs::read_to_string(world.relay_folder().root()).unwrap(),
        office: credentials.office,
        name: "たすき居宅介護支援事業所".into(),
        kj_id: credentials.kj_id,
        password: credentials.password.as_ref().map(|password| password.to_string()),
        enrolment_password: credentials.enrolment_password.to_string(),
    };
    let file = world.temporary.path().join("invitation.json");
    let write = |invitation: &Invitation| {
        let mut out = std::fs::File::create(&file).unwrap();
        std::io::Write::write_all(&mut out, &serde_json::to_vec(invitation).unwrap()).unwrap();
    };
    write(&invitation);

    let node = Serving::start(&world.temporary.path().join("node"));
    let page = Page::open(&node.url).await;
    page.sees("運営者から受け取った招待ファイル").await;
    page.is_accessible("30-setup").await;
    let fill_in = async |password: &str| {
        page.choose("招待ファイル", &file).await;
        page.fill("新しいパスワード", password).await;
        page.fill("新しいパスワード（もう一度）", password).await;
        page.fill("個人ID", "hanako").await;
        page.fill("氏名", "見本 花子").await;
        page.fill("パスワード（13文字以上）", password).await;
        page.fill("パスワード（もう一度）", password).await;
        page.press("利用を開始する").await;
    };
    fill_in("みじかい").await;
    page.sees("13文字以上で、推測されにくいもの").await;
    page.is_accessible("31-setup-problem").await;
    fill_in(PASSWORD).await;
    page.is_headed("復元キット").await;
    page.sees("このコードは二度と表示されません").await;
    page.is_accessible("32-recovery-kit").await;
    page.press("トップへ進む").await;
    page.sees("最近の動き").await;
    page.is_connected().await;
    // It does not begin twice.
    page.goto(&format!("{}setup", node.url)).await;
    page.is_headed("ログイン").await;

    // Another office of the same company, in the same node: a switch appears.
    let credentials = world.register(VISITS).await;
    write(&Invitation {
        office: credentials.office,
        name: "たすき訪問介護".into(),
        kj_id: credentials.kj_id,
        password: credentials.password.as_ref().map(|password| password.to_string()),
        enrolment_password: credentials.enrolment_password.to_string(),
        ..invitation
    });
    page.goto(&format!("{}{CARE}/settings/add-office", node.url)).await;
    page.choose("招待ファイル", &file).await;
    page.fill("新しいパスワード", PASSWORD).await;
    page.fill("新しいパスワード（もう一度）", PASSWORD).await;
    page.press("利用を開始する").await;
    page.is_headed("復元キット").await;
    page.press("トップへ進む").await;
    page.press("事業所の切替").await;
    page.is_accessible("34-two-offices").await;
    page.press(&format!("事業所{CARE}")).await;
    page.sees("最近の動き").await;
    page.is_at(CARE).await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_second_computer_gets_the_key_by_the_recovery_kit() {
    let world = World::new().await;
    let credentials = world.register(CARE).await;
    let first = world.empty_node("first");
    first.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let kit = first.offices.enrol(world.enrolment(&credentials)).await.unwrap().unwrap();
    let (now, valid) = (jiff::Timestamp::now(), jiff::SignedDuration::from_hours(1));
    let again = operator::renew_credentials(&**world.store(), no(CARE), false, valid, now).await.unwrap();
    let invitation = Invitation {
        tasuki_invitation: 1,
        relay: world.url(),
        root_pem: std::fs::read_to_string(world.relay_folder().root()).unwrap(),
        office: again.office,
        name: "たすき居宅介護支援事業所".into(),
        kj_id: again.kj_id,
        password: None,
        enrolment_password: again.enrolment_password.to_string(),
    };
    let write = |name: &str, bytes: &[u8]| {
        let path = world.temporary.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
        path
    };
    let file = write("second.json", &serde_json::to_vec(&invitation).unwrap());

    // The invitation names no password: the office has one, and it is what is typed.
    let node = Serving::start(&world.temporary.path().join("second"));
    let page = Page::open(&node.url).await;
    page.choose("招待ファイル", &file).await;
    for label in [
        "新しいパスワード",
        "新しいパスワード（もう一度）",
        "パスワード（13文字以上）",
        "パスワード（もう一度）",
    ] {
        page.fill(label, PASSWORD).await;
    }
    page.fill("個人ID", "taro").await;
    page.fill("氏名", "計画 太郎").await;
    page.press("利用を開始する").await;
    page.is_headed("事業所の鍵をこのPCに入れる").await;
    page.is_accessible("35-bring-key").await;

    page.choose("復元ファイル", &write("kit.json", &kit.file)).await;
    page.fill("復元コード", "ABCD-EFGH").await;
    page.press("鍵を入れる").await;
    page.is_headed("事業所の鍵をこのPCに入れる").await;
    page.is_accessible("36-bring-key-problem").await;
    page.choose("復元ファイル", &world.temporary.path().join("kit.json")).await;
    page.fill("復元コード", &kit.code).await;
    page.press("鍵を入れる").await;
    page.sees("最近の動き").await;
    page.is_connected().await;

    // What arrives is shown on both.
    let visits = world.participant(VISITS).await;
    world.send_from(&visits, CARE, new_id(), 1).await;
    until_arrived(&first, CARE, 1).await;
    page.choose_in_menu("受信").await;
    page.list_shows("未読").await;
    page.is_accessible("37-second-computer").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn settings_and_search_screens() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/settings")).await;
    page.sees("事業所と電子証明書").await;
    page.is_accessible("40-settings").await;
    page.press("職員を追加する").await;
    page.fill("個人ID", "hanako").await;
    page.fill("氏名", "見本 花子").await;
    page.fill("最初のパスワード", PASSWORD).await;
    page.press("追加する").await;
    page.sees("追加しました").await;
    page.list_shows("見本 花子").await;
    page.press("記録を見る").await;
    page.list_shows("職員の追加").await;
    page.press("記録が書き換えられていないか確かめる").await;
    page.sees("書き換えられていません").await;
    page.is_accessible("41-audit").await;

    page.goto(&care.at("/offices")).await;
    page.is_accessible("42-search-empty").await;
    page.fill("番号・名前・カナ", "さくら").await;
    page.press("検索").await;
    page.row_shows("さくら訪問看護", "未参加").await;
    page.fill("番号・名前・カナ", "ひばり").await;
    page.press("検索").await;
    page.row_shows("ひばりデイサービス", "参加中").await;
    page.is_accessible("43-search").await;
    page.press("ひばりデイサービス に送信").await;
    page.sees("ひばりデイサービス").await;
    page.sees("ファイルを入れてください").await;

    page.goto(&care.at("/nothing")).await;
    page.sees("見つかりません").await;
    page.is_accessible("44-not-found").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_tablet_and_large_letters_lose_nothing() {
    let demo = Demo::start();
    let care = &demo.players[0];
    for (name, width, height) in [("tablet", 820, 1180), ("zoom-200", 683, 384)] {
        let page = Page::open_sized(&care.url, width, height).await;
        page.fill("個人ID", "keikaku").await;
        page.fill("パスワード", care.password()).await;
        page.press("ログイン").await;
        page.sees("最近の動き").await;
        for path in ["", "/send", "/batch", "/received", "/settings"] {
            page.goto(&care.at(path)).await;
            page.fits_the_window(&format!("50-{name}{}", path.replace('/', "-"))).await;
        }
        page.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn keyboard_alone_is_enough_to_log_in_and_reach_the_content() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = Page::open(&care.url).await;
    page.comes_true("the cursor is there", "return document.activeElement.id === 'login'").await;
    page.keys("keikaku\u{e004}").await;
    page.keys(&format!("{}\u{e007}", care.password())).await;
    page.sees("最近の動き").await;
    page.keys("\u{e004}").await;
    page.comes_true("本文へ has the focus", "return document.activeElement.textContent === '本文へ'").await;
    page.keys("\u{e007}").await;
    page.keys("\u{e004}").await;
    let inside = "return document.querySelector('main :focus') !== null";
    page.comes_true("the focus is in the content", inside).await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn wrong_passwords_lock_the_account_for_a_while() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = Page::open(&care.url).await;
    for _ in 0..5 {
        page.fill("個人ID", "keikaku").await;
        page.fill("パスワード", "ちがうパスワード").await;
        page.press("ログイン").await;
        page.is_headed("ログイン").await;
    }
    page.sees("続けて間違えたため").await;
    page.is_accessible("33-locked").await;
    page.fill("パスワード", care.password()).await;
    page.press("ログイン").await;
    page.sees("続けて間違えたため").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_backup_is_made_and_restored_on_the_pages() {
    let world = World::new().await;
    {
        let node = world.node(CARE).await;
        send(&node, CARE, vec![deletion(CARE, CARE, 1)]);
        until_arrived(&node, CARE, 1).await;
    }
    let kj_id = world.empty_node(CARE).offices.get(no(CARE)).unwrap().kj_id;
    let old = Serving::start(&world.temporary.path().join(CARE));
    let page = old.log_in().await;
    page.goto(&format!("{}{CARE}/settings", old.url)).await;
    let folder = world.temporary.path().join("backup");
    page.fill("保存するフォルダー", folder.to_str().unwrap()).await;
    page.press("バックアップを作る").await;
    page.sees("バックアップを作りました").await;
    page.close().await;
    old.kill();
    let backup = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();

    let folder = world.temporary.path().join("new");
    let new = Serving::start(&folder);
    let page = Page::open(&new.url).await;
    page.press("前のパソコンのバックアップから戻すとき").await;
    page.choose("バックアップのファイル", &backup).await;
    page.press("バックアップから戻す").await;
    page.sees("プログラムを起動し直すと").await;
    page.close().await;
    new.kill();
    let new = Serving::start(&folder);
    let page = new.log_in().await;
    page.goto(&format!("{}{CARE}/received", new.url)).await;
    page.unlock(kj_id.as_str(), PASSWORD).await;
    page.open_row("未読").await;
    page.is_headed("受信の詳細").await;
    page.close().await;
}
