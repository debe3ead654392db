//! How the node and its offices are.

use axum::Json;
use axum::extract::State;
use tasuki_office::error::OfficeError;
use tasuki_office::link::{self, Obstacle};
use tasuki_office::node::Node;
use tasuki_office::offices::{LinkState, OwnOffice};
use tasuki_terms::OfficeNo;

use super::caller::Program;
use super::refusal::Answer;
use super::types::{Counts, Duty, DutyCode, HeldUp, Link, ObstacleCode, Office, Status};
use crate::state::App;

/// How the node and its offices are.
#[utoipa::path(get, path = "/local/status", responses((status = 200, body = Status)))]
pub(super) async fn show(State(app): State<App>, _program: Program) -> Answer<Status> {
    let status = app.node.run(|node| {
        let offices = node.offices.all()?.into_iter().map(|office| office_of(node, office));
        Ok(Status { logged_in: node.is_drawer_open(), offices: offices.collect::<Result<_, _>>()? })
    });
    Ok(Json(status.await?))
}

fn office_of(node: &Node, office: OwnOffice) -> Result<Office, OfficeError> {
    let (counts, held_up) = (node.sends.counts(office.no)?, node.inbox.held_up(office.no)?);
    Ok(Office {
        office: office.no,
        name: office.name,
        link: link_of(node, office.no),
        counts: Counts {
            unread: counts.unread,
            drafts: counts.drafts,
            batch: counts.batch,
            on_the_way: counts.on_the_way,
            failed: counts.failed,
        },
        certificate_until: Some(office.certificate_until),
        held_up: HeldUp { delayed: held_up.delayed, to_import: held_up.to_import },
        duties: duties_of(node, office.no),
    })
}

/// How the connection of an office is.
pub(super) fn link_of(node: &Node, office: OfficeNo) -> Link {
    match node.offices.open_office(office).ok().map(|open| open.link()) {
        None => Link::Locked,
        Some(LinkState::Connecting) => Link::Connecting,
        Some(LinkState::Online) => Link::Online,
        Some(LinkState::Offline) => Link::Offline,
        Some(LinkState::Refused(_)) => Link::Refused,
        Some(LinkState::NoKey) => Link::NoKey,
    }
}

fn duties_of(node: &Node, office: OfficeNo) -> Vec<Duty> {
    let Ok(open) = node.offices.open_office(office) else { return Vec::new() };
    let told = open.duties().into_iter().map(|(duty, status)| Duty {
        duty: duty_code(duty),
        name: duty.name_ja().to_owned(),
        done_at: status.done_at,
        failures: status.failures,
        failing_since: status.obstacle.map(|(_, since)| since),
        obstacle: status.obstacle.map(|(obstacle, _)| obstacle.words().to_owned()),
        obstacle_code: status.obstacle.map(|(obstacle, _)| obstacle_code(obstacle)),
    });
    told.collect()
}

fn duty_code(duty: link::Duty) -> DutyCode {
    match duty {
        link::Duty::Follow => DutyCode::Follow,
        link::Duty::Send => DutyCode::Send,
        link::Duty::Withdraw => DutyCode::Withdraw,
        link::Duty::Fetch => DutyCode::Fetch,
        link::Duty::Import => DutyCode::Import,
        link::Duty::Acknowledge => DutyCode::Acknowledge,
        link::Duty::Progress => DutyCode::Progress,
        link::Duty::Renew => DutyCode::Renew,
        link::Duty::Codes => DutyCode::Codes,
    }
}

fn obstacle_code(obstacle: Obstacle) -> ObstacleCode {
    match obstacle {
        Obstacle::Line => ObstacleCode::Line,
        Obstacle::Relay(_) => ObstacleCode::Relay,
        Obstacle::NoKey => ObstacleCode::NoKey,
        Obstacle::DiskFull => ObstacleCode::DiskFull,
        Obstacle::Folder => ObstacleCode::Folder,
        Obstacle::ServiceCodes => ObstacleCode::ServiceCodes,
        Obstacle::Node => ObstacleCode::Node,
    }
}
