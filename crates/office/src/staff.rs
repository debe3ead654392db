//! The staff: who may use the node, with 個人ID and password.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::vault::VaultError;

use crate::audit;
use crate::db::DbError;
use crate::error::OfficeError;
use crate::lockout::{Failures, Place, Try};
use crate::node::Node;

/// Characters that a password of the staff has at least: there is no second factor at the page.
pub const PASSWORD_CHARS_MIN: usize = 13;

/// Characters that a password may have.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// Guesses after which a password may fall, as a power of ten (zxcvbn's `guesses_log10`).
const GUESSES_LOG10_MIN: f64 = 8.0;

/// Characters of a 個人ID or a name.
const TEXT_CHARS_MAX: usize = 60;

/// Where failures of accounts are counted.
const LOCK: Place = Place("staff", "id");

/// Tries of unknown names that may wait at once.
const STRANGERS_WAITING: usize = 8;

const COLUMNS: &str = "id, login, name, role, disabled, locked_until";

/// Number of a member of the staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffId(pub i64);

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 管理者: everything, also accounts and settings.
    Administrator,
    /// 一般: the daily work.
    Member,
}

/// A member of the staff.
#[derive(Clone)]
pub struct Staff {
    /// Number.
    pub id: StaffId,
    /// 個人ID.
    pub login: String,
    /// Name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// May not log in any more.
    pub disabled: bool,
    /// May not log in until then.
    pub locked_until: Option<Timestamp>,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown 個人ID, wrong password, or a disabled account: which one is not said.
    #[error("wrong login or password")]
    Wrong,
    /// Too many failures.
    #[error("locked for {seconds} seconds")]
    Locked {
        /// For how long, in seconds.
        seconds: i64,
    },
    /// The node failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

/// Why an account is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The 個人ID is empty, too long, or has blanks.
    #[error("this is not a login name")]
    Login,
    /// The 個人ID is in use.
    #[error("the login name is in use")]
    LoginTaken,
    /// The name is empty or too long.
    #[error("this is not a name")]
    Name,
    /// The password is too short, too long or easily guessed.
    #[error("the password is not acceptable")]
    Password,
    /// There would be no administrator left.
    #[error("the last administrator cannot go")]
    LastAdministrator,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// The node failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl From<DbError> for LoginError {
    fn from(error: DbError) -> Self {
        Self::Office(error.into())
    }
}

impl From<DbError> for StaffError {
    fn from(error: DbError) -> Self {
        Self::Office(error.into())
    }
}

/// Whether a password may be chosen: long enough and not easily guessed. No rules of composition.
pub fn is_acceptable(password: &str, known_words: &[&str]) -> bool {
    let length = password.chars().count();
    (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length)
        && zxcvbn::zxcvbn(password, known_words).guesses_log10() >= GUESSES_LOG10_MIN
}

impl Role {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Member => "member",
        }
    }

    /// Name on the page.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Administrator => "管理者",
            Self::Member => "一般",
        }
    }

    /// The role of a stable name; anything else may do the least.
    pub fn parse(name: &str) -> Self {
        if name == "administrator" { Self::Administrator } else { Self::Member }
    }
}

