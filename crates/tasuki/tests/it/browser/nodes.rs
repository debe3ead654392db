//! Nodes as processes, for the browser.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::browser::page::Page;
use crate::process::{Running, office, tasuki};

/// `tasuki demo`, running.
pub(crate) struct Demo {
    pub(crate) players: Vec<Player>,
    // It ends before its folder goes.
    _process: Running,
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
        let mut command = tasuki();
        command.args(["demo", "--json", "--no-browser", "--port", "0", "--dir"]).arg(temporary.path());
        let process = Running::start(&mut command);
        let told: Value = serde_json::from_str(&process.first_line).unwrap();
        let players = told["offices"].as_array().unwrap().iter().map(Player::of).collect();
        Self { players, _process: process, _temporary: temporary }
    }
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
        office(&self.node, arguments)
    }
}

/// `tasuki office serve`, running on a folder.
pub(crate) struct Serving {
    process: Running,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_at(folder, 0)
    }

    pub(crate) fn start_at(folder: &Path, port: u16) -> Self {
        let process = Running::node_at(folder, port);
        let url = format!("{}/", process.url());
        Self { process, url }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.process.kill();
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
