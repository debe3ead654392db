//! Nodes as processes, for the browser.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::page::Page;

fn tasuki() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    command.env_remove("TASUKI_OFFICE_DIR").env_remove("TASUKI_OFFICE_PORT");
    command
}

/// `tasuki demo`, running.
pub(crate) struct Demo {
    child: Child,
    pub(crate) players: Vec<Player>,
    _temporary: TempDir,
}

/// An office of the demonstration.
pub(crate) struct Player {
    pub(crate) url: String,
    pub(crate) office: String,
    login: String,
    password: String,
    kj_id: String,
    kj_password: String,
    export: PathBuf,
    pub(crate) import: PathBuf,
    pub(crate) node: PathBuf,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let temporary = TempDir::new().unwrap();
        let mut child = tasuki()
            .args(["demo", "--json", "--no-browser", "--port", "0", "--dir"])
            .arg(temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let told: Value = serde_json::from_str(&line).unwrap();
        let players = told["offices"].as_array().unwrap().iter().map(Player::of).collect();
        Self { child, players, _temporary: temporary }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn first_line(child: &mut Child) -> String {
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    output.lines().next().unwrap().unwrap()
}

impl Player {
    fn of(told: &Value) -> Self {
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            url: text("url"),
            office: text("office"),
            login: text("login"),
            password: text("password"),
            kj_id: text("kj_id"),
            kj_password: text("kj_password"),
            export: text("export").into(),
            import: text("import").into(),
            node: text("node").into(),
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{}{path}", self.url, self.office)
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn export(&self) -> &Path {
        &self.export
    }

    /// ① ログイン with the 個人ID.
    pub(crate) async fn log_in(&self) -> Page {
        let page = Page::open(&self.url).await;
        page.fill("個人ID", &self.login).await;
        page.fill("パスワード", &self.password).await;
        page.press("ログイン").await;
        page.sees("最近の動き").await;
        page
    }

    /// 事業所ユーザログイン.
    pub(crate) async fn unlock(&self, page: &Page) {
        page.unlock(&self.kj_id, &self.kj_password).await;
    }

    pub(crate) async fn log_in_and_unlock(&self) -> Page {
        let page = self.log_in().await;
        page.goto(&self.at("/unlock")).await;
        self.unlock(&page).await;
        page
    }

    /// What the care software has exported, by a part of the names.
    pub(crate) fn exports(&self, part: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.export).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.file_name().unwrap().to_string_lossy().contains(part));
        paths.sort();
        assert!(!paths.is_empty(), "exports with {part}");
        paths
    }

    pub(crate) fn office_command(&self, arguments: &[&str]) -> std::process::Output {
        tasuki().args(["office", "--dir"]).arg(&self.node).args(arguments).output().unwrap()
    }
}

/// `tasuki office serve`, running on a folder.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_at(folder, 0)
    }

    pub(crate) fn start_at(folder: &Path, port: u16) -> Self {
        let mut child = tasuki()
            .args(["office", "serve", "--no-browser", "--port", &port.to_string(), "--dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        Self { child, url: line.split_once('：').unwrap().1.to_owned() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Logs in as the person of the tests.
    pub(crate) async fn log_in(&self) -> Page {
        let page = Page::open(&self.url).await;
        page.fill("個人ID", "hanako").await;
        page.fill("パスワード", tasuki_stage::world::PASSWORD).await;
        page.press("ログイン").await;
        page.sees("最近の動き").await;
        page
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
