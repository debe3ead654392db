//! The pages of the manual, one test each, with its words.

use crate::browser::nodes::Demo;

/// ３－２（2/9）：ログイン方法、アプリのトップ画面.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_2_log_in_to_the_top_screen() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = crate::browser::page::Page::open(&care.url).await;
    page.is_accessible("01-login").await;
    page.fill("個人ID", "keikaku").await;
    page.fill("パスワード", "まちがい").await;
    page.press("ログイン").await;
    page.sees("個人IDまたはパスワードが違います").await;
    page.close().await;
    let page = care.log_in().await;
    for name in ["トップ", "送信", "一括送信", "一時保存", "送信状況", "受信", "事業所検索", "設定"]
    {
        page.menu_offers(name).await;
    }
    page.is_accessible("02-top-empty").await;
    page.press("ログアウト").await;
    page.sees("ログアウトしました").await;
    page.goto(&care.at("/sent")).await;
    page.is_headed("ログイン").await;
    page.close().await;
}

/// ３－２（3/9）：介護ソフトから出力したケアプランデータを送信します.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_3_what_the_care_software_exports_is_taken() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/send")).await;
    page.is_accessible("03-send-empty").await;
    page.drop(&slips(care, "1370000027")).await;
    page.sees("利用票・別表（第6・7表）").await;
    page.sees("送信できます").await;
    page.press(&name_of(&slips(care, "1370000027"), "UPPLAN")).await;
    page.sees("サービス利用票").await;
    page.sees("被保険者番号").await;
    page.is_accessible("04-table").await;
    page.close().await;
}

/// ３－２（4/9）：ケアプランを一か所の介護事業所に送信する場合.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_4_send_to_one_office() {
    let demo = Demo::start();
    let (care, visits) = (&demo.players[0], &demo.players[1]);
    let page = care.log_in().await;
    page.choose_in_menu("送信").await;
    page.sees("CSVから自動で入ります").await;
    let mut files = slips(care, "1370000027");
    files.extend(care.exports("週間"));
    page.drop(&files).await;
    // The first action that needs the relay asks for the office user, and goes on.
    page.is_accessible("05-unlock-dialog").await;
    care.unlock(&page).await;
    page.sees("たすき訪問介護").await;
    page.sees("週間サービス計画表.pdf").await;
    page.write_message("いつもお世話になっております。来月分をお送りします。").await;
    page.is_accessible("06-send").await;
    page.press("一時保存").await;
    page.sees("一時保存しました").await;
    page.is_accessible("07-drafts").await;
    page.press("開く").await;
    page.sees("来月分をお送りします").await;
    page.press("送信").await;
    page.sees("次の内容で送信します").await;
    page.is_accessible("08-confirm").await;
    page.press("OK").await;
    page.sees("1 件すべて送信しました").await;
    page.is_accessible("09-result").await;
    page.press("OK").await;
    page.row_shows("たすき訪問介護", "送信済").await;
    page.close().await;

    let page = visits.log_in_and_unlock().await;
    page.choose_in_menu("受信").await;
    page.list_shows("たすき居宅介護支援事業所").await;
    page.close().await;
}

/// ３－２（5/9）：ケアプランを複数の介護事業所に送信する場合.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_5_files_of_many_offices_are_sorted_by_destination() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in().await;
    page.choose_in_menu("一括送信").await;
    page.sees("送るものはまだありません").await;
    page.is_accessible("10-batch-empty").await;
    page.drop(&care.exports(".CSV")).await;
    care.unlock(&page).await;
    for name in ["たすき訪問介護", "ひばりデイサービス", "みどり福祉用具"] {
        page.row_shows(name, "送信できます").await;
    }
    page.rows_are(3).await;
    page.sees("送信できる事業所 3").await;
    page.is_accessible("11-batch").await;
    page.close().await;
}

