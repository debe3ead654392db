//! The thread that carries the log over into the file, so that the writer does not stand still for it, and so that
//! somebody notices when it fails: SQLite itself says nothing then, and the log grows until the disk is full.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::disk::is_lasting;
use super::open::{self, OpenError, PAGE_BYTES};

/// Pages that are worth carrying over: 16 MiB.
const WORTH: u64 = 4096;

/// Pages after which the log has to begin anew, whoever waits for it: 64 MiB.
const LONG: u64 = 16 * 1024;

/// How long nothing was written when the log is emptied.
const QUIET: Duration = Duration::from_secs(1);

/// How long another try waits after one that somebody who reads has stopped, or that has failed.
const REST: Duration = Duration::from_secs(1);

/// How long the log may be held up by somebody who reads: the writer waits as long.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the log is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Log {
    /// Its pages.
    pages: u64,
    /// Those of them that were carried over.
    carried: u64,
    /// How long nothing was added.
    quiet: Duration,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing yet.
    Wait,
    /// Carry over what nobody needs in the log. Holds up nobody.
    Carry,
    /// Carry everything over and begin anew. Holds up the writer for the little that was left.
    Empty,
}

impl Step {
    fn of(log: Log) -> Self {
        let left = log.pages.saturating_sub(log.carried);
        if log.pages >= LONG || (log.pages > 0 && log.quiet >= QUIET) {
            Self::Empty
        } else if left >= WORTH {
            Self::Carry
        } else {
            Self::Wait
        }
    }
}

struct State {
    log: Log,
    added_at: Instant,
    ends: bool,
}

/// Shared with the writer.
pub(super) struct Bell {
    state: Mutex<State>,
    rung: Condvar,
    /// Pages of the log, as everybody may know.
    pages: AtomicU64,
}

impl Bell {
    /// The writer has committed: so many pages are in the log now.
    pub(super) fn ring(&self, pages: u64) {
        self.pages.store(pages, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if pages < state.log.pages {
            state.log.carried = 0;
        }
        state.log.pages = pages;
        state.added_at = Instant::now();
        self.rung.notify_one();
    }
}

pub(super) struct Checkpointer {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Begins. What fails for ever is written to `healthy`.
    pub(super) fn start(path: &Path, healthy: Arc<AtomicBool>) -> Result<Self, OpenError> {
        let db = open::carrying(path, PATIENCE)?;
        let log = Log { pages: 0, carried: 0, quiet: Duration::ZERO };
        let bell = Arc::new(Bell {
            state: Mutex::new(State { log, added_at: Instant::now(), ends: false }),
            rung: Condvar::new(),
            pages: AtomicU64::new(0),
        });
        let work = Work { db, bell: Arc::clone(&bell), healthy };
        let thread = std::thread::Builder::new().name("store-log".into()).spawn(move || work.serve())?;
        Ok(Self { bell, thread: Some(thread) })
    }

    pub(super) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Bytes in the log.
    pub(super) fn log_bytes(&self) -> u64 {
        self.bell.pages.load(Ordering::Relaxed) * PAGE_BYTES
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.bell.state.lock().unwrap_or_else(PoisonError::into_inner).ends = true;
        self.bell.rung.notify_one();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Work {
    db: Connection,
    bell: Arc<Bell>,
    healthy: Arc<AtomicBool>,
}

impl Work {
    fn serve(&self) {
        while let Some(step) = self.next_step() {
            match self.take(step) {
                Ok(()) => {}
                Err(error) if is_lasting(&error) => {
                    tracing::error!(%error, "the log cannot be carried over: nothing is accepted any more");
                    self.healthy.store(false, Ordering::Release);
                    // A second sync could succeed without having written: closing must not try either.
                    drop(self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true));
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the log cannot be carried over now");
                    self.rest();
                }
            }
        }
        let is_worth_it = self.bell.pages.load(Ordering::Relaxed) > 0;
        if is_worth_it
            && self.healthy.load(Ordering::Acquire)
            && let Err(error) = self.take(Step::Empty)
        {
            tracing::warn!(%error, "the log was not emptied at the end");
        }
    }

    /// The next thing to do. None: the end.
    fn next_step(&self) -> Option<Step> {
        let mut state = self.bell.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.ends {
                return None;
            }
            state.log.quiet = state.added_at.elapsed();
            let step = Step::of(state.log);
            if step != Step::Wait {
                return Some(step);
            }
            let rung = self.bell.rung.wait_timeout(state, QUIET);
            state = rung.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    fn take(&self, step: Step) -> rusqlite::Result<()> {
        // First what holds up nobody: little is left then for what does.
        let (_, carried) = self.checkpoint("PASSIVE")?;
        let mut state = self.bell.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.log.carried = carried;
        let added_at = state.added_at;
        drop(state);
        if step != Step::Empty {
            return Ok(());
        }
        let (is_busy, _) = self.checkpoint("TRUNCATE")?;
        if is_busy {
            self.rest();
            return Ok(());
        }
        let mut state = self.bell.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The writer may have begun the new log already: then what it said holds.
        if state.added_at == added_at {
            state.log = Log { pages: 0, carried: 0, quiet: Duration::ZERO };
            self.bell.pages.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits for the next try, unless it is the end.
    fn rest(&self) {
        let state = self.bell.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.bell.rung.wait_timeout_while(state, REST, |state| !state.ends));
    }

    /// Whether it was held up, and how many pages were carried over.
    fn checkpoint(&self, mode: &str) -> rusqlite::Result<(bool, u64)> {
        self.db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(2)?.try_into().unwrap_or(0)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_carried_over_when_it_is_worth_it_and_emptied_when_nobody_waits() {
        let (busy, quiet) = (Duration::ZERO, QUIET);
        for (pages, carried, quiet, expected) in [
            (0, 0, busy, Step::Wait),
            (0, 0, quiet, Step::Wait),
            (1, 0, busy, Step::Wait),
            (1, 0, quiet, Step::Empty),
            (1, 1, quiet, Step::Empty),
            (WORTH, 0, busy, Step::Carry),
            (WORTH + 1, WORTH, busy, Step::Wait),
            (2 * WORTH, WORTH, busy, Step::Carry),
            (LONG, LONG, busy, Step::Empty),
            (LONG - 1, LONG - 1, busy, Step::Wait),
        ] {
            let log = Log { pages, carried, quiet };
            assert_eq!(Step::of(log), expected, "{log:?}");
        }
    }
}
