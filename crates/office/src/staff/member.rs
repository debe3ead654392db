//! Members of the staff, and why somebody is not let in or not made one.

use jiff::Timestamp;

use crate::base::db::DbError;
use crate::base::error::OfficeError;

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
