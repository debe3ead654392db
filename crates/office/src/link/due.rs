//! When something is to be done that a duty does not do each time.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// When something is done again; at once after each start.
pub(super) struct Due(Mutex<Timestamp>);

impl Default for Due {
    fn default() -> Self {
        Self(Mutex::new(Timestamp::MIN))
    }
}

impl Due {
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }

    /// It is to be done now.
    pub(super) fn make(&self) {
        self.set(Timestamp::MIN);
    }

    /// It was done, and is to be done again after a while.
    pub(super) fn note_done(&self, now: Timestamp, again_after: SignedDuration) {
        self.set(now.saturating_add(again_after).unwrap_or(Timestamp::MAX));
    }

    fn set(&self, at: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_the_start_after_a_while_and_when_somebody_says_so() {
        let (due, hour) = (Due::default(), SignedDuration::from_hours(1));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(due.is_due(at(0)));
        due.note_done(at(0), hour);
        assert!(!due.is_due(at(3599)) && due.is_due(at(3600)));
        due.make();
        assert!(due.is_due(at(0)));
    }
}
