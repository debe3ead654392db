//! 設定, バックアップ: the daily one, one at once, and what a restored node waits for.

use std::path::{Path, PathBuf};

use axum::extract::State;
use axum::response::Response;
use tasuki_office::backup::{BackupPlace, BackupStatus, BackupTrouble};
use tasuki_office::error::OfficeError;

use super::heavy;
use super::settings::answer;
use crate::entry::visitor::{Administrator, Form};
use crate::http::failure::Failure;
use crate::state::App;
use crate::words;

/// The backups, as the page shows them.
pub(crate) struct BackupView {
    /// The folder in the field.
    pub(crate) folder: String,
    pub(crate) is_daily: bool,
    /// What a person should know or do, and whether it is bad.
    pub(crate) remarks: Vec<(&'static str, String)>,
    pub(crate) last: String,
    /// When this node was restored, until somebody has seen it.
    pub(crate) restored: Option<String>,
}

impl BackupView {
    pub(crate) fn new(app: &App) -> Result<Self, OfficeError> {
        let (node, now) = (&app.node, app.node.now());
        let status = heavy(|| node.backup_status())?;
        let chosen = status.folder.as_ref().map(|folder| folder.display().to_string());
        let before = node.setting("backup-folder")?.unwrap_or_default();
        let last = status.last_success.as_ref();
        Ok(Self {
            is_daily: chosen.is_some(),
            folder: chosen.unwrap_or(before),
            remarks: remarks(&status, now),
            last: last
                .map_or_else(String::new, |(at, name)| format!("{}（{name}）", words::short_time(*at, now))),
            restored: node.restored_at()?.map(words::time),
        })
    }
}

fn remarks(status: &BackupStatus, now: jiff::Timestamp) -> Vec<(&'static str, String)> {
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

/// Chooses the folder of the daily backups, ends them, or makes one at once.
pub(crate) async fn backup(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let by = &at.visitor.staff.login;
    let folder = PathBuf::from(posted.text("folder"));
    let (result, done) = match posted.text("do") {
        "stop" => (heavy(|| app.node.set_backup_folder(by, Path::new(""))), "changed"),
        _ if !folder.is_absolute() => {
            let problem = "保存するフォルダーを、ドライブ名などの初めから入れてください（例：E:\\tasuki）。";
            return answer(&app, &at, &posted, Err(problem.to_owned()), "");
        }
        "daily" => (heavy(|| begin_daily(&app, by, &folder)), "changed"),
        _ => {
            let made = heavy(|| {
                app.node.back_up_now(by, &folder)?;
                app.node.set("backup-folder", posted.text("folder"))
            });
            (made, "backup")
        }
    };
    answer(&app, &at, &posted, result.map_err(|error| words::problem(&error)), done)
}

/// The first one is made at once, so that whoever chose the folder sees whether it works.
fn begin_daily(app: &App, by: &str, folder: &Path) -> Result<(), OfficeError> {
    app.node.set_backup_folder(by, folder)?;
    app.node.back_up_if_due().map(drop)
}

/// A person has seen that this node was restored.
pub(crate) async fn restore_seen(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let result = heavy(|| app.node.note_restore_seen(&at.visitor.staff.login));
    answer(&app, &at, &posted, result.map_err(|error| words::problem(&error)), "changed")
}
