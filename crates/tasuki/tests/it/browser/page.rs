//! A browser window, and what a person does with it. What they see there: `page/sight.rs`.

mod sight;

use std::path::{Path, PathBuf};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

use crate::browser::driver;
use sight::Patience;

/// Milliseconds that the driver gives scripts and loading: axe-core takes its time on a busy machine.
const DRIVER_PATIENCE: u64 = 180_000;

/// Takes aim at what is to be pressed, and says what will follow: `no` (it cannot be pressed now), `stays`, `leads` (to
/// another page) or `asks` (a question first). From then on the page knows whether a press of it has arrived.
const AIM: &str = "
    const [element] = arguments;
    if (!element.checkVisibility() || element.matches(':disabled, [aria-disabled=true]')) return 'no';
    // Not behind the bar at the bottom, from where a person would scroll it.
    element.scrollIntoView({ block: 'center' });
    const named = (one) => one.getAttribute('aria-label') ?? one.textContent.trim();
    const name = named(element);
    const arrived = ({ target }) => {
        const pressed = target.closest('a, button, summary');
        if (pressed && (pressed === element || named(pressed) === name)) window.aimedAt = 'pressed';
    };
    window.aimedAt = 'missed';
    document.addEventListener('click', arrived, { capture: true });
    const form = element.type === 'submit' ? element.form : null;
    if (form?.dataset.confirm) return 'asks';
    return element.matches('a[href]:not([download], [data-opens])') || form?.matches(':valid') ? 'leads' : 'stays';";

/// What has become of the page that was aimed at: `missed`, `pressed`, or `left` for another page.
const AFTERWARDS: &str = "return window.aimedAt ?? (document.readyState === 'complete' ? 'left' : 'leaving')";

/// A browser window.
pub(crate) struct Page {
    client: Client,
    /// Name of the test, for what it leaves.
    test: String,
    session: String,
}

impl Page {
    pub(crate) async fn open(url: &str) -> Self {
        Self::open_sized(url, 1366, 768).await
    }

