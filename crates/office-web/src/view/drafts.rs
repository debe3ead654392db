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
            by: send.by.word().to_owned(),
            files: send.review.files.len(),
            reason: send.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::sends::{Counts, SendState};

    #[test]
    fn a_draft_says_for_whom_it_is_and_why_it_came_back() {
        let failed =
            Send { reason: "大きすぎます。".to_owned(), ..sample::send(1, SendState::Failed) };
        let undecided = Send { receiver: None, ..sample::send(2, SendState::Draft) };
        let frame = sample::frame("/1370000019/drafts", None, Counts::default());
        let names = vec![(sample::no("1370000027"), "さくら訪問介護".to_owned())];
        let drafts = Drafts::of(frame, vec![failed, undecided], &names, sample::now());
        let rows: Vec<_> = drafts
            .rows
            .iter()
            .map(|row| {
                (row.receiver.name.as_str(), row.reason.as_str(), row.open.to_string(), row.saved.as_str())
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("さくら訪問介護", "大きすぎます。", "/1370000019/send/1".to_owned(), "今日 11:00"),
                ("", "", "/1370000019/send/2".to_owned(), "今日 11:00"),
            ]
        );
    }
}
