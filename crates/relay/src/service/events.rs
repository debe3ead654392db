//! The event stream: tells at once that something changed in the mailbox.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Instant;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use futures_util::stream;
use serde::Deserialize;
use tasuki_protocol::limits::HEARTBEAT;
use tasuki_protocol::mailbox::{Cursor, Event as Change};
use tasuki_terms::{OfficeNo, Sha256Digest};
use tokio::sync::watch;
use utoipa::IntoParams;

use super::body::FromQuery;
use super::caller::{Caller, judge};
use super::limit::Place;
use super::refusal::{Answer, Refusal};
use super::{App, Relay};

/// Changes that are read at once.
const BATCH: u32 = 100;

/// Where the stream begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The last number already known; without it the stream begins now. `Last-Event-ID` goes before it.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Option<u64>,
}

/// Changes in the mailbox, as they happen. The first event is `life`, with the relay's life: if it is another one than
/// that of the number asked for, the relay was restored from a backup and the lists must be read anew. So they must
/// after `reset`: the mailbox has not reached that number. An event `change` holds a change and its number.
#[utoipa::path(
    get, path = "/v1/events", tag = "mailbox",
    params(From, ("last-event-id" = Option<u64>, Header, description = "Resumes after this number")),
    responses((status = 200, body = String, content_type = "text/event-stream"))
)]
pub(crate) async fn events(
    State(relay): State<App>,
    caller: Caller,
    headers: HeaderMap,
    FromQuery(from): FromQuery<From>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let office = caller.office;
    let resumed = match headers.get("last-event-id") {
        Some(value) => {
            let number = value.to_str().ok().and_then(|text| text.parse().ok());
            Some(number.ok_or_else(|| Refusal::invalid("last-event-id"))?)
        }
        None => from.after,
    };
    if resumed.is_some_and(|after| after > Cursor::LAST) {
        return Err(Refusal::invalid("after"));
    }
    let place = relay.limits.stream(office)?;
    // Listening begins before the last number is read: nothing falls in between.
    let changed = relay.hub.listen(office);
    let last = relay.store.last_seq(office).await?;
    let life = Event::default().event("life").data(relay.store.life().to_string());
    let mut ready = VecDeque::from([Event::default().comment("tasuki"), life]);
    if resumed.is_some_and(|after| after > last) {
        ready.push_back(Event::default().event("reset").id(last.to_string()).data("{}"));
    }
    let certificate = &caller.certified.certificate;
    let following = Following {
        office,
        fingerprint: certificate.fingerprint,
        not_after: certificate.not_after,
        access: caller.certified.access,
        after: resumed.unwrap_or(last).min(last),
        ready,
        judged_at: Instant::now(),
        changed,
        stopping: relay.stopping.subscribe(),
        relay,
        _place: place,
    };
    Ok(Sse::new(stream::unfold(following, Following::step)))
}

struct Following {
    relay: App,
    office: OfficeNo,
    fingerprint: Sha256Digest,
    not_after: jiff::Timestamp,
    access: Option<Sha256Digest>,
    after: u64,
    ready: VecDeque<Event>,
    /// When certificate and session were last looked at: by the clock, however much there is to tell.
    judged_at: Instant,
    changed: watch::Receiver<()>,
    stopping: watch::Receiver<bool>,
    _place: Place,
}

impl Following {
    async fn step(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.judged_at.elapsed() >= HEARTBEAT {
                self.relay.still_may(&self).await?;
                self.judged_at = Instant::now();
            }
            self.changed.mark_unchanged();
            let changes = self.relay.store.events(self.office, self.after, BATCH).await.ok()?;
            if changes.is_empty() {
                self.wait().await?;
            }
            for change in changes {
                self.after = change.seq;
                self.ready.push_back(written(&change)?);
            }
        }
    }

    /// Until something changed. None: the stream ends.
    async fn wait(&mut self) -> Option<()> {
        let quiet = tokio::select! {
            changed = self.changed.changed() => changed.is_err(),
            _ = self.stopping.changed() => return None,
            () = tokio::time::sleep(HEARTBEAT) => true,
        };
        if quiet {
            self.relay.still_may(self).await?;
            self.judged_at = Instant::now();
            self.ready.push_back(Event::default().comment("."));
        }
        Some(())
    }
}

fn written(change: &Change) -> Option<Event> {
    let event = Event::default().event("change").id(change.seq.to_string());
    event.json_data(change).ok()
}

impl Relay {
    /// Whether certificate and session of a stream are still good: they may have been taken back.
    async fn still_may(&self, stream: &Following) -> Option<()> {
        let now = self.clock.now();
        let row = self.store.caller(stream.fingerprint, stream.access, now).await.ok()?;
        let row = judge(row).ok()?;
        (row.session.is_some() && stream.not_after >= now).then_some(())
    }
}
