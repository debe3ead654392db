//! Fetches what waits in the mailbox and keeps it. A parcel that cannot be fetched as it should be is tried again by
//! itself, and holds up none that comes behind it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tasuki_client::ClientError;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;

use super::duty::Duty;
use super::{chance, meet, with_session};
use crate::arrivals::{Kept, RelayList};
use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::OpenOffice;
use crate::review::digest_of;
use crate::sends::retry::{wait, with_jitter};

pub(super) async fn work_off(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    // What others seal for a key that this computer does not have is left to the one that has it.
    if !node.holds_published_key(open).await? {
        return Err(OfficeError::NoOfficeKey);
    }
    retry_delayed(node, open).await?;
    read(node, open, RelayList::Inbox).await?;
    if open.is_kept_due(node.now()) {
        read(node, open, RelayList::Kept).await?;
        open.note_kept_read(node.now());
    }
    Ok(())
}

/// Fetches what a list of the relay names and is not here.
async fn read(node: &Node, open: &Arc<OpenOffice>, list: RelayList) -> Result<(), OfficeError> {
    let office = open.no();
    loop {
        let known = node.run(move |node| node.reading(office, list)).await?;
        let cursor = Cursor { after: known.after, ..Cursor::default() };
        let page = with_session(open, || async {
            match list {
                RelayList::Kept => open.client.kept(cursor).await,
                _ => open.client.inbox(cursor).await,
            }
        });
        let page = page.await?;
        if known.life != Some(page.life) {
            meet(node, open, page.life).await?;
            continue;
        }
        for entry in &page.entries {
            fetch(node, open, &entry.parcel, 0).await?;
            let (life, seq) = (page.life, entry.seq);
            node.run(move |node| node.note_read(office, list, life, seq)).await?;
        }
        // What came so far is acknowledged and imported while the next ones come.
        open.duties.ring(Duty::Acknowledge);
        open.duties.ring(Duty::Import);
        if !page.more {
            return Ok(());
        }
    }
}

/// Tries once more what could not be fetched before.
async fn retry_delayed(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    for (parcel, attempts) in node.run(move |node| node.due_delayed(office)).await? {
        fetch(node, open, &parcel, attempts).await?;
    }
    Ok(())
}

/// What is to be done after a parcel was not fetched. Pure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is no longer there: withdrawn in this moment.
    Gone,
    /// It is tried again later; others go on.
    Delay,
    /// It is tried again later, and so are all others: they would fail as well.
    DelayAndStop,
    /// Nothing can be fetched now, and this parcel has no part in it.
    Stop,
}

fn after(error: &OfficeError) -> After {
    use ProblemType as P;
    match error {
        OfficeError::Relay(ClientError::Problem(problem)) => match problem.kind() {
            Some(P::NotFound) => After::Gone,
            Some(P::RateLimited | P::Unavailable | P::StorageFull | P::TooSlow) => After::DelayAndStop,
            Some(
                P::SessionRequired
                | P::WrongCredentials
                | P::AccountLocked
                | P::PasswordChangeRequired
                | P::OfficeSuspended
                | P::CertificateRequired
                | P::CertificateUnknown
                | P::CertificateRevoked
                | P::CertificateExpired,
            ) => After::Stop,
            Some(_) | None => After::Delay,
        },
        OfficeError::Relay(ClientError::Unintelligible) | OfficeError::Panicked => After::Delay,
        OfficeError::Relay(_) => After::DelayAndStop,
        _ => After::Stop,
    }
}

async fn fetch(
    node: &Node,
    open: &Arc<OpenOffice>,
    parcel: &Parcel,
    attempts: u32,
) -> Result<(), OfficeError> {
    let office = open.no();
    let result = fetch_one(node, open, parcel).await;
    let after = result.as_ref().err().map(after);
    let parcel = parcel.clone();
    match after {
        None | Some(After::Gone) if attempts == 0 => return Ok(()),
        None | Some(After::Gone) => node.run(move |node| node.note_not_delayed(office, &parcel)).await?,
        Some(After::Stop) => return result,
        Some(After::Delay | After::DelayAndStop) => {
            tracing::warn!(office = %office, parcel = %parcel.id, "a parcel cannot be fetched and is tried again");
            let wait = SignedDuration::try_from(with_jitter(wait(attempts + 1), chance()));
            let at = node.now().saturating_add(wait.unwrap_or_default()).unwrap_or(Timestamp::MAX);
            node.run(move |node| node.note_delayed(office, &parcel, attempts + 1, at)).await?;
        }
    }
    if after == Some(After::DelayAndStop) { result } else { Ok(()) }
}

async fn fetch_one(node: &Node, open: &Arc<OpenOffice>, parcel: &Parcel) -> Result<(), OfficeError> {
    let (office, sender, id) = (open.no(), parcel.from, parcel.id);
    let waits = parcel.state == ParcelState::Accepted;
    let is_here = move |node: &Node| {
        if waits { node.owe_again(office, sender, id) } else { node.has_arrival(office, sender, id) }
    };
    if node.run(is_here).await? {
        return Ok(());
    }
    let sealed = with_session(open, || open.client.fetch(id)).await?;
    if digest_of(&sealed) != parcel.digest {
        // Cut or changed on the way: it is fetched again.
        return Err(ClientError::Unintelligible.into());
    }
    let sender_name = sender_name(node, open, sender).await;
    let keep = |is_our_key| {
        let (open, parcel) = (Arc::clone(open), parcel.clone());
        let (sender_name, sealed) = (sender_name.clone(), sealed.clone());
        node.run(move |node| node.keep_arrival(&open, &parcel, &sender_name, &sealed, is_our_key))
    };
    if keep(false).await? == Kept::NotForTheseKeys {
        // Another computer of this office may have the key: it is refused only when ours is the one that senders use.
        if !node.settle_own_key(open).await? {
            return Err(OfficeError::NoOfficeKey);
        }
        keep(true).await?;
    }
    Ok(())
}

/// The name of a sender, from the directory; empty when it cannot be had now.
async fn sender_name(node: &Node, open: &OpenOffice, sender: OfficeNo) -> String {
    let office = open.no();
    let known = || node.run(move |node| node.known_partner(office, sender));
    if !matches!(known().await, Ok(Some(_))) {
        drop(node.ask_directory(open, &[sender]).await);
    }
    known().await.ok().flatten().map(|partner| partner.name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tasuki_protocol::problem::Problem;

    #[test]
    fn one_bad_parcel_does_not_hold_up_the_others() {
        let problem = |kind| OfficeError::Relay(ClientError::Problem(Box::new(Problem::new(kind))));
        assert_eq!(after(&problem(ProblemType::NotFound)), After::Gone);
        assert_eq!(after(&problem(ProblemType::Internal)), After::Delay);
        assert_eq!(after(&ClientError::Unintelligible.into()), After::Delay);
        assert_eq!(after(&OfficeError::Panicked), After::Delay);
        for kind in
            [ProblemType::SessionRequired, ProblemType::OfficeSuspended, ProblemType::CertificateRevoked]
        {
            assert_eq!(after(&problem(kind)), After::Stop, "{kind:?}");
        }
        assert_eq!(after(&problem(ProblemType::Unavailable)), After::DelayAndStop);
        assert_eq!(after(&OfficeError::DiskFull), After::Stop);
        assert_eq!(after(&OfficeError::NoOfficeKey), After::Stop);
    }
}
