//! What is sent while nodes are killed, and whether each came once.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::Timestamp;

/// One small file of the standard without findings: no other has its name or its contents.
#[derive(Clone)]
pub(super) struct Export {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Export {
    /// The export of a serial number: a plan that is to be deleted.
    pub(super) fn new(from: &str, to: &str, serial: u32) -> Self {
        let (hour, minute, second) = (serial / 3600 % 24, serial / 60 % 60, serial % 60);
        let day = 1 + serial / 86_400 % 28;
        Self {
            name: format!(
                "DLTPLAN_202510_{from}_43_{to}_11_202510{day:02}{hour:02}{minute:02}{second:02}.CSV"
            ),
            bytes: format!("202407,131016,{:010},202510\r\n", 12345 + serial).into_bytes(),
        }
    }
}

/// How an export was given to its node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// It lies in the export folder, or the node said that it is on its way: it arrives once.
    Once,
    /// The node said nothing or refused: it arrives once or never.
    AtMostOnce,
}

/// An export that was given to a node.
pub(super) struct Given {
    pub(super) export: Export,
    pub(super) promise: Promise,
    pub(super) at: Timestamp,
}

/// What is found at both ends.
#[derive(Default)]
pub(super) struct Found {
    /// Names in the receiver's inbox, with the time of each.
    pub(super) inbox: Vec<(String, Option<Timestamp>)>,
    /// What is in the receiver's import folder.
    pub(super) imported: Imported,
    /// Sends at the sender.
    pub(super) sends: Vec<Sent>,
}

/// What a care software finds in an import folder.
#[derive(Default)]
pub(super) struct Imported {
    /// Contents of the files that it reads.
    pub(super) contents: Vec<Vec<u8>>,
    /// Half or doubled files under names that it does not read: a killed process has left them.
    pub(super) left_behind: usize,
}

/// A send as its node lists it.
pub(super) struct Sent {
    pub(super) id: i64,
    pub(super) state: String,
    /// When the relay took it.
    pub(super) at: Option<Timestamp>,
}

/// What became of all exports.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) promised: usize,
    pub(super) arrived: usize,
    pub(super) lost: Vec<String>,
    pub(super) doubled: Vec<String>,
    /// What nobody has given, or what has not come to its end.
    pub(super) strange: Vec<String>,
    /// Files under names that no care software reads, in the import folder.
    pub(super) left_behind: usize,
    /// Sends that the relay took after one that was confirmed later: nobody has promised that this does not happen.
    pub(super) overtaken: usize,
    /// Longest time from the promise to the arrival, in seconds.
    pub(super) slowest: f64,
}

impl Outcome {
    /// Nothing is to come any more. What is doubled stays so.
    pub(super) fn is_at_end(&self) -> bool {
        self.lost.is_empty() && self.strange.is_empty()
    }

    pub(super) fn is_good(&self) -> bool {
        self.is_at_end() && self.doubled.is_empty()
    }
}

/// Judges what was found. Pure.
pub(super) fn judge(given: &[Given], found: &Found) -> Outcome {
    let mut inbox: BTreeMap<&str, Vec<Option<Timestamp>>> = BTreeMap::new();
    for (name, at) in &found.inbox {
        inbox.entry(name).or_default().push(*at);
    }
    let mut imported: HashMap<&[u8], usize> = HashMap::new();
    for contents in &found.imported.contents {
        *imported.entry(contents).or_default() += 1;
    }
    let left_behind = found.imported.left_behind;
    let mut outcome = Outcome { arrived: inbox.len(), left_behind, ..Outcome::default() };
    for one in given {
        let (name, must) = (&one.export.name, one.promise == Promise::Once);
        let times = inbox.remove(name.as_str()).unwrap_or_default();
        let files = imported.remove(one.export.bytes.as_slice()).unwrap_or_default();
        outcome.promised += usize::from(must);
        if times.is_empty() && must {
            outcome.lost.push(format!("{name} は届いていません"));
        }
        if files == 0 && !times.is_empty() {
            outcome.lost.push(format!("{name} は届きましたが、取込フォルダーにありません"));
        }
        if times.len() > 1 {
            outcome.doubled.push(format!("{name} が {} 回届きました", times.len()));
        }
        if files > 1 || files > times.len() {
            outcome.doubled.push(format!("{name} が取込フォルダーに {files} つあります"));
        }
        if let (true, Some(Some(at))) = (must, times.first()) {
            outcome.slowest = outcome.slowest.max(at.duration_since(one.at).as_secs_f64());
        }
    }
    outcome.strange.extend(inbox.keys().map(|name| format!("{name} は渡していないのに届きました")));
    let unknown = imported.values().sum::<usize>();
    if unknown > 0 {
        outcome.strange.push(format!("取込フォルダーに知らない内容のファイルが {unknown} つあります"));
    }
    let unfinished = found.sends.iter().filter(|send| !is_final(&send.state));
    outcome.strange.extend(unfinished.map(|send| format!("送信 {} は {} のままです", send.id, send.state)));
    outcome.overtaken = overtaken(&found.sends);
    outcome
}

/// How many sends the relay took after one with a higher number.
fn overtaken(sends: &[Sent]) -> usize {
    let mut all: Vec<_> = sends.iter().filter_map(|send| send.at.map(|at| (send.id, at))).collect();
    all.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let mut first = Timestamp::MAX;
    let mut count = 0;
    for (_, at) in all {
        count += usize::from(at > first);
        first = first.min(at);
    }
    count
}

/// Whether the sender knows that the receiver has it.
fn is_final(state: &str) -> bool {
    matches!(state, "received" | "opened" | "imported")
}

/// What is in an import folder and below it.
pub(super) fn imported_below(folder: &Path) -> std::io::Result<Imported> {
    let mut all = Imported::default();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let mut below = imported_below(&path)?;
            all.contents.append(&mut below.contents);
            all.left_behind += below.left_behind;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            all.contents.push(std::fs::read(path)?);
        } else {
            all.left_behind += 1;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(serial: u32, promise: Promise) -> Given {
        Given { export: Export::new("1370000019", "1370000027", serial), promise, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn each_is_counted_where_it_was_given() {
        let all = [given(1, Promise::Once), given(2, Promise::Once), given(3, Promise::AtMostOnce)];
        let name = |index: usize| (all[index].export.name.clone(), None);
        let bytes = |index: usize| all[index].export.bytes.clone();
        let sent = |id, state: &str, second| Sent {
            id,
            state: state.to_owned(),
            at: Timestamp::from_second(second).ok(),
        };
        let imported = |contents| Imported { contents, left_behind: 0 };
        let sends = vec![sent(1, "received", 5), sent(2, "received", 6)];
        let found =
            Found { inbox: vec![name(0), name(1)], imported: imported(vec![bytes(0), bytes(1)]), sends };
        let outcome = judge(&all, &found);
        assert!(outcome.is_good());
        assert_eq!((outcome.promised, outcome.arrived, outcome.overtaken), (2, 2, 0));

        let sends = vec![sent(1, "sent", 9), sent(2, "received", 6)];
        let inbox = vec![name(0), name(2), name(2)];
        let found = Found { inbox, imported: imported(vec![bytes(2), bytes(2)]), sends };
        let outcome = judge(&all, &found);
        assert_eq!((outcome.lost.len(), outcome.doubled.len(), outcome.strange.len()), (2, 2, 1));
        assert_eq!(outcome.overtaken, 1);
    }
}
