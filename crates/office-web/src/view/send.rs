//! 送信 and 送信確認; also 編集 of a line of 一括送信.

use askama::Template;
use tasuki_office::files::{FileReview, Readiness, Weight};
use tasuki_office::partners::Partner;
use tasuki_office::sends::{Send, SendId};
use tasuki_parcel::limits::{CONTENTS_BYTES, MESSAGE_CHARS};
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use super::parts::{FileLine, KeyNote, Names, Other, RemarkLine};
use crate::forms::Field;
use crate::http::address::{Address, Link};
use crate::words;

/// So many files are shown one below the other.
const FEW_FILES: usize = 6;

/// What the page has to say about going on, beside its button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Class of the words; empty for plain ones.
    pub(crate) class: &'static str,
    pub(crate) words: &'static str,
}

impl Verdict {
    pub(crate) fn of(readiness: Readiness, is_held: bool) -> Self {
        let (class, words) = match readiness {
            Readiness::Blocked if is_held => ("warn", "相手の鍵の確認を待っています"),
            Readiness::Ready => ("good", "送信できます"),
            Readiness::Doubtful => ("warn", "警告を確認してください"),
            Readiness::Blocked => ("failed", "直すところがあります"),
            Readiness::Empty => ("", "ファイルを入れてください"),
            Readiness::Unasked => ("", "送信先の確認には、事業所ユーザログインが必要です"),
        };
        Self { class, words }
    }
}

/// 送信.
#[derive(Template)]
#[template(path = "pages/send.html")]
pub(crate) struct SendPage {
    pub(crate) frame: Frame,
    /// `None` while nothing was dropped or typed.
    pub(crate) draft: Option<Draft>,
    /// Where files are put in.
    pub(crate) drop: Link,
    pub(crate) receiver: Other,
    pub(crate) receiver_remarks: Vec<RemarkLine>,
    pub(crate) key_note: Option<KeyNote>,
    pub(crate) message: Field,
    pub(crate) message_limit: usize,
    pub(crate) size: String,
    pub(crate) limit: String,
    pub(crate) percent: u64,
    pub(crate) file_count: usize,
    pub(crate) verdict: Verdict,
    pub(crate) can_go: bool,
}

/// What is there once something was put in.
pub(crate) struct Draft {
    pub(crate) to: DraftLinks,
    pub(crate) in_batch: bool,
    pub(crate) receiver: Field,
    /// Offices to choose from.
    pub(crate) partners: Names,
    /// What there is something to be said of, and what is not of the standard.
    pub(crate) files: Vec<FileLine>,
    /// Files of the standard without a remark, when they are many.
    pub(crate) clean: Vec<FileLine>,
    pub(crate) remarks: Vec<RemarkLine>,
    pub(crate) contents: String,
    /// Warnings that can be accepted: those of a send without errors.
    pub(crate) warnings: usize,
    pub(crate) is_accepted: bool,
    /// Why it could not be sent before.
    pub(crate) reason: String,
}

/// The actions of a draft.
pub(crate) struct DraftLinks {
    pub(crate) receiver: Link,
    pub(crate) accept: Link,
    pub(crate) message: Link,
    pub(crate) keep: Link,
    pub(crate) delete: Link,
    pub(crate) confirm: Link,
}

impl DraftLinks {
    fn of(office: OfficeNo, id: SendId) -> Self {
        let to = |address: Address| address.of(office);
        Self {
            receiver: to(Address::Receiver(id)),
            accept: to(Address::Accept(id)),
            message: to(Address::Message(id)),
            keep: to(Address::Keep(id)),
            delete: to(Address::Delete(id)),
            confirm: to(Address::Confirm(id)),
        }
    }
}

/// What was typed and is wrong, in the place of what is kept.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) receiver: Option<Field>,
    pub(crate) message: Option<Field>,
}

