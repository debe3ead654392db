//! Every address of these pages, as a type: what handlers lead to and templates link to. A test holds each against the
//! table of routes, so that no link leads nowhere.

use std::fmt::{self, Display, Formatter};

use tasuki_office::arrivals::ArrivalId;
use tasuki_office::sends::SendId;
use tasuki_office::staff::StaffId;
use tasuki_terms::OfficeNo;

/// The first page, which leads on.
pub(crate) const FIRST: &str = "/";

/// ログイン.
pub(crate) const LOGIN: &str = "/login";

/// 利用開始.
pub(crate) const SETUP: &str = "/setup";

/// A variable part of an address.
trait Part {
    fn part(self) -> impl Display;
}

macro_rules! parts {
    ($($type:ty: $part:ident => $shown:expr),+ $(,)?) => {
        $(impl Part for $type {
            fn part(self) -> impl Display {
                let $part = self;
                $shown
            }
        })+
    };
}

parts! {
    SendId: id => id.0,
    ArrivalId: id => id.0,
    StaffId: id => id.0,
    OfficeNo: no => no,
    i64: number => number,
    usize: number => number,
}

/// Makes the addresses, and the list of their methods and paths from the same lines.
macro_rules! addresses {
    ($($(#[$doc:meta])+ $name:ident $(($($arg:ident: $type:ty),+))? = $($method:ident)|+ $path:literal;)+) => {
        /// A page or an action of an office.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Address {
            $($(#[$doc])+ $name $(($($type),+))?,)+
        }

        impl Address {
            /// Methods and path of each, as they have to stand among the routes.
            #[cfg(test)]
            pub(crate) const ALL: &[(&'static [&'static str], &'static str)] =
                &[$((&[$(stringify!($method)),+], $path)),+];

            fn write(self, office: OfficeNo, f: &mut Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $(($($arg),+))? => {
                        write!(f, $path, office = office $(, $($arg = $arg.part()),+)?)
                    })+
                }
            }
        }
    };
}

addresses! {
    /// トップ.
    Top = GET "/{office}";
    /// News for open pages.
    Events = GET "/{office}/events";
    /// 事業所ユーザログイン.
    Unlock = GET | POST "/{office}/unlock";
    /// 復元コードで開く.
    Recover = GET | POST "/{office}/recover";
    /// 送信, before anything was put in.
    NewSend = GET | POST "/{office}/send";
    /// The same, to an office.
    NewSendTo(to: OfficeNo) = GET "/{office}/send?to={to}";
    /// A message before anything else.
    StartMessage = POST "/{office}/send/message";
    /// 送信, and 編集 of a line of 一括送信.
    Send(id: SendId) = GET | POST "/{office}/send/{id}";
    /// Its message.
    Message(id: SendId) = POST "/{office}/send/{id}/message";
    /// Its receiver.
    Receiver(id: SendId) = POST "/{office}/send/{id}/receiver";
    /// Its warnings are accepted.
    Accept(id: SendId) = POST "/{office}/send/{id}/accept";
    /// A file of it goes.
    Remove(id: SendId, file: i64) = POST "/{office}/send/{id}/remove/{file}";
    /// It goes altogether.
    Delete(id: SendId) = POST "/{office}/send/{id}/delete";
    /// 一時保存 of it.
    Keep(id: SendId) = POST "/{office}/send/{id}/keep";
    /// 送信確認.
    Confirm(id: SendId) = GET | POST "/{office}/send/{id}/confirm";
    /// A file of it as a table.
    DraftTable(id: SendId, file: i64) = GET "/{office}/send/{id}/files/{file}";
    /// 一括送信.
    Batch = GET | POST "/{office}/batch";
    /// 一時保存 of it.
    BatchKeep = POST "/{office}/batch/keep";
    /// 送信確認 of it.
    BatchConfirm = GET | POST "/{office}/batch/confirm";
    /// 送信中 and 送信結果.
    Run(run: i64) = GET "/{office}/run/{run}";
    /// 一時保存.
    Drafts = GET "/{office}/drafts";
    /// 送信状況.
    SentList = GET "/{office}/sent";
    /// 送信状況 of what failed.
    Failed = GET "/{office}/sent?state=failed";
    /// 送信の詳細.
    Sent(id: SendId) = GET "/{office}/sent/{id}";
    /// 取消.
    Withdraw(id: SendId) = POST "/{office}/sent/{id}/withdraw";
    /// 再送.
    Again(id: SendId) = POST "/{office}/sent/{id}/again";
    /// 送達証明.
    Proof(id: SendId) = GET "/{office}/sent/{id}/proof";
    /// A file that was sent.
    SentFile(id: SendId, file: usize) = GET "/{office}/sent/{id}/files/{file}";
    /// The same as a table.
    SentTable(id: SendId, file: usize) = GET "/{office}/sent/{id}/files/{file}/table";
    /// 受信.
    ReceivedList = GET "/{office}/received";
    /// 受信 of what is unread.
    Unread = GET "/{office}/received?state=unread";
    /// 受信の詳細.
    Received(id: ArrivalId) = GET "/{office}/received/{id}";
    /// All files of it.
    ReceivedAll(id: ArrivalId) = GET "/{office}/received/{id}/all";
    /// Its files go into the import folder.
    Place(id: ArrivalId) = POST "/{office}/received/{id}/place";
    /// 取込済, 未読 and so on.
    Mark(id: ArrivalId) = POST "/{office}/received/{id}/mark";
    /// A file of it.
    ReceivedFile(id: ArrivalId, file: usize) = GET "/{office}/received/{id}/files/{file}";
    /// The same as a picture.
    ReceivedPicture(id: ArrivalId, file: usize) = GET "/{office}/received/{id}/files/{file}?show=1";
    /// The same as a table.
    ReceivedTable(id: ArrivalId, file: usize) = GET "/{office}/received/{id}/files/{file}/table";
    /// 事業所検索.
    Offices = GET "/{office}/offices";
    /// The changed key of a partner, to be compared and confirmed.
    PartnerKey(partner: OfficeNo) = GET | POST "/{office}/partners/{partner}/key";
    /// 設定.
    Settings = GET "/{office}/settings";
    /// One's own password.
    OwnPassword = POST "/{office}/settings/password";
    /// One's other sessions end.
    EndSessions = POST "/{office}/settings/sessions";
    /// 職員を追加.
    AddStaff = POST "/{office}/settings/staff";
    /// Role, use and password of a member.
    ChangeStaff(id: StaffId) = POST "/{office}/settings/staff/{id}";
    /// フォルダー.
    Folders = POST "/{office}/settings/folders";
    /// 事業所ユーザのパスワード.
    OfficePassword = POST "/{office}/settings/office-password";
    /// 夜間も自動で送受信する.
    SelfUnlock = POST "/{office}/settings/self-unlock";
    /// バックアップ.
    Backup = POST "/{office}/settings/backup";
    /// A restored node was looked at.
    RestoreSeen = POST "/{office}/settings/restore-seen";
    /// 操作の記録.
    Audit = GET "/{office}/settings/audit";
    /// The same, looked through.
    AuditChecked = GET "/{office}/settings/audit?check=1";
    /// Another office of the same company.
    AddOffice = GET | POST "/{office}/settings/add-office";
    /// 事業所の鍵をこのPCに入れる.
    BringKey = GET | POST "/{office}/bring-key";
    /// The recovery file that was just made.
    Kit = GET "/setup/kit/{office}";
}

impl Address {
    /// The address at an office.
    pub(crate) fn of(self, office: OfficeNo) -> Link {
        Link { office, address: self }
    }
}

/// An address of an office, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    office: OfficeNo,
    address: Address,
}

impl Display for Link {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.address.write(self.office, f)
    }
}