/// ３－２（6/9）：編集：添付とメッセージ.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_6_attachments_and_message_by_edit() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/batch")).await;
    page.drop(&care.exports(".CSV")).await;
    page.press("ひばりデイサービス を編集").await;
    page.sees("一括送信の1件です").await;
    page.drop(&care.exports("週間")).await;
    page.sees("週間サービス計画表.pdf").await;
    page.write_message("第3表を添付します。").await;
    page.is_accessible("12-batch-edit").await;
    page.press("一覧に戻る").await;
    page.row_shows("ひばりデイサービス", "第3表を添付します").await;
    page.row_shows("ひばりデイサービス", "週間サービス計画表.pdf").await;

    // What may not be sent is told at once, with what to do.
    let macros = std::env::temp_dir().join(format!("手順-{}.docm", std::process::id()));
    std::io::Write::write_all(&mut std::fs::File::create(&macros).unwrap(), b"PK").unwrap();
    page.press("みどり福祉用具 を編集").await;
    page.drop(std::slice::from_ref(&macros)).await;
    page.sees("送れない種類のファイルです").await;
    page.is_accessible("13-refused-file").await;
    std::fs::remove_file(macros).unwrap();
    page.close().await;
}

/// ３－２（7/9）：一括送信をクリック、送信中の画面が表示され、送信状況が更新されます.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_7_the_batch_is_sent_live() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/batch")).await;
    // The folder itself, as it lies on the desk top.
    page.drop(&[care.export().to_owned()]).await;
    page.sees("送信できる事業所 3").await;
    page.press("一括送信").await;
    page.sees("次の 3 事業所に送信します").await;
    page.is_accessible("14-batch-confirm").await;
    page.press("OK").await;
    page.sees("/ 3 件").await;
    page.sees("3 件すべて送信しました").await;
    page.is_accessible("15-batch-result").await;
    page.close().await;
}

/// ３－２（8/9）：OKをクリック、送信成功したデータは一覧から削除され、ほかは一覧に残ります.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_8_what_went_leaves_the_list_and_the_rest_stays() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/batch")).await;
    let mut files = care.exports(".CSV");
    // An office that does not take part yet.
    let other = "DLTPLAN_202611_1370000019_43_1370000050_13_20261025070000.CSV";
    let path = care.export().join(other);
    let mut file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut file, b"202407,131016,0000012345,202611\r\n").unwrap();
    files.push(path);
    page.drop(&files).await;
    page.list_shows("送信先はまだ連携に参加していません").await;
    page.press("一括送信").await;
    page.sees("直すところか確認待ちのある 1 件は、一覧に残ります").await;
    page.press("OK").await;
    page.sees("3 件すべて送信しました").await;
    page.press("OK").await;
    page.list_shows("さくら訪問看護").await;
    page.sees("送信できる事業所 0").await;
    page.rows_are(1).await;
    page.close().await;
}

/// ３－２（9/9）：送信の状況を確認する場合.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_2_page_9_the_date_opens_the_details() {
    let demo = Demo::start();
    let (care, visits) = (&demo.players[0], &demo.players[1]);
    let other = visits.log_in_and_unlock().await;
    let page = care.log_in_and_unlock().await;
    send_slips(care, &page).await;
    page.choose_in_menu("送信状況").await;
    page.row_shows("たすき訪問介護", "受信済").await;
    page.is_accessible("16-sent-list").await;
    page.open_row("たすき訪問介護").await;
    page.is_headed("送信の詳細").await;
    page.sees("受信済（相手の事業所に届いた）").await;
    page.is_accessible("17-sent-detail").await;
    page.press("送達証明").await;
    page.sees("送信先の電子署名").await;
    page.is_accessible("18-proof").await;
    other.close().await;
    page.close().await;
}

/// 送信状況：取消 while nobody has received it, and 再送.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn what_was_sent_is_taken_back_and_sent_again() {
    let demo = Demo::start();
    let (care, visits) = (&demo.players[0], &demo.players[1]);
    let page = care.log_in_and_unlock().await;
    send_slips(care, &page).await;
    page.goto(&care.at("/sent")).await;
    page.open_row("今日").await;
    page.is_headed("送信の詳細").await;
    page.press_and_say_yes("取消").await;
    page.sees("取り消しました").await;
    page.fact_is("状態", "取消済").await;
    page.is_accessible("23-withdrawn").await;
    page.press("再送").await;
    page.sees("送信できます").await;
    page.press("送信").await;
    page.sees("次の内容で送信します").await;
    page.press("OK").await;
    page.sees("1 件すべて送信しました").await;

    // Only the second one arrives; and then it is too late.
    let receiver = visits.log_in_and_unlock().await;
    receiver.goto(&visits.at("/received")).await;
    receiver.list_shows("未読").await;
    receiver.rows_are(1).await;
    page.goto(&care.at("/sent")).await;
    page.rows_are(2).await;
    page.rows_showing("受信済", 1).await;
    page.rows_showing("取消済", 1).await;
    receiver.rows_are(1).await;
    receiver.close().await;
    page.close().await;
}

