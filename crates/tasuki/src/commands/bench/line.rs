//! The line between nodes and relay, which breaks at any byte and at any time while it is rough.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::chance::Chance;

/// For how long the line may refuse everybody.
const LONGEST_REFUSAL: Duration = Duration::from_secs(3);

/// For how long a connection lives that is cut by time.
const LONGEST_LIFE: Duration = Duration::from_secs(8);

#[derive(Default)]
struct Weather {
    rough: AtomicBool,
    cuts: AtomicU32,
}

/// A line that listens at this machine only.
pub(super) struct Line {
    pub(super) port: u16,
    weather: Arc<Weather>,
    task: JoinHandle<()>,
}

impl Line {
    /// A calm line to a port of this machine.
    pub(super) async fn start(to: u16, chance: Chance) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (port, weather) = (listener.local_addr()?.port(), Arc::new(Weather::default()));
        let task = tokio::spawn(accept_for_long(listener, to, chance, Arc::clone(&weather)));
        Ok(Self { port, weather, task })
    }

    /// From now on it breaks, or breaks no more.
    pub(super) fn set_rough(&self, rough: bool) {
        self.weather.rough.store(rough, Ordering::Relaxed);
    }

    /// How often it broke or refused.
    pub(super) fn cuts(&self) -> u32 {
        self.weather.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a connection breaks.
struct Fate {
    there: u64,
    back: u64,
    life: Duration,
}

impl Fate {
    const NEVER: Duration = Duration::from_hours(24);

    fn draw(chance: &mut Chance) -> Self {
        // Short and long pieces are equally likely: from nothing to a whole handover.
        let size = 1 << (4 + chance.below(14));
        let bytes = chance.below(size);
        let mut fate = Self { there: u64::MAX, back: u64::MAX, life: Self::NEVER };
        match chance.below(6) {
            0 | 1 => fate.there = bytes,
            2 | 3 => fate.back = bytes,
            4 => fate.life = chance.up_to(LONGEST_LIFE),
            _ => {}
        }
        fate
    }
}

async fn accept_for_long(listener: TcpListener, to: u16, mut chance: Chance, weather: Arc<Weather>) {
    let mut refuses_until = Instant::now();
    loop {
        // Without a connection there is nothing to carry; the next one comes.
        let Ok((node, _)) = listener.accept().await else { continue };
        let is_rough = weather.rough.load(Ordering::Relaxed);
        if is_rough && chance.once_in(12) {
            refuses_until = Instant::now() + chance.up_to(LONGEST_REFUSAL);
        }
        if is_rough && Instant::now() < refuses_until {
            weather.cuts.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let fate = Fate::draw(&mut chance);
        tokio::spawn(connect(node, to, fate, Arc::clone(&weather)));
    }
}

async fn connect(node: TcpStream, to: u16, fate: Fate, weather: Arc<Weather>) {
    // A relay that is not there is seen by the node as a closed connection.
    let Ok(relay) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    let ((from_node, to_node), (from_relay, to_relay)) = (node.into_split(), relay.into_split());
    let both = async {
        tokio::try_join!(
            carry(from_node, to_relay, fate.there, &weather),
            carry(from_relay, to_node, fate.back, &weather)
        )
    };
    tokio::pin!(both);
    tokio::select! {
        _ = &mut both => return,
        () = tokio::time::sleep(fate.life) => {}
    }
    if weather.rough.load(Ordering::Relaxed) {
        weather.cuts.fetch_add(1, Ordering::Relaxed);
    } else {
        drop(both.await);
    }
}

/// Carries one direction until it ends or, on a rough line, until so many bytes have gone through.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut left: u64,
    weather: &Weather,
) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let passes = count.min(usize::try_from(left).unwrap_or(usize::MAX));
        if passes < count && weather.rough.load(Ordering::Relaxed) {
            to.write_all(&piece[..passes]).await?;
            weather.cuts.fetch_add(1, Ordering::Relaxed);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        to.write_all(&piece[..count]).await?;
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
