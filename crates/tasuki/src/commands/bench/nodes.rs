//! `tasuki bench soak --nodes`: a relay and two office nodes in processes of their own, killed again and again, with a
//! line between them that breaks. Every export must arrive once and once only.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tasuki_line::{Chance, Line};
use tasuki_office::offices::Folders;
use tokio::time::sleep;

use super::exports::{Export, Found, Given, Outcome, Promise, Sent, imported_below, judge};
use super::node::{NodeProcess, Said, enrol, tasuki};
use super::soak::Options;
use super::world::World;
use crate::commands::signal::stop_asked;

const CARE: &str = "1370000019";
const VISITS: &str = "1370000027";

/// Most exports of a run.
const MOST: u32 = 20_000;

/// How long one command of `tasuki` may take.
const COMMAND: Duration = Duration::from_mins(1);

/// Pauses between exports: a folder that never rests is never looked into, so some are longer than its two looks.
const EXPORT_PAUSE: Duration = Duration::from_secs(9);
const SEND_PAUSE: Duration = Duration::from_secs(3);

/// How long a killed process may stay away.
const AWAY: Duration = Duration::from_secs(2);

/// How often a relay is started whose port is still in use.
const STARTS: u32 = 50;

struct Stage {
    // Processes go before the relay's temporary folder.
    care: NodeProcess,
    visits: NodeProcess,
    line: Line,
    world: World,
}

#[derive(Default)]
struct Kills {
    relay: u32,
    care: u32,
    visits: u32,
}

pub(super) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    options.check()?;
    let stop = stop_asked();
    let mut chance = Chance::new(options.seed);
    let mut stage = Stage::set(options.dir.as_ref(), chance.branch()).await?;
    // Whoever drops the stage ends its processes.
    tokio::select! {
        result = stage.play(options, chance) => result,
        () = stop => anyhow::bail!("中断しました"),
    }
}

impl Stage {
    /// Both offices have enrolled, and know each other.
    async fn set(below: Option<&PathBuf>, chance: Chance) -> anyhow::Result<Self> {
        let world = World::start(below)?;
        let line = Line::start(world.port(), chance)?;
        let mut nodes = Vec::new();
        for (no, name) in [(CARE, "みほん居宅介護支援"), (VISITS, "みほん訪問介護")] {
            let credentials = world.register(no.parse()?, name.to_owned()).await?;
            let dir = world.folder().join(no);
            let mut folders = Folders { send_by_itself: true, import_by_itself: true, ..Folders::default() };
            let (field, kind) =
                if no == CARE { (&mut folders.export, "export") } else { (&mut folders.import, "import") };
            let path = world.folder().join(kind);
            std::fs::create_dir(&path)?;
            path.display().to_string().clone_into(field);
            let relay = format!("https://127.0.0.1:{}", line.port());
            enrol(&dir, relay, world.root_pem()?, &credentials, folders).await?;
            nodes.push(NodeProcess::start(no, &dir)?);
        }
        let (Some(visits), Some(care)) = (nodes.pop(), nodes.pop()) else { anyhow::bail!("no nodes") };
        Ok(Self { care, visits, line, world })
    }

    async fn play(&mut self, options: &Options, mut chance: Chance) -> anyhow::Result<ExitCode> {
        let patience = Duration::from_secs_f64(options.patience);
        let source = Source {
            folder: self.world.folder().to_owned(),
            node: self.care.dir.clone(),
            serial: AtomicU32::new(0),
            going: AtomicBool::new(true),
        };
        let source = Arc::new(source);
        // The first one goes in peace: without a line the directory is known from then on.
        let mut given = source.first(patience).await?;
        self.drain(&given, patience).await?;
        let exports = tokio::spawn(Arc::clone(&source).export_for_long(chance.branch()));
        let sends = tokio::spawn(Arc::clone(&source).send_for_long(chance.branch()));
        self.line.set_rough(true);
        let kills = self.kill_for_long(options, &mut chance).await?;
        source.going.store(false, Ordering::Relaxed);
        given.extend(exports.await??);
        given.extend(sends.await??);
        self.line.set_rough(false);
        let start = Instant::now();
        let outcome = self.drain(&given, patience).await?;
        let drained = start.elapsed();
        let mut broken = self.check()?;
        broken.extend(self.world.violations().await?.into_iter().map(|what| format!("連携基盤：{what}")));
        print_table(&kills, self.line.cuts(), &given, &outcome, drained);
        for what in outcome.lost.iter().chain(&outcome.doubled).chain(&outcome.strange).chain(&broken) {
            anstream::println!("× {what}");
        }
        if outcome.is_good() && broken.is_empty() {
            anstream::println!("失われず、重ならず届きました。");
            return Ok(ExitCode::SUCCESS);
        }
        self.keep(options);
        Ok(ExitCode::FAILURE)
    }

