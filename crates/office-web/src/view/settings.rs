//! 設定: one's own password, staff, office and certificate, folders, notices, backup.

use askama::Template;
use jiff::Timestamp;
use tasuki_office::offices::OwnOffice;
use tasuki_office::offices::SelfUnlockState;
use tasuki_office::staff::{Role, Staff, StaffId};
use tasuki_office::upkeep::backup::{BackupPlace, BackupStatus, BackupTrouble};
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use crate::forms::Field;
use crate::forms::folders::Folders;
use crate::forms::office_password::OfficePassword;
use crate::forms::staff::{AddStaff, MemberPassword, OwnPassword};
use crate::http::address::{Address, Link};
use crate::words;

/// 設定.
#[derive(Template)]
#[template(path = "pages/settings.html")]
pub(crate) struct Settings {
    pub(crate) frame: Frame,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
    pub(crate) own_password: OwnPassword,
    pub(crate) sessions: usize,
    pub(crate) office: OfficeFacts,
    pub(crate) office_password: OfficePassword,
    /// What only an administrator sees.
    pub(crate) rest: Option<Administration>,
}

/// What only an administrator sees.
pub(crate) struct Administration {
    pub(crate) staff: Vec<Member>,
    pub(crate) add_staff: AddStaff,
    pub(crate) folders: Folders,
    pub(crate) self_unlock: SelfUnlock,
    pub(crate) backup: Backup,
}

/// What the node knows for this page.
pub(crate) struct Known {
    pub(crate) office: OwnOffice,
    pub(crate) me: StaffId,
    pub(crate) sessions: usize,
    /// What only an administrator is told.
    pub(crate) rest: Option<KnownRest>,
}

/// What only an administrator is told.
pub(crate) struct KnownRest {
    pub(crate) staff: Vec<Staff>,
    pub(crate) self_unlock: SelfUnlockState,
    pub(crate) backup: BackupStatus,
    /// The folder that was used last.
    pub(crate) backup_folder: String,
    pub(crate) restored_at: Option<Timestamp>,
}

/// What was typed and is wrong, in the place of what is kept.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) problem: String,
    pub(crate) own_password: OwnPassword,
    pub(crate) office_password: OfficePassword,
    pub(crate) add_staff: AddStaff,
    pub(crate) member: Option<MemberPassword>,
    pub(crate) folders: Option<Folders>,
    pub(crate) backup_folder: Option<Field>,
}

impl Typed {
    /// What is wrong with none of the fields.
    pub(crate) fn problem(problem: String) -> Box<Self> {
        Box::new(Self { problem, ..Self::default() })
    }
}

/// A line of the staff.
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of the line")]
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) change: Link,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) is_administrator: bool,
    pub(crate) disabled: bool,
    pub(crate) locked: bool,
    pub(crate) is_self: bool,
    pub(crate) password: Field,
}

/// 事業所と電子証明書.
pub(crate) struct OfficeFacts {
    pub(crate) no: String,
    pub(crate) name: String,
    pub(crate) kj_id: String,
    pub(crate) relay: String,
    pub(crate) until: String,
    pub(crate) days: i64,
    pub(crate) fingerprint: String,
    pub(crate) key: String,
}

/// 夜間も自動で送受信する.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SelfUnlock {
    pub(crate) is_on: bool,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    /// What a person should do; empty for nothing.
    pub(crate) note: String,
}

