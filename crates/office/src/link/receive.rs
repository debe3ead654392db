//! Fetches what waits, keeps it, acknowledges it, and learns what became of what was sent.

use std::sync::Arc;
use std::time::Duration;

use tasuki_client::ClientError;
use tasuki_identity::chain::CertificateChain;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::problem::ProblemType;
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::OfficeNo;

use super::{pause, with_session};
use crate::arrivals::RelayList;
use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::{OpenOffice, blocking};
use crate::outbox::Progress;
use crate::queue::SendState;
use crate::review::digest_of;

/// Longest time without looking into the mailbox.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Receipts that are posted before the mailbox is looked at again.
const RECEIPTS: u32 = 100;

/// Works for ever.
pub(super) async fn run(node: Node, open: Arc<OpenOffice>) {
    let mut failures = 0;
    loop {
        tokio::select! {
            () = open.incoming.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        match work_off(&node, &open).await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::info!(office = %open.no(), error = %error, "the mailbox cannot be worked off");
                tokio::time::sleep(pause(failures)).await;
                open.incoming.notify_one();
            }
        }
    }
}

async fn work_off(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    if node.holds_published_key(open).await? {
        fetch_all(node, open).await?;
        node.fetch_from_elsewhere(open).await?;
    }
    acknowledge_all(node, open).await?;
    follow_sent(node, open).await?;
    node.renew_certificate(open).await
}

async fn fetch_all(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    loop {
        let cursor = Cursor { after: node.cursor(open.no(), RelayList::Inbox)?, ..Cursor::default() };
        let page = with_session(open, || open.client.inbox(cursor)).await?;
        for entry in &page.entries {
            fetch_one(node, open, &entry.parcel).await?;
            node.set_cursor(open.no(), RelayList::Inbox, entry.seq)?;
        }
        if !page.more {
            return Ok(());
        }
        // Many wait: what came so far is acknowledged before the next ones.
        acknowledge_all(node, open).await?;
    }
}

pub(crate) async fn fetch_one(
    node: &Node,
    open: &Arc<OpenOffice>,
    parcel: &Parcel,
) -> Result<(), OfficeError> {
    if node.knows_arrival(open.no(), parcel.id)? {
        return Ok(());
    }
    let sealed = match with_session(open, || open.client.fetch(parcel.id)).await {
        // It was withdrawn in this moment.
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::NotFound) => return Ok(()),
        result => result?,
    };
    if digest_of(&sealed) != parcel.digest {
        // Cut or changed on the way: it is fetched again.
        return Err(ClientError::Unintelligible.into());
    }
    let sender_name = sender_name(node, open, parcel.from).await;
    let (task_node, task_open, parcel) = (node.clone(), Arc::clone(open), parcel.clone());
    let id =
        blocking(move || task_node.keep_arrival(&task_open, &parcel, &sender_name, sealed.to_vec())).await?;
    let folders = node.office(open.no())?.folders;
    if folders.import_by_itself && !folders.import.is_empty() {
        let (node, office) = (node.clone(), open.no());
        if let Err(error) = blocking(move || node.place_arrival(office, id)).await {
            tracing::warn!(office = %office, error = %error, "the import folder cannot be written");
        }
    }
    Ok(())
}

/// The name of a sender, from the directory; empty when it cannot be had now.
async fn sender_name(node: &Node, open: &OpenOffice, sender: OfficeNo) -> String {
    let known = |node: &Node| node.known_partner(open.no(), sender).ok().flatten();
    if known(node).is_none() {
        drop(node.ask_directory(open, &[sender]).await);
    }
    known(node).map(|partner| partner.name().to_owned()).unwrap_or_default()
}

async fn acknowledge_all(node: &Node, open: &OpenOffice) -> Result<(), OfficeError> {
    loop {
        let owed = node.owed(open.no(), RECEIPTS)?;
        if owed.is_empty() {
            return Ok(());
        }
        for (id, parcel, kind) in owed {
            let (key, now) = (&open.secrets.signing_key, node.now());
            match with_session(open, || open.client.acknowledge(&parcel, kind, key, now)).await {
                Ok(_) => node.note_acknowledged(id, kind)?,
                Err(ClientError::Problem(problem)) if is_final(problem.kind()) => {
                    tracing::warn!(office = %open.no(), parcel = %parcel.id, problem = problem.uri, "a receipt is not taken");
                    node.note_acknowledged(id, kind)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether a receipt will never be taken: the parcel is no longer there, or had another one.
fn is_final(kind: Option<ProblemType>) -> bool {
    matches!(kind, Some(ProblemType::NotFound | ProblemType::ReceiptConflict | ProblemType::ReceiptRejected))
}

async fn follow_sent(node: &Node, open: &OpenOffice) -> Result<(), OfficeError> {
    loop {
        let cursor = Cursor { after: node.cursor(open.no(), RelayList::Sent)?, ..Cursor::default() };
        let page = with_session(open, || open.client.sent(cursor)).await?;
        for entry in &page.entries {
            note_progress(node, open, &entry.parcel).await?;
        }
        node.set_cursor(open.no(), RelayList::Sent, page.next_after)?;
        if !page.more {
            return Ok(());
        }
    }
}

async fn note_progress(node: &Node, open: &OpenOffice, parcel: &Parcel) -> Result<(), OfficeError> {
    if node.send_of_parcel(open.no(), parcel.id)?.is_none() {
        return Ok(());
    }
    let receipts = if parcel.state == ParcelState::Accepted {
        Vec::new()
    } else {
        match with_session(open, || open.client.parcel(parcel.id)).await {
            Ok(known) => known.receipts,
            Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::NotFound) => Vec::new(),
            Err(error) => return Err(error.into()),
        }
    };
    let receipts: Vec<_> = receipts.into_iter().filter(|receipt| is_proof(open, parcel, receipt)).collect();
    let progress = Progress {
        parcel: parcel.id,
        state: SendState::of_parcel(parcel.state),
        at: receipts.last().map_or_else(|| node.now(), |receipt| receipt.accepted_at),
        accepted_at: parcel.accepted_at,
        expires_soon: parcel.expires_soon,
        receipts,
    };
    node.note_progress(open.no(), &progress)
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
