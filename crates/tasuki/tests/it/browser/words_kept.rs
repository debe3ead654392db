//! What was typed is kept, whatever becomes of the session; and any number of pages stay alive.

use crate::browser::nodes::{Demo, Player};
use crate::browser::page::Page;

/// The session of the page ends, as by a log-out in another tab.
async fn log_out_elsewhere(page: &Page) {
    let script =
        "fetch('/logout', { method: 'POST', headers: { 'tasuki-csrf': document.body.dataset.csrf } })";
    page.run_script(script).await;
}

/// The page hears no news any more, as when the session ends in this very moment: otherwise it would be locked at once.
async fn hears_nothing(page: &Page) {
    page.run_script("window.dispatchEvent(new Event('pagehide'))").await;
}

/// Follows the page's way to the log-in, unless the news have led there already, and logs in.
async fn log_in_again(care: &Player, page: &Page) {
    let way =
        "[...document.querySelectorAll('a')].find((way) => way.textContent === 'ログインし直す')?.click()";
    page.run_script(way).await;
    page.fill("個人ID", "keikaku").await;
    page.fill("パスワード", care.password()).await;
    page.press("ログイン").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn what_was_not_saved_is_not_called_saved_and_comes_back() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in_and_unlock().await;
    page.goto(&care.at("/send")).await;
    page.fill("メッセージ", "はじめの文").await;
    page.sees("保存しました").await;
    let draft = page.address().await;
    hears_nothing(&page).await;
    log_out_elsewhere(&page).await;
    page.run_script("document.getElementById('message').focus()").await;
    page.keys("、消えてはこまる文").await;
    page.sees("まだ保存できていません。ログインが切れました").await;
    page.comes_true("it is not called saved", "return !document.body.innerText.includes('保存しました。')")
        .await;
    page.shot("70-not-saved").await;
    log_in_again(care, &page).await;
    page.sees("はじめの文、消えてはこまる文").await;
    page.sees("保存しました").await;
    assert_eq!(page.address().await, draft);
    page.goto(&care.at("/drafts")).await;
    page.sees("はじめの文、消えてはこまる文").await;
    // Once it is saved, nothing of it stays in the browser.
    page.comes_true("nothing stays in the tab", "return sessionStorage.length === 0").await;

    // The same with the first words of a letter: one draft comes of it, not two.
    page.goto(&care.at("/send")).await;
    hears_nothing(&page).await;
    log_out_elsewhere(&page).await;
    page.fill("メッセージ", "まだ下書きもない").await;
    page.sees("ログインが切れました").await;
    page.run_script("document.querySelector('button[form=letter]').click()").await;
    log_in_again(care, &page).await;
    page.sees("まだ下書きもない").await;
    page.sees("保存しました").await;
    page.run_script("document.querySelector('button[form=letter]').click()").await;
    page.sees("いつでも「一時保存」から続けられます").await;
    page.rows_are(2).await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_draft_that_another_person_changed_meanwhile_loses_nothing() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in().await;
    page.goto(&care.at("/send")).await;
    page.fill("メッセージ", "はじめの文").await;
    page.sees("保存しました").await;
    let draft = page.address().await;
    hears_nothing(&page).await;
    log_out_elsewhere(&page).await;
    page.run_script("document.getElementById('message').focus()").await;
    page.keys("（つづき）").await;
    page.sees("ログインが切れました").await;
    let other = care.log_in().await;
    other.goto(&draft).await;
    other.fill("メッセージ", "ほかの人の文").await;
    other.sees("保存しました").await;
    log_in_again(care, &page).await;
    page.sees("保存できていなかった内容を下に加えました").await;
    page.sees("ほかの人の文").await;
    page.sees("はじめの文（つづき）").await;
    page.shot("71-both").await;
    other.close().await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn the_servers_own_words_are_shown_when_files_are_refused() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in().await;
    page.goto(&care.at("/send")).await;
    hears_nothing(&page).await;
    log_out_elsewhere(&page).await;
    let drop = "const data = new DataTransfer();
        data.items.add(new File(['x'], 'a.txt'));
        window.dispatchEvent(new DragEvent('drop', { dataTransfer: data }));";
    page.run_script(drop).await;
    page.sees("ファイルは入っていません。ログインが切れています").await;
    let in_sight = "const place = document.getElementById('announce').getBoundingClientRect();
        const middle = document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2);
        return middle?.id === 'announce'";
    page.comes_true("nothing lies over it", in_sight).await;
    page.shot("72-refused").await;
    log_in_again(care, &page).await;
    page.sees("送信先").await;
    page.close().await;
}

/// Opens so many pages more in the same browser, and says how many of them are alive.
async fn open_pages(page: &Page, count: usize) {
    let open = "window.others = [...Array(COUNT)].map(() => window.open(location.pathname + '/batch'))";
    page.run_script(&open.replace("COUNT", &count.to_string())).await;
    let all_there = "return window.others.every((other) => other.document.readyState === 'complete'
        && other.document.querySelector('#link') !== null)";
    page.comes_true("every page has come", all_there).await;
}

/// A page answers within five seconds although so many are open, and all of them hear the news.
async fn all_are_alive(page: &Page, care: &Player) {
    let answer = "window.answered = null;
        fetch(location.pathname + '/drafts', { signal: AbortSignal.timeout(5000) })
            .then((answer) => { window.answered = answer.ok; }, () => { window.answered = false; })";
    page.run_script(answer).await;
    page.comes_true("a form would be sent", "return window.answered === true").await;
    let status = care.office_command(&["send", care.exports("UPHOSOKU")[0].to_str().unwrap()]);
    assert_eq!(status.status.code(), Some(1), "it waits for a person");
    let heard = "return [window, ...window.others].every((one) =>
        [...one.document.querySelectorAll('[data-count=drafts]')].some((badge) => badge.textContent === '1'))";
    page.comes_true("every page has heard of the draft", heard).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn ten_pages_of_one_browser_stay_alive() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in().await;
    page.goto(&care.at("")).await;
    open_pages(&page, 9).await;
    all_are_alive(&page, care).await;
    // Those that are closed leave the others alive.
    page.run_script("window.others.splice(0, 8).forEach((other) => other.close())").await;
    page.run_script("window.others[0].location.reload()").await;
    log_out_elsewhere(&page).await;
    page.comes_true("what it shows is locked", "return location.pathname === '/login'").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn ten_pages_stay_alive_without_shared_workers() {
    let demo = Demo::start();
    let care = &demo.players[0];
    let page = care.log_in().await;
    page.goto(&care.at("")).await;
    let open = "window.others = [...Array(9)].map(() => {
        const other = window.open(location.pathname + '/batch');
        delete other.SharedWorker;
        return other;
    })";
    page.run_script(open).await;
    let all_there = "return window.others.every((other) => other.document.readyState === 'complete'
        && other.document.querySelector('#link') !== null && !('SharedWorker' in other))";
    page.comes_true("every page has come", all_there).await;
    all_are_alive(&page, care).await;
    page.close().await;
}
