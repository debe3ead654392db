//! The link: keeps an office connected with the relay, and does by itself what needs no person.
//!
//! Each [`Duty`] of each office whose keys are open is a task under a supervisor (`supervisor.rs`). `follow` listens for
//! events and rings the bells of the others. Each may be repeated at any point: the relay and the database make a repeat
//! harmless. What touches disk or database does so through [`Node::run`], off the async workers.

mod acknowledge;
mod duty;
mod fetch;
mod import;
mod progress;
mod send;
mod supervisor;
mod withdraw;

use std::future::Future;
use std::sync::PoisonError;
use std::time::Duration;

use tasuki_client::{ClientError, RelayEvent};
use tasuki_protocol::limits::HEARTBEAT;
use tasuki_protocol::mailbox::{Event, Life, Side};
use tasuki_protocol::problem::{Problem, ProblemType};
use tokio::time::timeout;

use crate::arrivals::RelayList;
use crate::error::OfficeError;
use crate::node::{Node, Topic};
use crate::open_office::{LinkState, OpenOffice};
use crate::sends::retry::{wait, with_jitter};

pub(crate) use duty::Duties;
pub use duty::{Duty, DutyStatus, Obstacle};
pub(crate) use supervisor::start;

/// Without a sign of life for so long, the connection is taken for lost.
const SILENCE: Duration = Duration::from_secs(HEARTBEAT.as_secs() * 2 + 5);

/// The session with the relay.
#[derive(Default)]
pub(crate) struct Session {
    /// Counts log-ins: whoever was refused with an older one tries again with this.
    generation: u64,
    /// The relay did not take the password: it is not tried again by itself, or the account would be locked.
    refused: Option<Box<Problem>>,
}

/// Begins a session with the password that was just given.
///
/// # Errors
/// When the relay refuses or cannot be reached.
pub(crate) async fn connect(open: &OpenOffice) -> Result<(), ClientError> {
    let mut session = open.session.lock().await;
    session.refused = None;
    log_in(open, &mut session).await?;
    drop(session);
    open.hurry();
    Ok(())
}

async fn log_in(open: &OpenOffice, session: &mut Session) -> Result<(), ClientError> {
    if let Some(problem) = &session.refused {
        return Err(ClientError::Problem(problem.clone()));
    }
    let password = open.password.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match open.client.log_in(open.kj_id, &password).await {
        Ok(_) => {
            session.generation += 1;
            Ok(())
        }
        Err(ClientError::Problem(problem)) => {
            let stays = [ProblemType::WrongCredentials, ProblemType::PasswordChangeRequired];
            if problem.kind().is_some_and(|kind| stays.contains(&kind)) {
                session.refused = Some(problem.clone());
            }
            Err(ClientError::Problem(problem))
        }
        Err(error) => Err(error),
    }
}

/// Calls the relay, with a new session when the old one has ended.
///
/// # Errors
/// As the call.
pub(crate) async fn with_session<T, F>(open: &OpenOffice, call: impl Fn() -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let mut session = open.session.lock().await;
    if session.generation == 0 {
        log_in(open, &mut session).await?;
    }
    let generation = session.generation;
    drop(session);
    match call().await {
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::SessionRequired) => {
            let mut session = open.session.lock().await;
            if session.generation == generation {
                log_in(open, &mut session).await?;
            }
            drop(session);
            call().await
        }
        result => result,
    }
}

/// Listens for events, for ever.
async fn follow(node: &Node, open: &OpenOffice) {
    let mut attempts = 0;
    loop {
        let result = listen(node, open, &mut attempts).await;
        let state = match &result {
            Err(OfficeError::Relay(ClientError::Problem(problem))) => problem
                .kind()
                .filter(|kind| kind.status() < 500)
                .map_or(LinkState::Offline, LinkState::Refused),
            _ => LinkState::Offline,
        };
        show(node, open, state);
        let obstacle = result.as_ref().err().map_or(Obstacle::Line, Obstacle::from);
        supervisor::note(node, open, Duty::Follow, Some(obstacle));
        attempts += 1;
        tokio::time::sleep(pause(attempts)).await;
    }
}

async fn listen(node: &Node, open: &OpenOffice, attempts: &mut u32) -> Result<(), OfficeError> {
    let office = open.no();
    let after = node.run(move |node| {
        let inbox = node.reading(office, RelayList::Inbox)?;
        Ok(inbox.after.max(node.reading(office, RelayList::Sent)?.after))
    });
    let after = after.await?;
    let mut events = with_session(open, || open.client.events(after)).await?;
    *attempts = 0;
    node.run(move |node| node.note_line(office)).await?;
    let is_ours = node.settle_own_key(open).await?;
    show(node, open, if is_ours { LinkState::Online } else { LinkState::NoKey });
    supervisor::note(node, open, Duty::Follow, None);
    open.hurry();
    while let Ok(event) = timeout(SILENCE, events.next()).await {
        match event? {
            Some(RelayEvent::Changed(_)) => {
                if let Some(change) = events.take_change() {
                    note_change(node, open, change).await?;
                }
                open.duties.ring(Duty::Fetch);
                open.duties.ring(Duty::Progress);
            }
            Some(RelayEvent::Life(life)) => meet(node, open, life).await?,
            Some(RelayEvent::Reset) => {
                start_over(node, open).await?;
                node.settle_own_key(open).await?;
            }
            Some(RelayEvent::Heartbeat) => {}
            None => break,
        }
    }
    Ok(())
}

/// Notes the relay's life. If it is another one than was known, all lists are read from their beginning, and what the
/// relay may have forgotten it gets again. Whichever duty sees the other life first, this is done once.
async fn meet(node: &Node, open: &OpenOffice, life: Life) -> Result<(), OfficeError> {
    let office = open.no();
    if node.run(move |node| node.note_life(office, Some(life))).await? {
        tracing::warn!(office = %office, "the relay was restored from a backup");
        open.hurry();
    }
    Ok(())
}

/// Another computer of this office may have received, opened or imported something: it is fetched here too, and shown as
/// far as it has come there.
async fn note_change(node: &Node, open: &OpenOffice, change: Event) -> Result<(), OfficeError> {
    let office = open.no();
    if change.side == Side::Inbox
        && !node.run(move |node| node.note_elsewhere(office, change.parcel, change.state)).await?
    {
        open.make_kept_due();
    }
    Ok(())
}

/// The relay has not come as far as this node knows it to have been.
async fn start_over(node: &Node, open: &OpenOffice) -> Result<(), OfficeError> {
    let office = open.no();
    node.run(move |node| node.note_life(office, None)).await?;
    open.hurry();
    Ok(())
}

fn show(node: &Node, open: &OpenOffice, state: LinkState) {
    if open.set_link(state) {
        tracing::info!(office = %open.no(), state = ?state, "link");
        node.tell(open.no(), Topic::Link);
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
