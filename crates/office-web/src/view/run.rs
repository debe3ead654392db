//! 送信中, live, and 送信結果.

use askama::Template;
use tasuki_office::sends::{Send, SendState};

use super::frame::Frame;
use super::parts::{Names, Other};
use crate::http::address::{Address, Link};

/// What was confirmed together.
#[derive(Template)]
#[template(path = "pages/run.html")]
pub(crate) struct Run {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
    pub(crate) tally: Tally,
    pub(crate) back: Link,
}

/// One of them.
pub(crate) struct Row {
    pub(crate) link: Link,
    pub(crate) receiver: Other,
    pub(crate) contents: String,
    pub(crate) state: SendState,
    pub(crate) reason: String,
}

/// How far they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) interrupted: usize,
    pub(crate) failed: usize,
    pub(crate) under_way: usize,
}

impl Tally {
    pub(crate) fn of(states: impl Iterator<Item = SendState>) -> Self {
        states.fold(Self::default(), |mut tally, state| {
            tally.total += 1;
            match state {
                SendState::Queued | SendState::Sending => tally.under_way += 1,
                SendState::Interrupted => tally.interrupted += 1,
                SendState::Failed => tally.failed += 1,
                state if state.is_handed_in() => tally.done += 1,
                _ => {}
            }
            tally
        })
    }

    /// Nothing goes on at the moment.
    pub(crate) fn is_over(&self) -> bool {
        self.under_way == 0
    }

    /// What the page is headed with.
    pub(crate) fn title(self) -> &'static str {
        if self.is_over() { "送信結果" } else { "送信中" }
    }
}

impl Run {
    pub(crate) fn of(frame: Frame, tally: Tally, sends: Vec<Send>, names: &Names) -> Self {
        let back = if is_batch(&sends) { Address::Batch } else { Address::SentList };
        let back = frame.to(back);
        let row = |send: Send| Row {
            link: Address::Sent(send.id).of(send.office),
            receiver: send
                .receiver
                .map_or_else(Other::default, |no| Other::of(no, &send.receiver_name, names)),
            contents: send.review.contents.join("、"),
            state: send.state,
            reason: send.reason,
        };
        Self { frame: frame.needing_relay(), tally, back, rows: sends.into_iter().map(row).collect() }
    }
}

/// Whether they come from 一括送信.
pub(crate) fn is_batch(sends: &[Send]) -> bool {
    sends.iter().any(|send| send.in_batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_over_when_nothing_goes_on() {
        use SendState::{Failed, Interrupted, Opened, Queued, Sending, Sent, Withdrawn};
        for (states, title, done) in [
            (vec![Queued, Sent], "送信中", 1),
            (vec![Sending], "送信中", 0),
            (vec![Sent, Opened], "送信結果", 2),
            (vec![Interrupted, Failed, Sent], "送信結果", 1),
            (vec![], "送信結果", 0),
        ] {
            let tally = Tally::of(states.iter().copied());
            assert_eq!((tally.title(), tally.done, tally.total), (title, done, states.len()), "{states:?}");
        }
        assert_eq!(Tally::of([Withdrawn].into_iter()).total, 1);
    }
}
