//! 操作の記録.

use askama::Template;
use tasuki_office::upkeep::AuditEntry;

use super::frame::Frame;
use crate::http::address::Address;
use crate::words;

/// 操作の記録.
#[derive(Template)]
#[template(path = "pages/audit.html")]
pub(crate) struct Audit {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
    /// Where older entries begin.
    pub(crate) next: Option<i64>,
    /// Whether nothing was changed afterwards; `None` when nobody has asked.
    pub(crate) is_sound: Option<bool>,
}

/// Something that somebody did.
pub(crate) struct Row {
    pub(crate) at: String,
    pub(crate) office: String,
    pub(crate) who: String,
    pub(crate) action: String,
    pub(crate) subject: String,
}

impl Audit {
    pub(crate) fn of(frame: Frame, entries: &[AuditEntry], is_sound: Option<bool>) -> Self {
        let row = |entry: &AuditEntry| Row {
            at: words::exact_time(entry.at),
            office: entry.office.clone(),
            who: who(&entry.who),
            action: action(&entry.action).to_owned(),
            subject: entry.subject.clone(),
        };
        let next = entries.last().filter(|entry| entry.seq > 1).map(|entry| entry.seq);
        Self { frame, rows: entries.iter().map(row).collect(), next, is_sound }
    }
}

fn who(who: &str) -> String {
    match who {
        "node" => "（自動）".to_owned(),
        "folder" => "（フォルダーから自動）".to_owned(),
        "local" => "（介護ソフトなどから）".to_owned(),
        who => who.to_owned(),
    }
}

fn action(action: &str) -> &str {
    match action {
        "login" => "ログイン",
        "login-failed" => "ログインの失敗",
        "login-locked" => "ログインの一時停止",
        "logout" => "ログアウト",
        "unlocked" => "事業所ユーザログイン",
        "unlock-failed" => "事業所ユーザログインの失敗",
        "enrolled" => "利用開始",
        "certificate-renewed" => "電子証明書の更新",
        "queued" => "送信の確定",
        "sent" => "送信済",
        "send-failed" => "送信失敗",
        "relay-restored" => "連携基盤の復元に合わせた照合",
        "taken-back" => "取消の申し出",
        "withdrawn" => "取消",
        "received" => "受信",
        "read" => "開封",
        "unread" => "未読に戻す",
        "imported" => "取込済にする",
        "draft-deleted" => "下書きの削除",
        "staff-added" => "職員の追加",
        "staff-changed" => "職員の変更",
        "staff-disabled" => "職員の利用停止",
        "password-set" => "パスワードの変更",
        "office-key-adopted" => "事業所の鍵をこのPCに入れた",
        "partner-key-confirmed" => "相手の鍵の確認",
        "office-password-changed" => "事業所パスワードの変更",
        "office-recovered" => "復元コードの使用",
        "folders-changed" => "フォルダーの変更",
        "self-unlock-on" => "自動ログインを入れる",
        "self-unlock-off" => "自動ログインを切る",
        "backup" => "バックアップ",
        "backup-folder" => "毎日のバックアップの変更",
        "restored" => "復元かコピーの検出",
        "restore-seen" => "復元の確認",
        other => other,
    }
}
