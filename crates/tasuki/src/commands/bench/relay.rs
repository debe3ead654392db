//! `tasuki bench relay`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_stage::bare::{BareOffice, new_id};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::figures::{Latencies, rate, usage};
use super::world::World;
use super::{baseline, figures};

/// Rounds of sends and of the baseline, one after the other: the machine is not always equally fast.
const ROUNDS: u32 = 3;

#[derive(Args)]
pub(crate) struct Options {
    /// 事業所の数
    #[arg(long, default_value_t = 20)]
    offices: usize,
    /// 同時に開く接続の数
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// 連携データの大きさ（バイト）
    #[arg(long, default_value_t = 50_000)]
    size: usize,
    /// それぞれの測定の秒数
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// 測り始める前に慣らす秒数
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    /// 一定の速さで送る測定の、1秒あたりの送信数
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// 混ぜて測るときの、送信・一覧・取得・受信確認の割合
    #[arg(long, value_name = "N,N,N,N", value_delimiter = ',', num_args = 4, default_values_t = [40, 20, 20, 20])]
    mix: Vec<usize>,
    /// 待つだけの通知の接続をこれだけ開き、連携基盤のメモリーを測る（ほかの測定はしない）
    #[arg(long, value_name = "N")]
    streams: Option<usize>,
    /// 測定に使うフォルダー（この中に一時フォルダーを作ります）
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
}

/// Shares of sends, lists, fetches and receipts among all calls.
type Mix = [usize; 4];

/// Nothing but sends.
const SENDS: Mix = [1, 0, 0, 0];

/// One kind of call, measured.
struct Measured {
    name: &'static str,
    latencies: Latencies,
    took: Duration,
    processor_s: f64,
}

/// What the measurement works on.
struct Field {
    offices: Vec<BareOffice>,
    contents: Bytes,
    /// Parcels that were sent, to be fetched and acknowledged.
    sent: Mutex<Vec<Parcel>>,
    next: AtomicUsize,
}

impl Field {
    /// One more send between two offices, and how long it took.
    async fn send(&self) -> anyhow::Result<Duration> {
        let (parcel, took) = self.send_one().await?;
        self.sent.lock().await.push(parcel);
        Ok(took)
    }

    async fn send_one(&self) -> anyhow::Result<(Parcel, Duration)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.offices.len();
        let from = &self.offices[number % count];
        let to = &self.offices[(number + 1 + number / count) % count];
        let start = Instant::now();
        let parcel = from.hand_in(to.no, new_id()?, 1, self.contents.clone()).await?;
        Ok((parcel, start.elapsed()))
    }

    /// One call of a kind, chosen so that all together have these shares.
    async fn call(&self, mix: Mix) -> anyhow::Result<Duration> {
        let whole = mix.iter().sum::<usize>().max(1);
        let place = self.next.fetch_add(1, Ordering::Relaxed) % whole;
        let [send, list, fetch, _] = mix;
        match place {
            place if place < send => self.send().await,
            place if place < send + list => self.list().await,
            place if place < send + list + fetch => self.fetch().await,
            _ => self.receipt().await,
        }
    }

    async fn list(&self) -> anyhow::Result<Duration> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        self.offices[number % self.offices.len()].client.inbox(Cursor::default()).await?;
        Ok(start.elapsed())
    }

    async fn fetch(&self) -> anyhow::Result<Duration> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let found = {
            let sent = self.sent.lock().await;
            if sent.is_empty() { None } else { Some(sent[number % sent.len()].clone()) }
        };
        // Others may have acknowledged everything in the meantime.
        let Some(parcel) = found else { return self.send().await };
        let start = Instant::now();
        self.receiver(&parcel)?.client.fetch(parcel.id).await?;
        Ok(start.elapsed())
    }

    /// Acknowledges one parcel; when none is left, one is sent first.
    async fn receipt(&self) -> anyhow::Result<Duration> {
        let left = self.sent.lock().await.pop();
        let parcel = match left {
            Some(parcel) => parcel,
            None => self.send_one().await?.0,
        };
        let receiver = self.receiver(&parcel)?;
        let start = Instant::now();
        let now = Timestamp::now();
        receiver.client.acknowledge(&parcel, ReceiptKind::Received, &receiver.key, now).await?;
        Ok(start.elapsed())
    }

    fn receiver(&self, parcel: &Parcel) -> anyhow::Result<&BareOffice> {
        self.offices.iter().find(|office| office.no == parcel.to).context("unknown receiver")
    }
}

