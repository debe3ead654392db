//! Those who try names that do not exist.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tasuki_identity::drawer::DrawerKey;

/// Tries of unknown names that may wait at once.
const STRANGERS_WAITING: usize = 8;

/// Those who try names that do not exist: each takes as long as a real one, so that names cannot be guessed, but only
/// one at a time, so that they cost the machine no more than that.
pub(super) struct Strangers {
    waiting: AtomicUsize,
    turn: Mutex<()>,
}

pub(super) static STRANGERS: Strangers = Strangers::new();

impl Strangers {
    const fn new() -> Self {
        Self { waiting: AtomicUsize::new(0), turn: Mutex::new(()) }
    }

    /// Takes the time that a password takes; `false` when so many wait that it is not worth it.
    pub(super) fn take_the_time(&self, password: &str) -> bool {
        let has_place = self.waiting.fetch_add(1, Ordering::AcqRel) < STRANGERS_WAITING;
        if has_place {
            let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            drop(DrawerKey::open(None, password));
            drop(turn);
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        has_place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_wait_for_each_other_and_do_not_queue_without_end() {
        let strangers = Strangers::new();
        let done = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..STRANGERS_WAITING + 8)
                .map(|_| scope.spawn(|| strangers.take_the_time("ひるねこ")))
                .collect();
            tries.into_iter().filter_map(|tried| tried.join().ok()).filter(|taken| *taken).count()
        });
        assert!(done <= STRANGERS_WAITING && done > 0, "{done}");
        assert!(strangers.take_the_time("ひるねこ"));
    }
}
