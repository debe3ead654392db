//! 事業所検索.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tasuki_office::error::OfficeError;
use tasuki_protocol::directory::{Office, OfficeSearch, Participation};
use tasuki_standard::service::service_type_info;

use crate::entry::visitor::At;
use crate::http::ask::Query;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

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

#[derive(Template)]
#[template(path = "offices.html")]
struct Page {
    shell: Shell,
    q: String,
    active: bool,
    prefectures: Vec<(usize, &'static str, bool)>,
    services: Vec<(&'static str, &'static str, bool)>,
    searched: bool,
    rows: Vec<Row>,
    next: String,
    problem: String,
}

struct Row {
    no: String,
    name: String,
    kana: String,
    address: String,
    phone: String,
    services: String,
    participation: &'static str,
    takes_part: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    prefecture: String,
    service: String,
    active: String,
    after: String,
    search: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    at: At,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let search = OfficeSearch {
        q: wanted.q.trim().chars().take(100).collect(),
        prefecture: wanted.prefecture.parse().ok(),
        service: wanted.service.parse().ok(),
        active: !wanted.active.is_empty(),
        after: wanted.after.parse().ok(),
    };
    let searched = !wanted.search.is_empty();
    let (mut rows, mut next, mut problem) = (Vec::new(), String::new(), String::new());
    if searched {
        match app.node.search_offices(at.office.no, &search).await {
            Ok(found) => {
                let last = found.offices.last().map(|office| office.no.to_string());
                next = last.filter(|_| found.more).unwrap_or_default();
                rows = found.offices.into_iter().map(row).collect();
            }
            Err(OfficeError::KeysLocked) => {}
            Err(error) => problem = words::problem(&error),
        }
    }
    let prefectures = PREFECTURES
        .iter()
        .enumerate()
        .map(|(index, name)| (index + 1, *name, search.prefecture.map(usize::from) == Some(index + 1)));
    let services = SERVICES.iter().filter_map(|code| {
        let info = service_type_info(code.parse().ok()?)?;
        Some((*code, info.name_ja, wanted.service == *code))
    });
    Ok(page(&Page {
        shell: Shell::new(&app, &at, "offices", "事業所検索")?.needing_relay(),
        prefectures: prefectures.collect(),
        services: services.collect(),
        q: search.q,
        active: search.active,
        searched,
        rows,
        next,
        problem,
    }))
}

fn row(office: Office) -> Row {
    let services = office.services.iter().filter_map(|code| Some(service_type_info(*code)?.name_ja));
    Row {
        services: services.collect::<Vec<_>>().join("、"),
        participation: match office.participation {
            Participation::Active => "参加中",
            Participation::Listed | Participation::Registered => "未参加",
            Participation::Suspended => "利用停止中",
        },
        takes_part: office.participation == Participation::Active,
        no: office.no.to_string(),
        name: office.name,
        kana: office.kana,
        address: office.address,
        phone: office.phone,
    }
}
