//! The line between nodes and relay, which breaks at any byte and at any time while it is rough.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::chance::Chance;

/// For how long the line may refuse everybody.
const LONGEST_REFUSAL: Duration = Duration::from_secs(3);

/// For how long a connection lives that is cut by time.
const LONGEST_LIFE: Duration = Duration::from_secs(8);

/// Bytes that the machine itself may hold of what is on the line.
const BUFFER: u32 = 64 * 1024;

/// How late a timer may be without making a slow line slower.
const LATE: Duration = Duration::from_millis(100);

/// What a line that does not break by chance is like; by default it is a good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Bytes a second that each connection carries there.
    pub per_second: u64,
    /// For how long a connection lives.
    pub life: Duration,
    /// Bytes that all connections together carry there; then the line stands still.
    pub most: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: u64::MAX, life: NEVER, most: u64::MAX }
    }
}

const NEVER: Duration = Duration::from_hours(24);

#[derive(Debug, Default)]
struct Weather {
    rough: AtomicBool,
    cuts: AtomicU32,
    /// Bytes carried there.
    carried: AtomicU64,
    pace: Mutex<Pace>,
}

impl Weather {
    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as a line of this pace needs for so many bytes after those that are through at `due`; for ever if it
    /// stands still.
    async fn pass(&self, pace: Pace, count: usize, due: &mut Instant) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if self.carried.fetch_add(count, Ordering::Relaxed).saturating_add(count) > pace.most {
            std::future::pending::<()>().await;
        }
        if pace.per_second < u64::MAX {
            // A line has no memory of what it could have carried while it was idle, but a late timer costs it nothing.
            let earliest = Instant::now().checked_sub(LATE).unwrap_or(*due);
            *due = (*due).max(earliest) + Duration::from_micros(count * 1_000_000 / pace.per_second.max(1));
            tokio::time::sleep_until((*due).into()).await;
        }
    }
}

/// A line that listens at this machine only.
#[derive(Debug)]
pub struct Line {
    port: u16,
    weather: Arc<Weather>,
    task: JoinHandle<()>,
}

impl Line {
    /// A calm line to a port of this machine.
    ///
    /// # Errors
    /// When the machine has no port to listen on.
    pub fn start(to: u16, chance: Chance) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(BUFFER)?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1024)?;
        let (port, weather) = (listener.local_addr()?.port(), Arc::new(Weather::default()));
        let task = tokio::spawn(accept_for_long(listener, to, chance, Arc::clone(&weather)));
        Ok(Self { port, weather, task })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What connections are like from now on.
    pub fn set_pace(&self, pace: Pace) {
        *self.weather.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    /// Bytes that it has carried there.
    pub fn carried(&self) -> u64 {
        self.weather.carried.load(Ordering::Relaxed)
    }

    /// From now on it breaks by chance, or breaks no more.
    pub fn set_rough(&self, rough: bool) {
        self.weather.rough.store(rough, Ordering::Relaxed);
    }

    /// How often it broke or refused.
    pub fn cuts(&self) -> u32 {
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
    fn draw(chance: &mut Chance) -> Self {
        // Short and long pieces are equally likely: from nothing to a whole handover.
        let size = 1 << (4 + chance.below(14));
        let bytes = chance.below(size);
        let mut fate = Self { there: u64::MAX, back: u64::MAX, life: NEVER };
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
    let pace = weather.pace();
    let both = async {
        tokio::try_join!(
            carry(from_node, to_relay, fate.there, &weather, Some(pace)),
            carry(from_relay, to_node, fate.back, &weather, None)
        )
    };
    tokio::pin!(both);
    tokio::select! {
        _ = &mut both => return,
        () = tokio::time::sleep(fate.life) => {}
        () = tokio::time::sleep(pace.life) => {
            weather.cuts.fetch_add(1, Ordering::Relaxed);
            return;
        }
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
    pace: Option<Pace>,
) -> io::Result<()> {
    let (mut piece, mut due) = (vec![0; 16 * 1024], Instant::now());
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let passes = count.min(usize::try_from(left).unwrap_or(usize::MAX));
        if passes < count && weather.rough.load(Ordering::Relaxed) {
            to.write_all(piece.get(..passes).unwrap_or_default()).await?;
            weather.cuts.fetch_add(1, Ordering::Relaxed);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if let Some(pace) = pace {
            weather.pass(pace, count, &mut due).await;
        }
        to.write_all(piece.get(..count).unwrap_or_default()).await?;
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
