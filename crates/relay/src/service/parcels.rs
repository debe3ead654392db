//! Parcels: handing in, looking at, fetching and withdrawing; inbox and sent list.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use hyper::body::Body as _;
use tasuki_protocol::header::{
    DIGEST, KEY_EPOCH, SEALED, TO, UPLOAD_LENGTH, UPLOAD_OFFSET, digest_field, parse_digest_field,
};
use tasuki_protocol::limits::{PARCEL_BYTES, is_too_slow};
use tasuki_protocol::mailbox::{Cursor, Page};
use tasuki_protocol::parcel::{Arrived, Parcel, ParcelWithReceipts};
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_protocol::schema;
use tasuki_terms::{OfficeNo, ParcelId};
use tokio::time::Instant;

use super::body::{FromPath, FromQuery, content_length, field, next_piece, optional_field, text_field};
use super::caller::Caller;
use super::limit::Place;
use super::refusal::{Answer, Refusal};
use super::spool::{Key, Upload};
use super::{App, Relay};
use crate::store::{Acceptance, Offer, Withdrawal};

/// Contents go out in pieces of this size, in bytes.
const PIECE: u64 = 256 * 1024;

/// A cursor within its limits.
pub(crate) fn checked(cursor: Cursor) -> Answer<Cursor> {
    cursor.wrong_member().map_or(Ok(cursor), |member| Err(Refusal::invalid(member)))
}

/// Hands a parcel in. It is answered when it is durable; a repeat of the very same is answered in the same way.
///
/// When the line was cut, ask `GET /v1/parcels/{id}/upload` how much has arrived, and hand in the rest: the same head
/// with `upload-offset`, and what comes after it as the body.
#[utoipa::path(
    put, path = "/v1/parcels/{id}", tag = "parcels",
    params(
        ("id" = schema::ParcelId, Path),
        ("tasuki-to" = schema::OfficeNo, Header, description = "The receiver"),
        ("tasuki-key-epoch" = u32, Header, description = "Epoch of the receiver's key"),
        ("repr-digest" = String, Header, description = "sha-256=:BASE64: of all sealed bytes (RFC 9530)"),
        ("upload-offset" = Option<u64>, Header,
            description = "How many bytes have arrived before and are not in this body"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Parcel), (status = 200, body = Parcel, description = "It was there"))
)]
pub(crate) async fn put(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
    request: Request,
) -> Answer<(StatusCode, Json<Parcel>)> {
    if text_field(request.headers(), &header::CONTENT_TYPE) != Some(SEALED) {
        return Err(ProblemType::UnsupportedMediaType.into());
    }
    let offset = optional_field(request.headers(), UPLOAD_OFFSET)?.unwrap_or(0);
    // A request with no body at all need not say that it has none.
    let nothing_more = offset > 0 && request.body().is_end_stream();
    let rest = if nothing_more { 0 } else { content_length(request.headers())? };
    let size = rest.saturating_add(offset);
    let offer = relay.offer(caller.office, id, request.headers(), size)?;
    let judgement = relay.store.may_accept(&offer, relay.clock.now()).await?;
    if !matches!(judgement, Acceptance::New(_)) {
        return answer(judgement);
    }
    let place = relay.limits.upload(caller.office)?;
    let mut upload = relay.spool.begin(&offer, offset).await?;
    receive(request.into_body(), &mut upload).await?;
    let whole = upload.finish(offer.digest).await?;
    let accepted = relay.store.accept(offer, whole.contents()?, caller.by(&relay)).await?;
    whole.settle();
    drop(place);
    answer(accepted)
}

