//! What becomes of a send after a try: decisions without any doing. Pure.

use std::time::Duration;

use tasuki_client::ClientError;
use tasuki_protocol::problem::{Problem, ProblemType};

/// First wait after a try that brought no answer; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// What a try brought that did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No answer: whether the relay has it is not known.
    NoAnswer,
    /// The relay answered with a problem.
    Problem {
        /// Its type, if this program knows it.
        kind: Option<ProblemType>,
        /// Its HTTP status, which tells of unknown types whose fault it is.
        status: u16,
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
pub(crate) enum Next {
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
    /// Whether the relay has it could not be asked, whatever it answered.
    pub(crate) fn not_known(error: &ClientError) -> Self {
        tracing::info!(error = %error, "whether an earlier try came through is not known yet");
        Self::NoAnswer
    }

    fn of_problem(problem: &Problem) -> Self {
        Self::Problem {
            kind: problem.kind(),
            status: problem.status,
            detail: problem.detail.clone(),
            retry_after: problem.retry_after_s.map(Duration::from_secs),
        }
    }

    /// Why it did not go, for people.
    pub(crate) fn reason(&self) -> String {
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
pub(crate) fn decide(trouble: &Trouble, attempts: u32) -> Next {
    use ProblemType as P;
    match trouble {
        Trouble::NoAnswer | Trouble::Node { .. } => Next::Wait(wait(attempts)),
        Trouble::NoKey => Next::Fail(trouble.reason()),
        Trouble::Problem { kind, status, retry_after, .. } => match kind {
            Some(P::KeyEpochOutdated) if attempts < 5 => Next::SealAnew,
            Some(P::ParcelConflict) => Next::AskAgain,
            Some(
                P::TooSlow
                | P::UploadOffset
                | P::DigestMismatch
                | P::MailboxFull
                | P::OutstandingFull
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
            // A newer relay may say what this program does not know: what is the relay's fault passes.
            None if *status >= 500 => Next::Wait(retry_after.unwrap_or_default().max(wait(attempts))),
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
        Trouble::Problem {
            kind: Some(kind),
            status: kind.status(),
            detail: kind.detail().into(),
            retry_after,
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=9).map(|attempts| wait(attempts).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
        assert_eq!(with_jitter(LONGEST_WAIT, 0), LONGEST_WAIT);
        assert!(with_jitter(LONGEST_WAIT, 255) < LONGEST_WAIT * 3 / 2);
        assert_eq!(with_jitter(LONGEST_WAIT, 128), LONGEST_WAIT * 5 / 4);
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
        let unknown =
            |status| Trouble::Problem {
                kind: None, status, detail: "新しい理由".into(), retry_after: None
            };
        assert!(matches!(decide(&unknown(503), 1), Next::Wait(_)));
        assert!(matches!(decide(&unknown(409), 1), Next::Fail(_)));
    }

    /// Every problem that the relay can name, so that no new one falls into a row unseen.
    #[test]
    fn what_each_problem_means_is_a_table() {
        let rows = |is: fn(&Next) -> bool| -> Vec<_> {
            let meant = ProblemType::ALL.iter().filter(|kind| is(&decide(&problem(**kind, None), 3)));
            meant.map(|kind| kind.slug()).collect()
        };
        assert_eq!(rows(|next| *next == Next::SealAnew), ["key-epoch-outdated"]);
        assert_eq!(rows(|next| *next == Next::AskAgain), ["parcel-conflict"]);
        assert_eq!(
            rows(|next| *next == Next::Wait(wait(3))),
            [
                "certificate-unknown",
                "certificate-revoked",
                "certificate-expired",
                "office-suspended",
                "session-required",
                "wrong-credentials",
                "account-locked",
                "password-change-required",
                "too-slow",
                "digest-mismatch",
                "upload-offset-mismatch",
                "mailbox-full",
                "outstanding-full",
                "rate-limited",
                "storage-full",
                "unavailable",
                "internal",
            ]
        );
    }

    #[test]
    fn what_brings_no_answer_is_tried_again_and_says_why() {
        let full = Problem::new(ProblemType::MailboxFull).retry_after(30);
        let Trouble::Problem { kind, status, detail, retry_after } =
            Trouble::from(&ClientError::Problem(Box::new(full)))
        else {
            panic!("a problem is one")
        };
        assert_eq!((kind, status), (Some(ProblemType::MailboxFull), ProblemType::MailboxFull.status()));
        assert_eq!(
            (detail.as_str(), retry_after),
            (ProblemType::MailboxFull.detail(), Some(Duration::from_secs(30)))
        );
        let node = Trouble::Node { detail: "空きがありません。" };
        assert_eq!(decide(&node, 2), Next::Wait(wait(2)));
        assert_eq!(node.reason(), "空きがありません。");
        assert_eq!(decide(&Trouble::NoKey, 1), Next::Fail(Trouble::NoKey.reason()));
        assert!(
            Trouble::NoKey.reason().contains("鍵") && Trouble::NoAnswer.reason().contains("つながりません")
        );
        let unknown = |status| {
            let detail = String::new();
            decide(&Trouble::Problem { kind: None, status, detail, retry_after: None }, 1)
        };
        assert_eq!(unknown(500), Next::Wait(FIRST_WAIT));
        assert_eq!(unknown(499), Next::Fail(String::new()));
    }
}
