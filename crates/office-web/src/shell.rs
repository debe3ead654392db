//! What surrounds every page: office, person, menu with its numbers, connection.

use tasuki_office::review::{Remark, Weight};
use tasuki_office::sends::Counts;
use tasuki_office::staff::Role;
use tasuki_terms::OfficeNo;

use crate::entry::visitor::At;
use crate::http::failure::Failure;
use crate::state::App;
use crate::words;

/// What surrounds a page.
pub(crate) struct Shell {
    pub(crate) title: &'static str,
    pub(crate) here: &'static str,
    pub(crate) no: OfficeNo,
    pub(crate) office_name: String,
    /// Other offices of this node.
    pub(crate) others: Vec<(OfficeNo, String)>,
    /// Number of who looks at it.
    pub(crate) me: i64,
    pub(crate) staff: String,
    pub(crate) role: &'static str,
    pub(crate) is_administrator: bool,
    pub(crate) csrf: String,
    pub(crate) counts: Counts,
    pub(crate) link_class: &'static str,
    pub(crate) link_text: &'static str,
    pub(crate) is_locked: bool,
    /// 事業所ユーザログイン is needed for what this page is for.
    pub(crate) ask_unlock: bool,
    pub(crate) path: String,
    /// What was just done.
    pub(crate) done: &'static str,
}

impl Shell {
    pub(crate) fn new(app: &App, at: &At, here: &'static str, title: &'static str) -> Result<Self, Failure> {
        let no = at.office.no;
        let open = app.node.open_office(no).ok();
        let (link_class, link_text) = words::link(open.as_ref().map(|open| open.link()));
        let others = app.node.offices()?.into_iter().filter(|office| office.no != no);
        Ok(Self {
            title,
            here,
            no,
            office_name: at.office.name.clone(),
            others: others.map(|office| (office.no, office.name)).collect(),
            me: at.visitor.staff.id.0,
            staff: at.visitor.staff.name.clone(),
            role: at.visitor.staff.role.name_ja(),
            is_administrator: at.visitor.staff.role == Role::Administrator,
            csrf: at.visitor.csrf.clone(),
            counts: app.node.counts(no)?,
            link_class,
            link_text,
            is_locked: open.is_none(),
            ask_unlock: false,
            done: done_words(&at.path),
            path: at.path.clone(),
        })
    }

    /// This page needs the relay: without the office password it asks for it.
    pub(crate) fn needing_relay(mut self) -> Self {
        self.ask_unlock = self.is_locked;
        self
    }
}

/// What was done, by the word in the address.
fn done_words(path: &str) -> &'static str {
    match path.rsplit_once("done=").map(|(_, word)| word.split('&').next().unwrap_or_default()) {
        Some("saved") => "一時保存しました。いつでも「一時保存」から続けられます。",
        Some("deleted") => "削除しました。",
        Some("sent") => "送信の結果を確かめました。",
        Some("withdrawn") => "取り消しました。",
        Some("withdrawing") => {
            "取消を受け付けました。連携基盤が確かめるまで「取消の確認待ち」です。相手が先に受け取っていれば、そう表示します。"
        }
        Some("moved") => "送信先が複数あるため、一括送信に分けました。入れたファイルはすべてここにあります。",
        Some("imported") => "取込フォルダーに保存しました。",
        Some("marked") => "変更しました。",
        Some("changed") => "変更を保存しました。",
        Some("added") => "追加しました。",
        Some("backup") => "バックアップを作りました。",
        Some("unlocked") => "事業所ユーザでログインしました。",
        _ => "",
    }
}

pub(crate) use tasuki_office::review::Readiness;

/// Class of a remark.
pub(crate) fn weight_class(remark: &Remark) -> &'static str {
    match remark.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Info => "info",
    }
}

/// Name of a remark's weight.
pub(crate) fn weight_name(remark: &Remark) -> &'static str {
    match remark.weight {
        Weight::Error => "誤り",
        Weight::Warning => "警告",
        Weight::Info => "参考",
    }
}

impl Shell {
    /// A line of the menu. It holds nothing that a visitor has typed.
    pub(crate) fn item(&self, key: &str, path: &str, name: &str, counter: &str) -> String {
        let count = match counter {
            "batch" => self.counts.batch,
            "drafts" => self.counts.drafts,
            "failed" => self.counts.failed,
            "unread" => self.counts.unread,
            _ => 0,
        };
        let current = if *key == *self.here { " aria-current=\"page\"" } else { "" };
        let hidden = if count == 0 { " hidden" } else { "" };
        let badge = match counter {
            "" => String::new(),
            counter => {
                format!(" <span class=\"badge {counter}\" data-count=\"{counter}\"{hidden}>{count}</span>")
            }
        };
        format!("<li><a href=\"/{}{path}\"{current}>{name}{badge}</a></li>", self.no)
    }
}