impl Node {
    /// Whether the first administrator was made.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_staff(&self) -> Result<bool, OfficeError> {
        Ok(self.db().has_staff()?)
    }

    /// Makes the first administrator, and the key of the drawer with it.
    ///
    /// # Errors
    /// When there is staff already, or the words are not acceptable.
    pub fn add_first_staff(&self, login: &str, name: &str, password: &str) -> Result<StaffId, StaffError> {
        if self.has_staff()? {
            return Err(StaffError::LoginTaken);
        }
        self.open_drawer(DrawerKey::generate().map_err(OfficeError::from)?);
        self.add_staff("", login, name, Role::Administrator, password)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// When the words are not acceptable or the 個人ID is in use.
    pub fn add_staff(
        &self,
        by: &str,
        login: &str,
        name: &str,
        role: Role,
        password: &str,
    ) -> Result<StaffId, StaffError> {
        let (login, name) = (login.trim(), name.trim());
        let is_text = |text: &str| !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX;
        if !is_text(login)
            || login.chars().any(|character| character.is_whitespace() || character.is_control())
        {
            return Err(StaffError::Login);
        }
        if !is_text(name) || name.chars().any(char::is_control) {
            return Err(StaffError::Name);
        }
        let wrap = self.wrap(login, password)?;
        let sealed = self.seal("staff name", name.as_bytes())?;
        self.db().write(|db| {
            let taken: bool = db
                .query_row("SELECT EXISTS (SELECT 1 FROM staff WHERE login = ?1)", [login], |row| row.get(0))
                .map_err(OfficeError::from)?;
            if taken {
                return Err(StaffError::LoginTaken);
            }
            db.execute(
                "INSERT INTO staff (login, name, role, wrap) VALUES (?1, ?2, ?3, ?4)",
                params![login, sealed, role.as_str(), wrap],
            )
            .map_err(OfficeError::from)?;
            let id = StaffId(db.last_insert_rowid());
            let by = if by.is_empty() { login } else { by };
            audit::write(db, self.now(), None, by, "staff-added", login)?;
            Ok(id)
        })
    }

    /// Lets a member in and opens the drawer.
    ///
    /// # Errors
    /// When the account or password is wrong, or the account is locked.
    pub fn log_in(&self, login: &str, password: &str) -> Result<Staff, LoginError> {
        let Some(account) = self.begin_log_in(login.trim())? else {
            STRANGERS.take_the_time(password);
            return Err(LoginError::Wrong);
        };
        let Account { id, wrap, failures } = account;
        let now = self.now();
        match DrawerKey::open(Some(&wrap), password) {
            Ok(key) => self.open_drawer(key),
            Err(VaultError::WrongPassword) => {
                self.note(None, login.trim(), "login-failed", "")?;
                let Some(seconds) = failures.lock_seconds() else { return Err(LoginError::Wrong) };
                self.note(None, login.trim(), "login-locked", "")?;
                return Err(LoginError::Locked { seconds });
            }
            Err(error) => return Err(OfficeError::from(error).into()),
        }
        let staff = self.staff_member(id)?;
        self.db().write(|db| {
            LOCK.clear(db, &id.0)?;
            audit::write(db, now, None, &staff.login, "login", "")
        })?;
        Ok(staff)
    }

    /// Finds an account and counts the try before it is made; `None` when there is no such account.
    fn begin_log_in(&self, login: &str) -> Result<Option<Account>, LoginError> {
        let now = self.now();
        self.db().write(|db| {
            let sql = "SELECT id, wrap FROM staff WHERE login = ?1 AND disabled = 0";
            let found = db.query_row(sql, [login], |row| Ok((row.get(0)?, row.get(1)?))).optional();
            let Some((id, wrap)) = found.map_err(OfficeError::from)? else { return Ok(None) };
            let id = StaffId(id);
            match LOCK.begin_try(db, &id.0, now).map_err(OfficeError::from)? {
                None => Ok(None),
                Some(Try::Locked(seconds)) => Err(LoginError::Locked { seconds }),
                Some(Try::Counted(failures)) => Ok(Some(Account { id, wrap, failures })),
            }
        })
    }

    /// All members.
    ///
    /// # Errors
    /// When the drawer is locked or the database fails.
    pub fn staff(&self) -> Result<Vec<Staff>, OfficeError> {
        let rows: Vec<RawStaff> = self.db().read(|db| {
            let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM staff ORDER BY id"))?;
            statement.query_map([], RawStaff::read)?.collect()
        })?;
        rows.into_iter().map(|row| self.staff_of(row)).collect()
    }

    /// One member.
    ///
    /// # Errors
    /// When there is none, or the drawer is locked.
    pub fn staff_member(&self, id: StaffId) -> Result<Staff, OfficeError> {
        let row = self.db().read(|db| {
            db.query_row(&format!("SELECT {COLUMNS} FROM staff WHERE id = ?1"), [id.0], RawStaff::read)
        })?;
        self.staff_of(row)
    }

    /// Changes one's own password.
    ///
    /// # Errors
    /// When the old one is wrong or the new one is not acceptable.
    pub fn change_own_password(&self, id: StaffId, old: &str, new: &str) -> Result<(), StaffError> {
        let staff = self.staff_member(id)?;
        match self.log_in(&staff.login, old) {
            Ok(_) => self.set_password(&staff.login, id, new),
            Err(LoginError::Office(error)) => Err(error.into()),
            Err(LoginError::Wrong | LoginError::Locked { .. }) => Err(StaffError::WrongPassword),
        }
    }

    /// Gives a member a new password, and unlocks the account.
    ///
    /// # Errors
    /// When the new one is not acceptable.
    pub fn set_password(&self, by: &str, id: StaffId, new: &str) -> Result<(), StaffError> {
        let staff = self.staff_member(id)?;
        let wrap = self.wrap(&staff.login, new)?;
        self.db().write(|db| {
            db.execute(
                "UPDATE staff SET wrap = ?2, failures = 0, locked_until = 0 WHERE id = ?1",
                params![id.0, wrap],
            )
            .map_err(OfficeError::from)?;
            Ok(audit::write(db, self.now(), None, by, "password-set", &staff.login)?)
        })
    }

    /// Changes what a member may do, or whether they may log in at all.
    ///
    /// # Errors
    /// When no administrator would be left.
    pub fn change_staff(&self, by: &str, id: StaffId, role: Role, disabled: bool) -> Result<(), StaffError> {
        let staff = self.staff_member(id)?;
        self.db().write(|db| {
            db.execute(
                "UPDATE staff SET role = ?2, disabled = ?3, failures = 0, locked_until = 0 WHERE id = ?1",
                params![id.0, role.as_str(), disabled],
            )
            .map_err(OfficeError::from)?;
            if administrators(db).map_err(OfficeError::from)? == 0 {
                return Err(StaffError::LastAdministrator);
            }
            let action = if disabled { "staff-disabled" } else { "staff-changed" };
            Ok(audit::write(db, self.now(), None, by, action, &staff.login)?)
        })
    }

    /// Opens the drawer and gives a member a new password by the key of an office: the way back when every
    /// password of the staff is lost. The caller has proved to be the office.
    ///
    /// # Errors
    /// When there is no such member or the password is not acceptable.
    pub fn rescue_staff(&self, key: DrawerKey, login: &str, new: &str) -> Result<(), StaffError> {
        self.open_drawer(key);
        let staff = self.staff()?.into_iter().find(|staff| staff.login == login.trim());
        let staff = staff.ok_or(OfficeError::NotFound)?;
        self.set_password("recovery", staff.id, new)
    }

    fn wrap(&self, login: &str, password: &str) -> Result<String, StaffError> {
        if !is_acceptable(password, &[login]) {
            return Err(StaffError::Password);
        }
        Ok(self.drawer()?.lock(password).map_err(OfficeError::from)?)
    }

    fn staff_of(&self, row: RawStaff) -> Result<Staff, OfficeError> {
        let name = self.unseal("staff name", &row.name)?;
        let now = self.now().as_millisecond();
        Ok(Staff {
            id: StaffId(row.id),
            login: row.login,
            name: String::from_utf8_lossy(&name).into_owned(),
            role: Role::parse(&row.role),
            disabled: row.disabled,
            locked_until: (row.locked_until > now)
                .then(|| Timestamp::from_millisecond(row.locked_until).unwrap_or_default()),
        })
    }
}