/// バックアップ.
pub(crate) struct Backup {
    pub(crate) folder: Field,
    pub(crate) is_daily: bool,
    /// What a person should know or do, and whether it is bad.
    pub(crate) remarks: Vec<(&'static str, String)>,
    pub(crate) last: String,
    /// When this node was restored, until somebody has seen it.
    pub(crate) restored: Option<String>,
}

impl Settings {
    pub(crate) fn of(frame: Frame, known: Known, typed: Typed, now: Timestamp) -> Self {
        let Known { office, me, sessions, rest } = known;
        let Typed { problem, own_password, office_password, add_staff, member, folders, backup_folder } =
            typed;
        let rest = rest.map(|rest| Administration {
            staff: members(&frame, rest.staff, me, member.as_ref()),
            add_staff,
            folders: folders.unwrap_or_else(|| Folders::with(&office.folders)),
            self_unlock: SelfUnlock::of(&rest.self_unlock),
            backup: Backup::of(&rest.backup, rest.backup_folder, rest.restored_at, backup_folder, now),
        });
        Self {
            problem,
            own_password,
            sessions,
            office: OfficeFacts::of(&office, now),
            office_password,
            rest,
            frame,
        }
    }
}

fn members(frame: &Frame, staff: Vec<Staff>, me: StaffId, wrong: Option<&MemberPassword>) -> Vec<Member> {
    let member = |staff: Staff| Member {
        id: staff.id.0,
        change: frame.to(Address::ChangeStaff(staff.id)),
        is_administrator: staff.role == Role::Administrator,
        disabled: staff.disabled,
        locked: staff.locked_until.is_some(),
        is_self: staff.id == me,
        password: wrong
            .filter(|wrong| wrong.id == staff.id)
            .map(|wrong| wrong.password.clone())
            .unwrap_or_default(),
        login: staff.login,
        name: staff.name,
    };
    staff.into_iter().map(member).collect()
}

impl OfficeFacts {
    fn of(own: &OwnOffice, now: Timestamp) -> Self {
        Self {
            no: own.no.to_string(),
            name: own.name.clone(),
            kj_id: own.kj_id.to_string(),
            relay: own.relay.clone(),
            until: words::date(own.certificate_until),
            days: words::days_until(own.certificate_until, now),
            fingerprint: words::groups(&own.fingerprint),
            key: words::groups(&own.key),
        }
    }
}

impl SelfUnlock {
    /// What the node would do at its next start, not what somebody once chose.
    pub(crate) fn of(state: &SelfUnlockState) -> Self {
        let again = "「やめる」を押してから、もう一度「使う」を押してください。";
        match state {
            SelfUnlockState::Off => {
                Self { is_on: false, class: "", state: "切れています", note: String::new() }
            }
            SelfUnlockState::Ready => {
                Self { is_on: true, class: "good", state: "入っています", note: String::new() }
            }
            SelfUnlockState::Without(offices) => {
                let offices: Vec<_> = offices.iter().map(OfficeNo::to_string).collect();
                let note = format!(
                    "次に起動したとき、{} は自動では開きません。この事業所で一度「事業所ユーザログイン」をすると、開くようになります。",
                    offices.join("、")
                );
                Self { is_on: true, class: "warn", state: "開かない事業所があります", note }
            }
            SelfUnlockState::Damaged => Self {
                is_on: true,
                class: "failed",
                state: "働きません",
                note: format!("事業所の鍵を開けるファイルを読めません。{again}"),
            },
        }
    }
}

impl Backup {
    fn of(
        status: &BackupStatus,
        before: String,
        restored_at: Option<Timestamp>,
        typed: Option<Field>,
        now: Timestamp,
    ) -> Self {
        let chosen = status.folder.as_ref().map(|folder| folder.display().to_string());
        let last = status.last_success.as_ref();
        Self {
            is_daily: chosen.is_some(),
            folder: typed.unwrap_or_else(|| Field::with(chosen.unwrap_or(before))),
            remarks: remarks(status, now),
            last: last
                .map_or_else(String::new, |(at, name)| format!("{}（{name}）", words::short_time(*at, now))),
            restored: restored_at.map(words::time),
        }
    }
}

fn remarks(status: &BackupStatus, now: Timestamp) -> Vec<(&'static str, String)> {
    if status.folder.is_none() {
        let text = "毎日のバックアップが、まだ決まっていません。このパソコンが壊れると、送受信したものがすべてなくなります。\
            外付けのディスクか、ネットワークのフォルダーを決めてください。";
        return vec![("warn", text.to_owned())];
    }
    let mut remarks = Vec::new();
    if let Some((at, trouble)) = status.last_failure {
        let text = format!(
            "{} のバックアップができませんでした。{}1時間ごとに、もう一度試します。",
            words::short_time(at, now),
            trouble_words(trouble)
        );
        remarks.push(("bad", text));
    } else if status.last_success.is_some() && status.is_overdue(now) {
        remarks.push(("bad", "2日以上、バックアップができていません。".to_owned()));
    }
    match status.place {
        BackupPlace::SameDisk => {
            let text = "保存する所が、このパソコンと同じディスクです。ディスクが壊れると、バックアップも一緒になくなります。\
                外付けのディスクか、ネットワークのフォルダーにしてください。";
            remarks.push(("warn", text.to_owned()));
        }
        BackupPlace::Missing if status.last_failure.is_none() => {
            remarks.push(("warn", trouble_words(BackupTrouble::FolderMissing).to_owned()));
        }
        _ => {}
    }
    remarks
}

fn trouble_words(trouble: BackupTrouble) -> &'static str {
    match trouble {
        BackupTrouble::FolderMissing => {
            "保存するフォルダーが見つかりません。ディスクやネットワークがつながっているか確かめてください。"
        }
        BackupTrouble::DiskAway => {
            "保存する所のディスクがつながっていません。つなぐか、ここで決め直してください。"
        }
        BackupTrouble::DiskFull => {
            "保存する所の空き容量が足りません。不要なファイルを減らすか、別の所に決め直してください。"
        }
        BackupTrouble::Unreadable => {
            "書いたものを読み直すと壊れていました。保存する所のディスクが傷んでいるかもしれません。別の所に決め直してください。"
        }
        BackupTrouble::Io => "ファイルを読み書きできません。フォルダーに書き込めるか確かめてください。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use BackupPlace::{Apart, Missing, SameDisk};
    use jiff::SignedDuration;

    #[test]
    fn self_unlock_is_told_as_it_would_go() {
        let office: OfficeNo = "1370000019".parse().unwrap();
        for (state, is_on, class, words) in [
            (SelfUnlockState::Off, false, "", ""),
            (SelfUnlockState::Ready, true, "good", ""),
            (SelfUnlockState::Without(vec![office]), true, "warn", "1370000019 は自動では開きません"),
            (SelfUnlockState::Damaged, true, "failed", "読めません"),
        ] {
            let shown = SelfUnlock::of(&state);
            assert_eq!((shown.is_on, shown.class), (is_on, class), "{state:?}");
            assert!(shown.note.contains(words) && shown.note.is_empty() == words.is_empty(), "{shown:?}");
        }
    }

    #[test]
    fn backups_are_told_by_what_a_person_has_to_do() {
        let now = sample::now();
        let day = |days: i64| now - SignedDuration::from_hours(24 * days);
        let status =
            |folder: bool, place, success: Option<i64>, failure: Option<BackupTrouble>| BackupStatus {
                folder: folder.then(|| "/backups".into()),
                place,
                last_success: success.map(|days| (day(days), "tasuki.zip".to_owned())),
                last_failure: failure.map(|trouble| (now, trouble)),
            };
        for (status, told) in [
            (status(false, Missing, None, None), vec![("warn", "まだ決まっていません")]),
            (status(true, Apart, Some(0), None), vec![]),
            (status(true, SameDisk, Some(0), None), vec![("warn", "同じディスク")]),
            (status(true, Apart, Some(3), None), vec![("bad", "2日以上")]),
            (status(true, Missing, Some(0), None), vec![("warn", "見つかりません")]),
            (
                status(true, Missing, Some(0), Some(BackupTrouble::DiskAway)),
                vec![("bad", "つながっていません")],
            ),
            (
                status(true, SameDisk, Some(0), Some(BackupTrouble::DiskFull)),
                vec![("bad", "空き容量"), ("warn", "同じディスク")],
            ),
        ] {
            let remarks = remarks(&status, now);
            assert_eq!(remarks.len(), told.len(), "{remarks:?}");
            for ((class, text), (wanted, words)) in remarks.iter().zip(told) {
                assert!(*class == wanted && text.contains(words), "{text}");
            }
        }
    }
}
