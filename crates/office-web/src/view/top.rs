//! トップ.

use askama::Template;
use jiff::Timestamp;
use tasuki_office::arrivals::{Arrival, HeldUp};
use tasuki_office::link::{Duty, Obstacle};
use tasuki_office::offices::{LinkState, OwnOffice};
use tasuki_office::sends::Send;

use super::frame::Frame;
use super::parts::{Names, Other};
use crate::http::address::{Address, Link};
use crate::words;

/// Lines of 最近の動き.
pub(crate) const RECENT: u32 = 8;

/// The certificate is spoken of when it ends in so many days.
const CERTIFICATE_DAYS: i64 = 30;

/// トップ.
#[derive(Template)]
#[template(path = "pages/top.html")]
pub(crate) struct Top {
    pub(crate) frame: Frame,
    pub(crate) greeting: &'static str,
    pub(crate) today: String,
    /// Days that the certificate is still valid, when they are few.
    pub(crate) certificate_days: Option<i64>,
    pub(crate) held_up: Vec<String>,
    pub(crate) needs_key: bool,
    pub(crate) cards: [Card; 3],
    pub(crate) recent: Vec<Recent>,
}

/// A number, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) link: String,
    pub(crate) title: &'static str,
    /// `None` while it is not known.
    pub(crate) count: Option<i64>,
    pub(crate) unit: &'static str,
    pub(crate) is_bad: bool,
    pub(crate) note: String,
}

/// What happened last.
pub(crate) struct Recent {
    at: i64,
    pub(crate) time: String,
    pub(crate) name: String,
    pub(crate) contents: String,
    pub(crate) state: &'static str,
    pub(crate) state_class: &'static str,
    pub(crate) link: Link,
}

/// What the node knows of an office, for this page.
pub(crate) struct Known {
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) sent: Vec<Send>,
    pub(crate) latest_unread: Option<Arrival>,
    pub(crate) first_failure: Option<Send>,
    pub(crate) names: Names,
    pub(crate) standing: Standing,
}

/// How the work that goes on by itself stands.
pub(crate) struct Standing {
    pub(crate) held_up: HeldUp,
    pub(crate) is_restored: bool,
    pub(crate) is_backup_overdue: bool,
    /// `None` before 事業所ユーザログイン.
    pub(crate) duties: Option<Vec<DutyState>>,
    pub(crate) link: Option<LinkState>,
}

/// How a duty stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DutyState {
    pub(crate) duty: Duty,
    /// It was done since the start.
    pub(crate) is_done: bool,
    /// What stops it, and since when.
    pub(crate) obstacle: Option<(Obstacle, Timestamp)>,
}

/// How much is known of what has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mailbox {
    /// Nothing since the start: 事業所ユーザログイン comes first.
    Locked,
    /// It is being looked into.
    Asking,
    /// It was looked into.
    Asked,
}

impl Top {
    pub(crate) fn of(frame: Frame, office: &OwnOffice, known: &Known, now: Timestamp) -> Self {
        let clock = words::local(now);
        let days = words::days_until(office.certificate_until, now);
        let latest = known.latest_unread.as_ref().map(|arrival| {
            let sender = Other::of(arrival.sender, &arrival.sender_name, &known.names).name;
            format!("いちばん新しいもの：{sender}（{}）", words::short_time(arrival.received_at, now))
        });
        let failure = known.first_failure.as_ref().map(|send| {
            let receiver = send.receiver.map(|no| Other::of(no, &send.receiver_name, &known.names).name);
            format!("{}：{}", receiver.unwrap_or_default(), send.reason)
        });
        let cards =
            [arrived(&frame, known.standing.mailbox(), latest), failed(&frame, failure), drafts(&frame)];
        Self {
            greeting: greeting(clock.hour()),
            today: words::date(now),
            certificate_days: (days < CERTIFICATE_DAYS).then_some(days),
            held_up: known.standing.words(now),
            needs_key: known.standing.link == Some(LinkState::NoKey),
            cards,
            recent: recent(known, now),
            frame,
        }
    }
}

