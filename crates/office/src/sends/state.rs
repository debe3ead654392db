//! The life of a send as one table: from a state and an event to the next state. Pure.
//!
//! ```text
//! draft ─confirm─▶ queued ─try─▶ sending ─accepted─▶ sent ─▶ received ─▶ opened ─▶ imported
//!   ▲ edit           │             │  ▲ │
//!   └──── failed ◀───│── refused ──┘  │ └─ no answer ─▶ interrupted
//!                    ▼ take back      └────── try ────────┘
//!                  draft (never tried) · withdrawing (tried) ─confirmed─▶ draft or withdrawn
//! ```

use serde::{Deserialize, Serialize};
use tasuki_protocol::parcel::ParcelState;

/// State of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SendState {
    /// 一時保存: being put together.
    Draft,
    /// 送信待ち: confirmed by a person, waits for its turn.
    Queued,
    /// 送信中.
    Sending,
    /// 送信中断: goes on by itself.
    Interrupted,
    /// 送信失敗: needs a person.
    Failed,
    /// 送信済: durable at the relay.
    Sent,
    /// 受信済: durable at the receiver.
    Received,
    /// 開封済: a person at the receiver has looked at it.
    Opened,
    /// 取込済: in the receiver's care software.
    Imported,
    /// 受取不可: the receiver's node could not accept it.
    Refused,
    /// 取消の確認待ち: taken back, and the relay has not confirmed it yet.
    Withdrawing,
    /// 取消済.
    Withdrawn,
    /// 期限切れ: nobody fetched it in time.
    Expired,
}

impl SendState {
    /// All states.
    pub const ALL: &[Self] = &[
        Self::Draft,
        Self::Queued,
        Self::Sending,
        Self::Interrupted,
        Self::Failed,
        Self::Sent,
        Self::Received,
        Self::Opened,
        Self::Imported,
        Self::Refused,
        Self::Withdrawing,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Opened => "opened",
            Self::Imported => "imported",
            Self::Refused => "refused",
            Self::Withdrawing => "withdrawing",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The state of a stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Name on the page.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Draft => "一時保存",
            Self::Queued => "送信待ち",
            Self::Sending => "送信中",
            Self::Interrupted => "送信中断",
            Self::Failed => "送信失敗",
            Self::Sent => "送信済",
            Self::Received => "受信済",
            Self::Opened => "開封済",
            Self::Imported => "取込済",
            Self::Refused => "受取不可",
            Self::Withdrawing => "取消の確認待ち",
            Self::Withdrawn => "取消済",
            Self::Expired => "期限切れ",
        }
    }

    /// Whether the relay has it, or had it.
    pub fn is_handed_in(self) -> bool {
        use SendState as S;
        !matches!(self, S::Draft | S::Queued | S::Sending | S::Interrupted | S::Failed | S::Withdrawing)
    }

    /// Whether it waits for something that happens by itself.
    pub fn is_on_its_way(self) -> bool {
        matches!(self, Self::Queued | Self::Sending | Self::Interrupted | Self::Withdrawing)
    }

    /// Whether a person may still change what is in it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Failed)
    }

    /// The state that the relay's state of a parcel means.
    pub fn of_parcel(state: ParcelState) -> Self {
        match state {
            ParcelState::Accepted => Self::Sent,
            ParcelState::Received => Self::Received,
            ParcelState::Opened => Self::Opened,
            ParcelState::Imported => Self::Imported,
            ParcelState::Refused => Self::Refused,
            ParcelState::Withdrawn => Self::Withdrawn,
            ParcelState::Expired => Self::Expired,
        }
    }
}

/// What happens to a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody changes what is in it.
    Edited,
    /// It is confirmed as it was shown.
    Confirmed,
    /// A try begins.
    TryBegins,
    /// A try ended without the relay's promise; it goes on by itself.
    TryEnded,
    /// A try ended, and a person must do something.
    TryFailed,
    /// Whoever tried it is gone: the process ended, or the work stopped in the middle.
    TryLost,
    /// The relay says what it has.
    Told(ParcelState),
    /// It is to be taken back. `tried`: a try has begun at some time, so the relay may have it or get it yet.
    TakenBack {
        /// A try has begun at some time.
        tried: bool,
    },
    /// The relay will never take its number. `had`: it had it before, and the receiver did not get it.
    WithdrawalConfirmed {
        /// The relay had promised to deliver it.
        had: bool,
    },
    /// The relay was restored from an older backup.
    RelayForgot,
}

impl SendState {
    #[expect(clippy::match_same_arms, reason = "a table: one row for one thing that happens")]
    /// The state after an event; `None` where the event does not concern a send in this state.
    pub fn on(self, event: Event) -> Option<Self> {
        use SendState as S;
        match (self, event) {
            (S::Draft | S::Failed, Event::Edited) => Some(S::Draft),
            (S::Draft | S::Failed, Event::Confirmed) => Some(S::Queued),
            (S::Queued | S::Interrupted, Event::TryBegins) => Some(S::Sending),
            (S::Sending, Event::TryEnded | Event::TryLost) => Some(S::Interrupted),
            (S::Sending, Event::TryFailed) => Some(S::Failed),
            (S::Queued, Event::TakenBack { tried: false }) => Some(S::Draft),
            (S::Queued | S::Sending | S::Interrupted, Event::TakenBack { .. }) => Some(S::Withdrawing),
            (S::Withdrawing, Event::WithdrawalConfirmed { had: false }) => Some(S::Draft),
            (S::Withdrawing | S::Sent, Event::WithdrawalConfirmed { .. }) => Some(S::Withdrawn),
            // What nobody has fetched is handed in again, and what was taken back is taken back again.
            (S::Sent, Event::RelayForgot) => Some(S::Interrupted),
            (S::Withdrawn, Event::RelayForgot) => Some(S::Withdrawing),
            (_, Event::Told(told)) => self.told(Self::of_parcel(told)),
            _ => None,
        }
    }