/// How much of a parcel has arrived, asked before it is handed in (again): the head is that of handing in, with the
/// length of the whole. A parcel that was accepted has arrived wholly: handing in nothing but its head brings the
/// answer that was lost. What would be refused is refused here, before it is sent.
///
/// What arrived before the line was cut is kept for a day at most, and only of parcels of more than 256 KiB. An earlier
/// try that still goes on ends.
#[utoipa::path(
    get, path = "/v1/parcels/{id}/upload", tag = "parcels",
    params(
        ("id" = schema::ParcelId, Path),
        ("tasuki-to" = schema::OfficeNo, Header, description = "The receiver"),
        ("tasuki-key-epoch" = u32, Header, description = "Epoch of the receiver's key"),
        ("repr-digest" = String, Header, description = "sha-256=:BASE64: of all sealed bytes (RFC 9530)"),
        ("upload-length" = u64, Header, description = "Length of all sealed bytes"),
    ),
    responses((status = 200, body = Arrived))
)]
pub(crate) async fn arrived(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
    headers: HeaderMap,
) -> Answer<Json<Arrived>> {
    let offer = relay.offer(caller.office, id, &headers, field(&headers, UPLOAD_LENGTH)?)?;
    // Asked first: what has come in wholly meanwhile is not to be missed by both.
    let offset = relay.spool.arrived(Key::of(&offer)).await;
    let judgement = relay.store.may_accept(&offer, relay.clock.now()).await?;
    match judgement {
        Acceptance::New(_) => Ok(Json(Arrived { offset })),
        known => answer(known).map(|_| Json(Arrived { offset: offer.size })),
    }
}

fn answer(acceptance: Acceptance) -> Answer<(StatusCode, Json<Parcel>)> {
    let kind = match acceptance {
        Acceptance::New(parcel) => return Ok((StatusCode::CREATED, Json(parcel))),
        Acceptance::Same(parcel) => return Ok((StatusCode::OK, Json(parcel))),
        Acceptance::Conflict => ProblemType::ParcelConflict,
        Acceptance::Withdrawn => ProblemType::ParcelWithdrawn,
        Acceptance::ReceiverUnknown => ProblemType::ReceiverUnknown,
        Acceptance::ReceiverNotEnrolled => ProblemType::ReceiverNotEnrolled,
        Acceptance::ReceiverSuspended => ProblemType::ReceiverSuspended,
        Acceptance::KeyOutdated => ProblemType::KeyEpochOutdated,
        Acceptance::MailboxFull => return in_an_hour(ProblemType::MailboxFull),
        Acceptance::TooMuchOutstanding => return in_an_hour(ProblemType::OutstandingFull),
    };
    Err(kind.into())
}

fn in_an_hour<T>(kind: ProblemType) -> Answer<T> {
    Err(Problem::new(kind).retry_after(3600).into())
}

/// Reads the contents of a parcel, as long as they come fast enough and their sender does not come back otherwise.
async fn receive(mut body: Body, upload: &mut Upload) -> Answer<()> {
    let (began, mut received) = (Instant::now(), 0);
    loop {
        let piece = tokio::select! {
            piece = next_piece(&mut body) => piece?,
            () = upload.is_left() => return Err(ProblemType::TooSlow.into()),
        };
        let Some(piece) = piece else { return Ok(()) };
        received += piece.len() as u64;
        upload.write(piece).await?;
        if is_too_slow(received, began.elapsed()) {
            return Err(ProblemType::TooSlow.into());
        }
    }
}

/// What a sender or receiver knows of a parcel, with the receipts that are the evidence of its delivery.
#[utoipa::path(
    get, path = "/v1/parcels/{id}", tag = "parcels", params(("id" = schema::ParcelId, Path)),
    responses((status = 200, body = ParcelWithReceipts))
)]
pub(crate) async fn show(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
) -> Answer<Json<ParcelWithReceipts>> {
    let found = match relay.store.sent_parcel(caller.office, id).await? {
        Some(parcel) => Some(parcel),
        None => relay.store.inbox_parcel(caller.office, id).await?,
    };
    found.map(Json).ok_or_else(|| ProblemType::NotFound.into())
}