    /// Kills one of the three at random instants, and starts it again.
    async fn kill_for_long(&mut self, options: &Options, chance: &mut Chance) -> anyhow::Result<Kills> {
        let (start, time) = (Instant::now(), Duration::from_secs_f64(options.minutes * 60.0));
        let longest = Duration::from_secs_f64(options.kill_every * 2.0);
        let mut kills = Kills::default();
        while start.elapsed() < time {
            let pause = if longest.is_zero() { time } else { chance.up_to(longest) };
            sleep(pause.min(time.saturating_sub(start.elapsed()))).await;
            if longest.is_zero() {
                break;
            }
            let away = chance.up_to(AWAY);
            let (node, count) = match chance.below(3) {
                0 => (None, &mut kills.relay),
                1 => (Some(&mut self.care), &mut kills.care),
                _ => (Some(&mut self.visits), &mut kills.visits),
            };
            *count += 1;
            if let Some(node) = node {
                node.kill()?;
                sleep(away).await;
                node.start_again()?;
            } else {
                self.kill_relay().await?;
            }
        }
        Ok(kills)
    }

    async fn kill_relay(&mut self) -> anyhow::Result<()> {
        for _ in 0..STARTS {
            if self.world.kill_and_start().is_ok() {
                return Ok(());
            }
            // Its port may be the other end of a connection that is just ending.
            sleep(Duration::from_millis(200)).await;
        }
        self.world.kill_and_start()
    }