    #[expect(clippy::match_same_arms, reason = "each arm has its own reason")]
    /// What the relay says is believed as far as it leads on: a list that was read before something else happened
    /// takes nothing back.
    fn told(self, told: Self) -> Option<Self> {
        use SendState as S;
        match (self, told) {
            (S::Draft | S::Refused | S::Withdrawn | S::Expired, _) => None,
            // Whether it was taken back is asked, not guessed: the relay still having it says nothing.
            (S::Withdrawing, S::Sent | S::Withdrawn) => None,
            // What the receiver has, nobody takes from it any more.
            _ if self.step() >= S::Received.step() && told.step() > S::Imported.step() => None,
            _ => (told.step() > self.step()).then_some(told),
        }
    }

    /// How far it has come on its way to the receiver.
    fn step(self) -> u8 {
        use SendState as S;
        match self {
            S::Draft | S::Queued | S::Sending | S::Interrupted | S::Failed | S::Withdrawing => 0,
            S::Sent => 1,
            S::Received => 2,
            S::Opened => 3,
            S::Imported => 4,
            S::Refused | S::Withdrawn | S::Expired => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &[Event] = &[
        Event::Edited,
        Event::Confirmed,
        Event::TryBegins,
        Event::TryEnded,
        Event::TryFailed,
        Event::TryLost,
        Event::TakenBack { tried: false },
        Event::TakenBack { tried: true },
        Event::WithdrawalConfirmed { had: false },
        Event::WithdrawalConfirmed { had: true },
        Event::RelayForgot,
    ];

    const TOLD: &[ParcelState] = &[
        ParcelState::Accepted,
        ParcelState::Received,
        ParcelState::Opened,
        ParcelState::Imported,
        ParcelState::Refused,
        ParcelState::Withdrawn,
        ParcelState::Expired,
    ];

    /// The whole table, so that no change of it goes unseen.
    #[test]
    fn the_life_of_a_send() {
        let row = |state: SendState| {
            let told = TOLD.iter().map(|told| Event::Told(*told));
            let next = EVENTS.iter().copied().chain(told).filter_map(|event| {
                let name = match event {
                    Event::Told(told) => format!("{told:?}").to_lowercase(),
                    event => format!("{event:?}"),
                };
                state.on(event).map(|next| format!("{name} → {}", next.as_str()))
            });
            format!("{}: {}", state.as_str(), next.collect::<Vec<_>>().join(", "))
        };
        let table: Vec<_> = SendState::ALL.iter().map(|state| row(*state)).collect();
        assert_eq!(
            table,
            [
                "draft: Edited → draft, Confirmed → queued",
                "queued: TryBegins → sending, TakenBack { tried: false } → draft, \
                 TakenBack { tried: true } → withdrawing, accepted → sent, received → received, \
                 opened → opened, imported → imported, refused → refused, withdrawn → withdrawn, \
                 expired → expired",
                "sending: TryEnded → interrupted, TryFailed → failed, TryLost → interrupted, \
                 TakenBack { tried: false } → withdrawing, TakenBack { tried: true } → withdrawing, \
                 accepted → sent, received → received, opened → opened, imported → imported, \
                 refused → refused, withdrawn → withdrawn, expired → expired",
                "interrupted: TryBegins → sending, TakenBack { tried: false } → withdrawing, \
                 TakenBack { tried: true } → withdrawing, accepted → sent, received → received, \
                 opened → opened, imported → imported, refused → refused, withdrawn → withdrawn, \
                 expired → expired",
                "failed: Edited → draft, Confirmed → queued, accepted → sent, received → received, \
                 opened → opened, imported → imported, refused → refused, withdrawn → withdrawn, \
                 expired → expired",
                "sent: WithdrawalConfirmed { had: false } → withdrawn, \
                 WithdrawalConfirmed { had: true } → withdrawn, RelayForgot → interrupted, \
                 received → received, opened → opened, imported → imported, refused → refused, \
                 withdrawn → withdrawn, expired → expired",
                "received: opened → opened, imported → imported",
                "opened: imported → imported",
                "imported: ",
                "refused: ",
                "withdrawing: WithdrawalConfirmed { had: false } → draft, \
                 WithdrawalConfirmed { had: true } → withdrawn, received → received, opened → opened, \
                 imported → imported, refused → refused, expired → expired",
                "withdrawn: RelayForgot → withdrawing",
                "expired: ",
            ]
        );
    }

    #[test]
    fn what_is_asked_of_a_state_is_a_table() {
        let where_ = |is: fn(SendState) -> bool| -> Vec<_> {
            SendState::ALL.iter().filter(|state| is(**state)).map(|state| state.as_str()).collect()
        };
        assert_eq!(where_(SendState::is_open), ["draft", "failed"]);
        assert_eq!(
            where_(SendState::is_on_its_way),
            ["queued", "sending", "interrupted", "withdrawing"],
            "these go on by themselves"
        );
        assert_eq!(
            where_(SendState::is_handed_in),
            ["sent", "received", "opened", "imported", "refused", "withdrawn", "expired"]
        );
        let names: std::collections::BTreeSet<_> =
            SendState::ALL.iter().map(|state| state.name_ja()).collect();
        assert_eq!(names.len(), SendState::ALL.len(), "no two look alike");
    }

    #[test]
    fn names_of_states_are_stable() {
        for &state in SendState::ALL {
            assert_eq!(SendState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
