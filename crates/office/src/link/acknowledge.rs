//! Posts the receipts that are owed.

use std::sync::Arc;

use tasuki_client::ClientError;
use tasuki_protocol::problem::ProblemType;

use super::Link;
use crate::arrivals::Owed;
use crate::base::error::OfficeError;
use crate::offices::OpenOffice;
use crate::offices::session::with_session;

/// Receipts that are looked up at once.
const RECEIPTS: u32 = 100;

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    loop {
        let owed = link.run(move |link| link.inbox.owed(office, RECEIPTS)).await?;
        if owed.is_empty() {
            return Ok(());
        }
        for Owed { id, parcel, kind, reason } in owed {
            let (key, now) = (&open.secrets.signing_key, link.base.now());
            let posted = with_session(open, || async {
                match reason {
                    Some(reason) => open.client.refuse(&parcel, reason, key, now).await,
                    None => open.client.acknowledge(&parcel, kind, key, now).await,
                }
            });
            match posted.await {
                Ok(_) => {}
                Err(ClientError::Problem(problem)) if is_final(problem.kind()) => {
                    tracing::warn!(office = %office, parcel = %parcel.id, problem = problem.uri, "a receipt is not taken");
                }
                Err(error) => return Err(error.into()),
            }
            link.run(move |link| link.inbox.note_acknowledged(id, kind)).await?;
        }
    }
}

/// Whether a receipt will never be taken: the parcel is no longer there, or had another one.
fn is_final(kind: Option<ProblemType>) -> bool {
    matches!(kind, Some(ProblemType::NotFound | ProblemType::ReceiptConflict | ProblemType::ReceiptRejected))
}
