//! トップ.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use tasuki_office::arrivals::{ArrivalFilter, ArrivalState};
use tasuki_office::error::OfficeError;
use tasuki_office::link::{Duty, DutyStatus};
use tasuki_office::node::Node;
use tasuki_office::sends::{SendFilter, SendState};
use tasuki_terms::OfficeNo;

use super::{frame, look_up};
use crate::entry::visitor::{At, Visitor};
use crate::http::address::{Address, LOGIN, SETUP};
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::frame::Menu;
use crate::view::top::{DutyState, Known, RECENT, Standing, Top};

/// The first page leads to the one that somebody needs.
pub(crate) async fn first(
    State(app): State<App>,
    visitor: Result<Visitor, Failure>,
) -> Result<Response, Failure> {
    let (has_staff, offices) =
        app.node.run(|node| Ok((node.staff.has_members()?, node.offices.all()?))).await?;
    let to = match offices.first().filter(|_| has_staff) {
        None => SETUP.to_owned(),
        Some(_) if visitor.is_err() => LOGIN.to_owned(),
        Some(office) => Address::Top.of(office.no).to_string(),
    };
    Ok(Redirect::to(&to).into_response())
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let no = at.office.no;
    let mut known = app.node.run(move |node| known(node, no)).await?;
    let nameless = known.arrivals.iter().filter(|arrival| arrival.sender_name.is_empty());
    let nameless: Vec<_> = nameless.map(|arrival| arrival.sender).collect();
    look_up(&app, no, &nameless).await?;
    let top = app.node.run(move |node| {
        known.names = node.directory.names(no)?;
        Ok(Top::of(frame(node, &at, Menu::Top, "トップ")?, &at.office, &known, node.now()))
    });
    Ok(page(&top.await?))
}

fn known(node: &Node, no: OfficeNo) -> Result<Known, OfficeError> {
    let unread = ArrivalFilter { state: Some(ArrivalState::Unread), ..ArrivalFilter::default() };
    let failed = SendFilter { state: Some(SendState::Failed), ..SendFilter::default() };
    Ok(Known {
        arrivals: node.inbox.list(no, &ArrivalFilter::default(), RECENT)?,
        sent: node.sends.sent(no, &SendFilter::default(), RECENT)?,
        latest_unread: node.inbox.list(no, &unread, 1)?.into_iter().next(),
        first_failure: node.sends.sent(no, &failed, 1)?.into_iter().next(),
        names: Vec::new(),
        standing: standing(node, no)?,
    })
}

fn standing(node: &Node, no: OfficeNo) -> Result<Standing, OfficeError> {
    let backups = node.upkeep.backup_status()?;
    let open = node.offices.open_office(no).ok();
    let duties = open.as_ref().map(|open| open.duties().into_iter());
    let told = duties.map(|duties| {
        let told = |(duty, status): (Duty, DutyStatus)| DutyState {
            duty,
            is_done: status.done_at.is_some(),
            obstacle: status.obstacle,
        };
        duties.map(told).collect()
    });
    Ok(Standing {
        held_up: node.inbox.held_up(no)?,
        is_restored: node.upkeep.restored_at()?.is_some(),
        is_backup_overdue: backups.folder.is_some() && backups.is_overdue(node.now()),
        duties: told,
        link: open.map(|open| open.link()),
    })
}
