//! Several nodes of one office: what one of them has received waits in the relay's list no more, but the events tell of
//! it, and the relay still holds it for a while. So each node has all that arrives.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tasuki_client::ClientError;
use tasuki_protocol::mailbox::{Event, Side};
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{OfficeNo, ParcelId};

use crate::error::OfficeError;
use crate::link::receive::fetch_one;
use crate::link::with_session;
use crate::node::Node;
use crate::open_office::OpenOffice;

/// Parcels that some node of the office has received, as events tell.
#[derive(Default)]
pub(crate) struct Elsewhere(Mutex<BTreeSet<ParcelId>>);

impl Elsewhere {
    pub(crate) fn note(&self, event: Option<&Event>) {
        let Some(event) = event else { return };
        let is_received =
            matches!(event.state, ParcelState::Received | ParcelState::Opened | ParcelState::Imported);
        if event.side == Side::Inbox && is_received {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(event.parcel);
        }
    }

    fn first(&self) -> Option<ParcelId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).first().copied()
    }

    fn done(&self, parcel: ParcelId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&parcel);
    }
}

impl Node {
    /// Fetches what another node of the office has received, while the relay has it.
    pub(crate) async fn fetch_from_elsewhere(&self, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
        while let Some(id) = open.elsewhere.first() {
            if !self.has_arrival(open.no(), id)? {
                match with_session(open, || open.client.parcel(id)).await {
                    Ok(known) => fetch_one(self, open, &known.parcel).await?,
                    // The relay holds it no more.
                    Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::NotFound) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            open.elsewhere.done(id);
        }
        Ok(())
    }

    fn has_arrival(&self, office: OfficeNo, parcel: ParcelId) -> Result<bool, OfficeError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM arrival WHERE office = ?1 AND parcel = ?2)";
        Ok(self
            .db()
            .read(|db| db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| row.get(0)))?)
    }
}
