//! Tries, and what became of what was sent: what the link notes of them.

use jiff::{SignedDuration, Timestamp};
use tasuki_protocol::mailbox::Life;
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::outbox::Outbox;
use super::retry::Trouble;
use super::send::{Send, SendId};
use super::state::{Event, SendState};
use super::store::{self, apply, apply_to_all, of_parcel};
use crate::base::Topic;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::offices;

/// No relay delivers anything that was handed in longer ago: what was withdrawn before that stays so by itself.
const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_hours(100 * 24);

/// How a try ended without the relay's promise.
pub(crate) struct Ended {
    /// Why, in Japanese.
    pub(crate) reason: String,
    /// When it goes on by itself; never when a person must do something.
    pub(crate) next_try_at: Option<Timestamp>,
}

/// What the relay says of a parcel that was sent.
pub(crate) struct Progress {
    pub(crate) parcel: ParcelId,
    pub(crate) state: ParcelState,
    pub(crate) at: Timestamp,
    pub(crate) accepted_at: Timestamp,
    pub(crate) expires_soon: bool,
    pub(crate) receipts: Vec<SignedReceipt>,
}

impl Outbox {
    /// Nobody works on what is in 送信中: the node was started anew, or the work stopped in the middle.
    pub(crate) fn note_tries_lost(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.base.keep(|tx| apply_to_all(tx, office, SendState::Sending, Timestamp::MIN, Event::TryLost))
    }

    /// What is due to be sent, the oldest first.
    pub(crate) fn due(&self, office: OfficeNo, limit: usize) -> Result<Vec<Send>, OfficeError> {
        let now = self.base.now();
        self.sends.select(|db| store::due(db, office, now, limit))
    }

    /// There is a line again: what waited only for it need not wait longer.
    pub(crate) fn note_line(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::wait_no_longer(tx, office, &Trouble::NoAnswer.reason())?))
    }

    /// When the next send is due that is not due yet.
    pub(crate) fn next_due(&self, office: OfficeNo) -> Result<Option<Timestamp>, OfficeError> {
        self.base.read(|db| store::next_due(db, office))
    }

    pub(crate) fn note_receiver_name(&self, id: SendId, name: &str) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::set_receiver_name(tx, id, name)?))
    }

    /// Tries begin. Says which: what was taken back in this moment is not tried.
    pub(crate) fn note_sending(&self, office: OfficeNo, due: Vec<Send>) -> Result<Vec<Send>, OfficeError> {
        let begun = self.base.keep(|tx| {
            let mut begun = Vec::new();
            for send in due {
                if apply(tx, send.id, Event::TryBegins)?.is_some() {
                    begun.push(Send { attempts: send.attempts + 1, state: SendState::Sending, ..send });
                }
            }
            Ok::<_, OfficeError>(begun)
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(begun)
    }

    /// They are sealed, and the sealed bytes are in the archive.
    pub(crate) fn note_sealed(&self, sealed: &[(SendId, u32, Sha256Digest)]) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            for (id, epoch, digest) in sealed {
                store::set_sealed(tx, *id, *epoch, *digest)?;
            }
            Ok(())
        })
    }

    /// A try ended without the relay's promise. It changes nothing when it is no longer the try that is going on.
    pub(crate) fn note_not_sent(&self, send: &Send, ended: &Ended) -> Result<(), OfficeError> {
        self.base.write(&Actor::Node, |tx| {
            let event = if ended.next_try_at.is_some() { Event::TryEnded } else { Event::TryFailed };
            if !store::is_try(tx, send.id, send.attempts)? || apply(tx, send.id, event)?.is_none() {
                return Ok(());
            }
            store::set_reason(tx, send.id, &ended.reason, ended.next_try_at)?;
            if event == Event::TryFailed {
                let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
                tx.record(Action::SendFailed, send.office, &parcel)?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay has it, durably.
    pub(crate) fn note_sent(
        &self,
        send: &Send,
        state: ParcelState,
        at: Timestamp,
    ) -> Result<(), OfficeError> {
        self.base.write(&Actor::Node, |tx| {
            // Even when it was taken back meanwhile, the relay's promise is written down: it had it.
            store::set_sent_at(tx, send.id, send.parcel, at)?;
            if apply(tx, send.id, Event::Told(state))?.is_none() {
                return Ok(());
            }
            store::set_changed(tx, send.id, at)?;
            let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            tx.record(Action::Sent, send.office, &parcel)
        })?;
        self.base.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay says where a send stands, without ever having promised anything here.
    pub(crate) fn note_told(&self, send: &Send, state: ParcelState) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            if apply(tx, send.id, Event::Told(state))?.is_some() {
                store::set_changed(tx, send.id, tx.now())?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// What the relay says of a parcel that this office sent. Receipts are only added to.
    pub(crate) fn note_progress(&self, office: OfficeNo, progress: &Progress) -> Result<(), OfficeError> {
        let receipts = serde_json::to_string(&progress.receipts)?;
        let changed = self.base.keep(|tx| {
            let Some(id) = of_parcel(tx, office, progress.parcel)? else { return Ok(false) };
            let moved = apply(tx, id, Event::Told(progress.state))?.is_some();
            if moved {
                store::set_changed(tx, id, progress.at)?;
            }
            let Progress { expires_soon, accepted_at, .. } = progress;
            let noted = store::set_progress(tx, id, *expires_soon, &receipts, *accepted_at)?;
            Ok::<_, OfficeError>(moved || noted)
        })?;
        if changed {
            self.base.tell(office, Topic::Sends);
        }
        Ok(())
    }

    /// Notes the relay's life (`None`: one that has forgotten something, by its own word). `true` when it is another one
    /// than the one that was known. Then, in the same transaction, the lists are read from their beginning, whatever it
    /// accepted and nobody has fetched is handed in again, and what was taken back is taken back again. What it still
    /// knows it takes for the repeat that it is.
    pub(crate) fn note_life(&self, office: OfficeNo, life: Option<Life>) -> Result<bool, OfficeError> {
        let is_other = self.base.write(&Actor::Node, |tx| {
            let known = offices::store::life(tx, office)?;
            if let Some(life) = life {
                if known == Some(life) {
                    return Ok(false);
                }
                offices::store::set_life(tx, office, life)?;
                if known.is_none() {
                    return Ok(false);
                }
            }
            offices::store::read_all_anew(tx, office)?;
            apply_to_all(tx, office, SendState::Sent, Timestamp::MIN, Event::RelayForgot)?;
            let after = tx.now().saturating_sub(DELIVERED_WITHIN).unwrap_or(Timestamp::MIN);
            apply_to_all(tx, office, SendState::Withdrawn, after, Event::RelayForgot)?;
            tx.record(Action::RelayRestored, office, "")?;
            Ok::<_, OfficeError>(true)
        })?;
        if is_other {
            self.base.tell(office, Topic::Sends);
        }
        Ok(is_other)
    }

    /// Whether this office sent a parcel.
    pub(crate) fn send_of_parcel(
        &self,
        office: OfficeNo,
        parcel: ParcelId,
    ) -> Result<Option<SendId>, OfficeError> {
        self.base.read(|db| of_parcel(db, office, parcel))
    }
}