    /// Waits until everything has come to its end, or for as long as patience lasts.
    async fn drain(&self, given: &[Given], patience: Duration) -> anyhow::Result<Outcome> {
        let start = Instant::now();
        loop {
            let found = self.look().await;
            let is_late = start.elapsed() > patience;
            match found {
                Ok(found) => {
                    let outcome = judge(given, &found);
                    if is_late || outcome.is_at_end() {
                        return Ok(outcome);
                    }
                }
                Err(error) if is_late => return Err(error.context("事業所が答えません")),
                Err(_) => {}
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    async fn look(&self) -> anyhow::Result<Found> {
        let mut found = Found::default();
        for arrival in self.visits.list("inbox", "arrivals").await? {
            let at = time(&arrival["received_at"]);
            for name in arrival["files"].as_array().into_iter().flatten() {
                found.inbox.push((name.as_str().unwrap_or_default().to_owned(), at));
            }
        }
        for send in self.care.list("outbox", "sends").await? {
            found.sends.push(Sent {
                id: send["id"].as_i64().unwrap_or_default(),
                state: send["state"].as_str().unwrap_or_default().to_owned(),
                at: time(&send["sent_at"]),
            });
        }
        found.imported = imported_below(&self.world.folder().join("import"))?;
        Ok(found)
    }

    /// What `tasuki office check` finds at both nodes.
    fn check(&self) -> anyhow::Result<Vec<String>> {
        let mut broken = Vec::new();
        for node in [&self.care, &self.visits] {
            let dir = node.dir.display().to_string();
            let said = tasuki(&["office", "--dir", &dir, "check"], COMMAND)?;
            if said.status != Some(0) {
                broken.push(format!("事業所 {}：{}", node.office, said.text.trim()));
            }
        }
        Ok(broken)
    }

    /// What broke a promise is kept, to be looked into.
    fn keep(&mut self, options: &Options) {
        if options.dir.is_some() {
            let kept = self.world.keep();
            anstream::println!("調べられるように残しました：{}", kept.display());
        }
    }
}

/// Where exports come from.
struct Source {
    folder: PathBuf,
    node: PathBuf,
    serial: AtomicU32,
    going: AtomicBool,
}

impl Source {
    fn next(&self) -> Export {
        Export::new(CARE, VISITS, self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn is_going(&self) -> bool {
        self.going.load(Ordering::Relaxed) && self.serial.load(Ordering::Relaxed) < MOST
    }

    /// Waits, but not longer than exports are wanted.
    async fn rest(&self, time: Duration) {
        let start = Instant::now();
        while self.is_going() && start.elapsed() < time {
            sleep(Duration::from_millis(50).min(time.saturating_sub(start.elapsed()))).await;
        }
    }

    /// The first export: given again until the node answers.
    async fn first(&self, patience: Duration) -> anyhow::Result<Vec<Given>> {
        let (start, mut all) = (Instant::now(), Vec::new());
        loop {
            let (given, said) = send(self.folder.clone(), self.node.clone(), self.next()).await?;
            let is_promised = given.promise == Promise::Once;
            all.push(given);
            if is_promised {
                return Ok(all);
            }
            // A node that does not answer yet, or has not unlocked itself, is asked again.
            let is_early = matches!(said.status, Some(2..=4));
            anyhow::ensure!(is_early && start.elapsed() < patience, "最初の送信ができません：{}", said.text);
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// Puts files into the export folder, a few at once.
    async fn export_for_long(self: Arc<Self>, mut chance: Chance) -> anyhow::Result<Vec<Given>> {
        let mut given = Vec::new();
        while self.is_going() {
            for _ in 0..=chance.below(3) {
                let export = self.next();
                write(&self.folder.join("export").join(&export.name), &export.bytes)?;
                given.push(Given { export, promise: Promise::Once, at: Timestamp::now() });
            }
            self.rest(chance.up_to(EXPORT_PAUSE)).await;
        }
        Ok(given)
    }

    /// Sends by `tasuki office send`.
    async fn send_for_long(self: Arc<Self>, mut chance: Chance) -> anyhow::Result<Vec<Given>> {
        let mut given = Vec::new();
        while self.is_going() {
            let (one, _) = send(self.folder.clone(), self.node.clone(), self.next()).await?;
            given.push(one);
            self.rest(chance.up_to(SEND_PAUSE)).await;
        }
        Ok(given)
    }
}

/// Gives one export to the node. It is promised once the node said that it is on its way.
async fn send(folder: PathBuf, node: PathBuf, export: Export) -> anyhow::Result<(Given, Said)> {
    let done = tokio::task::spawn_blocking(move || {
        let path = folder.join(&export.name);
        write(&path, &export.bytes)?;
        let (dir, file) = (node.display().to_string(), path.display().to_string());
        let said = tasuki(&["office", "--dir", &dir, "send", "--office", CARE, &file], COMMAND)?;
        std::fs::remove_file(&path)?;
        let promise = if said.status == Some(0) { Promise::Once } else { Promise::AtMostOnce };
        Ok((Given { export, promise, at: Timestamp::now() }, said))
    });
    done.await?
}

/// Writes a file as a care software does.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    std::io::Write::write_all(&mut file, bytes)
}

fn time(value: &serde_json::Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn print_table(kills: &Kills, cuts: u32, given: &[Given], outcome: &Outcome, drained: Duration) {
    anstream::println!("強制終了（連携基盤）        {:>6}", kills.relay);
    anstream::println!("強制終了（居宅介護支援）    {:>6}", kills.care);
    anstream::println!("強制終了（サービス事業所）  {:>6}", kills.visits);
    anstream::println!("回線の切断・拒否            {cuts:>6}");
    anstream::println!("渡したファイル              {:>6}", given.len());
    anstream::println!("　うち送信を約束されたもの  {:>6}", outcome.promised);
    anstream::println!("届いたファイル              {:>6}", outcome.arrived);
    anstream::println!("失われたもの                {:>6}", outcome.lost.len());
    anstream::println!("重なったもの                {:>6}", outcome.doubled.len());
    anstream::println!("あとの送信に追い越されたもの{:>6}", outcome.overtaken);
    anstream::println!("取込フォルダーの書きかけ    {:>6}", outcome.left_behind);
    anstream::println!("届くまで最長（秒）          {:>6.1}", outcome.slowest);
    anstream::println!("終了後すべて届くまで（秒）  {:>6.1}", drained.as_secs_f64());
}
