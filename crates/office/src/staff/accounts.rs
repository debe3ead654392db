//! Accounts of the staff, and logging in: a password opens the drawer.

use jiff::Timestamp;
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::vault::VaultError;

use super::member::{LoginError, Role, Staff, StaffError, StaffId};
use super::password::is_acceptable;
use super::store::{self, RawStaff};
use super::strangers::STRANGERS;
use crate::base::error::OfficeError;
use crate::base::lockout::{Failures, Place, Try};
use crate::base::record::{Action, Actor};
use crate::base::{Base, Deed};

/// Characters of a 個人ID or a name.
const TEXT_CHARS_MAX: usize = 60;

/// Where failures of accounts are counted.
const LOCK: Place = Place("staff", "id");

/// The accounts of the staff.
#[derive(Clone)]
pub struct Accounts(Base);

/// An account that somebody tries to log in to.
struct Account {
    id: StaffId,
    wrap: String,
    failures: Failures,
}

impl Accounts {
    pub(crate) fn new(base: &Base) -> Self {
        Self(base.clone())
    }

    /// Whether the first administrator was made.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_members(&self) -> Result<bool, OfficeError> {
        self.0.read(store::has_members)
    }

    /// Makes the first administrator, and the key of the drawer with it.
    ///
    /// # Errors
    /// When there is staff already, or the words are not acceptable.
    pub fn add_first(&self, login: &str, name: &str, password: &str) -> Result<StaffId, StaffError> {
        if self.has_members()? {
            return Err(StaffError::LoginTaken);
        }
        self.0.open_drawer(DrawerKey::generate().map_err(OfficeError::from)?);
        self.add(login.trim(), login, name, Role::Administrator, password)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// When the words are not acceptable or the 個人ID is in use; [`StaffError::LoginTaken`] also for the words under
    /// which the record knows the node itself, its folders and programs.
    pub fn add(
        &self,
        by: impl Into<Actor>,
        login: &str,
        name: &str,
        role: Role,
        password: &str,
    ) -> Result<StaffId, StaffError> {
        let (login, name) = (login.trim(), name.trim());
        must_be_login(login)?;
        if !is_text(name) || name.chars().any(char::is_control) {
            return Err(StaffError::Name);
        }
        let wrap = self.wrap(login, password)?;
        let sealed = self.0.seal("staff name", name.as_bytes())?;
        self.0.write(&by.into(), |tx: &Deed<'_>| {
            if store::is_in_use(tx, login).map_err(OfficeError::from)? {
                return Err(StaffError::LoginTaken);
            }
            let id = store::insert(tx, login, &sealed, role, &wrap).map_err(OfficeError::from)?;
            tx.record(Action::StaffAdded, None, login)?;
            Ok(id)
        })
    }

    /// Lets a member in and opens the drawer.
    ///
    /// # Errors
    /// When the account or password is wrong, or the account is locked.
    pub fn log_in(&self, login: &str, password: &str) -> Result<Staff, LoginError> {
        let login = login.trim();
        let Some(account) = self.begin_log_in(login)? else {
            STRANGERS.take_the_time(password);
            return Err(LoginError::Wrong);
        };
        let Account { id, wrap, failures } = account;
        match DrawerKey::open(Some(&wrap), password) {
            Ok(key) => self.0.open_drawer(key),
            Err(VaultError::WrongPassword) => return Err(self.note_failure(login, failures)?),
            Err(error) => return Err(OfficeError::from(error).into()),
        }
        let staff = self.member(id)?;
        self.0.write(&Actor::from(&staff.login), |tx| {
            LOCK.clear(tx, &id.0)?;
            tx.record(Action::LoggedIn, None, "")
        })?;
        Ok(staff)
    }

    /// Finds an account and counts the try before it is made; `None` when there is no such account.
    fn begin_log_in(&self, login: &str) -> Result<Option<Account>, LoginError> {
        self.0.keep(|tx| {
            let found = store::account(tx, login).map_err(OfficeError::from)?;
            let Some((id, wrap)) = found else { return Ok(None) };
            match LOCK.begin_try(tx, &id.0, tx.now()).map_err(OfficeError::from)? {
                None => Ok(None),
                Some(Try::Locked(seconds)) => Err(LoginError::Locked { seconds }),
                Some(Try::Counted(failures)) => Ok(Some(Account { id, wrap, failures })),
            }
        })
    }

    fn note_failure(&self, login: &str, failures: Failures) -> Result<LoginError, OfficeError> {
        let who = Actor::from(login);
        self.0.note(&who, Action::LoginFailed, None)?;
        let Some(seconds) = failures.lock_seconds() else { return Ok(LoginError::Wrong) };
        self.0.note(&who, Action::LoginLocked, None)?;
        Ok(LoginError::Locked { seconds })
    }

    /// A member goes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn log_out(&self, login: &str) -> Result<(), OfficeError> {
        self.0.note(&Actor::from(login), Action::LoggedOut, None)
    }

    /// All members.
    ///
    /// # Errors
    /// When the drawer is locked or the database fails.
    pub fn all(&self) -> Result<Vec<Staff>, OfficeError> {
        self.0.read(store::all)?.into_iter().map(|row| self.staff_of(row)).collect()
    }

    /// One member.
    ///
    /// # Errors
    /// When there is none, or the drawer is locked.
    pub fn member(&self, id: StaffId) -> Result<Staff, OfficeError> {
        self.staff_of(self.0.read(|db| store::one(db, id))?)
    }

    /// Changes one's own password.
    ///
    /// # Errors
    /// When the old one is wrong or the new one is not acceptable.
    pub fn change_own_password(&self, id: StaffId, old: &str, new: &str) -> Result<(), StaffError> {
        let staff = self.member(id)?;
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
    pub fn set_password(&self, by: impl Into<Actor>, id: StaffId, new: &str) -> Result<(), StaffError> {
        let staff = self.member(id)?;
        let wrap = self.wrap(&staff.login, new)?;
        self.0.write(&by.into(), |tx| {
            store::set_wrap(tx, id, &wrap).map_err(OfficeError::from)?;
            Ok(tx.record(Action::PasswordSet, None, &staff.login)?)
        })
    }

    /// Changes what a member may do, or whether they may log in at all.
    ///
    /// # Errors
    /// When no administrator would be left.
    pub fn change(
        &self,
        by: impl Into<Actor>,
        id: StaffId,
        role: Role,
        disabled: bool,
    ) -> Result<(), StaffError> {
        let staff = self.member(id)?;
        self.0.write(&by.into(), |tx| {
            store::set_role(tx, id, role, disabled).map_err(OfficeError::from)?;
            if store::administrators(tx).map_err(OfficeError::from)? == 0 {
                return Err(StaffError::LastAdministrator);
            }
            let action = if disabled { Action::StaffDisabled } else { Action::StaffChanged };
            Ok(tx.record(action, None, &staff.login)?)
        })
    }

    /// Opens the drawer and gives a member a new password by the key of an office: the way back when every
    /// password of the staff is lost. The caller has proved to be the office.
    ///
    /// # Errors
    /// When there is no such member or the password is not acceptable.
    pub fn rescue(&self, key: DrawerKey, login: &str, new: &str) -> Result<(), StaffError> {
        self.0.open_drawer(key);
        let staff = self.all()?.into_iter().find(|staff| staff.login == login.trim());
        let staff = staff.ok_or(OfficeError::NotFound)?;
        self.set_password(Actor::Recovery, staff.id, new)
    }

    fn wrap(&self, login: &str, password: &str) -> Result<String, StaffError> {
        if !is_acceptable(password, &[login]) {
            return Err(StaffError::Password);
        }
        Ok(self.0.drawer()?.lock(password).map_err(OfficeError::from)?)
    }

    fn staff_of(&self, row: RawStaff) -> Result<Staff, OfficeError> {
        let name = self.0.unseal("staff name", &row.name)?;
        let now = self.0.now().as_millisecond();
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

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX
}

/// A 個人ID has no blanks, and nobody in the record would be taken for somebody else.
fn must_be_login(login: &str) -> Result<(), StaffError> {
    if !is_text(login) || login.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(StaffError::Login);
    }
    if Actor::is_taken(login) { Err(StaffError::LoginTaken) } else { Ok(()) }
}
