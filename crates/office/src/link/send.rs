//! Works off the queue: seals, hands in, and decides what becomes of each try.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use tasuki_client::{ClientError, Handover};
use tasuki_identity::statement::KeyStatement;
use tasuki_parcel::manifest::FileKind;
use tasuki_parcel::name::FileName;
use tasuki_parcel::seal::{Enclosure, Letter, SealError, Sender, seal};
use tasuki_protocol::limits::LOOKUP_OFFICES;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::{Link, chance, progress};
use crate::base::digest_of;
use crate::base::error::OfficeError;
use crate::files::{Dropped, Standing};
use crate::offices::OpenOffice;
use crate::offices::session::with_session;
use crate::partners::Partner;
use crate::sends::Send;
use crate::sends::retry::{Next, Trouble, decide, with_jitter};
use crate::sends::tries::Ended;

/// Sends that are on their way at once.
const AT_ONCE: usize = 6;

/// Longest time without looking at the queue.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// How long the queue may wait until something in it is due.
pub(super) async fn next_look(link: &Link, open: &OpenOffice) -> Duration {
    let office = open.no();
    let next = link.run(move |link| link.outbox.next_due(office)).await.ok().flatten();
    next.map_or(LOOK_AGAIN, |at| until(link.base.now(), at).min(LOOK_AGAIN))
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    // Never quite at once: a clock that jumps must not make this a busy loop.
    Duration::try_from(at.duration_since(now)).unwrap_or_default().max(Duration::from_millis(50))
}

/// Tries everything that is due.
pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    // Only this task tries anything: what is in 送信中 now was left behind by an error or by a process before this one.
    link.run(move |link| link.outbox.note_tries_lost(office)).await?;
    loop {
        let begun = link.run(move |link| {
            let due = link.outbox.due(office, LOOKUP_OFFICES)?;
            link.outbox.note_sending(office, due)
        });
        let begun = begun.await?;
        if begun.is_empty() {
            return Ok(());
        }
        try_all(link, open, begun).await?;
    }
}

