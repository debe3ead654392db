//! 受信 and 受信の詳細.

use askama::Template;
use jiff::Timestamp;
use tasuki_office::arrivals::{Arrival, ArrivalFilter, ArrivalState, Opened};
use tasuki_parcel::attachment::MediaType;

use super::frame::Frame;
use super::list::{Choice, FilterBar, Listed, Meant, Wanted, month};
use super::parts::{KeptFile, Names, Other, may_be_table};
use crate::http::address::{Address, Link};
use crate::words;

/// What is not set narrows nothing.
pub(crate) fn filter(wanted: &Wanted, meant: Meant, before: Option<(i64, i64)>) -> ArrivalFilter {
    ArrivalFilter {
        state: ArrivalState::parse(&wanted.state),
        sender: meant.one(),
        month: month(&wanted.month),
        before,
    }
}

/// 受信.
#[derive(Template)]
#[template(path = "pages/received_list.html")]
pub(crate) struct ReceivedList {
    pub(crate) frame: Frame,
    pub(crate) bar: FilterBar,
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Option<String>,
}

/// A line of 受信.
pub(crate) struct Row {
    pub(crate) link: Link,
    pub(crate) at: String,
    pub(crate) sender: Other,
    pub(crate) contents: String,
    pub(crate) files: usize,
    pub(crate) state: ArrivalState,
}

impl ReceivedList {
    pub(crate) fn of(
        frame: Frame,
        found: Listed<Arrival>,
        wanted: Wanted,
        meant: Meant,
        names: Names,
        now: Timestamp,
    ) -> Self {
        let filter = filter(&wanted, meant, None);
        let states = ArrivalState::ALL.iter().map(|state| Choice {
            value: state.as_str(),
            name: state.name_ja(),
            is_chosen: filter.state == Some(*state),
        });
        let bar = FilterBar {
            field: "sender",
            label: "送信元（番号か名前）",
            states: states.collect(),
            is_filtered: meant != Meant::Any || filter.state.is_some() || filter.month.is_some(),
            unclear: meant.words(),
            all: frame.to(Address::ReceivedList),
            partners: names,
            wanted,
        };
        let rows = found.items.iter().map(|arrival| Row::of(arrival, &bar.partners, now)).collect();
        Self { next: found.next.map(|place| bar.next(&place)), frame: frame.needing_relay(), bar, rows }
    }
}

impl Row {
    fn of(arrival: &Arrival, names: &Names, now: Timestamp) -> Self {
        Self {
            link: Address::Received(arrival.id).of(arrival.office),
            at: words::short_time(arrival.received_at, now),
            sender: Other::of(arrival.sender, &arrival.sender_name, names),
            contents: arrival.inside.contents.join("、"),
            files: arrival.inside.names.len(),
            state: arrival.state,
        }
    }
}

/// 受信の詳細.
#[derive(Template)]
#[template(path = "pages/received.html")]
pub(crate) struct Received {
    pub(crate) frame: Frame,
    pub(crate) state: ArrivalState,
    /// Why it was refused; empty when it was not.
    pub(crate) refusal: String,
    pub(crate) sender: Other,
    pub(crate) staff: String,
    pub(crate) message: String,
    pub(crate) contents: String,
    pub(crate) files: Vec<KeptFile>,
    pub(crate) accepted_at: String,
    pub(crate) arrived_at: String,
    /// The sender's signature was verified.
    pub(crate) is_signed: bool,
    pub(crate) import_folder: String,
    pub(crate) mark: Link,
    pub(crate) place: Link,
    pub(crate) all: Link,
    /// Why something was not done.
    pub(crate) problem: String,
    /// Files that were just put into the import folder.
    pub(crate) placed: Vec<String>,
}

/// What was just tried with an arrival.
#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) problem: String,
    pub(crate) placed: Vec<String>,
}

