//! 事業所ユーザログイン, and the way back with the recovery code.

use askama::Template;

use super::frame::Frame;
use crate::forms::office_password::Recover as RecoverForm;
use crate::forms::unlock::Unlock as UnlockForm;
use crate::http::address::Address;

/// 事業所ユーザログイン.
#[derive(Template)]
#[template(path = "pages/unlock.html")]
pub(crate) struct Unlock {
    pub(crate) frame: Frame,
    /// Where it leads afterwards.
    pub(crate) next: String,
    pub(crate) form: UnlockForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
}

/// 復元コードで開く.
#[derive(Template)]
#[template(path = "pages/recover.html")]
pub(crate) struct Recover {
    pub(crate) frame: Frame,
    pub(crate) form: RecoverForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
}
