//! 送信状況, 送信の詳細, 送達証明.

use askama::Template;
use jiff::Timestamp;
use tasuki_office::sends::{Send, SendFilter, SendState};
use tasuki_protocol::receipt::ReceiptKind;

use super::frame::Frame;
use super::list::{Choice, FilterBar, Listed, Meant, Wanted, month};
use super::parts::{KeptFile, Names, Other, may_be_table};
use crate::http::address::{Address, Link};
use crate::words;

/// What is not set narrows nothing.
pub(crate) fn filter(wanted: &Wanted, meant: Meant, before: Option<(i64, i64)>) -> SendFilter {
    SendFilter {
        state: SendState::parse(&wanted.state),
        receiver: meant.one(),
        month: month(&wanted.month),
        before,
    }
}

/// 送信状況.
#[derive(Template)]
#[template(path = "pages/sent_list.html")]
pub(crate) struct SentList {
    pub(crate) frame: Frame,
    pub(crate) bar: FilterBar,
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Option<String>,
}

/// A line of 送信状況.
pub(crate) struct Row {
    pub(crate) link: Link,
    pub(crate) at: String,
    pub(crate) receiver: Other,
    pub(crate) contents: String,
    pub(crate) files: usize,
    pub(crate) message: String,
    pub(crate) state: SendState,
    pub(crate) reason: String,
    pub(crate) expires_soon: bool,
}

impl SentList {
    pub(crate) fn of(
        frame: Frame,
        found: Listed<Send>,
        wanted: Wanted,
        meant: Meant,
        names: Names,
        now: Timestamp,
    ) -> Self {
        let filter = filter(&wanted, meant, None);
        let states = SendState::ALL.iter().filter(|state| **state != SendState::Draft);
        let states = states.map(|state| Choice {
            value: state.as_str(),
            name: state.name_ja(),
            is_chosen: filter.state == Some(*state),
        });
        let bar = FilterBar {
            field: "receiver",
            label: "送信先（番号か名前）",
            states: states.collect(),
            is_filtered: meant != Meant::Any || filter.state.is_some() || filter.month.is_some(),
            unclear: meant.words(),
            all: frame.to(Address::SentList),
            partners: names,
            wanted,
        };
        let rows = found.items.into_iter().map(|send| Row::of(send, &bar.partners, now)).collect();
        Self { next: found.next.map(|place| bar.next(&place)), frame, bar, rows }
    }
}

impl Row {
    fn of(send: Send, names: &Names, now: Timestamp) -> Self {
        Self {
            link: Address::Sent(send.id).of(send.office),
            at: send.queued_at.map(|at| words::short_time(at, now)).unwrap_or_default(),
            receiver: receiver(&send, names),
            contents: send.review.contents.join("、"),
            files: send.review.files.len(),
            message: send.letter.message,
            state: send.state,
            reason: send.reason,
            expires_soon: send.expires_soon,
        }
    }
}

fn receiver(send: &Send, names: &Names) -> Other {
    send.receiver.map_or_else(Other::default, |no| Other::of(no, &send.receiver_name, names))
}

