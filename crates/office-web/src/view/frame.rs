//! What surrounds every page: office, person, menu with its numbers, connection.

use tasuki_office::offices::{LinkState, OwnOffice};
use tasuki_office::sends::Counts;
use tasuki_office::staff::{Role, Staff};
use tasuki_terms::OfficeNo;

use crate::forms::unlock::Unlock;
use crate::http::address::{Address, Done, Link};
use crate::words;

/// A line of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    /// A page beside the menu.
    Nowhere,
    Top,
    Send,
    Batch,
    Drafts,
    Sent,
    Received,
    Offices,
    Settings,
}

/// The menu, in two groups.
const MENU: [&[Menu]; 2] = [
    &[Menu::Top, Menu::Send, Menu::Batch, Menu::Drafts, Menu::Sent],
    &[Menu::Received, Menu::Offices, Menu::Settings],
];

/// What is known of who looks, and from where.
pub(crate) struct Around<'a> {
    pub(crate) office: &'a OwnOffice,
    /// All offices of this node.
    pub(crate) offices: Vec<OwnOffice>,
    pub(crate) staff: &'a Staff,
    pub(crate) csrf: &'a str,
    /// The page that is asked for, to come back to.
    pub(crate) path: &'a str,
    pub(crate) counts: Counts,
    /// `None` before 事業所ユーザログイン.
    pub(crate) link: Option<LinkState>,
}

/// What surrounds a page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) title: &'static str,
    here: Menu,
    pub(crate) no: OfficeNo,
    pub(crate) office_name: String,
    /// Other offices of this node.
    pub(crate) others: Vec<Other>,
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
    pub(crate) unlock: Unlock,
    pub(crate) path: String,
    /// What was just done; empty for nothing.
    pub(crate) done: &'static str,
}

/// Another office of this node.
#[derive(Clone)]
pub(crate) struct Other {
    pub(crate) no: OfficeNo,
    pub(crate) name: String,
    pub(crate) top: Link,
}

/// A line of the menu, as it is shown.
pub(crate) struct Item {
    pub(crate) name: &'static str,
    pub(crate) link: Link,
    pub(crate) is_here: bool,
    /// The name of its number and the number, if it has one.
    pub(crate) badge: Option<(&'static str, i64)>,
}

impl Frame {
    pub(crate) fn of(around: Around<'_>, here: Menu, title: &'static str) -> Self {
        let (link_class, link_text) = words::link(around.link);
        let no = around.office.no;
        let others = around.offices.into_iter().filter(|office| office.no != no);
        let others =
            others.map(|office| Other { no: office.no, top: Address::Top.of(office.no), name: office.name });
        Self {
            title,
            here,
            no,
            office_name: around.office.name.clone(),
            others: others.collect(),
            me: around.staff.id.0,
            staff: around.staff.name.clone(),
            role: around.staff.role.name_ja(),
            is_administrator: around.staff.role == Role::Administrator,
            csrf: around.csrf.to_owned(),
            counts: around.counts,
            link_class,
            link_text,
            is_locked: around.link.is_none(),
            ask_unlock: false,
            unlock: Unlock::default(),
            done: Done::of(around.path).map_or("", done_words),
            path: around.path.to_owned(),
        }
    }

    /// This page needs the relay: without the office password it asks for it.
    pub(crate) fn needing_relay(self) -> Self {
        self.needing_relay_if(true)
    }

    /// The same, if it needs it at all.
    pub(crate) fn needing_relay_if(mut self, is_needed: bool) -> Self {
        self.ask_unlock = is_needed && self.is_locked;
        self
    }

    /// The address of a page or action of this office.
    pub(crate) fn to(&self, address: Address) -> Link {
        address.of(self.no)
    }

    /// 事業所ユーザログイン that leads back to this page.
    pub(crate) fn unlocking(&self) -> String {
        self.to(Address::Unlock).leading_to(&self.path)
    }

    /// The lines of the menu.
    pub(crate) fn menu(&self) -> Vec<Vec<Item>> {
        let items = |group: &&[Menu]| group.iter().map(|menu| self.item(*menu)).collect();
        MENU.iter().map(items).collect()
    }

    fn item(&self, menu: Menu) -> Item {
        let counts = &self.counts;
        let (name, address, badge) = match menu {
            Menu::Top | Menu::Nowhere => ("トップ", Address::Top, None),
            Menu::Send => ("送信", Address::NewSend, None),
            Menu::Batch => ("一括送信", Address::Batch, Some(("batch", counts.batch))),
            Menu::Drafts => ("一時保存", Address::Drafts, Some(("drafts", counts.drafts))),
            Menu::Sent => ("送信状況", Address::SentList, Some(("failed", counts.failed))),
            Menu::Received => ("受信", Address::ReceivedList, Some(("unread", counts.unread))),
            Menu::Offices => ("事業所検索", Address::Offices, None),
            Menu::Settings => ("設定", Address::Settings, None),
        };
        Item { name, link: self.to(address), is_here: menu == self.here, badge }
    }
}

fn done_words(done: Done) -> &'static str {
    match done {
        Done::Saved => "一時保存しました。いつでも「一時保存」から続けられます。",
        Done::Deleted => "削除しました。",
        Done::Withdrawn => "取り消しました。",
        Done::Withdrawing => {
            "取消を受け付けました。連携基盤が確かめるまで「取消の確認待ち」です。相手が先に受け取っていれば、そう表示します。"
        }
        Done::Moved => "送信先が複数あるため、一括送信に分けました。入れたファイルはすべてここにあります。",
        Done::Imported => "取込フォルダーに保存しました。",
        Done::Marked => "変更しました。",
        Done::Changed => "変更を保存しました。",
        Done::Added => "追加しました。",
        Done::Backup => "バックアップを作りました。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn the_menu_shows_where_one_is_and_what_waits() {
        let counts = Counts { unread: 2, drafts: 3, batch: 4, on_the_way: 5, failed: 0 };
        let frame = sample::frame("/1370000019/drafts?done=deleted", Some(LinkState::Online), counts);
        let menu = frame.menu();
        assert_eq!(menu.iter().map(Vec::len).collect::<Vec<_>>(), [5, 3]);
        let here: Vec<_> = menu.iter().flatten().filter(|item| item.is_here).map(|item| item.name).collect();
        assert_eq!(here, ["一時保存"]);
        let badges: Vec<_> = menu.iter().flatten().filter_map(|item| item.badge).collect();
        assert_eq!(badges, [("batch", 4), ("drafts", 3), ("failed", 0), ("unread", 2)]);
        assert_eq!((frame.done, frame.is_administrator), ("削除しました。", false));
        assert!(frame.others.is_empty(), "the office itself is no other");
    }

    #[test]
    fn the_office_password_is_asked_for_where_it_is_needed_and_missing() {
        let frame = |link| sample::frame("/1370000019/batch", link, Counts::default());
        for (link, is_needed, asks) in [
            (None, true, true),
            (None, false, false),
            (Some(LinkState::Offline), true, false),
            (Some(LinkState::Connecting), false, false),
        ] {
            assert_eq!(frame(link).needing_relay_if(is_needed).ask_unlock, asks);
        }
        assert_eq!(frame(None).unlocking(), "/1370000019/unlock?next=%2F1370000019%2Fbatch");
    }
}