impl SendPage {
    /// The page before anything is put in. There is no draft yet.
    pub(crate) fn new(
        frame: Frame,
        receiver: Option<OfficeNo>,
        partner: Option<&Partner>,
        message: Option<Field>,
    ) -> Self {
        Self {
            draft: None,
            drop: frame.to(Address::NewSend),
            receiver: Other::partner(receiver, partner),
            receiver_remarks: Vec::new(),
            key_note: KeyNote::of(&frame, partner),
            message: message.unwrap_or_default(),
            message_limit: MESSAGE_CHARS,
            size: words::size(0),
            limit: words::size(CONTENTS_BYTES),
            percent: 0,
            file_count: 0,
            verdict: Verdict::of(Readiness::Empty, false),
            can_go: false,
            frame: frame.needing_relay_if(receiver.is_some()),
        }
    }

    /// A draft, with what was typed and is wrong.
    pub(crate) fn of(
        frame: Frame,
        send: Send,
        partner: Option<&Partner>,
        partners: Names,
        typed: Typed,
    ) -> Self {
        let standing = partner.map(Partner::standing);
        let (readiness, obstacle) = send.review.readiness(send.receiver, standing, send.letter.accepted);
        let key_note = KeyNote::of(&frame, partner);
        // The note says the same, and where it goes on.
        let obstacle = obstacle.filter(|_| key_note.is_none());
        let no = send.receiver.map(|no| no.to_string()).unwrap_or_default();
        let (files, clean) = part(&send.review.files);
        let lines = |files: Vec<&FileReview>| {
            files.into_iter().map(|file| FileLine::of(send.office, send.id, file)).collect()
        };
        let errors = send.review.count(Weight::Error);
        Self {
            drop: frame.to(Address::Send(send.id)),
            receiver: Other::partner(send.receiver, partner),
            receiver_remarks: obstacle.iter().map(RemarkLine::of).collect(),
            message: typed.message.unwrap_or_else(|| Field::with(&send.letter.message)),
            message_limit: MESSAGE_CHARS,
            size: words::size(send.review.size),
            limit: words::size(CONTENTS_BYTES),
            percent: (send.review.size.saturating_mul(100) / CONTENTS_BYTES).min(100),
            file_count: send.review.files.len(),
            verdict: Verdict::of(readiness, key_note.is_some() && errors == 0),
            can_go: readiness.can_go(),
            key_note,
            draft: Some(Draft {
                to: DraftLinks::of(send.office, send.id),
                in_batch: send.in_batch,
                receiver: typed.receiver.unwrap_or_else(|| Field::with(no)),
                partners,
                files: lines(files),
                clean: lines(clean),
                remarks: RemarkLine::all(&send.review.remarks),
                contents: send.review.contents.join("、"),
                warnings: if errors == 0 { send.review.count(Weight::Warning) } else { 0 },
                is_accepted: send.letter.accepted,
                reason: send.reason,
            }),
            frame: frame.needing_relay_if(send.receiver.is_some()),
        }
    }

    pub(crate) fn in_batch(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.in_batch)
    }
}

/// Parts many files, so that what a person has to look at is not lost among them.
fn part(files: &[FileReview]) -> (Vec<&FileReview>, Vec<&FileReview>) {
    if files.len() <= FEW_FILES {
        return (files.iter().collect(), Vec::new());
    }
    let (mut noteworthy, clean): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| !file.is_standard || !file.remarks.is_empty());
    noteworthy.sort_by_key(|file| !file.has_error());
    (noteworthy, clean)
}

/// 送信確認.
#[derive(Template)]
#[template(path = "pages/confirm.html")]
pub(crate) struct Confirm {
    pub(crate) frame: Frame,
    pub(crate) back: Link,
    pub(crate) revision: i64,
    pub(crate) receiver: Other,
    pub(crate) key_note: Option<KeyNote>,
    pub(crate) message: String,
    pub(crate) files: Vec<FileReview>,
    pub(crate) contents: String,
    pub(crate) size: String,
    pub(crate) warnings: usize,
}