/// Takes a parcel back, unless its receiver has fetched it. A number that was not handed in yet is taken back for
/// ever: the answer says that nothing of it is delivered any more, also when it is still on its way.
#[utoipa::path(
    delete, path = "/v1/parcels/{id}", tag = "parcels", params(("id" = schema::ParcelId, Path)),
    responses((status = 204))
)]
pub(crate) async fn withdraw(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
) -> Answer<StatusCode> {
    match relay.store.withdraw(caller.office, id, caller.by(&relay)).await? {
        Withdrawal::Withdrawn => Ok(StatusCode::NO_CONTENT),
        Withdrawal::AlreadyFetched => Err(ProblemType::AlreadyFetched.into()),
        Withdrawal::NotFound => Err(ProblemType::NotFound.into()),
        Withdrawal::TooMany => Err(Problem::new(ProblemType::RateLimited).retry_after(3600).into()),
    }
}

/// The sealed bytes of a parcel, or a range of them, for its receiver.
#[utoipa::path(
    get, path = "/v1/parcels/{id}/content", tag = "parcels", params(("id" = schema::ParcelId, Path)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
    )
)]
pub(crate) async fn content(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let by = caller.by(&relay);
    let fetched = relay.store.fetch(caller.office, id, by).await?.ok_or(ProblemType::NotFound)?;
    let size = fetched.parcel.size;
    let range = range(&headers, size)?;
    let (start, end) = range.unwrap_or((0, size));
    let place = caller.0.certified.place;
    let reading =
        Reading { relay, office: caller.0.office, seq: fetched.seq, next: start, end, _place: place };
    let body = Body::from_stream(stream::unfold(reading, Reading::step));
    let mut response = (
        [
            (header::CONTENT_TYPE, SEALED.to_owned()),
            (header::CONTENT_LENGTH, (end - start).to_string()),
            (header::ETAG, format!("\"{}\"", fetched.parcel.digest)),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
        ],
        [(DIGEST, digest_field(fetched.parcel.digest))],
        body,
    )
        .into_response();
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let value = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
    }
    Ok(response)
}

/// The range that is asked for: its start, and what comes after its end. Several ranges are answered with all.
fn range(headers: &HeaderMap, size: u64) -> Answer<Option<(u64, u64)>> {
    let Some(text) = text_field(headers, &header::RANGE) else { return Ok(None) };
    let Ok(parsed) = http_range_header::parse_range_header(text) else { return Ok(None) };
    match parsed.validate(size) {
        Ok(ranges) if ranges.len() == 1 => Ok(Some((*ranges[0].start(), *ranges[0].end() + 1))),
        Ok(_) => Ok(None),
        Err(_) => Err(ProblemType::RangeNotSatisfiable.into()),
    }
}

/// Contents on their way out.
struct Reading {
    relay: App,
    office: OfficeNo,
    seq: u64,
    next: u64,
    end: u64,
    _place: Place,
}

impl Reading {
    async fn step(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if self.next >= self.end {
            return None;
        }
        let piece = self.next..self.end.min(self.next + PIECE);
        self.next = piece.end;
        let bytes = self.relay.store.contents(self.office, self.seq, piece).await;
        // A failure cuts the answer short of its length: the receiver notices.
        let bytes = match bytes {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(std::io::ErrorKind::NotFound.into()),
            Err(error) => Err(std::io::Error::other(error)),
        };
        Some((bytes, self))
    }
}

/// Parcels that wait for the office, in the order of their arrival.
#[utoipa::path(get, path = "/v1/inbox", tag = "mailbox", params(Cursor), responses((status = 200, body = Page)))]
pub(crate) async fn inbox(
    State(relay): State<App>,
    caller: Caller,
    FromQuery(cursor): FromQuery<Cursor>,
) -> Answer<Json<Page>> {
    Ok(Json(relay.store.inbox(caller.office, checked(cursor)?).await?))
}

