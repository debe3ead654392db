//! Log-in, log-out, and the sessions of an account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use tasuki_protocol::account::{LogIn, Refresh, Secret, SessionGrant, Sessions};
use tasuki_protocol::limits::{ACCESS_LIFE, SESSION_LIFE};
use tasuki_protocol::problem::{Problem, ProblemType};
use uuid::Uuid;

use super::App;
use super::body::{FromJson, FromPath};
use super::caller::{Certified, LoggedIn, hash_of};
use super::refusal::{Answer, Refusal};
use crate::store::{By, Locked, NewSession};

/// 256 random bits.
fn token() -> Answer<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| ProblemType::Internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// Log-ins of the account are locked.
pub(crate) fn too_many(Locked(until): Locked, now: Timestamp) -> Refusal {
    let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or(0) + 1;
    Problem::new(ProblemType::AccountLocked).retry_after(seconds).into()
}

/// Begins a session.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", request_body = LogIn, security(("certificate" = [])),
    responses((status = 201, body = SessionGrant))
)]
pub(crate) async fn log_in(
    State(relay): State<App>,
    certified: Certified,
    FromJson(wish): FromJson<LogIn>,
) -> Answer<(StatusCode, Json<SessionGrant>)> {
    let now = relay.clock.now();
    let (office, kj_id) = (certified.office, wish.kj_id);
    let by = By { who: kj_id.to_string(), address: certified.address.ip().to_string(), at: now };
    let attempt = relay.store.attempt(office, kj_id, now).await?;
    attempt.may_try(now).map_err(|locked| too_many(locked, now))?;
    if !relay.verify(wish.password.expose(), attempt.password_hash.as_deref()).await? {
        relay.store.note_failure(office, kj_id, by).await?.map_err(|locked| too_many(locked, now))?;
        return Err(ProblemType::WrongCredentials.into());
    }
    let (access_token, refresh_token) = (token()?, token()?);
    let session = NewSession {
        id: Uuid::now_v7().to_string(),
        kj_id,
        office,
        fingerprint: certified.certificate.fingerprint,
        access: hash_of(&access_token),
        access_expires_at: now + ACCESS_LIFE,
        refresh: hash_of(&refresh_token),
        expires_at: now + SESSION_LIFE,
    };
    let grant = SessionGrant {
        id: session.id.clone(),
        access_token: Secret::new(access_token),
        access_expires_at: session.access_expires_at,
        refresh_token: Secret::new(refresh_token),
        session_expires_at: session.expires_at,
        password_change_required: attempt.must_change,
        life: relay.store.life(),
    };
    relay.store.begin_session(session, by).await?.map_err(|locked| too_many(locked, now))?;
    Ok((StatusCode::CREATED, Json(grant)))
}

/// Gives a session another access token.
#[utoipa::path(
    post, path = "/v1/sessions/refresh", tag = "sessions", request_body = Refresh,
    security(("certificate" = [])), responses((status = 200, body = SessionGrant))
)]
pub(crate) async fn refresh(
    State(relay): State<App>,
    certified: Certified,
    FromJson(wish): FromJson<Refresh>,
) -> Answer<Json<SessionGrant>> {
    let now = relay.clock.now();
    let access_token = token()?;
    let by = By { who: certified.office.to_string(), address: certified.address.ip().to_string(), at: now };
    let refreshed = relay
        .store
        .refresh_session(
            certified.certificate.fingerprint,
            hash_of(wish.refresh_token.expose()),
            hash_of(&access_token),
            now + ACCESS_LIFE,
            by,
        )
        .await?;
    let (session, must_change) = refreshed.ok_or(ProblemType::SessionRequired)?;
    Ok(Json(SessionGrant {
        id: session.id,
        access_token: Secret::new(access_token),
        access_expires_at: session.expires_at.min(now + ACCESS_LIFE),
        refresh_token: wish.refresh_token,
        session_expires_at: session.expires_at,
        password_change_required: must_change,
        life: relay.store.life(),
    }))
}

/// Lists the live sessions of the account.
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", responses((status = 200, body = Sessions)))]
pub(crate) async fn list(State(relay): State<App>, caller: LoggedIn) -> Answer<Json<Sessions>> {
    let mut sessions = relay.store.sessions(caller.kj_id, relay.clock.now()).await?;
    for session in &mut sessions {
        session.current = session.id == caller.session;
    }
    Ok(Json(Sessions { sessions }))
}

/// Ends the session that asks.
#[utoipa::path(delete, path = "/v1/sessions", tag = "sessions", responses((status = 204)))]
pub(crate) async fn log_out(State(relay): State<App>, caller: LoggedIn) -> Answer<StatusCode> {
    relay.store.end_session(caller.kj_id, &caller.session, caller.by(&relay)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends any session of the account.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "sessions", params(("id" = String, Path)),
    responses((status = 204))
)]
pub(crate) async fn end(
    State(relay): State<App>,
    caller: LoggedIn,
    FromPath(id): FromPath<String>,
) -> Answer<StatusCode> {
    let ended = relay.store.end_session(caller.kj_id, &id, caller.by(&relay)).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(ProblemType::NotFound.into()) }
}
