//! Fetches what waits in the mailbox and keeps it. A parcel that cannot be fetched as it should be is tried again by
//! itself, and holds up none that comes behind it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tasuki_client::ClientError;
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;

use super::{Link, chance, meet};
use crate::arrivals::Kept;
use crate::base::digest_of;
use crate::base::duty::Duty;
use crate::base::error::OfficeError;
use crate::offices::session::with_session;
use crate::offices::{OpenOffice, RelayList};
use crate::sends::retry::{wait, with_jitter};

/// How often the list of what was acknowledged is read: another computer of the office may have fetched something.
const READ_KEPT: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    // What others seal for a key that this computer does not have is left to the one that has it.
    if !link.offices.holds_published_key(open).await? {
        return Err(OfficeError::NoOfficeKey);
    }
    retry_delayed(link, open).await?;
    read(link, open, RelayList::Inbox).await?;
    if link.kept_due.is_due(link.base.now()) {
        read(link, open, RelayList::Kept).await?;
        link.kept_due.note_done(link.base.now(), READ_KEPT);
    }
    Ok(())
}

/// Fetches what a list of the relay names and is not here.
async fn read(link: &Link, open: &Arc<OpenOffice>, list: RelayList) -> Result<(), OfficeError> {
    let office = open.no();
    loop {
        let known = link.run(move |link| link.offices.reading(office, list)).await?;
        let cursor = Cursor { after: known.after, ..Cursor::default() };
        let page = with_session(open, || async {
            match list {
                RelayList::Kept => open.client.kept(cursor).await,
                _ => open.client.inbox(cursor).await,
            }
        });
        let page = page.await?;
        if known.life != Some(page.life) {
            meet(link, open, page.life).await?;
            continue;
        }
        for entry in &page.entries {
            fetch(link, open, &entry.parcel, 0).await?;
            let (life, seq) = (page.life, entry.seq);
            link.run(move |link| link.offices.note_read(office, list, life, seq)).await?;
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
async fn retry_delayed(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    for (parcel, attempts) in link.run(move |link| link.inbox.due_delayed(office)).await? {
        fetch(link, open, &parcel, attempts).await?;
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
    link: &Link,
    open: &Arc<OpenOffice>,
    parcel: &Parcel,
    attempts: u32,
) -> Result<(), OfficeError> {
    let office = open.no();
    let result = fetch_one(link, open, parcel).await;
    let after = result.as_ref().err().map(after);
    let parcel = parcel.clone();
    match after {
        None | Some(After::Gone) if attempts == 0 => return Ok(()),
        None | Some(After::Gone) => {
            link.run(move |link| link.inbox.note_not_delayed(office, &parcel)).await?;
        }
        Some(After::Stop) => return result,
        Some(After::Delay | After::DelayAndStop) => {
            tracing::warn!(office = %office, parcel = %parcel.id, "a parcel cannot be fetched and is tried again");
            let wait = SignedDuration::try_from(with_jitter(wait(attempts + 1), chance()));
            let at = link.base.now().saturating_add(wait.unwrap_or_default()).unwrap_or(Timestamp::MAX);
            link.run(move |link| link.inbox.note_delayed(office, &parcel, attempts + 1, at)).await?;
        }
    }
    if after == Some(After::DelayAndStop) { result } else { Ok(()) }
}

async fn fetch_one(link: &Link, open: &Arc<OpenOffice>, parcel: &Parcel) -> Result<(), OfficeError> {
    let (office, sender, id) = (open.no(), parcel.from, parcel.id);
    let waits = parcel.state == ParcelState::Accepted;
    let is_here = move |link: &Link| {
        if waits { link.inbox.owe_again(office, sender, id) } else { link.inbox.has(office, sender, id) }
    };
    if link.run(is_here).await? {
        return Ok(());
    }
    let sealed = with_session(open, || open.client.fetch(id)).await?;
    if digest_of(&sealed) != parcel.digest {
        // Cut or changed on the way: it is fetched again.
        return Err(ClientError::Unintelligible.into());
    }
    let sender_name = sender_name(link, open, sender).await;
    let keep = |is_our_key| {
        let (open, parcel) = (Arc::clone(open), parcel.clone());
        let (sender_name, sealed) = (sender_name.clone(), sealed.clone());
        link.run(move |link| link.inbox.keep(&open, &parcel, &sender_name, &sealed, is_our_key))
    };
    if keep(false).await? == Kept::NotForTheseKeys {
        // Another computer of this office may have the key: it is refused only when ours is the one that senders use.
        if !link.offices.settle_own_key(open).await? {
            return Err(OfficeError::NoOfficeKey);
        }
        keep(true).await?;
    }
    Ok(())
}

/// The name of a sender, from the directory; empty when it cannot be had now.
async fn sender_name(link: &Link, open: &OpenOffice, sender: OfficeNo) -> String {
    let office = open.no();
    let known = || link.run(move |link| link.directory.known(office, sender));
    if !matches!(known().await, Ok(Some(_))) {
        drop(link.directory.ask(open, &[sender]).await);
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
