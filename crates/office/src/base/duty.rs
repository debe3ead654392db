//! What an office does by itself, and how that goes: seen on pages and by `tasuki office status`, not only in a log.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_client::ClientError;
use tasuki_protocol::problem::ProblemType;
use tokio::sync::Notify;

use super::error::OfficeError;

/// Something that an office does by itself, for ever. None holds up another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    /// Listening for news of the relay.
    Follow,
    /// Working off the queue of sends.
    Send,
    /// Having withdrawals confirmed.
    Withdraw,
    /// Fetching what arrived.
    Fetch,
    /// Putting what arrived into the import folder.
    Import,
    /// Posting receipts.
    Acknowledge,
    /// Learning what became of what was sent.
    Progress,
    /// Renewing the certificate.
    Renew,
    /// Fetching the table of service codes.
    Codes,
}

impl Duty {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Follow,
        Self::Send,
        Self::Withdraw,
        Self::Fetch,
        Self::Import,
        Self::Acknowledge,
        Self::Progress,
        Self::Renew,
        Self::Codes,
    ];

    /// Name on the page.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Follow => "連携基盤との接続",
            Self::Send => "送信",
            Self::Withdraw => "取消の確認",
            Self::Fetch => "受信",
            Self::Import => "取込フォルダーへの保存",
            Self::Acknowledge => "受信の知らせ",
            Self::Progress => "送信状況の確認",
            Self::Renew => "証明書の更新",
            Self::Codes => "サービスコード表の更新",
        }
    }

    /// How often it is done without being woken.
    pub(crate) fn period(self) -> Duration {
        match self {
            Self::Renew | Self::Codes => Duration::from_hours(1),
            Self::Import => Duration::from_secs(10),
            _ => Duration::from_mins(1),
        }
    }
}

/// What stands in the way of a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The relay cannot be reached.
    Line,
    /// The relay refuses, for this reason where it is known.
    Relay(Option<ProblemType>),
    /// Senders use a key of the office that this computer does not have.
    NoKey,
    /// The disk is full.
    DiskFull,
    /// A folder cannot be read or written.
    Folder,
    /// The table of service codes that the relay hands out cannot be read.
    ServiceCodes,
    /// The node failed.
    Node,
}

impl From<&OfficeError> for Obstacle {
    fn from(error: &OfficeError) -> Self {
        match error {
            OfficeError::Relay(ClientError::Problem(problem)) => Self::Relay(problem.kind()),
            OfficeError::Relay(_) => Self::Line,
            OfficeError::NoOfficeKey => Self::NoKey,
            OfficeError::DiskFull => Self::DiskFull,
            OfficeError::ServiceCodes(_) => Self::ServiceCodes,
            OfficeError::Io(_) | OfficeError::NoFolder => Self::Folder,
            _ => Self::Node,
        }
    }
}

impl Obstacle {
    /// What it is, and what helps.
    pub fn words(self) -> &'static str {
        match self {
            Self::Line => "連携基盤につながりません。つながると、自動で続けます。",
            Self::Relay(Some(kind)) => kind.detail(),
            Self::Relay(None) => "連携基盤が受け付けません。しばらくして、自動で続けます。",
            Self::NoKey => {
                "このパソコンにはまだ事業所の鍵がありません。届いたものは連携基盤に残っています。復元キットで鍵を入れると受信します。"
            }
            Self::DiskFull => {
                "このパソコンの空き容量が足りません。不要なファイルを減らすと、自動で続けます。"
            }
            Self::Folder => {
                "フォルダーを読み書きできません。フォルダーがあるか、つながっているかを確かめてください。"
            }
            Self::ServiceCodes => {
                "連携基盤のサービスコード表を読み取れません。前の表があれば、それを使い続けます。連携基盤の運営者が表を入れ直すと、自動で続けます。"
            }
            Self::Node => "このパソコンの中で問題が起きました。自動で続けて試します。",
        }
    }
}

/// How a duty goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DutyStatus {
    /// When it was last done without trouble.
    pub done_at: Option<Timestamp>,
    /// What stands in its way now, and since when.
    pub obstacle: Option<(Obstacle, Timestamp)>,
    /// Failures in a row.
    pub failures: u32,
}

/// Bells and states of all duties of an office.
#[derive(Default)]
pub(crate) struct Duties([OneDuty; Duty::ALL.len()]);

#[derive(Default)]
struct OneDuty {
    bell: Notify,
    status: Mutex<DutyStatus>,
}

impl Duties {
    /// There is something to do.
    pub(crate) fn ring(&self, duty: Duty) {
        self.one(duty).bell.notify_one();
    }

    /// Until somebody rings.
    pub(crate) async fn rung(&self, duty: Duty) {
        self.one(duty).bell.notified().await;
    }

    pub(crate) fn status(&self, duty: Duty) -> DutyStatus {
        *self.one(duty).status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how it went. `true` when it goes wrong now and went well before, or the other way round.
    pub(crate) fn note(&self, duty: Duty, obstacle: Option<Obstacle>, now: Timestamp) -> bool {
        let mut status = self.one(duty).status.lock().unwrap_or_else(PoisonError::into_inner);
        let before = status.obstacle;
        *status = match obstacle {
            None => DutyStatus { done_at: Some(now), ..DutyStatus::default() },
            Some(obstacle) => DutyStatus {
                done_at: status.done_at,
                obstacle: Some((obstacle, before.map_or(now, |(_, since)| since))),
                failures: status.failures.saturating_add(1),
            },
        };
        before.map(|(obstacle, _)| obstacle) != obstacle
    }

    fn one(&self, duty: Duty) -> &OneDuty {
        &self.0[duty as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_since_when_and_how_often() {
        let duties = Duties::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(duties.note(Duty::Fetch, Some(Obstacle::Line), at(1)));
        assert!(!duties.note(Duty::Fetch, Some(Obstacle::Line), at(2)));
        let status = duties.status(Duty::Fetch);
        assert_eq!((status.failures, status.obstacle), (2, Some((Obstacle::Line, at(1)))));
        assert!(duties.note(Duty::Fetch, Some(Obstacle::DiskFull), at(3)));
        assert!(duties.note(Duty::Fetch, None, at(4)));
        assert_eq!(duties.status(Duty::Fetch).done_at, Some(at(4)));
        assert_eq!(duties.status(Duty::Fetch).failures, 0);
        assert_eq!(duties.status(Duty::Send), DutyStatus::default(), "each has its own");
    }

    #[test]
    fn every_duty_has_its_place() {
        for (place, duty) in Duty::ALL.iter().enumerate() {
            assert_eq!(*duty as usize, place);
        }
    }
}