/// 送信の詳細.
#[derive(Template)]
#[template(path = "pages/sent.html")]
pub(crate) struct Sent {
    pub(crate) frame: Frame,
    pub(crate) state: SendState,
    pub(crate) reason: String,
    pub(crate) receiver: Other,
    pub(crate) staff: String,
    pub(crate) message: String,
    pub(crate) contents: String,
    pub(crate) files: Vec<KeptFile>,
    pub(crate) size: String,
    pub(crate) steps: Vec<(&'static str, String)>,
    pub(crate) expires_soon: bool,
    /// What can still be done with it, by the address of each.
    pub(crate) withdraw: Option<Link>,
    pub(crate) proof: Option<Link>,
    pub(crate) edit: Option<Link>,
    pub(crate) again: Option<Link>,
    /// Why something was not done.
    pub(crate) problem: String,
}

impl Sent {
    pub(crate) fn of(frame: Frame, send: Send, names: &Names, problem: String) -> Self {
        let offered = |is_offered: bool, address: Address| is_offered.then(|| frame.to(address));
        let is_on_its_way = matches!(
            send.state,
            SendState::Queued | SendState::Sending | SendState::Interrupted | SendState::Sent
        );
        let can_open = send.state.is_handed_in() && !frame.is_locked;
        let files = send.review.files.iter().enumerate().map(|(index, file)| KeptFile {
            name: file.name.clone(),
            facts: format!("{}・{}", file.kind, words::size(file.size)),
            table: offered(can_open && may_be_table(&file.name), Address::SentTable(send.id, index)),
            save: offered(can_open, Address::SentFile(send.id, index)),
            picture: None,
        });
        Self {
            files: files.collect(),
            withdraw: offered(is_on_its_way, Address::Withdraw(send.id)),
            proof: offered(send.state.is_handed_in(), Address::Proof(send.id)),
            edit: offered(send.state.is_open(), Address::Send(send.id)),
            again: offered(send.state.is_handed_in(), Address::Again(send.id)),
            receiver: receiver(&send, names),
            steps: steps(&send),
            size: words::size(send.review.size),
            state: send.state,
            reason: send.reason,
            staff: send.letter.staff,
            message: send.letter.message,
            contents: send.review.contents.join("、"),
            expires_soon: send.expires_soon,
            problem,
            frame,
        }
    }
}

/// What happened when.
fn steps(send: &Send) -> Vec<(&'static str, String)> {
    let mut steps = Vec::new();
    steps.extend(send.queued_at.map(|at| ("送信の操作", words::exact_time(at))));
    steps.extend(send.sent_at.map(|at| ("送信済（連携基盤が受け取った）", words::exact_time(at))));
    for signed in &send.receipts {
        steps.push((receipt_words(signed.receipt.kind), words::exact_time(signed.accepted_at)));
    }
    let without_receipt = matches!(send.state, SendState::Withdrawn | SendState::Expired);
    if without_receipt {
        steps.extend(send.changed_at.map(|at| (send.state.name_ja(), words::exact_time(at))));
    }
    steps
}

fn receipt_words(kind: ReceiptKind) -> &'static str {
    match kind {
        ReceiptKind::Received => "受信済（相手の事業所に届いた）",
        ReceiptKind::Opened => "開封済（相手が開いた）",
        ReceiptKind::Imported => "取込済（相手が介護ソフトに取り込んだ）",
        ReceiptKind::Refused => "受取不可（相手が受け取れなかった）",
    }
}

