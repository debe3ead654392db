//! 一括送信 and its 送信確認.

use askama::Template;
use tasuki_office::Actor;
use tasuki_office::files::{FileReview, Readiness, Remark, Weight};
use tasuki_office::partners::Partner;
use tasuki_office::sends::{BATCH_OFFICES, Send, SendState};

use super::frame::Frame;
use super::parts::{KeyNote, Other, RemarkLine};
use crate::http::address::{Address, Link};
use crate::words;

/// Remarks of one line that are shown on the list; the rest is on its own page.
const REMARKS: usize = 3;

/// A line of 一括送信.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) revision: i64,
    pub(crate) receiver: Other,
    pub(crate) key_note: Option<KeyNote>,
    pub(crate) contents: String,
    pub(crate) files: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) message: String,
    pub(crate) remarks: Vec<RemarkLine>,
    pub(crate) more_remarks: usize,
    pub(crate) warnings: usize,
    pub(crate) errors: usize,
    pub(crate) readiness: Readiness,
    pub(crate) state: SendState,
    /// Why it could not be sent before.
    pub(crate) reason: String,
    pub(crate) size: u64,
    /// It has to wait for the next batch.
    pub(crate) is_beyond: bool,
    pub(crate) is_from_folder: bool,
    /// Its own page.
    pub(crate) link: Link,
    pub(crate) accept: Link,
}

impl Row {
    /// A line with what is known of its receiver.
    pub(crate) fn of(frame: &Frame, send: Send, partner: Option<&Partner>) -> Self {
        let is_from_folder = send.by == Actor::Folder && send.is_untouched();
        let standing = partner.map(Partner::standing);
        let (readiness, obstacle) = send.review.readiness(send.receiver, standing, send.letter.accepted);
        let key_note = KeyNote::of(frame, partner).filter(|_| send.state.is_open());
        let obstacle = obstacle.filter(|_| key_note.is_none());
        let own = obstacle.iter().chain(&send.review.remarks).map(|remark| (None, remark));
        let of_files = send
            .review
            .files
            .iter()
            .flat_map(|file| file.remarks.iter().map(move |remark| (Some(file), remark)));
        let mut remarks: Vec<_> = own.chain(of_files).collect();
        remarks.retain(|(_, remark)| remark.weight > Weight::Info);
        remarks.sort_by_key(|(_, remark)| std::cmp::Reverse(remark.weight));
        let line = |(file, remark): &(Option<&FileReview>, &Remark)| match file {
            Some(file) => RemarkLine::of_file(&file.name, remark),
            // What is about the whole needs no place.
            None => RemarkLine { place: String::new(), ..RemarkLine::of(remark) },
        };
        let (standard, others): (Vec<_>, Vec<_>) =
            send.review.files.iter().partition(|file| file.is_standard);
        let own_page = if send.state.is_open() { Address::Send(send.id) } else { Address::Sent(send.id) };
        Self {
            id: send.id.0,
            revision: send.revision,
            receiver: Other::partner(send.receiver, partner),
            key_note,
            contents: send.review.contents.join("、"),
            files: format!("CSV {} 個・{}", standard.len(), words::size(send.review.size)),
            attachments: others
                .iter()
                .map(|file| format!("{} {}", file.name, words::size(file.size)))
                .collect(),
            more_remarks: remarks.len().saturating_sub(REMARKS),
            remarks: remarks.iter().take(REMARKS).map(line).collect(),
            warnings: send.review.count(Weight::Warning),
            errors: send.review.count(Weight::Error),
            size: send.review.size,
            link: frame.to(own_page),
            accept: frame.to(Address::Accept(send.id)),
            message: send.letter.message,
            readiness,
            state: send.state,
            reason: send.reason,
            is_beyond: false,
            is_from_folder,
        }
    }

    /// Whether it goes with the next batch.
    pub(crate) fn can_go(&self) -> bool {
        self.state.is_open() && self.readiness == Readiness::Ready
    }

    /// It was tried and came back.
    pub(crate) fn has_failed(&self) -> bool {
        self.state == SendState::Failed
    }

    /// It waits for somebody to ask the receiver about its key, and for nothing else that is to be mended here.
    pub(crate) fn is_held(&self) -> bool {
        self.key_note.is_some() && self.readiness == Readiness::Blocked && self.errors == 0
    }

    /// What it waits for, of a line that is not on its way.
    pub(crate) fn verdict(&self) -> (&'static str, String) {
        match self.readiness {
            Readiness::Ready if self.is_beyond => ("good", "次の一括送信で送れます".to_owned()),
            Readiness::Ready => ("good", "送信できます".to_owned()),
            Readiness::Doubtful => ("warn", format!("警告 {} 件", self.warnings)),
            Readiness::Blocked if self.is_held() => ("warn", "相手の鍵の確認待ち".to_owned()),
            Readiness::Blocked => ("failed", "直してください".to_owned()),
            Readiness::Empty => ("", "ファイルなし".to_owned()),
            Readiness::Unasked => ("", "送信先を未確認".to_owned()),
        }
    }

    /// Warnings that a person may accept here.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.readiness == Readiness::Doubtful
    }

    /// What waits for a person comes first: at the end of a long list nobody would see it.
    fn rank(&self) -> u8 {
        match (self.state.is_open(), self.readiness) {
            (true, Readiness::Blocked | Readiness::Empty) => 0,
            (true, Readiness::Doubtful) => 1,
            _ => 2,
        }
    }
}

