//! 設定: one's own password, staff, office and certificate, folders, notices, backup, audit.

use std::path::PathBuf;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tasuki_office::audit::AuditEntry;
use tasuki_office::error::OfficeError;
use tasuki_office::open_office::Folders;
use tasuki_office::staff::{Role, StaffId, is_acceptable};

use super::backup::BackupView;
use super::heavy;
use super::setup::{PASSWORD_ADVICE, staff_words};
use crate::entry::visitor::{Administrator, At, Form};
use crate::http::ask::{Path, Query, plain};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

/// Entries of one page of the audit log.
const ENTRIES: u32 = 100;

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    shell: Shell,
    problem: String,
    staff: Vec<Member>,
    sessions: usize,
    office: OfficeView,
    folders: Folders,
    backup: BackupView,
    unlocks_itself: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of the page")]
struct Member {
    id: i64,
    login: String,
    name: String,
    is_administrator: bool,
    disabled: bool,
    locked: bool,
    is_self: bool,
}

struct OfficeView {
    no: String,
    name: String,
    kj_id: String,
    relay: String,
    until: String,
    days: i64,
    fingerprint: String,
    key: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    rows: Vec<(String, String, String, String, String)>,
    next: Option<i64>,
    /// Whether nothing was changed afterwards; `None` when nobody has asked.
    is_sound: Option<bool>,
}

fn settings_page(app: &App, at: &At, problem: String) -> Result<Page, Failure> {
    let shell = Shell::new(app, at, "settings", "設定")?;
    let own = &at.office;
    let me = at.visitor.staff.id;
    let now = app.node.now();
    let members = if shell.is_administrator { app.node.staff()? } else { Vec::new() };
    Ok(Page {
        problem,
        staff: members
            .into_iter()
            .map(|staff| Member {
                id: staff.id.0,
                is_administrator: staff.role == Role::Administrator,
                disabled: staff.disabled,
                locked: staff.locked_until.is_some(),
                is_self: staff.id == me,
                login: staff.login,
                name: staff.name,
            })
            .collect(),
        sessions: app.sessions.count_of(me, now),
        office: OfficeView {
            no: own.no.to_string(),
            name: own.name.clone(),
            kj_id: own.kj_id.to_string(),
            relay: own.relay.clone(),
            until: words::date(own.certificate_until),
            days: words::days_until(own.certificate_until, now),
            fingerprint: groups(&own.fingerprint),
            key: own.key.clone(),
        },
        folders: own.folders.clone(),
        backup: BackupView::new(app)?,
        unlocks_itself: app.node.unlocks_itself(),
        shell,
    })
}

/// A long number in groups, to be read aloud and compared.
fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    Ok(page(&settings_page(&app, &at, String::new())?))
}

/// The settings once more, with what was wrong; or where to go when nothing was.
pub(super) fn answer(
    app: &App,
    at: &At,
    posted: &Posted,
    result: Result<(), String>,
    done: &str,
) -> Result<Response, Failure> {
    match result {
        Ok(()) => Ok(lead(posted, format!("/{}/settings?done={done}", at.office.no))),
        Err(problem) => {
            let again = settings_page(app, at, problem)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
        }
    }
}

pub(crate) async fn own_password(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let staff = &at.visitor.staff;
    let result = if posted.raw("new") == posted.raw("again") {
        let (old, new) = (posted.raw("old"), posted.raw("new"));
        heavy(|| app.node.change_own_password(staff.id, old, new)).map_err(|error| staff_words(&error))
    } else {
        Err("新しいパスワードの2つの欄が違います。".to_owned())
    };
    if result.is_ok() {
        // Whoever knew the old one is out.
        app.sessions.end_all_of(staff.id, Some(&at.visitor.token));
    }
    answer(&app, &at, &posted, result, "changed")
}

pub(crate) async fn end_sessions(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    app.sessions.end_all_of(at.visitor.staff.id, Some(&at.visitor.token));
    answer(&app, &at, &posted, Ok(()), "changed")
}

pub(crate) async fn add_staff(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let by = &at.visitor.staff.login;
    let role = Role::parse(posted.text("role"));
    let added = heavy(|| {
        app.node.add_staff(by, &plain(posted.raw("login")), posted.text("name"), role, posted.raw("password"))
    });
    answer(&app, &at, &posted, added.map(drop).map_err(|error| staff_words(&error)), "added")
}

