//! Commands that ask the running node.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;
use tasuki_office_web::LocalAccess;
use tasuki_terms::OfficeNo;

use super::{LOCKED, NOT_RUNNING, WAITS};

#[derive(Args)]
pub(super) struct Plain {
    /// 事業所番号（1つだけのときは省けます）
    #[arg(long)]
    office: Option<OfficeNo>,
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    plain: Plain,
    /// この状態のものだけ
    #[arg(long)]
    state: Option<String>,
    /// 前のページの next より前だけ（1ページは500件）
    #[arg(long, default_value = "", value_name = "NEXT")]
    before: String,
}

impl List {
    fn query(&self) -> String {
        format!("state={}&before={}", self.state.as_deref().unwrap_or_default(), self.before)
    }
}

#[derive(Args)]
pub(super) struct SendFiles {
    /// 送るファイル
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    plain: Plain,
    /// メッセージ
    #[arg(long, default_value = "")]
    message: String,
    /// 送信先事業所番号（CSVがないとき）
    #[arg(long)]
    to: Option<OfficeNo>,
    /// 警告があっても送る
    #[arg(long)]
    accept_warnings: bool,
    /// 送らずに、一時保存するだけにする
    #[arg(long)]
    draft: bool,
}

#[derive(Args)]
pub(super) struct Fetch {
    /// 受信の番号
    id: i64,
    /// 保存するフォルダー
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Args)]
pub(super) struct Receipt {
    /// 受信の番号
    id: i64,
    /// 状態
    state: Mark,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mark {
    /// 未読
    Unread,
    /// 既読
    Read,
    /// 取込済
    Imported,
}

/// The running node.
struct Running {
    client: Client,
    access: LocalAccess,
}

/// The person was told already: the program ends with this status.
#[derive(Debug, thiserror::Error)]
#[error("told already")]
pub(super) struct Ended(pub(super) u8);

impl Running {
    fn find(dir: &Path) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(None).build();
        let access = std::fs::read(dir.join("local.json")).ok();
        let access = access.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        access.zip(client.ok()).map(|(access, client)| Self { client, access }).ok_or_else(not_running)
    }

    fn call(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.bearer_auth(&self.access.token).send().map_err(|_| not_running())?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let locked = answer.status().as_u16() == 423;
        let problem: Value = answer.json().unwrap_or_default();
        let message = problem["message"].as_str().unwrap_or("できませんでした");
        anstream::eprintln!("tasuki: {message}");
        Err(Ended(if locked { LOCKED } else { 2 }).into())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/local/{path}", self.access.url)
    }

    fn json(&self, path: &str) -> anyhow::Result<Value> {
        self.call(self.client.get(self.url(path)))?.json().map_err(|_| not_running())
    }

    /// The office that is meant.
    fn office(&self, wanted: Option<OfficeNo>) -> anyhow::Result<String> {
        if let Some(office) = wanted {
            return Ok(office.to_string());
        }
        let status = self.json("status")?;
        if let Some([only]) = status["offices"].as_array().map(Vec::as_slice) {
            return Ok(text(only, "office").to_owned());
        }
        bail!("事業所がいくつかあるか、まだありません。--office で指定してください")
    }
}

fn not_running() -> anyhow::Error {
    anstream::eprintln!("tasuki: 連携クライアントが動いていません。tasuki office serve で動かしてください");
    Ended(NOT_RUNNING).into()
}

pub(super) fn status(dir: &Path, plain: &Plain) -> anyhow::Result<ExitCode> {
    let status = Running::find(dir)?.json("status")?;
    if plain.json {
        anstream::println!("{status}");
        return Ok(ExitCode::SUCCESS);
    }
    for office in status["offices"].as_array().into_iter().flatten() {
        let link = match text(office, "link") {
            "online" => "連携中",
            "locked" => "未接続（事業所ユーザログイン前）",
            "connecting" => "接続しています",
            "offline" => "つながりません（自動で再接続します）",
            _ => "連携基盤に断られました",
        };
        let counts = &office["counts"];
        anstream::println!(
            "{} {}  {link}  未読 {}  一時保存 {}  送信待ち {}  送信失敗 {}",
            text(office, "office"),
            text(office, "name"),
            counts["unread"],
            counts["drafts"],
            counts["on_the_way"],
            counts["failed"]
        );
        print_obstacles(office);
    }
    Ok(ExitCode::SUCCESS)
}

/// What does not go by itself, and why.
fn print_obstacles(office: &Value) {
    for (name, words) in
        [("delayed", "連携基盤から受け取れないもの"), ("to_import", "取込フォルダーに未保存のもの")]
    {
        if office["held_up"][name].as_i64().unwrap_or_default() > 0 {
            anstream::println!("  {words} {} 件", office["held_up"][name]);
        }
    }
    for duty in office["duties"].as_array().into_iter().flatten() {
        if let Some(obstacle) = duty["obstacle"].as_str() {
            anstream::println!("  {}が止まっています: {obstacle}", text(duty, "name"));
        }
    }
}