impl Link {
    /// The page, which says what was just done.
    pub(crate) fn done(self, done: Done) -> String {
        format!("{self}?done={}", done.as_str())
    }

    /// The page, which leads on to another one.
    pub(crate) fn leading_to(self, path: &str) -> String {
        format!("{self}?next={}", quoted(path))
    }
}

/// What was just done, as an address carries it to the page that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// 一時保存.
    Saved,
    /// 削除.
    Deleted,
    /// 取消.
    Withdrawn,
    /// 取消, which the relay has yet to say.
    Withdrawing,
    /// Files for several offices went to 一括送信.
    Moved,
    /// Into the import folder.
    Imported,
    /// An arrival was marked.
    Marked,
    /// Something of the settings.
    Changed,
    /// Somebody was added.
    Added,
    /// A backup was made.
    Backup,
}

impl Done {
    const ALL: [Self; 10] = [
        Self::Saved,
        Self::Deleted,
        Self::Withdrawn,
        Self::Withdrawing,
        Self::Moved,
        Self::Imported,
        Self::Marked,
        Self::Changed,
        Self::Added,
        Self::Backup,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::Withdrawn => "withdrawn",
            Self::Withdrawing => "withdrawing",
            Self::Moved => "moved",
            Self::Imported => "imported",
            Self::Marked => "marked",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Backup => "backup",
        }
    }

    /// What an address says was done.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, query) = path.split_once('?')?;
        let (_, word) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done")?;
        Self::ALL.into_iter().find(|done| done.as_str() == word)
    }
}

/// Text as it may stand in an address.
pub(crate) fn quoted(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An address inside these pages, or the first page: nobody is led elsewhere.
pub(crate) fn inside(address: &str) -> &str {
    let is_inside = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.chars().any(char::is_control);
    if is_inside { address } else { FIRST }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for good in ["/", "/1370000019/send/3?x=1"] {
            assert_eq!(inside(good), good);
        }
        for bad in ["", "https://example.com", "//example.com", "/\\example.com", "javascript:1", "/a\r\nb"] {
            assert_eq!(inside(bad), "/", "{bad}");
        }
    }

    #[test]
    fn addresses_name_their_parts() {
        let no: OfficeNo = "1370000019".parse().unwrap();
        for (address, path) in [
            (Address::Top, "/1370000019"),
            (Address::Remove(SendId(3), 4), "/1370000019/send/3/remove/4"),
            (Address::NewSendTo("1370000027".parse().unwrap()), "/1370000019/send?to=1370000027"),
            (Address::ReceivedPicture(ArrivalId(5), 0), "/1370000019/received/5/files/0?show=1"),
        ] {
            assert_eq!(address.of(no).to_string(), path);
        }
        let unlock = Address::Unlock.of(no).leading_to("/1370000019/sent?state=failed&x=1");
        assert_eq!(unlock, "/1370000019/unlock?next=%2F1370000019%2Fsent%3Fstate%3Dfailed%26x%3D1");
    }

    #[test]
    fn what_was_done_comes_back_out_of_an_address() {
        let no: OfficeNo = "1370000019".parse().unwrap();
        for done in Done::ALL {
            assert_eq!(Done::of(&Address::Drafts.of(no).done(done)), Some(done));
        }
        assert_eq!(Done::of("/1370000019/send?x=1&done=saved&y=2"), Some(Done::Saved));
        for nothing in
            ["/1370000019", "/1370000019?done=", "/1370000019?undone=saved", "/1370000019?done=all"]
        {
            assert_eq!(Done::of(nothing), None, "{nothing}");
        }
    }
}
