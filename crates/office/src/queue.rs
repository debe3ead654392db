//! What becomes of a send after a try: decisions without any doing. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tasuki_client::ClientError;
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::problem::{Problem, ProblemType};

/// First wait after a try that brought no answer; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

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
            Self::Withdrawn => "取消済",
            Self::Expired => "期限切れ",
        }
    }

    /// Whether the relay has it, or had it.
    pub fn is_handed_in(self) -> bool {
        !matches!(self, Self::Draft | Self::Queued | Self::Sending | Self::Interrupted | Self::Failed)
    }

    /// Whether it waits to be sent by itself.
    pub fn is_on_its_way(self) -> bool {
        matches!(self, Self::Queued | Self::Sending | Self::Interrupted)
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

/// What a try brought that did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No answer: whether the relay has it is not known.
    NoAnswer,
    /// The relay answered with a problem.
    Problem {
        /// Its type, if this program knows it.
        kind: Option<ProblemType>,
        /// What the relay says, in Japanese.
        detail: String,
        /// When the relay wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The receiver has no key that could be believed.
    NoKey,
    /// The node cannot do it now: its disk is full, or a file is damaged.
    Node {
        /// In Japanese.
        detail: &'static str,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Try again by itself after this time (before jitter).
    Wait(Duration),
    /// Seal for the receiver's new key and try at once.
    SealAnew,
    /// Ask the relay what it has under this number: it may be ours.
    AskAgain,
    /// A person must do something.
    Fail(String),
}

impl From<&ClientError> for Trouble {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => Self::of_problem(problem),
            _ => Self::NoAnswer,
        }
    }
}

impl Trouble {
    fn of_problem(problem: &Problem) -> Self {
        Self::Problem {
            kind: problem.kind(),
            detail: problem.detail.clone(),
            retry_after: problem.retry_after_s.map(Duration::from_secs),
        }
    }

    /// Why it did not go, for people.
    pub fn reason(&self) -> String {
        match self {
            Self::NoAnswer => "連携基盤につながりません。つながると、自動で続きから送ります。".to_owned(),
            Self::Problem { detail, .. } => detail.clone(),
            Self::NoKey => {
                "送信先の鍵を確かめられないため、安全に送れません。相手の事業所と運営者に確かめてください。"
                    .to_owned()
            }
            Self::Node { detail } => (*detail).to_owned(),
        }
    }
}

/// What to do after a try that did not end well. `attempts` counts the tries so far, this one included.
pub fn decide(trouble: &Trouble, attempts: u32) -> Next {
    use ProblemType as P;
    match trouble {
        Trouble::NoAnswer | Trouble::Node { .. } => Next::Wait(wait(attempts)),
        Trouble::NoKey => Next::Fail(trouble.reason()),
        Trouble::Problem { kind, retry_after, .. } => match kind {
            Some(P::KeyEpochOutdated) if attempts < 5 => Next::SealAnew,
            Some(P::ParcelConflict) => Next::AskAgain,
            Some(
                P::TooSlow
                | P::DigestMismatch
                | P::MailboxFull
                | P::RateLimited
                | P::StorageFull
                | P::Unavailable
                | P::Internal
                | P::SessionRequired
                | P::AccountLocked
                | P::WrongCredentials
                | P::CertificateExpired
                | P::CertificateRevoked
                | P::CertificateUnknown
                | P::OfficeSuspended
                | P::PasswordChangeRequired,
            ) => Next::Wait(retry_after.unwrap_or_default().max(wait(attempts))),
            _ => Next::Fail(trouble.reason()),
        },
    }
}

/// The wait after so many tries.
pub(crate) fn wait(attempts: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(LONGEST_WAIT)
}

/// A wait, made longer by chance by up to a half, so that not all nodes come back at once.
pub(crate) fn with_jitter(wait: Duration, chance: u8) -> Duration {
    wait + wait.mul_f64(f64::from(chance) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: ProblemType, retry_after: Option<u64>) -> Trouble {
        let retry_after = retry_after.map(Duration::from_secs);
        Trouble::Problem { kind: Some(kind), detail: kind.detail().into(), retry_after }
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=9).map(|attempts| wait(attempts).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
        assert_eq!(with_jitter(LONGEST_WAIT, 0), LONGEST_WAIT);
        assert!(with_jitter(LONGEST_WAIT, 255) < LONGEST_WAIT * 3 / 2);
    }

    #[test]
    fn every_trouble_has_one_way_on() {
        assert_eq!(decide(&Trouble::NoAnswer, 1), Next::Wait(FIRST_WAIT));
        assert!(matches!(decide(&Trouble::NoKey, 1), Next::Fail(_)));
        assert_eq!(
            decide(&problem(ProblemType::RateLimited, Some(30)), 1),
            Next::Wait(Duration::from_secs(30))
        );
        assert_eq!(decide(&problem(ProblemType::KeyEpochOutdated, None), 1), Next::SealAnew);
        assert!(matches!(decide(&problem(ProblemType::KeyEpochOutdated, None), 5), Next::Fail(_)));
        assert_eq!(decide(&problem(ProblemType::ParcelConflict, None), 1), Next::AskAgain);
        for kind in [ProblemType::ReceiverUnknown, ProblemType::ReceiverSuspended, ProblemType::TooLarge] {
            assert_eq!(decide(&problem(kind, None), 1), Next::Fail(kind.detail().into()));
        }
        for &kind in ProblemType::ALL {
            if kind.status() >= 500 {
                assert!(matches!(decide(&problem(kind, None), 3), Next::Wait(_)), "{kind:?}");
            }
        }
    }

    #[test]
    fn names_of_states_are_stable() {
        for &state in SendState::ALL {
            assert_eq!(SendState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
