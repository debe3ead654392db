//! The session of an office with the relay: begun with its password, and again whenever the relay has ended it.

use tasuki_client::ClientError;
use tasuki_protocol::problem::ProblemType;

use super::keys::{OpenOffice, Session};

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
    let password = open.password();
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

/// The account has another password.
pub(super) fn is_wrong_password(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.kind() == Some(ProblemType::WrongCredentials))
}
