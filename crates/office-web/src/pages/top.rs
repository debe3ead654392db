//! トップ.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use tasuki_office::arrivals::{ArrivalFilter, ArrivalState};
use tasuki_office::sends::SendFilter;

use crate::failure::Failure;
use crate::serve::App;
use crate::shell::{Shell, page};
use crate::visitor::{At, Visitor};
use crate::words;

/// Lines of 最近の動き.
const RECENT: u32 = 8;

#[derive(Template)]
#[template(path = "top.html")]
struct Page {
    shell: Shell,
    greeting: &'static str,
    today: String,
    latest: String,
    first_failure: String,
    recent: Vec<Recent>,
    certificate_days: i64,
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
    Ok(page(&Page {
        shell: Shell::new(&app, &at, "top", "トップ")?,
        greeting: greeting(clock.hour()),
        today: words::date(now),
        latest: latest.unwrap_or_default(),
        first_failure: first_failure.unwrap_or_default(),
        recent,
        certificate_days: words::days_until(at.office.certificate_until, now),
    }))
}

fn greeting(hour: i8) -> &'static str {
    match hour {
        4..11 => "おはようございます",
        11..18 => "こんにちは",
        _ => "おつかれさまです",
    }
}