/// 送達証明.
#[derive(Template)]
#[template(path = "pages/proof.html")]
pub(crate) struct Proof {
    pub(crate) frame: Frame,
    pub(crate) receiver: Other,
    pub(crate) staff: String,
    pub(crate) contents: String,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) steps: Vec<(&'static str, String)>,
    pub(crate) parcel: String,
    pub(crate) digest: String,
    /// What the receiver has signed: fact, time, signature.
    pub(crate) receipts: Vec<(&'static str, String, String)>,
    pub(crate) made_at: String,
    pub(crate) state: &'static str,
}

impl Proof {
    pub(crate) fn of(frame: Frame, send: &Send, names: &Names, now: Timestamp) -> Self {
        let receipts = send.receipts.iter().map(|signed| {
            let at = words::exact_time(signed.accepted_at);
            (receipt_words(signed.receipt.kind), at, signed.signature.clone())
        });
        let files = send.review.files.iter().map(|file| (file.name.clone(), words::size(file.size)));
        Self {
            receiver: receiver(send, names),
            steps: steps(send),
            receipts: receipts.collect(),
            parcel: send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default(),
            digest: send.sealed.map(|(_, digest)| digest.to_string()).unwrap_or_default(),
            staff: send.letter.staff.clone(),
            contents: send.review.contents.join("、"),
            files: files.collect(),
            made_at: words::exact_time(now),
            state: send.state.name_ja(),
            frame,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::offices::LinkState;
    use tasuki_office::sends::Counts;

    fn frame(link: Option<LinkState>) -> Frame {
        sample::frame("/1370000019/sent", link, Counts::default())
    }

    /// A state is never shown with what it does not allow.
    #[test]
    fn a_send_offers_what_its_state_allows() {
        use SendState as S;
        for (state, offered) in [
            (S::Draft, "edit"),
            (S::Queued, "withdraw"),
            (S::Sending, "withdraw"),
            (S::Interrupted, "withdraw"),
            (S::Failed, "edit"),
            (S::Sent, "withdraw proof again"),
            (S::Received, "proof again"),
            (S::Opened, "proof again"),
            (S::Imported, "proof again"),
            (S::Refused, "proof again"),
            (S::Withdrawing, ""),
            (S::Withdrawn, "proof again"),
            (S::Expired, "proof again"),
        ] {
            let sent = Sent::of(
                frame(Some(LinkState::Online)),
                sample::send(1, state),
                &Names::new(),
                String::new(),
            );
            let links = [
                ("withdraw", sent.withdraw),
                ("proof", sent.proof),
                ("edit", sent.edit),
                ("again", sent.again),
            ];
            let found: Vec<_> =
                links.iter().filter(|(_, link)| link.is_some()).map(|(name, _)| *name).collect();
            assert_eq!(found.join(" "), offered, "{state:?}");
            let is_kept = state.is_handed_in();
            assert!(sent.files.iter().all(|file| file.save.is_some() == is_kept), "{state:?}");
        }
        let locked = Sent::of(frame(None), sample::send(1, S::Sent), &Names::new(), String::new());
        assert!(locked.files.iter().all(|file| file.save.is_none() && file.table.is_none()));
    }

    #[test]
    fn the_list_keeps_what_it_is_narrowed_to() {
        let found = Listed { items: vec![sample::send(5, SendState::Sent)], next: Some("7-5".to_owned()) };
        let wanted = Wanted { state: "sent".into(), other: "さくら".into(), month: "2025-10".into() };
        let meant = Meant::One(sample::no("1370000027"));
        assert_eq!(filter(&wanted, meant, Some((7, 5))).receiver, meant.one());
        let list = SentList::of(frame(None), found, wanted, meant, Names::new(), sample::now());
        assert!(list.bar.is_filtered && !list.frame.ask_unlock);
        let chosen: Vec<_> =
            list.bar.states.iter().filter(|state| state.is_chosen).map(|state| state.name).collect();
        assert_eq!(chosen, ["送信済"]);
        assert!(list.bar.states.iter().all(|state| state.name != "一時保存"), "a draft is on another list");
        let next = list.next.unwrap();
        assert!(
            next.starts_with("?state=sent&receiver=") && next.ends_with("&month=2025-10&before=7-5"),
            "{next}"
        );
        let row = &list.rows[0];
        assert_eq!(
            (row.at.as_str(), row.files, row.link.to_string().as_str()),
            ("今日 11:00", 2, "/1370000019/sent/5")
        );
        // What is typed and means nothing narrows nothing, and is not said to.
        let nothing = Wanted { state: "nothing".into(), other: String::new(), month: "いつか".into() };
        let found = Listed { items: Vec::new(), next: None };
        let list = SentList::of(frame(None), found, nothing, Meant::Any, Names::new(), sample::now());
        assert!(!list.bar.is_filtered && list.next.is_none());
    }

    #[test]
    fn what_happened_is_told_in_its_order() {
        let send = Send {
            sent_at: Some(sample::now()),
            changed_at: Some(sample::now()),
            ..sample::send(1, SendState::Withdrawn)
        };
        let steps = steps(&send);
        let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["送信の操作", "送信済（連携基盤が受け取った）", "取消済"]);
        assert!(steps[1].1.ends_with("12:00:00（日本時間）"), "{steps:?}");
    }
}
