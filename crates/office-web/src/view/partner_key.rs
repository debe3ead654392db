//! The changed key of a partner, to be compared and confirmed.

use askama::Template;
use tasuki_office::partners::{Partner, PartnerKeys};

use super::frame::Frame;
use super::parts::Other;
use crate::http::address::Address;
use crate::words;

/// 相手の鍵を確かめる.
#[derive(Template)]
#[template(path = "pages/partner_key.html")]
pub(crate) struct PartnerKey {
    pub(crate) frame: Frame,
    pub(crate) partner: Other,
    /// When it changed; `None` when there is nothing to confirm.
    pub(crate) changed_at: Option<String>,
    /// The key that is confirmed, as it is.
    pub(crate) key: String,
    /// Both keys in groups, to be read aloud.
    pub(crate) now: String,
    pub(crate) before: String,
}

impl PartnerKey {
    pub(crate) fn of(frame: Frame, partner: &Partner, keys: PartnerKeys) -> Self {
        Self {
            partner: Other::partner(Some(partner.no), Some(partner)),
            changed_at: partner.key_changed_at.filter(|_| partner.has_unconfirmed_key()).map(words::time),
            now: words::groups(&keys.now),
            before: words::groups(&keys.before),
            key: keys.now,
            frame,
        }
    }
}