pub(super) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut world = World::start(options.dir.as_ref())?;
    let offices = world.offices(options.offices.max(2)).await?;
    if let Some(count) = options.streams {
        // What enrolling and hashing passwords took is not what streams take.
        world.kill_and_start()?;
        return hold_streams(&world, &offices, count).await;
    }
    let field = Arc::new(Field {
        offices,
        contents: vec![7; options.size].into(),
        sent: Mutex::default(),
        next: AtomicUsize::new(0),
    });
    let seconds = Duration::from_secs(options.seconds);
    let connections = options.connections;
    drop(busy(&field, connections, Duration::from_secs(options.warm_up), SENDS).await?);

    let mut ratios = Vec::new();
    let mut sends = Vec::new();
    let before = usage(world.process());
    let mut sending = Duration::ZERO;
    for _ in 0..ROUNDS {
        let time = seconds / ROUNDS;
        let floor = baseline::appends(world.folder(), options.size, connections, time)?;
        let start = Instant::now();
        let took = busy(&field, connections, time, SENDS).await?;
        ratios.push(rate(took.len(), start.elapsed()) / floor);
        sending += start.elapsed();
        sends.extend(took);
    }
    let processor_s = used_since(before, &world);
    let mut all =
        vec![Measured { name: "送信", latencies: Latencies::new(sends), took: sending, processor_s }];
    all.push(steady(&world, &field, options.rate, seconds).await?);
    let mixed = [options.mix[0], options.mix[1], options.mix[2], options.mix[3]];
    let kinds =
        [("一覧", [0, 1, 0, 0]), ("取得", [0, 0, 1, 0]), ("受信確認", [0, 0, 0, 1]), ("混ぜて", mixed)];
    for (name, mix) in kinds {
        let (start, before) = (Instant::now(), usage(world.process()));
        let took = busy(&field, connections, seconds, mix).await?;
        let processor_s = used_since(before, &world);
        all.push(Measured { name, latencies: Latencies::new(took), took: start.elapsed(), processor_s });
    }
    ratios.sort_by(f64::total_cmp);
    let memory = usage(world.process()).map_or(0, |(_, memory)| memory);
    print(options, &all, ratios[ratios.len() / 2], memory);
    Ok(ExitCode::SUCCESS)
}

/// Opens event streams that nothing happens on, and says what memory they take.
async fn hold_streams(world: &World, offices: &[BareOffice], count: usize) -> anyhow::Result<ExitCode> {
    let memory = || usage(world.process()).map_or(0, |(_, memory)| memory);
    let (before, start) = (memory(), Instant::now());
    let mut streams = Vec::with_capacity(count);
    for number in 0..count {
        let stream = offices[number % offices.len()].client.events(0).await;
        streams.push(
            stream.with_context(|| {
                format!("{number} 本目の接続を開けません（ulimit -n を確かめてください）")
            })?,
        );
    }
    let after = memory();
    anstream::println!("{count} 本の通知の接続を {:.1} 秒で開きました。", start.elapsed().as_secs_f64());
    anstream::println!("連携基盤のメモリー {after} MiB（開く前 {before} MiB）");
    drop(streams);
    Ok(ExitCode::SUCCESS)
}

fn used_since(before: Option<(f64, u64)>, world: &World) -> f64 {
    let now = usage(world.process()).map_or(0.0, |(seconds, _)| seconds);
    now - before.map_or(0.0, |(seconds, _)| seconds)
}

/// As many calls as so many connections can make, and how long each took.
async fn busy(
    field: &Arc<Field>,
    connections: usize,
    time: Duration,
    mix: Mix,
) -> anyhow::Result<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let field = Arc::clone(field);
        tasks.spawn(async move {
            let (start, mut took) = (Instant::now(), Vec::new());
            while start.elapsed() < time {
                took.push(field.call(mix).await?);
            }
            anyhow::Ok(took)
        });
    }
    let took: anyhow::Result<Vec<Vec<Duration>>> = tasks.join_all().await.into_iter().collect();
    Ok(took?.concat())
}

/// So many sends in a second, whether the ones before are done or not.
async fn steady(world: &World, field: &Arc<Field>, rate: u32, time: Duration) -> anyhow::Result<Measured> {
    let (start, before) = (Instant::now(), usage(world.process()));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    let mut tasks = JoinSet::new();
    while start.elapsed() < time {
        ticks.tick().await;
        let field = Arc::clone(field);
        tasks.spawn(async move { field.send().await });
    }
    let took: anyhow::Result<Vec<Duration>> = tasks.join_all().await.into_iter().collect();
    let latencies = Latencies::new(took?);
    Ok(Measured {
        name: "一定の速さで送信",
        latencies,
        took: start.elapsed(),
        processor_s: used_since(before, world),
    })
}

fn print(options: &Options, all: &[Measured], ratio: f64, memory: u64) {
    if options.json {
        let calls: Vec<_> = all
            .iter()
            .map(|measured| {
                json!({
                    "name": measured.name, "per_second": figures::rate(measured.latencies.count(), measured.took),
                    "p50_ms": measured.latencies.percentile(0.5), "p95_ms": measured.latencies.percentile(0.95),
                    "p99_ms": measured.latencies.percentile(0.99), "processor_s": measured.processor_s,
                })
            })
            .collect();
        anstream::println!("{}", json!({ "calls": calls, "sends_to_baseline": ratio, "memory_mib": memory }));
        return;
    }
    anstream::println!("{} 事業所、{} 接続、{} バイト", options.offices, options.connections, options.size);
    for measured in all {
        let Measured { name, latencies, took, processor_s } = measured;
        anstream::println!(
            "{:>7.0}/秒  p50 {:>6.1} ms  p95 {:>6.1} ms  p99 {:>6.1} ms  CPU {processor_s:>5.1} 秒  {name}",
            rate(latencies.count(), *took),
            latencies.percentile(0.5),
            latencies.percentile(0.95),
            latencies.percentile(0.99),
        );
    }
    anstream::println!("送信は、同じ量を同じまとまりでファイルに書いて同期する速さの {ratio:.2} 倍");
    anstream::println!("連携基盤のメモリー {memory} MiB");
}
