//! The table of the staff.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::member::{Role, StaffId};
use crate::base::Tx;

const COLUMNS: &str = "id, login, name, role, disabled, locked_until";

/// A row, its name still sealed.
pub(super) struct RawStaff {
    pub(super) id: i64,
    pub(super) login: String,
    pub(super) name: Vec<u8>,
    pub(super) role: String,
    pub(super) disabled: bool,
    pub(super) locked_until: i64,
}

impl RawStaff {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            login: row.get(1)?,
            name: row.get(2)?,
            role: row.get(3)?,
            disabled: row.get(4)?,
            locked_until: row.get(5)?,
        })
    }
}

/// Whether the first administrator was made.
pub(crate) fn has_members(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM staff)", [], |row| row.get(0))
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<RawStaff>> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM staff ORDER BY id"))?;
    statement.query_map([], RawStaff::read)?.collect()
}

pub(super) fn one(db: &Connection, id: StaffId) -> rusqlite::Result<RawStaff> {
    db.query_row(&format!("SELECT {COLUMNS} FROM staff WHERE id = ?1"), [id.0], RawStaff::read)
}

/// The number and the wrapped key of an account that may log in.
pub(super) fn account(db: &Connection, login: &str) -> rusqlite::Result<Option<(StaffId, String)>> {
    let sql = "SELECT id, wrap FROM staff WHERE login = ?1 AND disabled = 0";
    db.query_row(sql, [login], |row| Ok((StaffId(row.get(0)?), row.get(1)?))).optional()
}

pub(super) fn is_in_use(db: &Connection, login: &str) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM staff WHERE login = ?1)", [login], |row| row.get(0))
}

pub(super) fn insert(
    tx: &Tx<'_>,
    login: &str,
    sealed_name: &[u8],
    role: Role,
    wrap: &str,
) -> rusqlite::Result<StaffId> {
    let sql = "INSERT INTO staff (login, name, role, wrap) VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, params![login, sealed_name, role.as_str(), wrap])?;
    Ok(StaffId(tx.last_insert_rowid()))
}

/// Another password; whoever was locked out may try again.
pub(super) fn set_wrap(tx: &Tx<'_>, id: StaffId, wrap: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE staff SET wrap = ?2, failures = 0, locked_until = 0 WHERE id = ?1";
    tx.execute(sql, params![id.0, wrap]).map(drop)
}

/// Another role; whoever was locked out may try again.
pub(super) fn set_role(tx: &Tx<'_>, id: StaffId, role: Role, disabled: bool) -> rusqlite::Result<()> {
    let sql = "UPDATE staff SET role = ?2, disabled = ?3, failures = 0, locked_until = 0 WHERE id = ?1";
    tx.execute(sql, params![id.0, role.as_str(), disabled]).map(drop)
}

/// Administrators that may log in.
pub(super) fn administrators(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM staff WHERE role = 'administrator' AND disabled = 0";
    db.query_row(sql, [], |row| row.get(0))
}