pub(super) fn send(dir: &Path, send: &SendFiles) -> anyhow::Result<ExitCode> {
    let mut form = Form::new().text("message", send.message.clone());
    for path in &send.files {
        let name = path.file_name().context("ファイルではありません")?.to_string_lossy().into_owned();
        let bytes = std::fs::read(path).with_context(|| format!("{} を読めません", path.display()))?;
        form = form.part("files", Part::bytes(bytes).file_name(name));
    }
    if let Some(to) = send.to {
        form = form.text("to", to.to_string());
    }
    for (name, wanted) in [("accept_warnings", send.accept_warnings), ("confirm", !send.draft)] {
        if wanted {
            form = form.text(name, "1");
        }
    }
    let running = Running::find(dir)?;
    let office = running.office(send.plain.office)?;
    let request = running.client.post(running.url(&format!("{office}/send"))).multipart(form);
    let answer: Value = running.call(request)?.json().map_err(|_| not_running())?;
    let sends: Vec<_> = answer["sends"].as_array().cloned().unwrap_or_default();
    if send.plain.json {
        anstream::println!("{answer}");
    } else {
        sends.iter().for_each(print_send);
    }
    let all_on_their_way = sends.iter().all(|send| text(send, "state") != "draft");
    Ok(if all_on_their_way || send.draft { ExitCode::SUCCESS } else { ExitCode::from(WAITS) })
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn joined(value: &Value, name: &str) -> String {
    let texts = value[name].as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join("、")
}

fn print_send(send: &Value) {
    anstream::println!(
        "{}  {}  {} {}  {}",
        send["id"],
        text(send, "state"),
        text(send, "to"),
        text(send, "to_name"),
        joined(send, "contents")
    );
    for (weight, name) in [("errors", "誤り"), ("warnings", "警告")] {
        for remark in send[weight].as_array().into_iter().flatten() {
            let row = remark["row"].as_u64().map(|row| format!("{row}行目 ")).unwrap_or_default();
            anstream::println!("    {name} {} {row}{}", text(remark, "file"), text(remark, "message"));
        }
    }
    if !text(send, "reason").is_empty() {
        anstream::println!("    {}", text(send, "reason"));
    }
}

pub(super) fn drafts(dir: &Path, plain: &Plain) -> anyhow::Result<ExitCode> {
    list(dir, plain, "drafts", "drafts", print_send)
}

pub(super) fn outbox(dir: &Path, wanted: &List) -> anyhow::Result<ExitCode> {
    let path = format!("outbox?{}", wanted.query());
    list(dir, &wanted.plain, &path, "sends", print_send)
}

pub(super) fn inbox(dir: &Path, wanted: &List) -> anyhow::Result<ExitCode> {
    let path = format!("inbox?{}", wanted.query());
    list(dir, &wanted.plain, &path, "arrivals", |arrival| {
        anstream::println!(
            "{}  {}  {} {}  {}",
            arrival["id"],
            text(arrival, "state"),
            text(arrival, "from"),
            text(arrival, "from_name"),
            joined(arrival, "contents")
        );
    })
}

/// Prints the newest lines of a list.
fn list(
    dir: &Path,
    plain: &Plain,
    path: &str,
    member: &str,
    print: impl Fn(&Value),
) -> anyhow::Result<ExitCode> {
    let running = Running::find(dir)?;
    let office = running.office(plain.office)?;
    let answer = running.json(&format!("{office}/{path}"))?;
    if plain.json {
        anstream::println!("{answer}");
    } else {
        answer[member].as_array().into_iter().flatten().for_each(print);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn fetch(dir: &Path, fetch: &Fetch) -> anyhow::Result<ExitCode> {
    let running = Running::find(dir)?;
    let office = running.office(fetch.plain.office)?;
    let arrival = running.json(&format!("{office}/inbox/{}", fetch.id))?;
    let mut files = Vec::new();
    for (index, name) in arrival["files"].as_array().into_iter().flatten().enumerate() {
        let path = running.url(&format!("{office}/inbox/{}/files/{index}", fetch.id));
        let bytes = running.call(running.client.get(path))?.bytes().map_err(|_| not_running())?;
        files.push((name.as_str().unwrap_or_default().to_owned(), bytes));
    }
    std::fs::create_dir_all(&fetch.out)?;
    for (name, bytes) in &files {
        let path = fetch.out.join(name);
        match tasuki_office::folder::write_new_durably(&path, bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if std::fs::read(&path)? != bytes[..] {
                    bail!("{} には別の内容のファイルがもうあります", path.display());
                }
            }
            result => result.with_context(|| format!("{} に書けません", path.display()))?,
        }
        if !fetch.plain.json {
            anstream::println!("{}", path.display());
        }
    }
    if fetch.plain.json {
        anstream::println!("{arrival}");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn receipt(dir: &Path, receipt: &Receipt) -> anyhow::Result<ExitCode> {
    let running = Running::find(dir)?;
    let office = running.office(receipt.plain.office)?;
    let state = match receipt.state {
        Mark::Unread => "unread",
        Mark::Read => "read",
        Mark::Imported => "imported",
    };
    let path = running.url(&format!("{office}/inbox/{}/receipt?state={state}", receipt.id));
    let answer: Value = running.call(running.client.post(path))?.json().map_err(|_| not_running())?;
    if receipt.plain.json {
        anstream::println!("{answer}");
    }
    Ok(ExitCode::SUCCESS)
}
