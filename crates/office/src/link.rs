//! The link: keeps an office connected with the relay, and does by itself what needs no person.
//!
//! Each [`Duty`] of each office whose keys are open is a task under a supervisor (`supervisor.rs`). `follow` listens for
//! events and rings the bells of the others. Each may be repeated at any point: the relay and the database make a repeat
//! harmless. What touches disk or database does so through `Link::run`, off the async workers.

mod acknowledge;
mod codes;
mod due;
mod fetch;
mod import;
mod progress;
mod send;
mod supervisor;
mod withdraw;

use std::sync::Arc;
use std::time::Duration;

use tasuki_client::{ClientError, RelayEvent};
use tasuki_protocol::limits::HEARTBEAT;
use tasuki_protocol::mailbox::{Event, Life, Side};
use tokio::time::timeout;

use crate::arrivals::Inbox;
use crate::base::error::OfficeError;
use crate::base::{Base, Topic, blocking};
use crate::offices::session::with_session;
use crate::offices::{Keys, LinkState, Offices, OpenOffice, RelayList};
use crate::partners::Directory;
use crate::sends::retry::{wait, with_jitter};
use crate::sends::{Outbox, Sends};

pub use crate::base::duty::{Duty, DutyStatus, Obstacle};

/// Without a sign of life for so long, the connection is taken for lost.
const SILENCE: Duration = Duration::from_secs(HEARTBEAT.as_secs() * 2 + 5);

/// The parts that an office's duties work with.
#[derive(Clone)]
pub(crate) struct Link {
    base: Base,
    offices: Offices,
    directory: Directory,
    sends: Sends,
    outbox: Outbox,
    inbox: Inbox,
    /// The list of what was acknowledged is to be read.
    kept_due: Arc<due::Due>,
    codes_due: Arc<codes::CodesDue>,
}

impl Link {
    /// Does what takes processor time or waits for disk or database, off the async workers.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OfficeError> + Send + 'static,
    ) -> Result<T, OfficeError> {
        let link = self.clone();
        blocking(move || work(&link)).await
    }
}

/// Begins the duties of an office whose keys were put into use.
pub(crate) fn begin(base: &Base, keys: &Keys, open: &Arc<OpenOffice>) {
    let offices = Offices::new(base, keys);
    let sends = Sends::new(base, keys);
    let link = Link {
        base: base.clone(),
        directory: Directory::new(base, keys),
        outbox: Outbox::new(base, keys, &sends),
        inbox: Inbox::new(base, keys, &offices),
        offices,
        sends,
        kept_due: Arc::default(),
        codes_due: Arc::default(),
    };
    supervisor::start(&link, open);
}

/// Listens for events, for ever.
async fn follow(link: &Link, open: &OpenOffice) {
    let mut attempts = 0;
    loop {
        let result = listen(link, open, &mut attempts).await;
        let state = match &result {
            Err(OfficeError::Relay(ClientError::Problem(problem))) => problem
                .kind()
                .filter(|kind| kind.status() < 500)
                .map_or(LinkState::Offline, LinkState::Refused),
            _ => LinkState::Offline,
        };
        show(link, open, state);
        let obstacle = result.as_ref().err().map_or(Obstacle::Line, Obstacle::from);
        supervisor::note(link, open, Duty::Follow, Some(obstacle));
        attempts += 1;
        tokio::time::sleep(pause(attempts)).await;
    }
}

async fn listen(link: &Link, open: &OpenOffice, attempts: &mut u32) -> Result<(), OfficeError> {
    let office = open.no();
    let after = link.run(move |link| {
        let inbox = link.offices.reading(office, RelayList::Inbox)?;
        Ok(inbox.after.max(link.offices.reading(office, RelayList::Sent)?.after))
    });
    let after = after.await?;
    let mut events = with_session(open, || open.client.events(after)).await?;
    *attempts = 0;
    link.run(move |link| link.outbox.note_line(office)).await?;
    let is_ours = link.offices.settle_own_key(open).await?;
    show(link, open, if is_ours { LinkState::Online } else { LinkState::NoKey });
    supervisor::note(link, open, Duty::Follow, None);
    open.hurry();
    while let Ok(event) = timeout(SILENCE, events.next()).await {
        match event? {
            Some(RelayEvent::Changed(_)) => {
                if let Some(change) = events.take_change() {
                    note_change(link, open, change).await?;
                }
                open.duties.ring(Duty::Fetch);
                open.duties.ring(Duty::Progress);
            }
            Some(RelayEvent::Life(life)) => meet(link, open, life).await?,
            Some(RelayEvent::Reset) => {
                start_over(link, open).await?;
                link.offices.settle_own_key(open).await?;
            }
            Some(RelayEvent::Heartbeat) => {}
            None => break,
        }
    }
    Ok(())
}

/// Notes the relay's life. If it is another one than was known, all lists are read from their beginning, and what the
/// relay may have forgotten it gets again. Whichever duty sees the other life first, this is done once.
async fn meet(link: &Link, open: &OpenOffice, life: Life) -> Result<(), OfficeError> {
    let office = open.no();
    if link.run(move |link| link.outbox.note_life(office, Some(life))).await? {
        tracing::warn!(office = %office, "the relay was restored from a backup");
        open.hurry();
    }
    Ok(())
}

/// Another computer of this office may have received, opened or imported something: it is fetched here too, and shown as
/// far as it has come there.
async fn note_change(link: &Link, open: &OpenOffice, change: Event) -> Result<(), OfficeError> {
    let office = open.no();
    if change.side == Side::Inbox
        && !link.run(move |link| link.inbox.note_elsewhere(office, change.parcel, change.state)).await?
    {
        link.kept_due.make();
    }
    Ok(())
}

/// The relay has not come as far as this node knows it to have been.
async fn start_over(link: &Link, open: &OpenOffice) -> Result<(), OfficeError> {
    let office = open.no();
    link.run(move |link| link.outbox.note_life(office, None)).await?;
    open.hurry();
    Ok(())
}

fn show(link: &Link, open: &OpenOffice, state: LinkState) {
    if open.set_link(state) {
        tracing::info!(office = %open.no(), state = ?state, "link");
        link.base.tell(open.no(), Topic::Link);
    }
}

/// A wait with jitter before another try.
fn pause(attempts: u32) -> Duration {
    with_jitter(wait(attempts), chance())
}

/// A random number. Without one the wait is the shortest, which does no harm.
fn chance() -> u8 {
    let mut chance = [0];
    getrandom::fill(&mut chance).map_or(0, |()| chance[0])
}
