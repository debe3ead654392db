//! Does the duties of an office, each in a task of its own: woken by its bell or after its period, again after an error,
//! and also after a panic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::{Link, acknowledge, codes, fetch, import, pause, progress, send, withdraw};
use crate::base::Topic;
use crate::base::duty::{Duty, Obstacle};
use crate::base::error::OfficeError;
use crate::offices::OpenOffice;

/// Even a bell does not make a duty that fails be tried more often.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// Starts all duties of an office.
pub(super) fn start(link: &Link, open: &Arc<OpenOffice>) {
    for &duty in Duty::ALL {
        let (ended, work) = (open.ended(), supervised(link.clone(), Arc::clone(open), duty));
        tokio::spawn(async move {
            // Other keys were put into the place of these: their duties begin anew.
            tokio::select! {
                () = ended => {}
                () = work => {}
            }
        });
    }
}

/// Does a duty for ever. Whatever panics in it is told like an error, and it goes on.
async fn supervised(link: Link, open: Arc<OpenOffice>, duty: Duty) {
    loop {
        let work = async {
            match duty {
                Duty::Follow => super::follow(&link, &open).await,
                _ => repeat(&link, &open, duty).await,
            }
        };
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(office = %open.no(), duty = ?duty, "a duty panicked");
            note(&link, &open, duty, Some(Obstacle::Node));
            tokio::time::sleep(pause(open.duties.status(duty).failures)).await;
        }
    }
}

async fn repeat(link: &Link, open: &Arc<OpenOffice>, duty: Duty) {
    loop {
        let result = once(link, open, duty).await;
        if let Err(error) = &result {
            tracing::info!(office = %open.no(), duty = ?duty, error = %error, "a duty is not done");
        }
        note(link, open, duty, result.as_ref().err().map(Obstacle::from));
        let wait = match result {
            Ok(()) if duty == Duty::Send => send::next_look(link, open).await,
            Ok(()) => duty.period(),
            Err(_) => {
                tokio::time::sleep(SHORTEST_PAUSE).await;
                pause(open.duties.status(duty).failures)
            }
        };
        tokio::select! {
            () = open.duties.rung(duty) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn once(link: &Link, open: &Arc<OpenOffice>, duty: Duty) -> Result<(), OfficeError> {
    match duty {
        Duty::Follow => Ok(()),
        Duty::Send => send::work_off(link, open).await,
        Duty::Withdraw => withdraw::work_off(link, open).await,
        Duty::Fetch => fetch::work_off(link, open).await,
        Duty::Import => import::work_off(link, open).await,
        Duty::Acknowledge => acknowledge::work_off(link, open).await,
        Duty::Progress => progress::work_off(link, open).await,
        Duty::Renew => link.offices.renew_certificate(open).await,
        Duty::Codes => codes::work_off(link, open).await,
    }
}

pub(super) fn note(link: &Link, open: &OpenOffice, duty: Duty, obstacle: Option<Obstacle>) {
    if open.duties.note(duty, obstacle, link.base.now()) {
        link.base.tell(open.no(), Topic::Link);
    }
}
