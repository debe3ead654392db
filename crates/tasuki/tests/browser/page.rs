//! A browser, and what a person does with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// One driver for all tests of this process; it ends with it.
struct Driver {
    url: String,
    _child: Child,
}

static DRIVER: LazyLock<Mutex<Driver>> = LazyLock::new(|| Mutex::new(Driver::start()));

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let output = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut lines = std::io::BufRead::lines(output);
        let port = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, port)) = line.split_once("on port ").filter(|_| line.contains("success")) {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // It stops when nobody reads what it says.
        std::thread::spawn(move || lines.for_each(drop));
        Self { url: format!("http://127.0.0.1:{port}"), _child: child }
    }
}

/// A browser window.
pub(crate) struct Page {
    client: Client,
    driver: String,
    session: String,
}

impl Page {
    pub(crate) async fn open(url: &str) -> Self {
        Self::open_sized(url, 1366, 768).await
    }

    pub(crate) async fn open_sized(url: &str, width: u32, height: u32) -> Self {
        let driver = DRIVER.lock().unwrap().url.clone();
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=ja",
            format!("--window-size={width},{height}"), "--hide-scrollbars",
        ]});
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        let client =
            ClientBuilder::rustls().unwrap().capabilities(capabilities).connect(&driver).await.unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        let page = Self { client, driver, session };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        page.client.goto(url).await.unwrap();
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

    /// What can be read on the page.
    pub(crate) async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText +
            [...document.querySelectorAll('textarea')].map((field) => field.value).join() : ''";
        self.client
            .execute(script, vec![])
            .await
            .ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    pub(crate) async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Waits until something can be read.
    pub(crate) async fn sees(&self, text: &str) {
        for _ in 0..300 {
            if self.text().await.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.shot("zz-not-seen").await;
        let before = self.text().await;
        self.goto(&self.address().await).await;
        panic!(
            "「{text}」 is not on the page {}:\n{before}\nLoaded anew:\n{}",
            self.address().await,
            self.text().await
        );
    }

    /// Presses a button or link by its name, the first of this name.
    pub(crate) async fn press(&self, name: &str) {
        self.press_one(name, false).await;
    }

    /// The last of this name: the button of the page, not the line of the menu.
    pub(crate) async fn press_last(&self, name: &str) {
        self.press_one(name, true).await;
    }

    async fn press_one(&self, name: &str, last: bool) {
        // The page may be made anew in this moment: then once more.
        let path = format!(
            "//*[self::button or self::a or self::summary][normalize-space(.)='{name}' or normalize-space(text())='{name}' or @aria-label='{name}']"
        );
        for _ in 0..150 {
            let mut found = self.client.find_all(Locator::XPath(&path)).await.unwrap_or_default();
            if last {
                found.reverse();
            }
            for element in found {
                let shown = element.is_displayed().await.unwrap_or(false);
                let enabled = element.is_enabled().await.unwrap_or(false);
                // Not behind the bar at the bottom, from where a person would scroll it.
                let center = "arguments[0].scrollIntoView({ block: 'center' })";
                let argument = serde_json::to_value(&element).unwrap();
                drop(self.client.execute(center, vec![argument]).await);
                if shown && enabled && element.click().await.is_ok() {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.shot("zz-not-pressed").await;
        panic!("「{name}」 cannot be pressed on {}:\n{}", self.address().await, self.text().await);
    }

    /// Types into the field of a label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let path = format!(
            "//*[self::input or self::textarea or self::select][@id=//label[starts-with(normalize-space(.),'{label}')]/@for]"
        );
        for _ in 0..150 {
            for element in self.client.find_all(Locator::XPath(&path)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) {
                    drop(element.clear().await);
                    element.send_keys(text).await.unwrap();
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("there is no field 「{label}」 on the page:\n{}", self.text().await);
    }

    /// Chooses a file with the file field of a label.
    pub(crate) async fn choose(&self, label: &str, file: &Path) {
        let path =
            format!("//input[@type='file'][@id=//label[starts-with(normalize-space(.),'{label}')]/@for]");
        let element = self.client.find(Locator::XPath(&path)).await.unwrap();
        element.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Drops files onto the page, as from a file manager.
    pub(crate) async fn drop(&self, files: &[PathBuf]) {
        let zone = self.client.wait().for_element(Locator::Css("form[data-drop]")).await.unwrap();
        let (x, y, width, height) = zone.rectangle().await.unwrap();
        let (x, y) = (x + width / 2.0, y + height / 2.0);
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let before = self.address().await;
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": x, "y": y, "data": data });
            self.cdp("Input.dispatchDragEvent", event).await;
        }
        // The page leads on when everything is taken in, perhaps to itself.
        self.client.execute("window.beforeDrop = true", vec![]).await.ok();
        for _ in 0..300 {
            let fresh = self.client.execute("return !window.beforeDrop", vec![]).await;
            if fresh.is_ok_and(|fresh| fresh == json!(true)) || self.address().await != before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing was taken in:\n{}", self.text().await);
    }

    /// Says yes to the question that the page has asked.
    pub(crate) async fn accept_question(&self) {
        self.client.accept_alert().await.unwrap();
    }

    /// Types where the cursor is.
    pub(crate) async fn keys(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    pub(crate) async fn cdp(&self, command: &str, params: Value) -> Value {
        let url = format!("{}/session/{}/goog/cdp/execute", self.driver, self.session);
        let answer = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let answer = answer.json(&json!({ "cmd": command, "params": params })).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// Keeps a picture of the whole page.
    pub(crate) async fn shot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        let mut file = std::fs::File::create(folder.join(format!("{name}.png"))).unwrap();
        std::io::Write::write_all(&mut file, &picture).unwrap();
    }

    /// Nothing serious stands in the way of people with disabilities; and keeps a picture.
    pub(crate) async fn is_accessible(&self, name: &str) {
        self.shot(name).await;
        let axe = std::env::var("TASUKI_AXE").expect("TASUKI_AXE names axe.min.js");
        let axe = std::fs::read_to_string(axe).unwrap();
        self.client.execute(&axe, vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations
                .filter((one) => ['serious', 'critical'].includes(one.impact))
                .map((one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' | '))));";
        let found = self.client.execute_async(script, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{name}");
    }
}
