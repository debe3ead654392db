//! The office's own account: password, certificates, limits.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use tasuki_protocol::account::{Account, ChangePassword, IssuedCertificate, Renew};
use tasuki_protocol::limits::Limits;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::Sha256Digest;

use super::App;
use super::body::{FromJson, FromPath};
use super::caller::{Caller, Certified, LoggedIn};
use super::enrolments::check_texts;
use super::refusal::Answer;
use super::sessions::too_many;
use crate::password;
use crate::store::NewCertificate;

/// The account, its certificates, and what its mailbox holds.
#[utoipa::path(get, path = "/v1/account", tag = "account", responses((status = 200, body = Account)))]
pub(crate) async fn show(State(relay): State<App>, caller: Caller) -> Answer<Json<Account>> {
    let office = relay.store.offices(&[caller.office]).await?.pop().ok_or(ProblemType::NotFound)?;
    let usage = relay.store.usage(caller.office).await?;
    Ok(Json(Account {
        office: caller.office,
        name: office.name,
        kj_id: caller.kj_id,
        mailbox_parcels: usage.parcels,
        mailbox_bytes: usage.bytes,
        certificates: relay.store.certificates(caller.office).await?,
    }))
}

/// Changes the password and ends the account's other sessions.
#[utoipa::path(
    put, path = "/v1/account/password", tag = "account", request_body = ChangePassword,
    responses((status = 204))
)]
pub(crate) async fn change_password(
    State(relay): State<App>,
    caller: LoggedIn,
    FromJson(wish): FromJson<ChangePassword>,
) -> Answer<StatusCode> {
    let (office, kj_id, by) = (caller.office, caller.kj_id, caller.by(&relay));
    let now = by.at;
    let attempt = relay.store.attempt(office, kj_id, now).await?;
    attempt.may_try(now).map_err(|locked| too_many(locked, now))?;
    if !relay.verify(wish.current.expose(), attempt.password_hash.as_deref()).await? {
        relay.store.note_failure(office, kj_id, by).await?.map_err(|locked| too_many(locked, now))?;
        return Err(Problem::new(ProblemType::WrongCredentials).field("current").into());
    }
    let new = zeroize::Zeroizing::new(wish.new.expose().to_owned());
    let unchanged = wish.current == wish.new;
    if unchanged || !password::is_acceptable(&new, &[kj_id.as_str(), office.as_str()]) {
        return Err(Problem::new(ProblemType::PasswordRejected).field("new").into());
    }
    let hash = relay.with_hasher(move || password::hash(&new)).await?.map_err(|_| ProblemType::Internal)?;
    let set = relay.store.set_password(kj_id, hash, &caller.session, by).await?;
    set.map_err(|locked| too_many(locked, now))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues another certificate for this node, before the one of this connection ends.
#[utoipa::path(
    post, path = "/v1/account/certificates", tag = "account", request_body = Renew,
    responses((status = 201, body = IssuedCertificate))
)]
pub(crate) async fn renew(
    State(relay): State<App>,
    caller: Caller,
    FromJson(wish): FromJson<Renew>,
) -> Answer<(StatusCode, Json<IssuedCertificate>)> {
    check_texts("", &wish.request_pem)?;
    let by = caller.by(&relay);
    let node = caller.certified.node.clone();
    let (certificate, issued) = relay.issue(caller.office, node, wish.request_pem, by.at)?;
    let certificate =
        NewCertificate { parent: Some(caller.certified.certificate.fingerprint), ..certificate };
    relay.store.add_certificate(certificate, by).await?;
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Revokes a certificate of the office, such as that of a lost PC.
#[utoipa::path(
    delete, path = "/v1/account/certificates/{fingerprint}", tag = "account",
    params(("fingerprint" = tasuki_protocol::schema::Sha256Digest, Path)), responses((status = 204))
)]
pub(crate) async fn revoke(
    State(relay): State<App>,
    caller: Caller,
    FromPath(fingerprint): FromPath<Sha256Digest>,
) -> Answer<StatusCode> {
    let revoked = relay.store.revoke_certificate(caller.office, fingerprint, caller.by(&relay)).await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(ProblemType::NotFound.into()) }
}

/// What a node must know before it sends.
#[utoipa::path(
    get, path = "/v1/limits", tag = "account", security(("certificate" = [])),
    responses((status = 200, body = Limits))
)]
pub(crate) async fn limits(State(relay): State<App>, _: Certified) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "private, max-age=3600")], Json(relay.config.limits()))
}
