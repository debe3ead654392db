//! 利用開始, the recovery kit, and the key of the office for a further computer.

use askama::Template;
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use crate::forms::key::BringKey as BringKeyForm;
use crate::forms::setup::Setup as SetupForm;
use crate::http::address::{Address, Link};

/// 利用開始, and the same for another office.
#[derive(Template)]
#[template(path = "pages/setup.html")]
pub(crate) struct Setup {
    pub(crate) form: SetupForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
    /// A backup is laid ready.
    pub(crate) restores: bool,
    /// The first administrator was made before.
    pub(crate) has_staff: bool,
    pub(crate) csrf: String,
    pub(crate) action: String,
}

/// 復元キット, to be printed.
#[derive(Template)]
#[template(path = "pages/kit.html")]
pub(crate) struct Kit {
    pub(crate) office: OfficeNo,
    pub(crate) office_name: String,
    pub(crate) kj_id: String,
    pub(crate) code: String,
    pub(crate) made_on: String,
    /// Where the file is saved from.
    pub(crate) file: Link,
    pub(crate) top: Link,
}

/// 事業所の鍵をこのPCに入れる.
#[derive(Template)]
#[template(path = "pages/bring_key.html")]
pub(crate) struct BringKey {
    pub(crate) frame: Frame,
    pub(crate) form: BringKeyForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
}
