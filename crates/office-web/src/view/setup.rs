//! 利用開始, the recovery kit, and the key of the office for a further computer.

use askama::Template;
use tasuki_office::upkeep::backup::{BackupError, RestoreProblem};
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use crate::forms::key::BringKey as BringKeyForm;
use crate::forms::setup::Setup as SetupForm;
use crate::http::address::{Address, Link};
use crate::words;

/// 利用開始, and the same for another office.
#[derive(Template)]
#[template(path = "pages/setup.html")]
pub(crate) struct Setup {
    pub(crate) form: SetupForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
    /// A backup is laid ready.
    pub(crate) restores: bool,
    /// The first administrator was made before.
    pub(crate) has_staff: bool,
    pub(crate) csrf: String,
    pub(crate) action: String,
}

/// 復元キット, to be printed.
#[derive(Template)]
#[template(path = "pages/kit.html")]
pub(crate) struct Kit {
    pub(crate) office: OfficeNo,
    pub(crate) office_name: String,
    pub(crate) kj_id: String,
    pub(crate) code: String,
    pub(crate) made_on: String,
    /// Where the file is saved from.
    pub(crate) file: Link,
    pub(crate) top: Link,
}

/// 事業所の鍵をこのPCに入れる.
#[derive(Template)]
#[template(path = "pages/bring_key.html")]
pub(crate) struct BringKey {
    pub(crate) frame: Frame,
    pub(crate) form: BringKeyForm,
    /// What is wrong with none of the fields.
    pub(crate) problem: String,
}

/// Why a backup is not taken.
pub(crate) fn backup_words(error: &BackupError) -> String {
    match error {
        BackupError::NotABackup => {
            "このファイルは Tasuki のバックアップではないか、途中で切れています。「tasuki-」で始まるファイルを選んでください。".into()
        }
        BackupError::Damaged => {
            "このバックアップは壊れているため、元に戻せません。別の日のバックアップを選んでください。".into()
        }
        BackupError::Newer { .. } => {
            "このバックアップは新しい版のプログラムで作られています。プログラムを新しくしてから、もう一度選んでください。".into()
        }
        BackupError::NoSpace { needed, free } => format!(
            "空き容量が足りません。{} 必要ですが、空きは {} です。不要なファイルを減らして、もう一度選んでください。",
            words::size(*needed),
            words::size(*free)
        ),
        BackupError::NodeThere => "このパソコンでは、もう利用を開始しています。".into(),
        BackupError::Office(error) => words::problem(error),
    }
}

/// Why the backup that was laid ready before the last start is not there.
pub(crate) fn problem_words(problem: RestoreProblem) -> &'static str {
    match problem {
        RestoreProblem::Damaged => {
            "前に選んだバックアップは壊れていたため、元に戻せませんでした。別の日のバックアップを選んでください。"
        }
        RestoreProblem::Newer => {
            "前に選んだバックアップは新しい版のプログラムで作られているため、元に戻せませんでした。プログラムを新しくしてから、もう一度選んでください。"
        }
        RestoreProblem::NodeThere => {
            "前に選んだバックアップは、その間に利用を開始したため、元に戻しませんでした。"
        }
        RestoreProblem::NoSpace => {
            "空き容量が足りないため、バックアップを元に戻せませんでした。不要なファイルを減らしてから、プログラムを起動し直してください。"
        }
        RestoreProblem::Io => {
            "ファイルを読み書きできないため、バックアップを元に戻せませんでした。プログラムを起動し直すと、もう一度試します。"
        }
    }
}
