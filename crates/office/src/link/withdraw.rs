//! Takes sends back (取消), and has the relay confirm what was taken back while it was on its way.

use std::sync::Arc;

use tasuki_client::ClientError;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;

use super::{progress, with_session};
use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::OpenOffice;
use crate::sends::{Send, SendId, SendState};

pub(super) async fn work_off(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    for send in node.run(move |node| node.to_withdraw(office)).await? {
        confirm(node, open, &send).await?;
    }
    Ok(())
}

/// Asks the relay never to deliver a parcel. It promises that also for a number that it has not got yet.
async fn confirm(node: &Node, open: &Arc<OpenOffice>, send: &Send) -> Result<(), OfficeError> {
    let (office, id) = (open.no(), send.id);
    let parcel = send.parcel.ok_or(OfficeError::Damaged)?;
    match with_session(open, || open.client.withdraw(parcel)).await {
        Ok(()) => node.run(move |node| node.note_withdrawn(office, "node", id)).await,
        // The receiver was faster: what the relay says of it now is what is shown.
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::AlreadyFetched) => {
            progress::note(node, open, parcel).await
        }
        Err(error) => Err(error.into()),
    }
}

impl Node {
    /// Takes a send back (取消) while nobody has fetched it. What never reached the relay becomes a draft again: at once
    /// where no try had begun, otherwise as soon as the relay has confirmed that it will never take it; until then it is
    /// in [`SendState::Withdrawing`].
    ///
    /// # Errors
    /// The relay's problem when it was fetched already; or it cannot be reached.
    pub async fn withdraw(&self, office: OfficeNo, by: &str, id: SendId) -> Result<(), OfficeError> {
        let send = self.run(move |node| node.send(office, id)).await?;
        let by = by.to_owned();
        // What the relay had once is asked for while the person waits: it may be too late.
        if send.sent_at.is_none() {
            return match self.run(move |node| node.take_back(office, &by, id)).await? {
                SendState::Draft | SendState::Withdrawing => Ok(()),
                _ => Err(OfficeError::Changed),
            };
        }
        let parcel = send.parcel.ok_or(OfficeError::Changed)?;
        let open = self.open_office(office)?;
        with_session(&open, || open.client.withdraw(parcel)).await?;
        self.run(move |node| node.note_withdrawn(office, &by, id)).await
    }
}
