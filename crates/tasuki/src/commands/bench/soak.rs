//! `tasuki bench soak`: everything at once for a long time, with kills in between. Every accepted parcel must be
//! delivered exactly once, and those of one sender in the order in which it sent them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;
use tasuki_client::ClientError;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_stage::bare::{BareOffice, new_id};
use tasuki_terms::{OfficeNo, ParcelId};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::world::World;

/// How long to wait before a call that was not answered is repeated.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Args)]
pub(crate) struct Options {
    /// 続ける時間（分）
    #[arg(long, default_value_t = 5.0)]
    pub(super) minutes: f64,
    /// 連携クライアント2つも動かし、回線を切りながら、連携クライアントも強制終了する
    #[arg(long)]
    nodes: bool,
    /// 乱数の種（--nodes のとき。同じ種なら同じ順に壊します）
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// 終わったあと、すべて届くまで待つ時間（秒。--nodes のとき）
    #[arg(long, default_value_t = 300.0)]
    pub(super) patience: f64,
    /// 事業所の数
    #[arg(long, default_value_t = 8)]
    offices: usize,
    /// 強制終了の間隔（秒）。0 なら強制終了しない
    #[arg(long, default_value_t = 5.0)]
    pub(super) kill_every: f64,
    /// フォルダー（この中に一時フォルダーを作ります。--nodes で約束が破れたときは残します）
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

impl Options {
    /// Refuses times that are none.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let times = [self.minutes, self.kill_every, self.patience];
        ensure!(times.iter().all(|time| (0.0..=1e6).contains(time)), "時間は0以上の数で指定してください");
        Ok(())
    }

    /// Whether office nodes and the line between them and the relay are to be broken too.
    pub(super) fn with_nodes(&self) -> bool {
        self.nodes
    }
}

/// What one office has seen.
#[derive(Default)]
struct Seen {
    sent: HashSet<ParcelId>,
    received: HashSet<ParcelId>,
    wrong: Vec<String>,
}

pub(super) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    options.check()?;
    let mut world = World::start(options.dir.as_ref())?;
    let offices = Arc::new(world.offices(options.offices.max(2)).await?);
    let (sending, receiving) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
    let (mut senders, mut receivers) = (JoinSet::new(), JoinSet::new());
    for index in 0..offices.len() {
        senders.spawn(send_for_long(Arc::clone(&offices), index, Arc::clone(&sending)));
        receivers.spawn(receive_for_long(Arc::clone(&offices), index, Arc::clone(&receiving)));
    }
    let (start, time) = (Instant::now(), Duration::from_secs_f64(options.minutes * 60.0));
    let mut kills = 0;
    while start.elapsed() < time {
        let pause = if options.kill_every > 0.0 { options.kill_every } else { 1.0 };
        sleep(Duration::from_secs_f64(pause).min(time.saturating_sub(start.elapsed()))).await;
        if options.kill_every > 0.0 {
            world.kill_and_start()?;
            kills += 1;
        }
    }
    sending.store(false, Ordering::Relaxed);
    let sent = senders.join_all().await;
    receiving.store(false, Ordering::Relaxed);
    let received = receivers.join_all().await;
    let violations = world.violations().await?;
    Ok(judge(sent.into_iter().chain(received), violations, kills))
}

fn judge(all: impl Iterator<Item = Seen>, mut wrong: Vec<String>, kills: u32) -> ExitCode {
    let (mut sent, mut received) = (HashSet::new(), HashSet::new());
    for seen in all {
        wrong.extend(seen.wrong);
        sent.extend(seen.sent);
        received.extend(seen.received);
    }
    wrong.extend(sent.difference(&received).map(|id| format!("{id} は受け付けられたのに届いていません")));
    wrong.extend(received.difference(&sent).map(|id| format!("{id} は送っていないのに届きました")));
    anstream::println!("送信 {}、受信 {}、強制終了 {kills} 回", sent.len(), received.len());
    for what in &wrong {
        anstream::println!("× {what}");
    }
    if wrong.is_empty() {
        anstream::println!("失われず、重ならず、順番どおり届きました。");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Sends to all others in turn; what is not answered is repeated with the same number.
async fn send_for_long(offices: Arc<Vec<BareOffice>>, index: usize, going: Arc<AtomicBool>) -> Seen {
    let (office, mut seen) = (&offices[index], Seen::default());
    for number in 0_u64.. {
        if !going.load(Ordering::Relaxed) {
            break;
        }
        let to = offices[(index + 1 + usize::try_from(number).unwrap_or(0)) % offices.len()].no;
        let Ok(id) = new_id() else {
            seen.wrong.push("乱数を作れません".into());
            return seen;
        };
        let contents =
            Bytes::from(number.to_be_bytes().repeat(1 + usize::try_from(number % 2000).unwrap_or(0)));
        loop {
            match office.hand_in(to, id, 1, contents.clone()).await {
                Ok(_) => break,
                Err(ClientError::Problem(problem)) if problem.status < 500 => {
                    seen.wrong.push(format!("{id} は断られました：{}", problem.uri));
                    return seen;
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
        seen.sent.insert(id);
    }
    seen
}

/// Takes what waits until nobody sends any more and nothing is left.
async fn receive_for_long(offices: Arc<Vec<BareOffice>>, index: usize, going: Arc<AtomicBool>) -> Seen {
    let (office, mut seen) = (&offices[index], Seen::default());
    let mut last: HashMap<OfficeNo, u64> = HashMap::new();
    let mut acknowledged = HashSet::new();
    loop {
        let is_last = !going.load(Ordering::Relaxed);
        let Ok(page) = office.client.inbox(Cursor::default()).await else {
            sleep(PAUSE).await;
            continue;
        };
        if page.entries.is_empty() && is_last {
            return seen;
        }
        for entry in &page.entries {
            let id = entry.parcel.id;
            if acknowledged.contains(&id) {
                seen.wrong.push(format!("{id} は受信確認のあとにまた一覧に出ました"));
            }
            let Ok(contents) = office.client.fetch(id).await else { break };
            let number = contents.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            // Like a node: what is in the archive is not handed out twice, however often it is listed.
            if !seen.received.contains(&id) {
                take(&mut seen, &mut last, id, entry.parcel.from, number);
            }
            let at = Timestamp::now();
            match office.client.acknowledge(&entry.parcel, ReceiptKind::Received, &office.key, at).await {
                Ok(_) => drop(acknowledged.insert(id)),
                Err(_) => break,
            }
        }
        sleep(PAUSE).await;
    }
}

fn take(seen: &mut Seen, last: &mut HashMap<OfficeNo, u64>, id: ParcelId, from: OfficeNo, number: u64) {
    seen.received.insert(id);
    if last.insert(from, number).is_some_and(|before| before >= number) {
        seen.wrong.push(format!("{id} は順番どおりではありません"));
    }
}
