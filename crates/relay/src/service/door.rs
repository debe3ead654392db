//! The door: how many connections there may be, and who may take their places.
//!
//! Nobody who shows no certificate takes the places of those who do, and nobody takes all places from one address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::peer::AddressRange;
use crate::config::Config;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its handshake is not done.
    Knocking,
    /// It has shown no certificate.
    Stranger,
    /// It has shown one.
    Member,
}

impl Stage {
    /// The places of a stage among all.
    fn places(self, all: u32) -> u32 {
        let (knocking, strangers) = ((all / 4).max(1), (all / 8).max(1));
        match self {
            Self::Knocking => knocking,
            Self::Stranger => strangers,
            Self::Member => all.saturating_sub(knocking + strangers).max(1),
        }
    }
}

/// Counts connections.
pub(crate) struct Door {
    all: u32,
    of_range: u32,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    knocking: u32,
    strangers: u32,
    members: u32,
    ranges: HashMap<AddressRange, u32>,
}

impl Open {
    fn count(&mut self, stage: Stage) -> &mut u32 {
        match stage {
            Stage::Knocking => &mut self.knocking,
            Stage::Stranger => &mut self.strangers,
            Stage::Member => &mut self.members,
        }
    }

    fn leave(&mut self, stage: Stage) {
        let count = self.count(stage);
        *count = count.saturating_sub(1);
    }
}

/// A connection's place, given back when dropped.
pub(crate) struct Entry {
    stage: Stage,
    range: AddressRange,
    all: u32,
    open: Arc<Mutex<Open>>,
}

impl Door {
    pub(crate) fn new(config: &Config) -> Self {
        Self { all: config.connections, of_range: config.connections_per_address, open: Arc::default() }
    }

    /// A place for a connection that has shown nothing yet, if there is one.
    pub(crate) fn knock(&self, range: AddressRange) -> Option<Entry> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_range = open.ranges.get(&range).copied().unwrap_or_default();
        let knocking = open.count(Stage::Knocking);
        if *knocking >= Stage::Knocking.places(self.all) || of_range >= self.of_range {
            return None;
        }
        *knocking += 1;
        open.ranges.insert(range, of_range + 1);
        Some(Entry { stage: Stage::Knocking, range, all: self.all, open: Arc::clone(&self.open) })
    }
}

impl Entry {
    /// The place for a connection whose handshake is done, if there is one.
    pub(crate) fn come_in(mut self, with_certificate: bool) -> Option<Self> {
        let stage = if with_certificate { Stage::Member } else { Stage::Stranger };
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.count(stage);
            if *count >= stage.places(self.all) {
                return None;
            }
            *count += 1;
            open.leave(self.stage);
        }
        self.stage = stage;
        Some(self)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.leave(self.stage);
        if let Some(count) = open.ranges.get_mut(&self.range) {
            *count -= 1;
            if *count == 0 {
                open.ranges.remove(&self.range);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(last: u8) -> AddressRange {
        std::net::IpAddr::from([192, 0, 2, last]).into()
    }

    fn door(connections: u32, connections_per_address: u32) -> Door {
        Door::new(&Config { connections, connections_per_address, ..Config::default() })
    }

    #[test]
    fn places_are_shared_so() {
        for (all, places) in [(20_000, [5000, 2500, 12_500]), (16, [4, 2, 10]), (1, [1, 1, 1])] {
            let found = [Stage::Knocking, Stage::Stranger, Stage::Member].map(|stage| stage.places(all));
            assert_eq!(found, places, "of {all}");
        }
    }

    #[test]
    fn strangers_leave_the_places_of_members_free() {
        let door = door(16, 100);
        let strangers: Vec<_> =
            std::iter::from_fn(|| door.knock(range(1)).and_then(|entry| entry.come_in(false))).collect();
        assert_eq!(strangers.len(), 2);
        let members: Vec<_> =
            std::iter::from_fn(|| door.knock(range(1)).and_then(|entry| entry.come_in(true))).collect();
        assert_eq!(members.len(), 10);
        let knocking: Vec<_> = std::iter::from_fn(|| door.knock(range(1))).collect();
        assert_eq!(knocking.len(), 4);
        drop((strangers, members, knocking));
        let open = door.open.lock().unwrap();
        assert_eq!((open.knocking, open.strangers, open.members, open.ranges.len()), (0, 0, 0, 0));
    }

    #[test]
    fn no_range_takes_all_places() {
        let door = door(1000, 3);
        let entries: Vec<_> =
            std::iter::from_fn(|| door.knock(range(1)).and_then(|entry| entry.come_in(true))).collect();
        assert_eq!(entries.len(), 3);
        assert!(door.knock(range(2)).is_some());
        drop(entries);
        assert!(door.knock(range(1)).is_some());
    }
}
