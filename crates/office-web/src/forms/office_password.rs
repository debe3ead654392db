//! 事業所ユーザのパスワードを変える, and the way back with the recovery code.

use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::offices::OwnOffice;
use tasuki_office::staff::is_acceptable;

use super::{Field, Fields, NewPassword, PASSWORD_ADVICE};
use crate::forms::key::read_code;
use crate::http::posted::Posted;

/// 事業所ユーザのパスワードを変える.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OfficePassword {
    pub(crate) old: Field,
    pub(crate) password: NewPassword,
}

impl Fields for OfficePassword {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.old, &mut self.password.new, &mut self.password.again]
    }
}

impl OfficePassword {
    /// The old and the new password.
    pub(crate) fn read(posted: &Posted, office: &OwnOffice) -> (Self, Option<(String, String)>) {
        let mut form = Self::default();
        let new = new_password(&mut form.password, posted, office);
        let meant = new.map(|new| (posted.raw("old").to_owned(), new));
        form.point();
        (form, meant)
    }

    /// The old password opens nothing.
    pub(crate) fn refuse_old(&mut self) {
        self.old.refuse("今の事業所ユーザのパスワードが違います。");
        self.point();
    }

    /// Whether it is to be seen at once.
    pub(crate) fn is_begun(&self) -> bool {
        *self != Self::default()
    }
}

/// 復元コードで開く.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recover {
    pub(crate) code: Field,
    pub(crate) password: NewPassword,
}

impl Fields for Recover {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.code, &mut self.password.new, &mut self.password.again]
    }
}

impl Recover {
    /// The code and the new password.
    pub(crate) fn read(posted: &Posted, office: &OwnOffice) -> (Self, Option<(RecoveryCode, String)>) {
        let mut form = Self { code: Field::of(posted, "code"), ..Self::default() };
        let code = read_code(&mut form.code, posted);
        let new = new_password(&mut form.password, posted, office);
        form.point();
        (form, code.zip(new))
    }

    /// The code opens nothing here.
    pub(crate) fn refuse_code(&mut self, error: String) {
        self.code.refuse(error);
        self.point();
    }
}

/// A new password of the office, the same twice and not too easy.
fn new_password(form: &mut NewPassword, posted: &Posted, office: &OwnOffice) -> Option<String> {
    let known = [office.no.as_str(), office.kj_id.as_str()];
    let is_acceptable = is_acceptable(posted.raw("new"), &known);
    let acceptable = form.new.take(if is_acceptable { Ok(()) } else { Err(PASSWORD_ADVICE) });
    let new = form.read(posted, "new", "again");
    acceptable.and(new).map(str::to_owned)
}
