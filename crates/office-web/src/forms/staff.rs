//! Members of the staff: one's own password, somebody added, somebody's new password, the first administrator.

use tasuki_office::staff::{Role, StaffError, StaffId};

use super::{Field, Fields, NewPassword, PASSWORD_ADVICE};
use crate::http::ask::plain;
use crate::http::posted::Posted;
use crate::words;

/// What is wrong with an account, and what to do.
pub(crate) fn staff_words(error: &StaffError) -> String {
    match error {
        StaffError::Login => "個人IDは空白のない60文字までの文字にしてください。".into(),
        StaffError::LoginTaken => "その個人IDはもう使われています。別のものにしてください。".into(),
        StaffError::Name => "氏名を60文字までで入れてください。".into(),
        StaffError::Password => PASSWORD_ADVICE.into(),
        StaffError::LastAdministrator => {
            "管理者がいなくなるため、変更できません。さきに別の人を管理者にしてください。".into()
        }
        StaffError::WrongPassword => "今のパスワードが違います。".into(),
        StaffError::Office(error) => words::problem(error),
    }
}

/// 自分のパスワード.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnPassword {
    pub(crate) old: Field,
    pub(crate) password: NewPassword,
}

impl Fields for OwnPassword {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.old, &mut self.password.new, &mut self.password.again]
    }
}

impl OwnPassword {
    /// The old and the new password.
    pub(crate) fn read(posted: &Posted) -> (Self, Option<(String, String)>) {
        let mut form = Self::default();
        let new = form.password.read(posted, "new", "again");
        let meant = new.map(|new| (posted.raw("old").to_owned(), new.to_owned()));
        form.point();
        (form, meant)
    }

    /// What the node has against it; what is against no field of it comes back.
    pub(crate) fn refused(&mut self, error: &StaffError) -> Option<String> {
        match error {
            StaffError::WrongPassword => self.old.refuse(staff_words(error)),
            StaffError::Password => self.password.new.refuse(staff_words(error)),
            error => return Some(staff_words(error)),
        }
        self.point();
        None
    }
}

/// 職員を追加する.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AddStaff {
    pub(crate) login: Field,
    pub(crate) name: Field,
    pub(crate) is_administrator: bool,
    pub(crate) password: Field,
}

/// Somebody who is to be added.
pub(crate) struct NewStaff {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) password: String,
}

impl Fields for AddStaff {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.login, &mut self.name, &mut self.password]
    }
}

impl AddStaff {
    /// Who is to be added. What is wrong only the node knows.
    pub(crate) fn read(posted: &Posted) -> (Self, NewStaff) {
        let role = Role::parse(posted.text("role"));
        let form = Self {
            login: Field::of(posted, "login"),
            name: Field::of(posted, "name"),
            is_administrator: role == Role::Administrator,
            password: Field::default(),
        };
        let meant = NewStaff {
            login: plain(posted.raw("login")),
            name: form.name.typed.clone(),
            role,
            password: posted.raw("password").to_owned(),
        };
        (form, meant)
    }

    /// What the node has against it; what is against no field of it comes back.
    pub(crate) fn refused(&mut self, error: &StaffError) -> Option<String> {
        let field = match error {
            StaffError::Login | StaffError::LoginTaken => &mut self.login,
            StaffError::Name => &mut self.name,
            StaffError::Password => &mut self.password,
            error => return Some(staff_words(error)),
        };
        field.refuse(staff_words(error));
        self.point();
        None
    }

    /// Whether it is to be seen at once.
    pub(crate) fn is_begun(&self) -> bool {
        *self != Self::default()
    }
}

/// A new password for a member, in the row of the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberPassword {
    pub(crate) id: StaffId,
    pub(crate) password: Field,
}

impl MemberPassword {
    /// What the node has against it; `None` when that is against something else.
    pub(crate) fn refused(id: StaffId, error: &StaffError) -> Option<Self> {
        let is_password = matches!(error, StaffError::Password);
        is_password.then(|| {
            let password = Field { is_first: true, error: staff_words(error), ..Field::default() };
            Self { id, password }
        })
    }
}

/// 最初の管理者, of 利用開始.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FirstStaff {
    pub(crate) login: Field,
    pub(crate) name: Field,
    pub(crate) password: Field,
    pub(crate) again: Field,
}

impl FirstStaff {
    /// Who begins.
    pub(super) fn read(posted: &Posted) -> (Self, Option<NewStaff>) {
        let mut form =
            Self { login: Field::of(posted, "login"), name: Field::of(posted, "name"), ..Self::default() };
        let password = posted.raw("staff_password");
        let same = if password == posted.raw("staff_again") {
            Ok(password)
        } else {
            Err("管理者のパスワードの2つの欄が違います。")
        };
        let login = plain(posted.raw("login"));
        let login = form.login.take(if login.is_empty() {
            Err("個人IDを入れてください。")
        } else {
            Ok(login)
        });
        let name = form.name.typed.clone();
        let name =
            form.name.take(if name.is_empty() { Err("氏名を入れてください。") } else { Ok(name) });
        let password = form.again.take(same);
        let meant = login.zip(name).zip(password).map(|((login, name), password)| NewStaff {
            login,
            name,
            role: Role::Administrator,
            password: password.to_owned(),
        });
        (form, meant)
    }

    /// What the node has against it; what is against no field of it comes back.
    pub(super) fn refused(&mut self, error: &StaffError) -> Option<String> {
        let field = match error {
            StaffError::Login | StaffError::LoginTaken => &mut self.login,
            StaffError::Name => &mut self.name,
            StaffError::Password => &mut self.password,
            error => return Some(staff_words(error)),
        };
        field.refuse(staff_words(error));
        None
    }
}