pub(crate) async fn change_staff(
    State(app): State<App>,
    Administrator(at): Administrator,
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (by, id) = (&at.visitor.staff.login, StaffId(id));
    let new = posted.raw("password");
    let result = if new.is_empty() {
        let disabled = posted.is_ticked("disabled");
        app.node.change_staff(by, id, Role::parse(posted.text("role")), disabled)
    } else {
        heavy(|| app.node.set_password(by, id, new))
    };
    if result.is_ok() {
        app.sessions.end_all_of(id, Some(&at.visitor.token));
    }
    answer(&app, &at, &posted, result.map_err(|error| staff_words(&error)), "changed")
}

pub(crate) async fn folders(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let folders = Folders {
        export: posted.text("export").to_owned(),
        import: posted.text("import").to_owned(),
        send_by_itself: posted.is_ticked("send_by_itself"),
        import_by_itself: posted.is_ticked("import_by_itself"),
    };
    let missing = [&folders.export, &folders.import]
        .into_iter()
        .find(|folder| !folder.is_empty() && !PathBuf::from(folder).is_dir());
    let result = match missing {
        Some(folder) => {
            Err(format!("フォルダー「{folder}」がありません。さきに作ってから、もう一度保存してください。"))
        }
        None if !folders.export.is_empty() && folders.export == folders.import => {
            Err("出力フォルダーと取込フォルダーは、別のフォルダーにしてください。".to_owned())
        }
        None => app
            .node
            .set_folders(&at.visitor.staff.login, at.office.no, &folders)
            .map_err(|error| words::problem(&error)),
    };
    answer(&app, &at, &posted, result, "changed")
}

pub(crate) async fn office_password(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (old, new) = (posted.raw("old"), posted.raw("new"));
    let no = at.office.no;
    let result = if new != posted.raw("again") {
        Err("新しいパスワードの2つの欄が違います。".to_owned())
    } else if !is_acceptable(new, &[no.as_str(), at.office.kj_id.as_str()]) {
        Err(PASSWORD_ADVICE.to_owned())
    } else {
        match app.node.change_office_password(&at.visitor.staff.login, no, old, new).await {
            Ok(()) => Ok(()),
            Err(OfficeError::KeysLocked) => {
                return Err(Failure::KeysLocked(format!("/{no}/settings")));
            }
            Err(OfficeError::Vault(_)) => Err("今の事業所ユーザのパスワードが違います。".to_owned()),
            Err(error) => Err(words::problem(&error)),
        }
    };
    answer(&app, &at, &posted, result, "changed")
}

pub(crate) async fn self_unlock(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let wanted = posted.is_ticked("wanted");
    if wanted && app.node.open_office(at.office.no).is_err() {
        return Err(Failure::KeysLocked(format!("/{}/settings", at.office.no)));
    }
    let result = app.node.set_self_unlock(&at.visitor.staff.login, wanted);
    answer(&app, &at, &posted, result.map_err(|error| words::problem(&error)), "changed")
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Before {
    before: Option<i64>,
    /// The whole record is to be looked through, which takes a while and holds up other pages.
    check: Option<String>,
}

pub(crate) async fn audit(
    State(app): State<App>,
    Administrator(at): Administrator,
    Query(before): Query<Before>,
) -> Result<Response, Failure> {
    let entries = app.node.audit(before.before, ENTRIES)?;
    let is_sound = match before.check {
        Some(_) => Some(heavy(|| app.node.verify_audit())?.is_none()),
        None => None,
    };
    let next = entries.last().filter(|entry| entry.seq > 1).map(|entry| entry.seq);
    let row = |entry: &AuditEntry| {
        (
            words::exact_time(entry.at),
            entry.office.clone(),
            who(&entry.who),
            action(&entry.action).to_owned(),
            entry.subject.clone(),
        )
    };
    Ok(page(&AuditPage {
        shell: Shell::new(&app, &at, "settings", "操作の記録")?,
        rows: entries.iter().map(row).collect(),
        next,
        is_sound,
    }))
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