impl Received {
    /// An arrival; `opened` unless it was refused.
    pub(crate) fn of(
        frame: Frame,
        arrival: Arrival,
        opened: Option<&Opened>,
        names: &Names,
        import_folder: &str,
        tried: Tried,
    ) -> Self {
        let to = |address: Address| frame.to(address);
        let manifest = opened.map(|opened| &opened.manifest);
        let files = manifest.map(|manifest| &manifest.files[..]).unwrap_or_default();
        let files = files.iter().enumerate().map(|(index, file)| {
            let is_picture = is_picture(MediaType::of(&file.name));
            KeptFile {
                facts: format!("{}・{}", kind_name(file.name.as_str()), words::size(file.size)),
                table: may_be_table(file.name.as_str())
                    .then(|| to(Address::ReceivedTable(arrival.id, index))),
                save: Some(to(Address::ReceivedFile(arrival.id, index))),
                picture: is_picture.then(|| to(Address::ReceivedPicture(arrival.id, index))),
                name: file.name.to_string(),
            }
        });
        Self {
            state: arrival.state,
            sender: Other::of(arrival.sender, &arrival.sender_name, names),
            staff: manifest.map(|manifest| manifest.staff.clone()).unwrap_or_default(),
            message: manifest.map(|manifest| manifest.message.clone()).unwrap_or_default(),
            contents: arrival.inside.contents.join("、"),
            refusal: arrival.inside.refusal,
            files: files.collect(),
            accepted_at: words::time(arrival.accepted_at),
            arrived_at: words::time(arrival.received_at),
            is_signed: opened.is_some(),
            import_folder: import_folder.to_owned(),
            mark: to(Address::Mark(arrival.id)),
            place: to(Address::Place(arrival.id)),
            all: to(Address::ReceivedAll(arrival.id)),
            problem: tried.problem,
            placed: tried.placed,
            frame,
        }
    }
}

fn kind_name(name: &str) -> String {
    let kind = tasuki_standard::FileName::kind_of(name).map(|kind| kind.name_ja().to_owned());
    kind.unwrap_or_else(|| "添付ファイル".to_owned())
}

/// Whether browsers may show it as a picture of ours.
pub(crate) fn is_picture(media_type: MediaType) -> bool {
    matches!(media_type, MediaType::Jpeg | MediaType::Png | MediaType::Gif)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use tasuki_office::sends::Counts;

    fn frame() -> Frame {
        sample::frame("/1370000019/received", None, Counts::default())
    }

    #[test]
    fn the_list_shows_every_sender_by_something() {
        let nameless = Arrival { sender_name: String::new(), ..sample::arrival(2, ArrivalState::Read) };
        let items = vec![sample::arrival(1, ArrivalState::Unread), nameless];
        let wanted = Wanted { state: "read".into(), ..Wanted::default() };
        let found = Listed { items, next: None };
        let list = ReceivedList::of(frame(), found, wanted, Meant::Any, Names::new(), sample::now());
        let senders: Vec<_> = list.rows.iter().map(|row| row.sender.name.as_str()).collect();
        assert_eq!(senders, ["さくら訪問介護", "（名前は確認中）"]);
        assert!(list.rows.iter().all(|row| row.sender.no == "1370000027" && row.at == "今日 10:00"));
        assert!(list.bar.is_filtered && list.frame.ask_unlock, "what has arrived is asked for");
        let chosen: Vec<_> =
            list.bar.states.iter().filter(|state| state.is_chosen).map(|state| state.name).collect();
        assert_eq!(chosen, ["既読"]);
    }

    #[test]
    fn a_refused_arrival_says_why_and_gives_nothing_out() {
        let mut arrival = sample::arrival(1, ArrivalState::Refused);
        arrival.inside.refusal = "署名を確かめられません。".to_owned();
        let shown = Received::of(frame(), arrival, None, &Names::new(), "", Tried::default());
        assert_eq!((shown.refusal.as_str(), shown.is_signed), ("署名を確かめられません。", false));
        assert!(shown.files.is_empty());
    }
}
