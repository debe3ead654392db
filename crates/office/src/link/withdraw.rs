//! Takes sends back (取消), and has the relay confirm what was taken back while it was on its way.

use std::sync::Arc;

use tasuki_client::ClientError;
use tasuki_protocol::problem::ProblemType;

use super::{Link, progress};
use crate::base::error::OfficeError;
use crate::base::record::Actor;
use crate::offices::OpenOffice;
use crate::offices::session::with_session;
use crate::sends::Send;

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    for send in link.run(move |link| link.outbox.to_withdraw(office)).await? {
        confirm(link, open, &send).await?;
    }
    Ok(())
}

/// Asks the relay never to deliver a parcel. It promises that also for a number that it has not got yet.
async fn confirm(link: &Link, open: &Arc<OpenOffice>, send: &Send) -> Result<(), OfficeError> {
    let (office, id) = (open.no(), send.id);
    let parcel = send.parcel.ok_or(OfficeError::Damaged)?;
    match with_session(open, || open.client.withdraw(parcel)).await {
        Ok(()) => link.run(move |link| link.outbox.note_withdrawn(office, &Actor::Node, id)).await,
        // The receiver was faster: what the relay says of it now is what is shown.
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::AlreadyFetched) => {
            progress::note(link, open, parcel).await
        }
        Err(error) => Err(error.into()),
    }
}
