//! 一時保存.

use askama::Template;
use jiff::Timestamp;
use tasuki_office::sends::Send;

use super::frame::Frame;
use super::parts::{Names, Other};
use crate::http::address::{Address, Link};
use crate::words;

/// The list of what is being put together.
#[derive(Template)]
#[template(path = "pages/drafts.html")]
pub(crate) struct Drafts {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
}

/// A draft.
pub(crate) struct Row {
    pub(crate) open: Link,
    pub(crate) delete: Link,
    pub(crate) saved: String,
    /// Without a number it is undecided.
    pub(crate) receiver: Other,
    pub(crate) contents: String,
    pub(crate) message: String,
    pub(crate) by: String,
    pub(crate) files: usize,
    /// Why it could not be sent before.
    pub(crate) reason: String,
}

impl Drafts {
    pub(crate) fn of(frame: Frame, drafts: Vec<Send>, names: &Names, now: Timestamp) -> Self {
        Self { frame, rows: drafts.into_iter().map(|send| Row::of(send, names, now)).collect() }
    }
}

impl Row {
    fn of(send: Send, names: &Names, now: Timestamp) -> Self {
        let address = |address: Address| address.of(send.office);
        Self {
            open: address(Address::Send(send.id)),
            delete: address(Address::Delete(send.id)),
            saved: words::short_time(send.updated_at, now),
            receiver: send.receiver.map_or_else(Other::default, |no| Other::of(no, "", names)),
            contents: send.review.contents.join("、"),
            message: send.letter.message,
            by: send.by_staff,
            files: send.review.files.len(),
            reason: send.reason,
        }
    }
}