/// Parcels that the office has acknowledged and whose contents the relay still holds, in the order of their arrival: a
/// node that was restored from a backup gets back what arrived since.
#[utoipa::path(
    get, path = "/v1/inbox/kept", tag = "mailbox", params(Cursor), responses((status = 200, body = Page))
)]
pub(crate) async fn kept(
    State(relay): State<App>,
    caller: Caller,
    FromQuery(cursor): FromQuery<Cursor>,
) -> Answer<Json<Page>> {
    Ok(Json(relay.store.kept(caller.office, checked(cursor)?).await?))
}

/// Parcels that the office sent, in the order of their last change.
#[utoipa::path(get, path = "/v1/sent", tag = "mailbox", params(Cursor), responses((status = 200, body = Page)))]
pub(crate) async fn sent(
    State(relay): State<App>,
    caller: Caller,
    FromQuery(cursor): FromQuery<Cursor>,
) -> Answer<Json<Page>> {
    Ok(Json(relay.store.sent(caller.office, checked(cursor)?).await?))
}

impl Relay {
    /// What a sender offers in the head of its request.
    fn offer(&self, from: OfficeNo, id: ParcelId, headers: &HeaderMap, size: u64) -> Answer<Offer> {
        let to = field(headers, TO)?;
        let key_epoch = field(headers, KEY_EPOCH)?;
        if size > PARCEL_BYTES {
            return Err(ProblemType::TooLarge.into());
        }
        if size == 0 {
            return Err(Refusal::invalid("content-length"));
        }
        let digest = headers.get(DIGEST).and_then(|value| value.to_str().ok());
        let digest = digest.and_then(|text| parse_digest_field(text).ok());
        let digest = digest.ok_or_else(|| Refusal::invalid(DIGEST))?;
        let now = self.clock.now();
        let expires_at = now.saturating_add(self.config.unfetched()).unwrap_or(now);
        let mailbox_bytes = self.config.mailbox_bytes;
        let outstanding = self.config.outstanding();
        Ok(Offer { id, from, to, size, digest, key_epoch, expires_at, mailbox_bytes, outstanding })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::spool::Spool;
    use crate::store::Usage;
    use std::time::Duration;
    use tasuki_terms::Sha256Digest;

    fn offer(size: u64) -> Offer {
        let everything = Usage { parcels: u64::MAX, bytes: u64::MAX };
        let at = jiff::Timestamp::UNIX_EPOCH;
        Offer {
            id: ParcelId::new(at, [1; 10]),
            from: "1370000019".parse().unwrap(),
            to: "1370000027".parse().unwrap(),
            size,
            digest: Sha256Digest([0; 32]),
            key_epoch: 1,
            expires_at: at,
            mailbox_bytes: u64::MAX,
            outstanding: everything,
        }
    }

    /// How long a body is read of which so many bytes come each second, and whether it is read to its end.
    async fn read(size: u64, per_second: usize) -> (Duration, bool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 0);
        let mut upload = spool.begin(&offer(size), 0).await.ok().unwrap();
        let body = Body::from_stream(stream::unfold(size, move |left| async move {
            let length = usize::try_from(left).unwrap().min(per_second);
            tokio::time::sleep(Duration::from_secs(1)).await;
            (length > 0).then(|| (Ok::<_, std::io::Error>(vec![0; length]), left - length as u64))
        }));
        let began = Instant::now();
        let answer = receive(body, &mut upload).await;
        (began.elapsed(), answer.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn a_parcel_may_come_slowly_but_not_for_ever() {
        // A slow line of 0.3 Mbit/s, and one of 0.1.
        for per_second in [37_500, 12_500] {
            let (took, whole) = read(1_000_000, per_second).await;
            assert!(whole, "{per_second} bytes a second were too slow");
            assert!(took > Duration::from_secs(20));
        }
        let (took, whole) = read(1_000_000, 1).await;
        assert!(!whole && took < Duration::from_secs(15), "{took:?}");
        let (took, whole) = read(1_000_000, 5_000).await;
        assert!(!whole && took < Duration::from_secs(20), "{took:?}");
    }
}