/// An account that somebody tries to log in to.
struct Account {
    id: StaffId,
    wrap: String,
    failures: Failures,
}

/// Those who try names that do not exist: each takes as long as a real one, so that names cannot be guessed, but only
/// one at a time, so that they cost the machine no more than that.
struct Strangers {
    waiting: AtomicUsize,
    turn: Mutex<()>,
}

static STRANGERS: Strangers = Strangers::new();

impl Strangers {
    const fn new() -> Self {
        Self { waiting: AtomicUsize::new(0), turn: Mutex::new(()) }
    }

    /// Takes the time that a password takes; `false` when so many wait that it is not worth it.
    fn take_the_time(&self, password: &str) -> bool {
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

struct RawStaff {
    id: i64,
    login: String,
    name: Vec<u8>,
    role: String,
    disabled: bool,
    locked_until: i64,
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

fn administrators(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM staff WHERE role = 'administrator' AND disabled = 0";
    db.query_row(sql, [], |row| row.get(0))
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

    #[test]
    fn short_and_common_passwords_are_refused() {
        for bad in ["", "みじかい", "passwordpassword", "1234567890123", "aaaaaaaaaaaaaaaa"] {
            assert!(!is_acceptable(bad, &[]), "{bad}");
        }
        assert!(!is_acceptable("KJ137000001900", &["KJ137000001900"]));
        assert!(is_acceptable("ひるねこ みかん やま 花", &[]));
    }
}