async fn try_all(link: &Link, open: &Arc<OpenOffice>, due: Vec<Send>) -> Result<(), OfficeError> {
    let mut receivers: Vec<_> = due.iter().filter_map(|send| send.receiver).collect();
    receivers.sort();
    receivers.dedup();
    match link.directory.ask(open, &receivers).await {
        Ok(()) => {}
        Err(OfficeError::Relay(error)) => {
            for send in &due {
                settle(link, open, send, &Trouble::from(&error)).await?;
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let (ready, troubled) = seal_all(link, open, due).await?;
    for (send, trouble) in &troubled {
        settle(link, open, send, trouble).await?;
    }
    let tries = stream::iter(ready).map(|ready| hand_in(link, open, ready));
    let mut tries = tries.buffer_unordered(AT_ONCE);
    while let Some(result) = tries.next().await {
        result?;
    }
    Ok(())
}

/// A send whose sealed bytes are in the archive.
struct Sealed {
    send: Send,
    parcel: ParcelId,
    to: OfficeNo,
    epoch: u32,
    digest: Sha256Digest,
}

/// Seals what is not sealed for the receiver's present key yet. What cannot be sealed comes back with the reason.
async fn seal_all(
    link: &Link,
    open: &Arc<OpenOffice>,
    due: Vec<Send>,
) -> Result<(Vec<Sealed>, Vec<(Send, Trouble)>), OfficeError> {
    let open = Arc::clone(open);
    let work = move |link: &Link| {
        let (mut ready, mut troubled, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for send in due {
            match seal_one(link, &open, &send) {
                Ok((sealed, is_new)) => {
                    if is_new {
                        notes.push((send.id, sealed.epoch, sealed.digest));
                    }
                    ready.push(Sealed { send, ..sealed });
                }
                Err(trouble) => troubled.push((send, trouble)),
            }
        }
        link.outbox.note_sealed(&notes)?;
        Ok((ready, troubled))
    };
    link.run(work).await
}

fn seal_one(link: &Link, open: &OpenOffice, send: &Send) -> Result<(Sealed, bool), Trouble> {
    let (Some(parcel), Some(to)) = (send.parcel, send.receiver) else { return Err(Trouble::NoKey) };
    let partner = link.directory.known(open.no(), to).map_err(|error| node_trouble(&error))?;
    if let Some(name) = partner.as_ref().map(|partner| partner.name().to_owned())
        && name != send.receiver_name
    {
        link.outbox.note_receiver_name(send.id, &name).map_err(|error| node_trouble(&error))?;
    }
    if let Some(kind) = refusal(partner.as_ref().map_or(Standing::Unknown, Partner::standing)) {
        return Err(Trouble::Problem {
            kind: Some(kind),
            status: kind.status(),
            detail: kind.detail().to_owned(),
            retry_after: None,
        });
    }
    let key = link.directory.key_of(open, to).map_err(|error| node_trouble(&error))?.ok_or(Trouble::NoKey)?;
    if let Some((epoch, digest)) = send.sealed
        && epoch == key.epoch
        && link.base.archive().sent(open.no(), parcel).is_ok_and(|sealed| digest_of(&sealed) == digest)
    {
        return Ok((Sealed { send: send.clone(), parcel, to, epoch, digest }, false));
    }
    let files = link.sends.contents_of(send).map_err(|error| node_trouble(&error))?;
    let bytes = seal_parcel(open, send, parcel, &files, &key, link.base.now())?;
    link.base.archive().put_sent(open.no(), parcel, &bytes).map_err(|error| node_trouble(&error.into()))?;
    Ok((Sealed { send: send.clone(), parcel, to, epoch: key.epoch, digest: digest_of(&bytes) }, true))
}

/// What the relay would answer for this receiver, known before anything is uploaded.
fn refusal(standing: Standing) -> Option<ProblemType> {
    match standing {
        // What was confirmed before the change still goes; what is confirmed after it waits at the gate (`files::readiness`).
        Standing::Active | Standing::KeyChanged => None,
        Standing::Suspended => Some(ProblemType::ReceiverSuspended),
        Standing::NotYet => Some(ProblemType::ReceiverNotEnrolled),
        Standing::Unknown => Some(ProblemType::ReceiverUnknown),
    }
}

fn seal_parcel(
    open: &OpenOffice,
    send: &Send,
    parcel: ParcelId,
    files: &[Dropped],
    key: &KeyStatement,
    now: Timestamp,
) -> Result<Vec<u8>, Trouble> {
    const DAMAGED: Trouble = Trouble::Node {
        detail: "保存してあるファイルを読めません。続けて試します。"
    };
    let mut contents: Vec<_> = files.iter().map(|file| Cursor::new(&file.bytes)).collect();
    let mut enclosures = Vec::new();
    for (file, contents) in files.iter().zip(&mut contents) {
        let is_standard = file.name.parse::<tasuki_standard::FileName>().is_ok();
        let kind = if is_standard { FileKind::Standard } else { FileKind::Attachment };
        let name: FileName = file.name.parse().map_err(|_| DAMAGED)?;
        enclosures.push(Enclosure { name, kind, contents });
    }
    let letter = Letter {
        id: parcel,
        staff: &send.letter.staff,
        message: &send.letter.message,
        created_at: now,
        log_head: None,
    };
    let sender =
        Sender { statement: &open.statement, signing_key: &open.secrets.signing_key, chain: &open.chain };
    let mut sealed = Vec::new();
    match seal(&mut sealed, letter, &mut enclosures, sender, key) {
        Ok(_) => Ok(sealed),
        Err(SealError::Limit(_)) => {
            Err(Trouble::Node { detail: "1回に送れる大きさを超えています。" })
        }
        Err(SealError::Format { .. }) => Err(Trouble::Node {
            detail: "送信先の事業所は、この版の形式の連携データを読めません。双方の連携クライアントを新しい版にしてください。",
        }),
        Err(_) => Err(DAMAGED),
    }
}

/// Hands one in, and notes what came of it.
async fn hand_in(link: &Link, open: &Arc<OpenOffice>, sealed: Sealed) -> Result<(), OfficeError> {
    let Sealed { send, parcel, to, epoch, digest } = sealed;
    let office = open.no();
    let bytes = match link.run(move |link| Ok(link.base.archive().sent(office, parcel)?)).await {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => return settle(link, open, &send, &node_trouble(&error)).await,
    };
    let handover = Handover { id: parcel, to, key_epoch: epoch, digest };
    match with_session(open, || open.client.hand_in(&handover, bytes.clone())).await {
        Ok(accepted) => note_accepted(link, send, &accepted).await,
        // Taken back at another computer of this office, or before this one was restored.
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::ParcelWithdrawn) => {
            link.run(move |link| link.outbox.note_told(&send, ParcelState::Withdrawn)).await
        }
        Err(error) => {
            let trouble = Trouble::from(&error);
            match decide(&trouble, send.attempts) {
                Next::AskAgain => ask_again(link, open, send, parcel).await,
                Next::SealAnew => {
                    // The directory is asked before every try: the next one has the new key.
                    let ended = Ended { reason: trouble.reason(), next_try_at: Some(link.base.now()) };
                    link.run(move |link| link.outbox.note_not_sent(&send, &ended)).await
                }
                Next::Wait(_) | Next::Fail(_) => settle(link, open, &send, &trouble).await,
            }
        }
    }
}

/// The relay has another parcel under this number. If it is ours, an earlier try has come through.
async fn ask_again(
    link: &Link,
    open: &Arc<OpenOffice>,
    send: Send,
    parcel: ParcelId,
) -> Result<(), OfficeError> {
    match with_session(open, || open.client.parcel(parcel)).await {
        Ok(known) if known.parcel.from == open.no() && Some(known.parcel.to) == send.receiver => {
            note_accepted(link, send, &known.parcel).await
        }
        Ok(_) | Err(ClientError::Problem(_)) => {
            let reason = "同じ番号の連携データがすでにあります。もう一度送信してください。".to_owned();
            let ended = Ended { reason, next_try_at: None };
            link.run(move |link| link.outbox.note_not_sent(&send, &ended)).await
        }
        Err(error) => settle(link, open, &send, &Trouble::from(&error)).await,
    }
}

async fn note_accepted(link: &Link, send: Send, parcel: &Parcel) -> Result<(), OfficeError> {
    let (state, at) = (parcel.state, parcel.accepted_at);
    link.run(move |link| link.outbox.note_sent(&send, state, at)).await
}

/// Notes a try that brought no promise of the relay. What is going to need a person may be sent once more by that person,
/// under a number of its own; so a number of which an earlier try is not known to have failed is taken back first.
async fn settle(
    link: &Link,
    open: &Arc<OpenOffice>,
    send: &Send,
    trouble: &Trouble,
) -> Result<(), OfficeError> {
    let mut ended = ended(link, send, trouble);
    if ended.next_try_at.is_none() && send.attempts > 1 {
        let parcel = send.parcel.ok_or(OfficeError::Damaged)?;
        match with_session(open, || open.client.withdraw(parcel)).await {
            Ok(()) => {}
            // An earlier try had come through, and the receiver has it.
            Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::AlreadyFetched) => {
                return progress::note(link, open, parcel).await;
            }
            Err(error) => ended = self::ended(link, send, &Trouble::not_known(&error)),
        }
    }
    let send = send.clone();
    link.run(move |link| link.outbox.note_not_sent(&send, &ended)).await
}

/// How a try has ended that brought this trouble.
fn ended(link: &Link, send: &Send, trouble: &Trouble) -> Ended {
    let next_try_at = match decide(trouble, send.attempts) {
        Next::Wait(wait) => {
            let wait = SignedDuration::try_from(with_jitter(wait, chance())).unwrap_or(SignedDuration::MAX);
            Some(link.base.now().saturating_add(wait).unwrap_or(Timestamp::MAX))
        }
        _ => None,
    };
    Ended { reason: trouble.reason(), next_try_at }
}

fn node_trouble(error: &OfficeError) -> Trouble {
    tracing::error!(error = %error, "a send cannot be prepared");
    Trouble::Node {
        detail: match error {
            OfficeError::KeyBehind => "相手の鍵が連携基盤に登録し直されるのを待っています。自動で続けます。",
            OfficeError::DiskFull => {
                "このパソコンの空き容量が足りません。不要なファイルを減らすと、自動で続けます。"
            }
            _ => "このパソコンで準備できませんでした。続けて試します。",
        },
    }
}
