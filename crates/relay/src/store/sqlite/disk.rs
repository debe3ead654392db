//! The disk below the store: how much it takes, and which of its failures are for ever.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE};

/// The disk that holds the file.
pub(super) struct Disk {
    folder: PathBuf,
    reserve: u64,
}

impl Disk {
    /// The disk that holds a file, and the bytes of it that new contents leave free.
    pub(super) fn of(file: &Path, reserve: u64) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), reserve }
    }

    /// Whether nothing more can be taken: what is free is the reserve, and no page of the file is.
    pub(super) fn is_at_reserve(&self, db: &Connection) -> rusqlite::Result<bool> {
        Ok(!self.has_space(db, 1)?)
    }

    fn space(&self, db: &Connection) -> rusqlite::Result<Space> {
        let pages: u64 = db.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        let page: u64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let free = rustix::fs::statvfs(&self.folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
        Ok(Space { free, in_file: pages * page, reserve: self.reserve })
    }

    /// Whether so many bytes of contents can be stored and still leave the reserve.
    pub(super) fn has_space(&self, db: &Connection, bytes: u64) -> rusqlite::Result<bool> {
        Ok(self.space(db)?.is_enough_for(bytes))
    }

    /// Bytes of contents that must be let go so that new ones can be taken for a while.
    pub(super) fn missing_space(&self, db: &Connection) -> rusqlite::Result<u64> {
        Ok(self.space(db)?.missing())
    }
}

/// Bytes of the disk.
#[derive(Debug, Clone, Copy)]
struct Space {
    /// That nobody has.
    free: u64,
    /// In the file, without anything in them.
    in_file: u64,
    /// That new contents leave free.
    reserve: u64,
}

impl Space {
    /// Free bytes below which acknowledged contents go early, as so many reserves.
    const COMFORT: u64 = 2;

    /// Contents are written twice: into the log, and later into the file, where pages may be free.
    fn is_enough_for(self, bytes: u64) -> bool {
        let growth = bytes.saturating_sub(self.in_file);
        self.free >= self.reserve.saturating_add(bytes).saturating_add(growth)
    }

    /// What is let go makes room in the file: so the disk stays as free as it is.
    fn missing(self) -> u64 {
        let comfort = self.reserve.saturating_mul(Self::COMFORT);
        comfort.saturating_sub(self.free.saturating_add(self.in_file))
    }
}

/// Whether nobody knows after it what is on the disk.
pub(super) fn is_lasting(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    matches!(
        extended,
        SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC | SQLITE_IOERR_WRITE | SQLITE_IOERR_TRUNCATE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_contents_leave_the_reserve_and_old_ones_make_room_in_time() {
        for (free, in_file, takes, missing) in [
            (1000, 0, true, 0),
            (200, 0, true, 0),
            (199, 0, true, 1),
            (120, 0, true, 80),
            (119, 0, false, 81),
            (119, 1, true, 80),
            (110, 10, true, 80),
            (110, 90, true, 0),
            (109, 1000, false, 0),
        ] {
            let space = Space { free, in_file, reserve: 100 };
            assert_eq!((space.is_enough_for(10), space.missing()), (takes, missing), "{space:?}");
        }
        assert_eq!(Space { free: 0, in_file: 0, reserve: 0 }.missing(), 0);
    }
}
