//! 事業所検索.

use askama::Template;
use tasuki_protocol::directory::{Office, OfficeSearch, Offices as Found, Participation};
use tasuki_standard::service::service_type_info;
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use crate::http::address::{Address, Link, quoted};

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// Service types that are offered as a choice: those that a month's plans go to.
const SERVICES: [&str; 14] =
    ["11", "12", "13", "14", "15", "16", "17", "21", "22", "31", "43", "71", "73", "78"];

/// 事業所検索.
#[derive(Template)]
#[template(path = "pages/offices.html")]
pub(crate) struct Offices {
    pub(crate) frame: Frame,
    pub(crate) q: String,
    pub(crate) active: bool,
    pub(crate) prefectures: Vec<Choice>,
    pub(crate) services: Vec<Choice>,
    pub(crate) rows: Vec<Row>,
    /// What is said in the place of rows; empty when there are some.
    pub(crate) nothing: Nothing,
    /// Where it goes on.
    pub(crate) next: Option<String>,
    /// Why the directory could not be asked.
    pub(crate) problem: String,
}

/// Why there are no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nothing {
    /// There are some, or something else says why.
    There,
    /// Nobody has asked yet.
    Unasked,
    /// Nobody fits.
    NotFound,
}

/// What can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: &'static str,
    pub(crate) is_chosen: bool,
}

/// An office.
pub(crate) struct Row {
    pub(crate) no: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) address: String,
    pub(crate) phone: String,
    pub(crate) services: String,
    pub(crate) participation: &'static str,
    /// Where a send to it begins, when it takes part.
    pub(crate) send: Option<Link>,
}

/// What came of a search.
#[derive(Default)]
pub(crate) struct Answer {
    /// `None` when the directory was not asked.
    pub(crate) found: Option<Found>,
    pub(crate) problem: String,
}

impl Offices {
    /// `search` as it was asked; `searched` is whether anybody has asked at all.
    pub(crate) fn of(frame: Frame, search: OfficeSearch, searched: bool, answer: Answer) -> Self {
        let Answer { found, problem } = answer;
        let prefecture = search.prefecture.map(usize::from);
        let prefectures = PREFECTURES.iter().zip(1..).map(|(name, number)| Choice {
            value: number.to_string(),
            name,
            is_chosen: prefecture == Some(number),
        });
        let services = SERVICES.iter().filter_map(|code| {
            let code = code.parse().ok()?;
            let is_chosen = search.service == Some(code);
            Some(Choice { value: code.to_string(), name: service_type_info(code)?.name_ja, is_chosen })
        });
        let is_empty = found.as_ref().is_none_or(|found| found.offices.is_empty());
        let nothing = match (searched, is_empty) {
            (false, _) => Nothing::Unasked,
            (true, true) if problem.is_empty() && !frame.is_locked => Nothing::NotFound,
            (true, _) => Nothing::There,
        };
        let last = found.as_ref().filter(|found| found.more).and_then(|found| found.offices.last());
        let next = last.map(|last| next(&search, last.no));
        let rows = found.map(|found| found.offices).unwrap_or_default();
        Self {
            prefectures: prefectures.collect(),
            services: services.collect(),
            active: search.active,
            nothing,
            next,
            problem,
            rows: rows.into_iter().map(|office| Row::of(&frame, office)).collect(),
            q: search.q,
            frame: frame.needing_relay(),
        }
    }
}

/// The same search, further on.
fn next(search: &OfficeSearch, after: OfficeNo) -> String {
    let prefecture = search.prefecture.map_or_else(String::new, |number| format!("&prefecture={number}"));
    let service = search.service.map_or_else(String::new, |code| format!("&service={code}"));
    let active = if search.active { "&active=1" } else { "" };
    format!("?search=1&q={}{prefecture}{service}{active}&after={after}", quoted(&search.q))
}

impl Row {
    fn of(frame: &Frame, office: Office) -> Self {
        let services = office.services.iter().filter_map(|code| Some(service_type_info(*code)?.name_ja));
        let takes_part = office.participation == Participation::Active;
        Self {
            services: services.collect::<Vec<_>>().join("、"),
            participation: match office.participation {
                Participation::Active => "参加中",
                Participation::Listed | Participation::Registered => "未参加",
                Participation::Suspended => "利用停止中",
            },
            send: takes_part.then(|| frame.to(Address::NewSendTo(office.no))),
            no: office.no.to_string(),
            name: office.name,
            kana: office.kana,
            address: office.address,
            phone: office.phone,
        }
    }
}
