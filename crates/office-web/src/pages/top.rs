//! トップ.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use tasuki_office::arrivals::{ArrivalFilter, ArrivalState};
use tasuki_office::link::{Duty, Obstacle};
use tasuki_office::open_office::LinkState;
use tasuki_office::sends::SendFilter;

use crate::entry::visitor::{At, Visitor};
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

/// Lines of 最近の動き.
const RECENT: u32 = 8;

#[derive(Template)]
#[template(path = "top.html")]
struct Page {
    shell: Shell,
    greeting: &'static str,
    today: String,
    arrivals: Known,
    held_up: Vec<String>,
    needs_key: bool,
    latest: String,
    first_failure: String,
    recent: Vec<Recent>,
    certificate_days: i64,
}

/// How much is known of what has arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing since the start: 事業所ユーザログイン comes first.
    Locked,
    /// The mailbox is being looked into.
    Asking,
    /// The mailbox was looked into.
    Asked,
}

struct Recent {
    at: i64,
    time: String,
    name: String,
    contents: String,
    state: &'static str,
    state_class: &'static str,
    link: String,
}

pub(crate) async fn first(
    State(app): State<App>,
    visitor: Result<Visitor, Failure>,
) -> Result<Response, Failure> {
    if !app.node.has_staff()? || (app.node.offices()?.is_empty()) {
        return Ok(Redirect::to("/setup").into_response());
    }
    if visitor.is_err() {
        return Ok(Redirect::to("/login").into_response());
    }
    let office = app.node.offices()?.into_iter().next().ok_or(Failure::NotFound)?;
    Ok(Redirect::to(&format!("/{}", office.no)).into_response())
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let (node, no, now) = (&app.node, at.office.no, app.node.now());
    let arrivals = node.arrivals(no, &ArrivalFilter::default(), RECENT)?;
    let sent = node.sent(no, &SendFilter::default(), RECENT)?;
    let unread = ArrivalFilter { state: Some(ArrivalState::Unread), ..ArrivalFilter::default() };
    let latest = node.arrivals(no, &unread, 1)?.first().map(|arrival| {
        format!(
            "いちばん新しいもの：{}（{}）",
            arrival.sender_name,
            words::short_time(arrival.received_at, now)
        )
    });
    let failed = SendFilter { state: Some(tasuki_office::sends::SendState::Failed), ..SendFilter::default() };
    let first_failure =
        node.sent(no, &failed, 1)?.first().map(|send| format!("{}：{}", send.receiver_name, send.reason));
    let mut recent: Vec<_> = arrivals
        .iter()
        .map(|arrival| Recent {
            at: arrival.received_at.as_millisecond(),
            time: words::short_time(arrival.received_at, now),
            name: format!("{} から", arrival.sender_name),
            contents: arrival.inside.contents.join("、"),
            state: arrival.state.name_ja(),
            state_class: arrival.state.as_str(),
            link: format!("/{no}/received/{}", arrival.id.0),
        })
        .chain(sent.iter().map(|send| Recent {
            at: send.queued_at.map_or(0, jiff::Timestamp::as_millisecond),
            time: send.queued_at.map(|at| words::short_time(at, now)).unwrap_or_default(),
            name: format!("{} へ", send.receiver_name),
            contents: send.review.contents.join("、"),
            state: send.state.name_ja(),
            state_class: send.state.as_str(),
            link: format!("/{no}/sent/{}", send.id.0),
        }))
        .collect();
    recent.sort_by_key(|recent| std::cmp::Reverse(recent.at));
    recent.truncate(RECENT as usize);
    let clock = words::local(now);
    let (arrivals, held_up) = standing(&app, &at)?;
    Ok(page(&Page {
        shell: Shell::new(&app, &at, "top", "トップ")?,
        greeting: greeting(clock.hour()),
        today: words::date(now),
        arrivals,
        held_up,
        needs_key: app.node.open_office(no).is_ok_and(|open| open.link() == LinkState::NoKey),
        latest: latest.unwrap_or_default(),
        first_failure: first_failure.unwrap_or_default(),
        recent,
        certificate_days: words::days_until(at.office.certificate_until, now),
    }))
}

/// What is known of the mailbox, and what holds up the work that goes on by itself, in words.
fn standing(app: &App, at: &At) -> Result<(Known, Vec<String>), Failure> {
    let (no, now) = (at.office.no, app.node.now());
    let held_up = app.node.held_up(no)?;
    let mut told = Vec::new();
    if held_up.delayed > 0 {
        told.push(format!(
            "連携基盤から受け取れないものが {} 件あります。自動で続けて試します。",
            held_up.delayed
        ));
    }
    if held_up.to_import > 0 {
        told.push(format!("取込フォルダーにまだ保存できていないものが {} 件あります。", held_up.to_import));
    }
    if app.node.restored_at()?.is_some() {
        told.push(
            "このパソコンのデータはバックアップから復元されたか、写されたものです。「設定」で確かめるまで、フォルダーから自動では送りません。"
                .to_owned(),
        );
    }
    let backups = app.node.backup_status()?;
    if backups.folder.is_some() && backups.is_overdue(now) {
        told.push("毎日のバックアップが2日以上できていません。「設定」で確かめてください。".to_owned());
    }
    let Ok(open) = app.node.open_office(no) else { return Ok((Known::Locked, told)) };
    let duties = open.duties();
    let failing = duties.iter().filter_map(|(duty, status)| status.obstacle.map(|found| (duty, found)));
    // That there is no line is told at the top of every page.
    for (duty, (obstacle, since)) in failing.filter(|(_, (obstacle, _))| *obstacle != Obstacle::Line) {
        let since = words::short_time(since, now);
        told.push(format!("{}が {since} から止まっています。{}", duty.name_ja(), obstacle.words()));
    }
    let asked = duties.iter().any(|(duty, status)| *duty == Duty::Fetch && status.done_at.is_some());
    Ok((if asked { Known::Asked } else { Known::Asking }, told))
}

fn greeting(hour: i8) -> &'static str {
    match hour {
        4..11 => "おはようございます",
        11..18 => "こんにちは",
        _ => "おつかれさまです",
    }
}