/// What is not known is never nothing.
fn arrived(frame: &Frame, mailbox: Mailbox, latest: Option<String>) -> Card {
    let unread = frame.counts.unread;
    let known = Some(unread).filter(|count| *count > 0);
    let card = Card {
        link: frame.to(Address::Unread).to_string(),
        title: "新しく届いたもの",
        count: Some(unread),
        unit: "件",
        is_bad: false,
        note: String::new(),
    };
    match mailbox {
        Mailbox::Locked => Card {
            link: frame.to(Address::Unlock).leading_to(&frame.to(Address::Top).to_string()),
            count: known,
            unit: "件以上",
            note: "まだ確かめていません。押して事業所ユーザでログインすると、確かめます。".to_owned(),
            ..card
        },
        Mailbox::Asking => Card { count: known, note: "確かめています。".to_owned(), ..card },
        Mailbox::Asked => {
            Card { note: latest.unwrap_or_else(|| "未読はありません".to_owned()), ..card }
        }
    }
}

fn failed(frame: &Frame, first: Option<String>) -> Card {
    Card {
        link: frame.to(Address::Failed).to_string(),
        title: "送れなかったもの",
        count: Some(frame.counts.failed),
        unit: "件",
        is_bad: frame.counts.failed > 0,
        note: first.unwrap_or_else(|| "ありません".to_owned()),
    }
}

fn drafts(frame: &Frame) -> Card {
    let on_the_way = frame.counts.on_the_way;
    let note = if on_the_way > 0 {
        format!("送信待ち・送信中 {on_the_way} 件")
    } else {
        "送信待ちはありません".to_owned()
    };
    Card {
        link: frame.to(Address::Drafts).to_string(),
        title: "一時保存",
        count: Some(frame.counts.drafts),
        unit: "件",
        is_bad: false,
        note,
    }
}

fn recent(known: &Known, now: Timestamp) -> Vec<Recent> {
    let arrivals = known.arrivals.iter().map(|arrival| Recent {
        at: arrival.received_at.as_millisecond(),
        time: words::short_time(arrival.received_at, now),
        name: format!("{} から", Other::of(arrival.sender, &arrival.sender_name, &known.names).name),
        contents: arrival.inside.contents.join("、"),
        state: arrival.state.name_ja(),
        state_class: arrival.state.as_str(),
        link: Address::Received(arrival.id).of(arrival.office),
    });
    let sent = known.sent.iter().map(|send| {
        let receiver = send.receiver.map(|no| Other::of(no, &send.receiver_name, &known.names).name);
        Recent {
            at: send.queued_at.map_or(0, Timestamp::as_millisecond),
            time: send.queued_at.map(|at| words::short_time(at, now)).unwrap_or_default(),
            name: format!("{} へ", receiver.unwrap_or_default()),
            contents: send.review.contents.join("、"),
            state: send.state.name_ja(),
            state_class: send.state.as_str(),
            link: Address::Sent(send.id).of(send.office),
        }
    });
    let mut recent: Vec<_> = arrivals.chain(sent).collect();
    recent.sort_by_key(|recent| std::cmp::Reverse(recent.at));
    recent.truncate(RECENT as usize);
    recent
}

impl Standing {
    fn mailbox(&self) -> Mailbox {
        match &self.duties {
            None => Mailbox::Locked,
            Some(duties) if duties.iter().any(|state| state.duty == Duty::Fetch && state.is_done) => {
                Mailbox::Asked
            }
            Some(_) => Mailbox::Asking,
        }
    }