    pub(crate) async fn open_sized(url: &str, width: u32, height: u32) -> Self {
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=ja",
            format!("--window-size={width},{height}"), "--hide-scrollbars",
        ]});
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        capabilities
            .insert("timeouts".into(), json!({ "script": DRIVER_PATIENCE, "pageLoad": DRIVER_PATIENCE }));
        capabilities.insert("unhandledPromptBehavior".into(), "ignore".into());
        let mut browser = ClientBuilder::rustls().unwrap();
        let client = browser.capabilities(capabilities).connect(driver::url()).await.unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        // The harness names the thread of a test after it.
        let test = std::thread::current().name().unwrap_or("browser").replace("::", "-");
        let page = Self { client, test, session };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        page.goto(url).await;
        page
    }

    /// Closes the window.
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// 事業所ユーザログイン, in the dialog that has opened or on its page.
    pub(crate) async fn unlock(&self, kj_id: &str, password: &str) {
        self.sees("KJで始まる14文字").await;
        self.fill("ユーザID", kj_id).await;
        self.fill("パスワード", password).await;
        self.press("ログイン").await;
        self.is_connected().await;
    }

    /// Presses a button or link of the page by its name, the first of this name that can be pressed.
    ///
    /// When it leads to another page, that one is there afterwards, so that nothing of the page before is taken for the
    /// answer.
    pub(crate) async fn press(&self, name: &str) {
        self.press_path(&format!("「{name}」"), &on_the_page(name), false).await;
    }

    /// Presses what asks first (「よろしいですか」), and says yes.
    pub(crate) async fn press_and_say_yes(&self, name: &str) {
        self.press_path(&format!("「{name}」"), &on_the_page(name), true).await;
    }

    /// Follows a line of the menu.
    pub(crate) async fn choose_in_menu(&self, name: &str) {
        self.press_path(&format!("「{name}」 of the menu"), &format!("//nav//a[{}]", named(name)), false)
            .await;
    }

    /// Opens the first row of the list that holds the words, by its link.
    pub(crate) async fn open_row(&self, text: &str) {
        let path = format!("(//main//tbody/tr[contains(., '{text}')])[1]//a");
        self.press_path(&format!("the row of 「{text}」"), &path, false).await;
    }

    async fn press_path(&self, what: &str, path: &str, must_ask: bool) {
        let patience = Patience::new();
        loop {
            for element in self.client.find_all(Locator::XPath(path)).await.unwrap_or_default() {
                if self.press_element(what, &element, must_ask).await {
                    return;
                }
            }
            if !patience.is_left().await {
                self.give_up(&format!("{what} cannot be pressed")).await;
            }
        }
    }

    /// Whether it was pressed: it was not when it cannot be now, or when the page was made anew under the finger.
    async fn press_element(&self, what: &str, element: &Element, must_ask: bool) -> bool {
        let Ok(follows) = self.client.execute(AIM, vec![json!(element)]).await else { return false };
        if follows == "no" {
            return false;
        }
        if (follows == "asks") != must_ask {
            self.give_up(&format!("{what} asks first: {}", !must_ask)).await;
        }
        // Whether it came through is asked of the page, which knows more.
        drop(element.click().await);
        self.has_followed(what, follows == "stays", must_ask).await
    }

    /// Waits for what a press has to bring; whether the press has arrived at all.
    async fn has_followed(&self, what: &str, stays: bool, must_ask: bool) -> bool {
        let patience = Patience::new();
        let mut has_asked = false;
        loop {
            has_asked |= must_ask && self.client.accept_alert().await.is_ok();
            let now = self.client.execute(AFTERWARDS, vec![]).await.unwrap_or_default();
            match now.as_str() {
                Some("missed") => return false,
                Some("pressed") if stays => return true,
                Some("left") if has_asked == must_ask => return true,
                _ if patience.is_left().await => {}
                _ => self.give_up(&format!("{what} was pressed, and what follows does not come")).await,
            }
        }
    }

    /// Types into the field of a label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let fields = "*[self::input or self::textarea]";
        let path = format!("//{fields}[@id=//label[starts-with(normalize-space(.),'{label}')]/@for]");
        let patience = Patience::new();
        loop {
            for element in self.client.find_all(Locator::XPath(&path)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) && type_into(&element, text).await {
                    return;
                }
            }
            if !patience.is_left().await {
                self.give_up(&format!("there is no field 「{label}」 that can be filled in")).await;
            }
        }
    }

    /// Writes the メッセージ, which is kept by itself.
    pub(crate) async fn write_message(&self, text: &str) {
        self.fill("メッセージ", text).await;
        let kept = "return document.getElementById('saved').innerText.startsWith('保存しました')";
        self.comes_true("the message is kept", kept).await;
    }

    /// Chooses a file with the file field of a label.
    pub(crate) async fn choose(&self, label: &str, file: &Path) {
        let path =
            format!("//input[@type='file'][@id=//label[starts-with(normalize-space(.),'{label}')]/@for]");
        let patience = Patience::new();
        let field = loop {
            match self.client.find(Locator::XPath(&path)).await {
                Ok(field) => break field,
                Err(_) if patience.is_left().await => {}
                Err(_) => self.give_up(&format!("there is no field 「{label}」 for files")).await,
            }
        };
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Drops files onto the page, as from a file manager; afterwards the page is there to which that leads.
    pub(crate) async fn drop(&self, files: &[PathBuf]) {
        let aim = "window.aimedAt = 'pressed';
            const zone = document.querySelector('form[data-drop]');
            zone.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = zone.getBoundingClientRect();
            return { x: x + width / 2, y: y + height / 2 };";
        let middle = self.client.execute(aim, vec![]).await.unwrap();
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": middle["x"], "y": middle["y"], "data": data });
            self.cdp("Input.dispatchDragEvent", event).await;
        }
        let patience = Patience::new();
        while self.client.execute(AFTERWARDS, vec![]).await.ok() != Some(json!("left")) {
            if !patience.is_left().await {
                self.give_up("what was dropped is not taken in").await;
            }
        }
    }

    /// Types where the cursor is.
    pub(crate) async fn keys(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// Changes something of the window itself. What is on the page is seen with the verbs of `page/sight.rs`, which wait.
    pub(crate) async fn run_script(&self, script: &str) {
        self.client.execute(script, vec![]).await.unwrap();
    }

    async fn cdp(&self, command: &str, params: Value) {
        let url = format!("{}/session/{}/goog/cdp/execute", driver::url(), self.session);
        let answer = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let answer = answer.json(&json!({ "cmd": command, "params": params })).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
    }
}

/// Path of a button or link, but for the menu.
fn on_the_page(name: &str) -> String {
    format!("//*[self::button or self::a or self::summary][not(ancestor::nav)][{}]", named(name))
}

/// Condition of a path: what a person would call it.
fn named(name: &str) -> String {
    format!("normalize-space(.)='{name}' or normalize-space(text())='{name}' or @aria-label='{name}'")
}

/// Whether the field then holds the text: it does not when the page was made anew meanwhile.
async fn type_into(element: &Element, text: &str) -> bool {
    let typed = element.clear().await.is_ok() && element.send_keys(text).await.is_ok();
    typed && element.prop("value").await.is_ok_and(|value| value.as_deref() == Some(text))
}
