//! When somebody has guessed too often. One rule for the staff's passwords and the office's. Pure, but for the two
//! columns it is kept in.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

/// Failures in a row after which a password is not tried for a while, first for a minute, then for twice as long each
/// time.
const FREE_FAILURES: i64 = 5;
const FIRST_LOCK: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_LOCK: SignedDuration = SignedDuration::from_hours(1);

/// How long it is locked after so many failures in a row.
fn lock_time(failures: i64) -> Option<SignedDuration> {
    if failures < FREE_FAILURES {
        return None;
    }
    let locks = u32::try_from(failures - FREE_FAILURES).unwrap_or(u32::MAX);
    let factor = 1_i32.checked_shl(locks.min(10)).unwrap_or(i32::MAX);
    Some(FIRST_LOCK.saturating_mul(factor).min(LONGEST_LOCK))
}

/// What is known of the failures of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failures {
    /// In a row.
    count: i64,
    /// Nothing is tried until then, in milliseconds.
    locked_until: i64,
}

/// Whether a password may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Try {
    /// It may. It counts as a failure until it has succeeded, so guesses that come at once are counted all.
    Counted(Failures),
    /// Not for so many seconds.
    Locked(i64),
}

impl Failures {
    fn try_at(self, now: Timestamp) -> Try {
        let now = now.as_millisecond();
        if self.locked_until > now {
            return Try::Locked((self.locked_until - now) / 1000 + 1);
        }
        let count = self.count.saturating_add(1);
        let wait = lock_time(count).map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 2));
        Try::Counted(Self { count, locked_until: wait.map_or(0, |wait| now.saturating_add(wait)) })
    }

    /// For how many seconds it is locked when the try has failed; `None` when another may follow at once.
    pub(crate) fn lock_seconds(self) -> Option<i64> {
        lock_time(self.count).map(|time| time.as_secs())
    }
}

/// A table with columns `failures` and `locked_until`, and the name of its key.
pub(crate) struct Place(pub(crate) &'static str, pub(crate) &'static str);

impl Place {
    /// Counts a try before it is made, in the transaction that reads the lock; `None` when there is no such row.
    pub(crate) fn begin_try(
        &self,
        db: &Connection,
        key: &dyn ToSql,
        now: Timestamp,
    ) -> rusqlite::Result<Option<Try>> {
        let Self(table, column) = self;
        let sql = format!("SELECT failures, locked_until FROM {table} WHERE {column} = ?1");
        let read = |row: &rusqlite::Row<'_>| Ok(Failures { count: row.get(0)?, locked_until: row.get(1)? });
        let Some(known) = db.query_row(&sql, [key], read).optional()? else { return Ok(None) };
        let tried = known.try_at(now);
        if let Try::Counted(failures) = tried {
            self.put(db, key, failures)?;
        }
        Ok(Some(tried))
    }

    /// The password was right: all is forgotten.
    pub(crate) fn clear(&self, db: &Connection, key: &dyn ToSql) -> rusqlite::Result<()> {
        self.put(db, key, Failures { count: 0, locked_until: 0 })
    }

    fn put(&self, db: &Connection, key: &dyn ToSql, failures: Failures) -> rusqlite::Result<()> {
        let Self(table, column) = self;
        let sql = format!("UPDATE {table} SET failures = ?2, locked_until = ?3 WHERE {column} = ?1");
        db.execute(&sql, params![key, failures.count, failures.locked_until]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_and_end() {
        for (failures, minutes) in [
            (0, None),
            (4, None),
            (5, Some(1)),
            (6, Some(2)),
            (7, Some(4)),
            (10, Some(32)),
            (11, Some(60)),
            (1_000, Some(60)),
            (i64::MAX, Some(60)),
        ] {
            assert_eq!(lock_time(failures), minutes.map(SignedDuration::from_mins), "{failures}");
        }
    }

    #[test]
    fn a_try_counts_before_it_is_made() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let known = |count, locked_until| Failures { count, locked_until };
        for (before, second, after) in [
            (known(0, 0), 10, Try::Counted(known(1, 0))),
            (known(3, 0), 10, Try::Counted(known(4, 0))),
            (known(4, 0), 10, Try::Counted(known(5, 70_000))),
            (known(5, 70_000), 10, Try::Locked(61)),
            (known(5, 70_000), 69, Try::Locked(2)),
            (known(5, 70_000), 70, Try::Counted(known(6, 190_000))),
        ] {
            assert_eq!(before.try_at(at(second)), after, "{before:?} at {second}");
        }
        assert_eq!(known(4, 0).lock_seconds(), None);
        assert_eq!(known(6, 190_000).lock_seconds(), Some(120));
    }

    #[test]
    fn what_was_counted_is_kept_beside_its_key() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE doors (name TEXT, failures INTEGER, locked_until INTEGER);
             INSERT INTO doors VALUES ('a', 3, 0), ('b', 0, 0);",
        )
        .unwrap();
        let (place, at) = (Place("doors", "name"), |second| Timestamp::from_second(second).unwrap());
        let tried = |key: &str, second| place.begin_try(&db, &key, at(second)).unwrap();
        let counted = |count, locked_until| Some(Try::Counted(Failures { count, locked_until }));
        assert_eq!(tried("a", 10), counted(4, 0));
        assert_eq!(tried("a", 10), counted(5, 70_000));
        assert_eq!(tried("a", 10), Some(Try::Locked(61)));
        assert_eq!(tried("b", 10), counted(1, 0), "another key is another count");
        place.clear(&db, &"a").unwrap();
        assert_eq!(tried("a", 10), counted(1, 0));
        assert_eq!(tried("b", 10), counted(2, 0));
        assert_eq!(tried("c", 10), None);
    }
}