/// Puts the lines into their order and marks what is beyond one batch.
pub(crate) fn ordered(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(Row::rank);
    for row in rows.iter_mut().filter(|row| row.can_go()).skip(BATCH_OFFICES) {
        row.is_beyond = true;
    }
    rows
}

/// 一括送信.
#[derive(Template)]
#[template(path = "pages/batch.html")]
pub(crate) struct Batch {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
    pub(crate) counts: Counts,
    pub(crate) limit: usize,
}

/// How many lines are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) ready: usize,
    pub(crate) doubtful: usize,
    pub(crate) blocked: usize,
    pub(crate) held: usize,
    pub(crate) on_the_way: usize,
    pub(crate) beyond: usize,
}

impl Counts {
    fn of(rows: &[Row]) -> Self {
        rows.iter().fold(Self::default(), |mut counts, row| {
            counts.beyond += usize::from(row.is_beyond);
            counts.on_the_way += usize::from(row.state.is_on_its_way());
            if row.state.is_open() {
                match row.readiness {
                    Readiness::Ready => counts.ready += 1,
                    Readiness::Doubtful => counts.doubtful += 1,
                    Readiness::Blocked if row.is_held() => counts.held += 1,
                    Readiness::Blocked | Readiness::Empty => counts.blocked += 1,
                    Readiness::Unasked => {}
                }
            }
            counts
        })
    }
}

impl Batch {
    pub(crate) fn of(frame: Frame, rows: Vec<Row>) -> Self {
        Self {
            counts: Counts::of(&rows),
            limit: BATCH_OFFICES,
            frame: frame.needing_relay_if(!rows.is_empty()),
            rows,
        }
    }
}

/// 送信確認 of 一括送信.
#[derive(Template)]
#[template(path = "pages/batch_confirm.html")]
pub(crate) struct Confirm {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
    /// What waits for its receiver's key to be confirmed.
    pub(crate) held: Vec<Row>,
    /// What stays behind because a person has to look at it.
    pub(crate) left: usize,
    pub(crate) beyond: usize,
    pub(crate) limit: usize,
    pub(crate) size: String,
}

impl Confirm {
    pub(crate) fn of(frame: Frame, all: Vec<Row>) -> Self {
        let beyond = all.iter().filter(|row| row.is_beyond).count();
        let (rows, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|row| row.can_go() && !row.is_beyond);
        let open = others.into_iter().filter(|row| row.state.is_open() && !row.can_go());
        let (held, left): (Vec<_>, Vec<_>) = open.partition(Row::is_held);
        Self {
            size: words::size(rows.iter().map(|row| row.size).sum()),
            frame: frame.needing_relay(),
            rows,
            held,
            left: left.len(),
            beyond,
            limit: BATCH_OFFICES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::sends::{Counts as MenuCounts, SendId};

    fn row(state: SendState, readiness: Readiness, is_held: bool) -> Row {
        let office = "1370000019".parse().unwrap();
        let key_note = is_held.then(|| KeyNote { text: "鍵".to_owned(), confirm: None });
        Row {
            id: 1,
            revision: 1,
            receiver: Other::default(),
            key_note,
            contents: String::new(),
            files: String::new(),
            attachments: Vec::new(),
            message: String::new(),
            remarks: Vec::new(),
            more_remarks: 0,
            warnings: 2,
            errors: 0,
            readiness,
            state,
            reason: String::new(),
            size: 1024,
            is_beyond: false,
            is_from_folder: false,
            link: Address::Send(SendId(1)).of(office),
            accept: Address::Accept(SendId(1)).of(office),
        }
    }

    #[test]
    fn what_waits_for_a_person_comes_first_and_is_counted() {
        use Readiness::{Blocked, Doubtful, Empty, Ready, Unasked};
        use SendState::{Draft, Failed, Queued};
        let rows = ordered(vec![
            row(Draft, Ready, false),
            row(Queued, Ready, false),
            row(Failed, Ready, false),
            row(Draft, Unasked, false),
            row(Draft, Doubtful, false),
            row(Draft, Blocked, false),
            row(Draft, Blocked, true),
            row(Draft, Empty, false),
        ]);
        let first: Vec<_> = rows.iter().take(4).map(|row| row.verdict().1).collect();
        assert_eq!(first, ["直してください", "相手の鍵の確認待ち", "ファイルなし", "警告 2 件"]);
        let counts = Counts { ready: 2, doubtful: 1, blocked: 2, held: 1, on_the_way: 1, beyond: 0 };
        assert_eq!(Counts::of(&rows), counts);
    }

    #[test]
    fn one_batch_takes_its_limit_and_the_rest_waits() {
        let ready = |_| row(SendState::Draft, Readiness::Ready, false);
        let mut rows: Vec<_> = (0..BATCH_OFFICES + 2).map(ready).collect();
        rows.push(row(SendState::Draft, Readiness::Blocked, false));
        rows.push(row(SendState::Draft, Readiness::Blocked, true));
        let rows = ordered(rows);
        let beyond = rows.iter().filter(|row| row.is_beyond).map(|row| row.verdict().1);
        assert_eq!(beyond.collect::<Vec<_>>(), ["次の一括送信で送れます"; 2]);
        let frame = sample::frame("/1370000019/batch/confirm", None, MenuCounts::default());
        let confirm = Confirm::of(frame, rows);
        assert_eq!((confirm.rows.len(), confirm.beyond), (BATCH_OFFICES, 2));
        assert_eq!((confirm.left, confirm.held.len()), (1, 1));
        assert_eq!(confirm.size, "50 KB");
    }
}
