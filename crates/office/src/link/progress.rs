//! Learns what became of what was sent.

use std::sync::Arc;

use tasuki_client::ClientError;
use tasuki_identity::chain::CertificateChain;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::problem::ProblemType;
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::ParcelId;

use super::{Link, meet};
use crate::base::error::OfficeError;
use crate::offices::session::with_session;
use crate::offices::{OpenOffice, RelayList};
use crate::sends::tries::Progress;

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    loop {
        let known = link.run(move |link| link.offices.reading(office, RelayList::Sent)).await?;
        let cursor = Cursor { after: known.after, ..Cursor::default() };
        let page = with_session(open, || open.client.sent(cursor)).await?;
        if known.life != Some(page.life) {
            meet(link, open, page.life).await?;
            continue;
        }
        for entry in &page.entries {
            note_entry(link, open, &entry.parcel).await?;
        }
        let (life, next) = (page.life, page.next_after);
        link.run(move |link| link.offices.note_read(office, RelayList::Sent, life, next)).await?;
        if !page.more {
            return Ok(());
        }
    }
}

async fn note_entry(link: &Link, open: &Arc<OpenOffice>, parcel: &Parcel) -> Result<(), OfficeError> {
    let (office, id) = (open.no(), parcel.id);
    if link.run(move |link| link.outbox.send_of_parcel(office, id)).await?.is_none() {
        return Ok(());
    }
    if parcel.state == ParcelState::Accepted {
        return keep(link, open, parcel, Vec::new()).await;
    }
    match note(link, open, id).await {
        // It is in the list, so that much is known.
        Err(OfficeError::Relay(ClientError::Problem(problem)))
            if problem.kind() == Some(ProblemType::NotFound) =>
        {
            keep(link, open, parcel, Vec::new()).await
        }
        result => result,
    }
}

/// Asks what the relay has of one parcel, with the receipts, and keeps it.
pub(super) async fn note(link: &Link, open: &Arc<OpenOffice>, id: ParcelId) -> Result<(), OfficeError> {
    let known = with_session(open, || open.client.parcel(id)).await?;
    keep(link, open, &known.parcel, known.receipts).await
}

async fn keep(
    link: &Link,
    open: &Arc<OpenOffice>,
    parcel: &Parcel,
    receipts: Vec<SignedReceipt>,
) -> Result<(), OfficeError> {
    let receipts: Vec<_> = receipts.into_iter().filter(|receipt| is_proof(open, parcel, receipt)).collect();
    let progress = Progress {
        parcel: parcel.id,
        state: parcel.state,
        at: receipts.last().map_or_else(|| link.base.now(), |receipt| receipt.accepted_at),
        accepted_at: parcel.accepted_at,
        expires_soon: parcel.expires_soon,
        receipts,
    };
    let office = open.no();
    link.run(move |link| link.outbox.note_progress(office, &progress)).await
}

/// Whether the receiver has signed this of this parcel: only that is kept as evidence.
fn is_proof(open: &OpenOffice, parcel: &Parcel, signed: &SignedReceipt) -> bool {
    let receipt = &signed.receipt;
    let is_about = (receipt.parcel, receipt.to, receipt.digest) == (parcel.id, parcel.to, parcel.digest);
    let chain = CertificateChain::from_pem(signed.certificate_pem.as_bytes());
    let signer = chain.ok().and_then(|chain| open.trust.verify(&chain, signed.accepted_at).ok());
    let signature = data_encoding::BASE64.decode(signed.signature.as_bytes());
    is_about
        && signer.zip(signature.ok()).is_some_and(|(signer, signature)| {
            signer.office == parcel.to
                && signer.verify_signature(receipt.signed_text().as_bytes(), &signature).is_ok()
        })
}
