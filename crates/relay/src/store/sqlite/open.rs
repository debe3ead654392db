//! Opening, migrating and copying the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tasuki_protocol::mailbox::Life;

use super::row;

/// Every migration, oldest first. They are only added, never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_first.sql"),
    include_str!("../../../migrations/0002_withdrawn_ahead.sql"),
    include_str!("../../../migrations/0003_life.sql"),
    include_str!("../../../migrations/0004_kept.sql"),
    include_str!("../../../migrations/0005_refusal_reason.sql"),
    include_str!("../../../migrations/0006_enrolled.sql"),
    include_str!("../../../migrations/0007_enrolment_failures.sql"),
    include_str!("../../../migrations/0008_clock.sql"),
    include_str!("../../../migrations/0009_outstanding.sql"),
    include_str!("../../../migrations/0010_certificate_parent.sql"),
    include_str!("../../../migrations/0011_key_log.sql"),
];

/// Marks the file as a relay's store (`PRAGMA application_id`): "TSKR".
const APPLICATION_ID: i32 = 0x5453_4b52;

/// How long to wait for a lock that another process (a backup, the operator's command) holds.
const LOCK_WAIT: Duration = Duration::from_secs(20);

/// Bytes of a page: with larger ones the small rows cost more, with smaller ones the contents.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Why the store cannot be opened or copied.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or read.
    #[error("cannot open the store {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The database refused to be set up.
    #[error("cannot set up the store")]
    SetUp(#[from] rusqlite::Error),
    /// The file belongs to another program.
    #[error("{0} is not a store of the relay")]
    Foreign(PathBuf),
    /// A file of a store is where the copy is to be, or a log of one: SQLite would read it as part of the copy.
    #[error("{0} is still there")]
    Occupied(PathBuf),
    /// What was copied is damaged.
    #[error("the copy of {0} is damaged")]
    Damaged(PathBuf),
    /// The file was made by a newer version.
    #[error("the store has version {found}, this program knows versions up to {known}: update the program")]
    Newer {
        /// Version of the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
    /// The file was made by an older version whose relay still serves it.
    #[error("a relay of an older version serves {0}: stop it first")]
    Served(PathBuf),
    /// A thread or a file cannot be had.
    #[error("cannot start the store")]
    System(#[from] std::io::Error),
}

/// Opens the connection that writes.
pub(super) fn writable(path: &Path) -> Result<Connection, OpenError> {
    let open = |source| OpenError::Open { path: path.to_owned(), source };
    make_private(path)?;
    let db = Connection::open(path).map_err(open)?;
    db.busy_timeout(LOCK_WAIT)?;
    // The page size holds for a new file only, and must be set before anything is written.
    db.pragma_update(None, "page_size", i64::try_from(PAGE_BYTES).unwrap_or(i64::MAX))?;
    let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(open)?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    // The checkpointer does it: here nobody would hear of a failure.
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "cache_size", -16 * 1024)?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.set_prepared_statement_cache_capacity(256);
    Ok(db)
}

/// Opens a connection that carries the log over, and waits only so long for those who read.
pub(super) fn carrying(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let db = Connection::open(path).map_err(|source| OpenError::Open { path: path.to_owned(), source })?;
    db.busy_timeout(patience)?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(db)
}

/// Opens a connection that only reads.
pub(super) fn readable(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)
        .map_err(|source| OpenError::Open { path: path.to_owned(), source })?;
    db.busy_timeout(LOCK_WAIT)?;
    db.pragma_update(None, "cache_size", -4 * 1024)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Whether the file is of this version.
pub(super) fn is_this_version(db: &Connection) -> rusqlite::Result<bool> {
    Ok(version(db)? == MIGRATIONS.len())
}

fn version(db: &Connection) -> rusqlite::Result<usize> {
    db.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

/// The lock that a relay holds while it serves a store.
pub(crate) fn lock_of(store: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(store.with_extension("lock"))
}

/// Brings the file up to the newest version, unless a relay of an older one is serving it.
pub(super) fn migrate_unserved(path: &Path, db: &Connection) -> Result<(), OpenError> {
    if (1..MIGRATIONS.len()).contains(&version(db)?) {
        let lock = lock_of(path)?;
        match lock.try_lock() {
            Ok(()) => return migrate(db),
            Err(std::fs::TryLockError::WouldBlock) => return Err(OpenError::Served(path.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    migrate(db)
}

/// Brings the file up to the newest version; each step is one transaction.
pub(super) fn migrate(db: &Connection) -> Result<(), OpenError> {
    let found = version(db)?;
    if found > MIGRATIONS.len() {
        return Err(OpenError::Newer { found, known: MIGRATIONS.len() });
    }
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(found) {
        db.execute_batch(&format!("BEGIN; {migration} PRAGMA user_version = {}; COMMIT;", index + 1))?;
    }
    Ok(())
}

/// The name of the store's life.
pub(super) fn life(db: &Connection) -> Result<Life, OpenError> {
    Ok(db.query_row("SELECT name FROM life", [], |row| row::word(row, 0))?)
}

/// Copies a store, also while a relay serves it, into a file that must not exist yet. The copy is what was
/// durable at one instant, brought up to this version, and begins a life of its own: it does not know what the store
/// takes from now on, and whoever talks to it must notice.
///
/// # Errors
/// When the store cannot be read or the copy not be written.
pub fn backup(from: &Path, to: &Path) -> Result<(), OpenError> {
    if let Some(file) = remains(to) {
        return Err(OpenError::Occupied(file));
    }
    let source = readable(from)?;
    let id: i32 = source.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(OpenError::Foreign(from.to_owned()));
    }
    let partial = to.with_extension("partial");
    while let Some(file) = remains(&partial) {
        std::fs::remove_file(file)?;
    }
    make_private(&partial)?;
    let mut copy = Connection::open(&partial)?;
    // All pages in one step: a copy in many steps begins anew whenever somebody writes.
    rusqlite::backup::Backup::new(&source, &mut copy)?.step(-1)?;
    migrate(&copy)?;
    copy.execute("UPDATE life SET name = lower(hex(randomblob(16)))", [])?;
    let found: String = copy.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if found != "ok" {
        return Err(OpenError::Damaged(from.to_owned()));
    }
    copy.close().map_err(|(_, error)| error)?;
    // Named only when complete and durable: a half copy must not look like a whole one.
    std::fs::File::open(&partial)?.sync_all()?;
    rename_new(&partial, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// The files that SQLite takes for one store: the file, its log and the log's index.
fn files_of(store: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut path = store.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    })
}

/// The first file of a store that is there.
pub(crate) fn remains(store: &Path) -> Option<PathBuf> {
    files_of(store).into_iter().find(|path| path.symlink_metadata().is_ok())
}

/// Makes the file if it is not there, and keeps others from reading it whatever the umask is: it holds the hashes of
/// passwords. SQLite gives the same rights to the files that it makes beside it.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    files_of(path).iter().filter(|path| path.exists()).try_for_each(|path| tighten(path))
}

fn tighten(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    let private = mode & 0o700;
    if mode & 0o777 == private {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(private))
}

/// Renames a file to a name that nothing has.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Network drives may not know how. The name is taken first; an empty file is no store.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            std::fs::OpenOptions::new().write(true).create_new(true).open(to)?;
            std::fs::rename(from, to)
        }
        result => Ok(result?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_every_migration_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        for _ in 0..2 {
            let db = writable(&path).unwrap();
            migrate(&db).unwrap();
            let version: usize = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(version, MIGRATIONS.len());
        }
    }

    #[test]
    fn the_key_log_of_an_older_version_goes_on() {
        use sha2::{Digest as _, Sha256};
        use tasuki_identity::key_log::hash_after;
        use tasuki_terms::{LogEntry, LogHead, Logged, Sha256Digest};

        let folder = tempfile::tempdir().unwrap();
        let db = writable(&folder.path().join("store")).unwrap();
        let log = MIGRATIONS.iter().position(|sql| sql.contains("key_log_with_certificates")).unwrap();
        db.execute_batch(&MIGRATIONS[..log].concat()).unwrap();
        db.pragma_update(None, "user_version", log).unwrap();
        let office = "1370000019".parse().unwrap();
        let at = "2026-04-01T00:00:00Z".parse().unwrap();
        let statement_digest = Sha256Digest(Sha256::digest("first").into());
        let logged = Logged::Key { epoch: 1, statement: "first".into(), statement_digest };
        let mut first = LogEntry { seq: 1, office, logged, at, hash: LogHead::EMPTY.hash };
        first.hash = hash_after(LogHead::EMPTY.hash, &first);
        db.execute_batch("INSERT INTO office VALUES ('1370000019', '', '', '', '', '', '', 13, 0, 1, 1)")
            .unwrap();
        db.execute(
            "INSERT INTO key_log VALUES (1, '1370000019', 1, 'first', ?1, ?2)",
            rusqlite::params![row::millis(at), first.hash.0],
        )
        .unwrap();
        migrate(&db).unwrap();

        let page = super::super::key_log::page(&db, tasuki_protocol::mailbox::Cursor::default()).unwrap();
        assert_eq!((page.head, page.entries), (first.head(), vec![first]));
    }

    #[test]
    fn a_copy_of_an_older_version_is_brought_up_to_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let [older, copy] = ["older", "copy"].map(|name| folder.path().join(name));
        let db = writable(&older).unwrap();
        db.execute_batch(&format!("{} PRAGMA user_version = 1;", MIGRATIONS[0])).unwrap();
        backup(&older, &copy).unwrap();
        let version: usize =
            readable(&copy).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, MIGRATIONS.len());
    }

    #[test]
    fn what_waits_in_an_older_store_is_counted_when_it_is_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let db = writable(&folder.path().join("store")).unwrap();
        for migration in MIGRATIONS.get(..8).unwrap() {
            db.execute_batch(migration).unwrap();
        }
        db.execute_batch(
            "PRAGMA user_version = 8;
             INSERT INTO mailbox VALUES ('1370000019', 9, 0, 0), ('1370000027', 9, 2, 30);
             INSERT INTO contents VALUES (1, zeroblob(10)), (2, zeroblob(20));
             INSERT INTO parcel VALUES
                 ('1370000027', 1, x'01', '1370000019', 10, x'', 1, 'accepted', 0, 0, 0, NULL, 1, 1, 1),
                 ('1370000027', 2, x'02', '1370000019', 20, x'', 1, 'received', 0, 0, 0, 0, 2, 2, 2);
             UPDATE total SET parcels = 2;",
        )
        .unwrap();
        migrate(&db).unwrap();
        let counts = |office: &str| {
            db.query_row(
                "SELECT waiting_parcels, waiting_bytes, outstanding_parcels, outstanding_bytes FROM mailbox
                 WHERE office = ?1",
                [office],
                |row| Ok([row.get::<_, u64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
            )
            .unwrap()
        };
        assert_eq!(counts("1370000019"), [0, 0, 1, 10]);
        assert_eq!(counts("1370000027"), [1, 10, 0, 0]);
        assert_eq!(super::super::check::violations(&db, false).unwrap(), []);
    }

    #[test]
    fn a_store_is_not_brought_up_beneath_a_relay_that_serves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let db = writable(&path).unwrap();
        db.execute_batch(&format!("{} PRAGMA user_version = 1;", MIGRATIONS[0])).unwrap();
        let serving = lock_of(&path).unwrap();
        serving.lock().unwrap();
        assert!(matches!(migrate_unserved(&path, &db), Err(OpenError::Served(_))));
        drop(serving);
        migrate_unserved(&path, &db).unwrap();
        assert!(is_this_version(&db).unwrap());
    }

    #[test]
    fn newer_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let newer = folder.path().join("newer");
        let db = writable(&newer).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&db), Err(OpenError::Newer { found: 99, .. })));

        let foreign = folder.path().join("foreign");
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
        assert!(matches!(writable(&foreign), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn a_copy_never_meets_the_log_of_another_store() {
        let folder = tempfile::tempdir().unwrap();
        let [store, copy] = ["store", "copy"].map(|name| folder.path().join(name));
        migrate(&writable(&store).unwrap()).unwrap();
        for left in ["copy", "copy-wal", "copy-shm"] {
            let left = folder.path().join(left);
            std::fs::File::create(&left).unwrap();
            let refused = backup(&store, &copy).unwrap_err();
            assert!(matches!(&refused, OpenError::Occupied(file) if *file == left), "{refused}");
            std::fs::remove_file(left).unwrap();
        }
        // What an interrupted copy left is no part of the next one.
        std::fs::File::create(folder.path().join("copy.partial-wal")).unwrap();
        backup(&store, &copy).unwrap();
        assert_eq!(remains(&folder.path().join("copy.partial")), None);
        assert!(matches!(backup(&store, &copy), Err(OpenError::Occupied(_))), "nothing is overwritten");
    }

    #[test]
    fn an_empty_or_foreign_file_is_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, foreign, to] = ["empty", "foreign", "to"].map(|name| folder.path().join(name));
        std::fs::File::create(&empty).unwrap();
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
        for from in [empty, foreign] {
            assert!(matches!(backup(&from, &to), Err(OpenError::Foreign(_))), "{}", from.display());
            assert_eq!(remains(&to), None);
        }
    }

    #[test]
    fn nobody_else_may_read_a_store_or_a_copy() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let [store, copy] = ["store", "copy"].map(|name| folder.path().join(name));
        std::fs::File::create(&store).unwrap();
        std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
        let db = writable(&store).unwrap();
        migrate(&db).unwrap();
        backup(&store, &copy).unwrap();
        for name in ["store", "store-wal", "store-shm", "copy"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn writes_are_really_synced() {
        let folder = tempfile::tempdir().unwrap();
        let db = writable(&folder.path().join("store")).unwrap();
        let synchronous: i32 = db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
    }
}
