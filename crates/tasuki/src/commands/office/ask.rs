//! Commands that ask the running node.

mod running;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use reqwest::blocking::multipart::{Form, Part};
use serde::de::DeserializeOwned;
use tasuki_office_web::local::types::{
    Arrival, Drafts, Inbox, Link, Office, OpenedArrival, Outbox, Ready, Remark, Send, SendState, Submitted,
};
use tasuki_terms::OfficeNo;

use super::WAITS;
pub(super) use running::Ended;
use running::{Running, Said};

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

pub(super) fn status(dir: &Path, plain: &Plain) -> anyhow::Result<ExitCode> {
    let said = Running::find(dir)?.status()?;
    if plain.json {
        anstream::println!("{}", said.text);
    } else {
        said.answer.offices.iter().for_each(print_office);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_office(office: &Office) {
    let counts = &office.counts;
    anstream::println!(
        "{} {}  {}  未読 {}  一時保存 {}  送信待ち {}  送信失敗 {}",
        office.office,
        office.name,
        link_words(&office.link),
        counts.unread,
        counts.drafts,
        counts.on_the_way,
        counts.failed
    );
    print_obstacles(office);
}

fn link_words(link: &Link) -> &'static str {
    match link {
        Link::Online => "連携中",
        Link::Locked => "未接続（事業所ユーザログイン前）",
        Link::Connecting => "接続しています",
        Link::Offline => "つながりません（自動で再接続します）",
        Link::NoKey => "このPCにはまだ鍵がありません（受信できません）",
        Link::Refused | Link::Other(_) => "連携基盤に断られました",
    }
}

/// What does not go by itself, and why.
fn print_obstacles(office: &Office) {
    let held_up = &office.held_up;
    for (count, words) in [
        (held_up.delayed, "連携基盤から受け取れないもの"),
        (held_up.to_import, "取込フォルダーに未保存のもの"),
    ] {
        if count > 0 {
            anstream::println!("  {words} {count} 件");
        }
    }
    for duty in &office.duties {
        if let Some(obstacle) = &duty.obstacle {
            anstream::println!("  {}が止まっています: {obstacle}", duty.name);
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
    let request = running.post(&format!("{office}/send")).multipart(form);
    let said: Said<Submitted> = running.ask(request)?;
    let sends = &said.answer.sends;
    if send.plain.json {
        anstream::println!("{}", said.text);
    } else {
        sends.iter().for_each(print_send);
        if sends.iter().any(|send| send.ready == Some(Ready::UnknownReceiver)) {
            let link = link_words(&said.answer.link);
            anstream::println!(
                "送信先が連携に参加しているか、まだ確かめられません：{link}。一時保存にあります。あとで、もう一度送ってください。"
            );
        }
    }
    let all_on_their_way = sends.iter().all(|send| send.state != SendState::Draft);
    Ok(if all_on_their_way || send.draft { ExitCode::SUCCESS } else { ExitCode::from(WAITS) })
}

fn print_send(send: &Send) {
    let to = send.to.map(|to| to.to_string()).unwrap_or_default();
    anstream::println!("{}  {}  {to} {}  {}", send.id, send.state, send.to_name, send.contents.join("、"));
    send.errors.iter().for_each(|remark| print_remark("誤り", remark));
    send.warnings.iter().for_each(|remark| print_remark("警告", remark));
    if !send.reason.is_empty() {
        anstream::println!("    {}", send.reason);
    }
}

fn print_remark(name: &str, remark: &Remark) {
    let file = remark.file.as_deref().unwrap_or_default();
    let row = remark.row.map(|row| format!("{row}行目 ")).unwrap_or_default();
    anstream::println!("    {name} {file} {row}{}", remark.message);
}

pub(super) fn drafts(dir: &Path, plain: &Plain) -> anyhow::Result<ExitCode> {
    list(dir, plain, "drafts", |answer: Drafts| answer.drafts.iter().for_each(print_send))
}

pub(super) fn outbox(dir: &Path, wanted: &List) -> anyhow::Result<ExitCode> {
    let path = format!("outbox?{}", wanted.query());
    list(dir, &wanted.plain, &path, |answer: Outbox| answer.sends.iter().for_each(print_send))
}

pub(super) fn inbox(dir: &Path, wanted: &List) -> anyhow::Result<ExitCode> {
    let path = format!("inbox?{}", wanted.query());
    list(dir, &wanted.plain, &path, |answer: Inbox| answer.arrivals.iter().for_each(print_arrival))
}

fn print_arrival(arrival: &Arrival) {
    anstream::println!(
        "{}  {}  {} {}  {}",
        arrival.id,
        arrival.state,
        arrival.from,
        arrival.from_name,
        arrival.contents.join("、")
    );
}

/// Prints the newest lines of a list.
fn list<T: DeserializeOwned>(
    dir: &Path,
    plain: &Plain,
    path: &str,
    print: impl Fn(T),
) -> anyhow::Result<ExitCode> {
    let running = Running::find(dir)?;
    let office = running.office(plain.office)?;
    let said = running.ask(running.get(&format!("{office}/{path}")))?;
    if plain.json {
        anstream::println!("{}", said.text);
    } else {
        print(said.answer);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn fetch(dir: &Path, fetch: &Fetch) -> anyhow::Result<ExitCode> {
    let running = Running::find(dir)?;
    let office = running.office(fetch.plain.office)?;
    let opened: Said<OpenedArrival> = running.ask(running.get(&format!("{office}/inbox/{}", fetch.id)))?;
    let mut files = Vec::new();
    for (index, name) in opened.answer.arrival.files.iter().enumerate() {
        let path = format!("{office}/inbox/{}/files/{index}", fetch.id);
        files.push((name, running.bytes(running.get(&path))?));
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
        anstream::println!("{}", opened.text);
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
    let path = format!("{office}/inbox/{}/receipt?state={state}", receipt.id);
    let said: Said<Arrival> = running.ask(running.post(&path))?;
    if receipt.plain.json {
        anstream::println!("{}", said.text);
    }
    Ok(ExitCode::SUCCESS)
}
