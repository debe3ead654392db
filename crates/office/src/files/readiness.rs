//! Whether a send can go: what its files say, and how its receiver stands. Pure.

use tasuki_protocol::directory::Participation;
use tasuki_terms::OfficeNo;

use super::review::{Remark, Review, Weight};

/// How another office stands to being sent to, as the directory said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes part.
    Active,
    /// It takes part, but its key has changed and nobody has made sure yet that this was itself.
    KeyChanged,
    /// It does not take part yet.
    NotYet,
    /// It is suspended.
    Suspended,
    /// The directory knows no such office.
    Unknown,
}

impl Standing {
    /// What the directory's word means; `None` is an office that it does not know.
    pub fn of(participation: Option<Participation>, has_unconfirmed_key: bool) -> Self {
        match participation {
            Some(Participation::Active) if has_unconfirmed_key => Self::KeyChanged,
            Some(Participation::Active) => Self::Active,
            Some(Participation::Listed | Participation::Registered) => Self::NotYet,
            Some(Participation::Suspended) => Self::Suspended,
            None => Self::Unknown,
        }
    }
}

/// Whether a send can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It can, once a person has accepted the warnings.
    Doubtful,
    /// It cannot, until something is mended.
    Blocked,
    /// There is no file yet.
    Empty,
    /// The directory was not asked yet whether the receiver takes part.
    Unasked,
}

impl Readiness {
    /// Whether a person may send it now, or must first be asked who they are.
    pub fn can_go(self) -> bool {
        matches!(self, Self::Ready | Self::Unasked)
    }
}

impl Review {
    /// Whether the send can go, and what stands against it beside the files. Without a `standing` the directory was not
    /// asked yet.
    pub fn readiness(
        &self,
        receiver: Option<OfficeNo>,
        standing: Option<Standing>,
        accepted: bool,
    ) -> (Readiness, Option<Remark>) {
        if self.files.is_empty() {
            return (Readiness::Empty, None);
        }
        let Some(receiver) = receiver else {
            let remark = Remark {
                hint: "送信先の事業所番号を入れてください。CSVファイルを入れると、名前から自動で入ります。"
                    .into(),
                ..Remark::error("送信先が決まっていません。".into())
            };
            return (Readiness::Blocked, Some(remark));
        };
        let obstacle = standing.and_then(|standing| obstacle(receiver, standing));
        let readiness = if obstacle.is_some() || self.count(Weight::Error) > 0 {
            Readiness::Blocked
        } else if standing.is_none() {
            Readiness::Unasked
        } else if self.count(Weight::Warning) > 0 && !accepted {
            Readiness::Doubtful
        } else {
            Readiness::Ready
        };
        (readiness, obstacle)
    }
}

fn obstacle(receiver: OfficeNo, standing: Standing) -> Option<Remark> {
    let (message, hint) = match standing {
        Standing::Unknown => (
            format!("送信先の事業所番号 {receiver} は名簿にありません。"),
            "介護ソフトに登録した事業所番号を確かめてください。「事業所検索」で探せます。",
        ),
        Standing::KeyChanged => (
            "送信先の鍵が新しくなり、まだ確かめられていません。".to_owned(),
            "相手の事業所に電話などで確かめて、管理者が「確認済み」にすると送れます。",
        ),
        Standing::Active => return None,
        Standing::NotYet => (
            "送信先はまだ連携に参加していません。".to_owned(),
            "今回はこれまでどおりFAXなどで送ってください。参加すると、ここから送れるようになります。",
        ),
        Standing::Suspended => (
            "送信先は利用停止中です。".to_owned(),
            "相手の事業所に確かめてください。それまではFAXなどで送ってください。",
        ),
    };
    Some(Remark { hint: hint.into(), ..Remark::error(message) })
}

#[cfg(test)]
mod tests {
    use super::super::review::{FileReview, Tally};
    use super::*;

    /// A send of one file with so many errors and warnings.
    fn holding(errors: usize, warnings: usize) -> Review {
        let file = FileReview {
            id: 1,
            name: "名簿.pdf".into(),
            size: 1,
            kind: "PDF".into(),
            is_standard: false,
            rows: 0,
            people: 0,
            remarks: vec![],
            hidden: Tally { infos: 3, warnings, errors },
        };
        Review { files: vec![file], ..Review::default() }
    }

    #[test]
    fn what_the_directory_says_is_a_table() {
        use Participation as P;
        for (said, unconfirmed, standing) in [
            (Some(P::Active), false, Standing::Active),
            (Some(P::Active), true, Standing::KeyChanged),
            (Some(P::Listed), false, Standing::NotYet),
            (Some(P::Listed), true, Standing::NotYet),
            (Some(P::Registered), false, Standing::NotYet),
            (Some(P::Suspended), false, Standing::Suspended),
            (Some(P::Suspended), true, Standing::Suspended),
            (None, false, Standing::Unknown),
            (None, true, Standing::Unknown),
        ] {
            assert_eq!(Standing::of(said, unconfirmed), standing, "{said:?} {unconfirmed}");
        }
    }

    #[test]
    fn whether_a_send_can_go_is_a_table() {
        use Readiness as R;
        use Standing as S;
        let receiver = "1370000027".parse().unwrap();
        for (errors, warnings, standing, accepted, readiness) in [
            (0, 0, Some(S::Active), false, R::Ready),
            (0, 0, None, false, R::Unasked),
            (0, 1, Some(S::Active), false, R::Doubtful),
            (0, 2, Some(S::Active), false, R::Doubtful),
            (0, 1, Some(S::Active), true, R::Ready),
            (0, 1, None, false, R::Unasked),
            // Nobody can accept an error, or an office that cannot be sent to.
            (1, 0, Some(S::Active), true, R::Blocked),
            (2, 0, Some(S::Active), true, R::Blocked),
            (1, 0, None, true, R::Blocked),
            (0, 0, Some(S::KeyChanged), true, R::Blocked),
            (0, 0, Some(S::NotYet), true, R::Blocked),
            (0, 0, Some(S::Suspended), true, R::Blocked),
            (0, 0, Some(S::Unknown), true, R::Blocked),
        ] {
            let row = format!("{errors} {warnings} {standing:?} {accepted}");
            let (found, obstacle) = holding(errors, warnings).readiness(Some(receiver), standing, accepted);
            assert_eq!(found, readiness, "{row}");
            assert_eq!(obstacle.is_some(), standing.is_some_and(|standing| standing != S::Active), "{row}");
            assert!(obstacle.is_none_or(|remark| remark.weight == Weight::Error && !remark.hint.is_empty()));
            assert_eq!(found.can_go(), matches!(readiness, R::Ready | R::Unasked), "{row}");
        }
    }

    #[test]
    fn without_files_or_receiver_nothing_goes() {
        assert_eq!(Review::default().readiness(None, Some(Standing::Active), true), (Readiness::Empty, None));
        let (readiness, remark) = holding(0, 0).readiness(None, Some(Standing::Active), true);
        assert_eq!(readiness, Readiness::Blocked);
        assert!(!remark.unwrap().hint.is_empty());
        assert!(!Readiness::Empty.can_go());
    }
}