    /// What holds up the work that goes on by itself.
    fn words(&self, now: Timestamp) -> Vec<String> {
        let HeldUp { delayed, to_import } = self.held_up;
        let mut told = Vec::new();
        if delayed > 0 {
            told.push(format!("連携基盤から受け取れないものが {delayed} 件あります。自動で続けて試します。"));
        }
        if to_import > 0 {
            told.push(format!("取込フォルダーにまだ保存できていないものが {to_import} 件あります。"));
        }
        if self.is_restored {
            told.push(
                "このパソコンのデータはバックアップから復元されたか、写されたものです。「設定」で確かめるまで、フォルダーから自動では送りません。"
                    .to_owned(),
            );
        }
        if self.is_backup_overdue {
            told.push("毎日のバックアップが2日以上できていません。「設定」で確かめてください。".to_owned());
        }
        let failing = self.duties.iter().flatten().filter_map(|state| Some((state.duty, state.obstacle?)));
        // That there is no line is told at the top of every page.
        for (duty, (obstacle, since)) in failing.filter(|(_, (obstacle, _))| *obstacle != Obstacle::Line) {
            let since = words::short_time(since, now);
            told.push(format!("{}が {since} から止まっています。{}", duty.name_ja(), obstacle.words()));
        }
        told
    }
}

fn greeting(hour: i8) -> &'static str {
    match hour {
        4..11 => "おはようございます",
        11..18 => "こんにちは",
        _ => "おつかれさまです",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::sends::Counts;

    fn duty(duty: Duty, is_done: bool, obstacle: Option<Obstacle>) -> DutyState {
        DutyState { duty, is_done, obstacle: obstacle.map(|obstacle| (obstacle, sample::now())) }
    }

    fn standing(duties: Option<Vec<DutyState>>) -> Standing {
        Standing {
            held_up: HeldUp { delayed: 0, to_import: 0 },
            is_restored: false,
            is_backup_overdue: false,
            duties,
            link: None,
        }
    }

    #[test]
    fn what_is_not_known_is_never_nothing() {
        let asking = Some(vec![duty(Duty::Fetch, false, None), duty(Duty::Send, true, None)]);
        let asked = Some(vec![duty(Duty::Fetch, true, None)]);
        for (duties, unread, count, note) in [
            (None, 0, None, "まだ確かめていません"),
            (None, 2, Some(2), "まだ確かめていません"),
            (asking.clone(), 0, None, "確かめています。"),
            (asking, 2, Some(2), "確かめています。"),
            (asked.clone(), 0, Some(0), "未読はありません"),
            (asked, 2, Some(2), "さくらから"),
        ] {
            let frame = sample::frame(
                "/1370000019",
                None,
                Counts { unread, drafts: 0, batch: 0, on_the_way: 0, failed: 0 },
            );
            let latest = (unread > 0).then(|| "さくらから".to_owned());
            let card = arrived(&frame, standing(duties).mailbox(), latest);
            assert_eq!(card.count, count, "{note}");
            assert!(card.note.starts_with(note), "{card:?}");
        }
    }

    #[test]
    fn what_is_held_up_is_told_and_a_missing_line_is_not() {
        let since = sample::now();
        let duties = vec![
            duty(Duty::Fetch, false, Some(Obstacle::Line)),
            duty(Duty::Import, true, Some(Obstacle::DiskFull)),
        ];
        let told = standing(Some(duties)).words(since);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("今日 12:00 から止まっています"), "{told:?}");
        let all = Standing {
            held_up: HeldUp { delayed: 3, to_import: 4 },
            is_restored: true,
            is_backup_overdue: true,
            ..standing(None)
        };
        let told = all.words(since);
        let has = |words: &str| told.iter().any(|told| told.contains(words));
        assert!(has("3 件") && has("4 件") && has("復元") && has("2日以上"), "{told:?}");
    }

    #[test]
    fn one_is_greeted_by_the_hour() {
        let greetings = [3, 4, 10, 11, 17, 18].map(greeting);
        let (morning, noon, evening) = ("おはようございます", "こんにちは", "おつかれさまです");
        assert_eq!(greetings, [evening, morning, morning, noon, noon, evening]);
    }
}