/// ３－３（1/3）：ケアプランデータを受信する場合.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn manual_3_3_page_1_receive_import_and_send_actuals_back() {
    let demo = Demo::start();
    let (care, visits) = (&demo.players[0], &demo.players[1]);
    let receiver = visits.log_in_and_unlock().await;
    receiver.goto(&visits.at("/received")).await;
    receiver.sees("まだ何も届いていません").await;
    receiver.is_accessible("19-received-empty").await;
    // Somebody has allowed notifications and looks at another window.
    let allowed = "window.Notification = class {
            static permission = 'granted';
            constructor(title, { body }) { window.told = title + ': ' + body; }
        };
        Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });";
    receiver.run_script(allowed).await;
    let page = care.log_in_and_unlock().await;
    send_slips(care, &page).await;

    // It appears on the open page by itself: count, list and title.
    receiver.row_shows("たすき居宅介護支援事業所", "未読").await;
    receiver.title_begins("（1）").await;
    let told = "return window.told === 'Tasuki: 新しい連携データが届きました。'";
    receiver.comes_true("the notification tells this, and nothing of whom or what", told).await;
    receiver.is_accessible("20-received-list").await;
    receiver.open_row("たすき居宅介護支援事業所").await;
    receiver.is_headed("受信の詳細").await;
    receiver.sees("電子署名を確かめました").await;
    receiver.is_accessible("21-received-detail").await;
    receiver.press("取込フォルダーに保存").await;
    receiver.sees("取込フォルダーに保存しました").await;
    let placed = visits.import.join("1370000019");
    assert!(std::fs::read_dir(&placed).unwrap().next().is_some());
    receiver.press("取込済にする").await;
    receiver.fact_is("状態", "取込済").await;
    page.goto(&care.at("/sent")).await;
    page.row_shows("たすき訪問介護", "取込済").await;

    // ⑥⑦ actuals go back, ⑧⑨ and are received.
    receiver.goto(&visits.at("/send")).await;
    receiver.drop(&visits.exports("UPJSK")).await;
    receiver.sees("送信できます").await;
    receiver.press("送信").await;
    receiver.sees("次の内容で送信します").await;
    receiver.press("OK").await;
    receiver.sees("1 件すべて送信しました").await;
    page.goto(&care.at("/received")).await;
    page.row_shows("たすき訪問介護", "実績").await;
    page.goto(&care.at("")).await;
    page.sees("最近の動き").await;
    page.is_accessible("22-top").await;
    // ⑩
    page.press("ログアウト").await;
    page.sees("ログアウトしました").await;
    receiver.close().await;
    page.close().await;
}

/// The files of tables 6 and 7 with supplement for an office.
pub(crate) fn slips(care: &crate::browser::nodes::Player, to: &str) -> Vec<std::path::PathBuf> {
    let all = care.exports(&format!("_{to}_"));
    let month = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("UPPLAN") || name.starts_with("UPSIKYU") || name.starts_with("UPHOSOKU_20")
    };
    let found: Vec<_> = all.into_iter().filter(month).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    found
}

fn name_of(paths: &[std::path::PathBuf], part: &str) -> String {
    let names = paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.into_iter().find(|name| name.contains(part)).unwrap()
}

async fn send_slips(care: &crate::browser::nodes::Player, page: &crate::browser::page::Page) {
    page.goto(&care.at("/send")).await;
    page.drop(&slips(care, "1370000027")).await;
    page.sees("送信できます").await;
    page.goto(&format!("{}/confirm", page.address().await)).await;
    page.sees("次の内容で送信します").await;
    page.press("OK").await;
    page.sees("1 件すべて送信しました").await;
}