impl Confirm {
    pub(crate) fn of(frame: Frame, send: Send, partner: Option<&Partner>) -> Self {
        Self {
            back: frame.to(Address::Send(send.id)),
            revision: send.revision,
            receiver: Other::partner(send.receiver, partner),
            key_note: KeyNote::of(&frame, partner),
            message: send.letter.message,
            contents: send.review.contents.join("、"),
            size: words::size(send.review.size),
            warnings: send.review.count(Weight::Warning),
            files: send.review.files,
            frame: frame.needing_relay(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::files::Remark;
    use tasuki_office::offices::LinkState;
    use tasuki_office::sends::{Counts, SendState};
    use tasuki_protocol::directory::{Office, Participation};

    fn file(id: i64, is_standard: bool, remarks: Vec<Remark>) -> FileReview {
        FileReview { is_standard, remarks, ..sample::file(id) }
    }

    fn partner(changed: bool, confirmed: bool) -> Partner {
        let no = sample::no("1370000027");
        let at = |is_so: bool| is_so.then(sample::now);
        let found = Office {
            no,
            name: "さくら訪問介護".to_owned(),
            kana: String::new(),
            address: String::new(),
            phone: String::new(),
            fax: String::new(),
            services: Vec::new(),
            participation: Participation::Active,
            key: None,
        };
        Partner {
            no,
            found: Some(found),
            seen_at: sample::now(),
            key_changed_at: at(changed),
            key_confirmed_at: at(confirmed),
        }
    }

    #[test]
    fn a_send_is_held_by_a_changed_key_and_says_so_once() {
        for (changed, confirmed, can_go, words) in [
            (false, false, true, "送信できます"),
            (true, false, false, "相手の鍵の確認を待っています"),
            (true, true, true, "送信できます"),
        ] {
            let frame = sample::frame("/1370000019/send/1", Some(LinkState::Online), Counts::default());
            let (send, partner) = (sample::send(1, SendState::Draft), partner(changed, confirmed));
            let page = SendPage::of(frame, send, Some(&partner), Names::new(), Typed::default());
            assert_eq!((page.can_go, page.verdict.words), (can_go, words));
            assert_eq!(page.key_note.is_some(), !can_go);
            assert!(page.receiver_remarks.is_empty(), "the note says it");
            // Who may not confirm is not led there.
            assert!(
                page.key_note.is_none_or(|note| note.confirm.is_none() && note.text.contains("10月24日"))
            );
        }
    }

    #[test]
    fn what_is_wrong_stays_as_it_was_typed() {
        let frame = sample::frame("/1370000019/send/1", None, Counts::default());
        let wrong = Field { error: "長すぎます。".to_owned(), ..Field::with("長い") };
        let typed = Typed { message: Some(wrong.clone()), ..Typed::default() };
        let page = SendPage::of(frame, sample::send(1, SendState::Draft), None, Names::new(), typed);
        assert_eq!(page.message, wrong);
        assert_eq!(page.draft.unwrap().receiver.typed, "1370000027", "and the receiver as it is kept");
        assert!(page.frame.ask_unlock && page.verdict.words.contains("事業所ユーザログイン"));
    }

    #[test]
    fn what_a_person_has_to_look_at_is_not_lost_among_many_files() {
        let error = || vec![Remark::error("誤り".to_owned())];
        let warning = || vec![Remark { weight: Weight::Warning, ..Remark::error("警告".to_owned()) }];
        let few: Vec<_> = (0..6).map(|id| file(id, true, Vec::new())).collect();
        assert_eq!((part(&few).0.len(), part(&few).1.len()), (6, 0), "few stay together");
        let mut many = few;
        many.extend([file(6, true, warning()), file(7, true, error()), file(8, false, Vec::new())]);
        let (noteworthy, clean) = part(&many);
        assert_eq!(noteworthy.iter().map(|file| file.id).collect::<Vec<_>>(), [7, 6, 8], "errors first");
        assert_eq!(clean.len(), 6);
    }

    #[test]
    fn the_verdict_says_what_holds_it_up() {
        for (readiness, is_held, words) in [
            (Readiness::Ready, false, "送信できます"),
            (Readiness::Doubtful, false, "警告を確認してください"),
            (Readiness::Blocked, false, "直すところがあります"),
            (Readiness::Blocked, true, "相手の鍵の確認を待っています"),
            (Readiness::Empty, true, "ファイルを入れてください"),
            (Readiness::Unasked, false, "送信先の確認には、事業所ユーザログインが必要です"),
        ] {
            assert_eq!(Verdict::of(readiness, is_held).words, words, "{readiness:?}");
        }
    }
}
