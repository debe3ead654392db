//! The link: keeps an office connected with the relay, and does by itself what needs no person.
//!
//! Three tasks for each office whose keys are open: `follow` listens for events and wakes the other two, `send`
//! works off the queue, `receive` fetches, keeps, acknowledges, and learns what became of what was sent. Each of
//! them may be repeated at any point: the relay and the database make a repeat harmless.

pub(crate) mod receive;
mod send;

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tasuki_client::{ClientError, RelayEvent};
use tasuki_protocol::limits::HEARTBEAT;
use tasuki_protocol::problem::{Problem, ProblemType};
use tokio::time::timeout;

use crate::arrivals::RelayList;
use crate::error::OfficeError;
use crate::node::{Node, Topic};
use crate::open_office::{LinkState, OpenOffice};
use crate::queue::{wait, with_jitter};

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

/// Starts the tasks of an office.
pub(crate) fn start(node: &Node, office: &Arc<OpenOffice>) {
    spawn_until_ended(office, follow(node.clone(), Arc::clone(office)));
    spawn_until_ended(office, send::run(node.clone(), Arc::clone(office)));
    spawn_until_ended(office, receive::run(node.clone(), Arc::clone(office)));
}

/// The task ends when other keys were put into the place of the office's.
fn spawn_until_ended(office: &OpenOffice, task: impl Future<Output = ()> + Send + 'static) {
    let ended = office.ended();
    tokio::spawn(async move {
        tokio::select! {
            () = ended => {}
            () = task => {}
        }
    });
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
async fn follow(node: Node, open: Arc<OpenOffice>) {
    let mut attempts = 0;
    loop {
        let state = match listen(&node, &open, &mut attempts).await {
            Err(OfficeError::Relay(ClientError::Problem(problem))) => problem
                .kind()
                .filter(|kind| kind.status() < 500)
                .map_or(LinkState::Offline, LinkState::Refused),
            _ => LinkState::Offline,
        };
        show(&node, &open, state);
        attempts += 1;
        tokio::time::sleep(pause(attempts)).await;
    }
}

async fn listen(node: &Node, open: &OpenOffice, attempts: &mut u32) -> Result<(), OfficeError> {
    let after = node.cursor(open.no(), RelayList::Inbox)?.max(node.cursor(open.no(), RelayList::Sent)?);
    let mut events = with_session(open, || open.client.events(after)).await?;
    *attempts = 0;
    let is_ours = node.settle_own_key(open).await?;
    show(node, open, if is_ours { LinkState::Online } else { LinkState::NoKey });
    open.hurry();
    while let Ok(event) = timeout(SILENCE, events.next()).await {
        match event? {
            Some(RelayEvent::Changed(_)) => {
                open.elsewhere.note(events.take_change().as_ref());
                open.incoming.notify_one();
            }
            Some(RelayEvent::Reset) => {
                start_over(node, open)?;
                node.settle_own_key(open).await?;
            }
            Some(RelayEvent::Heartbeat) => {}
            None => break,
        }
    }
    Ok(())
}

/// The relay was restored from an older backup: what it has forgotten it gets again.
fn start_over(node: &Node, open: &OpenOffice) -> Result<(), OfficeError> {
    tracing::warn!(office = %open.no(), "the relay was restored from an older backup");
    node.set_cursor(open.no(), RelayList::Inbox, 0)?;
    node.set_cursor(open.no(), RelayList::Sent, 0)?;
    node.hand_in_again(open.no())?;
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
