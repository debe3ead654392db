//! The outbox: what a person confirms goes, and may be taken back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tasuki_terms::{OfficeNo, ParcelId};

use super::reading::Sends;
use super::send::{Letter, Send, SendId};
use super::state::{Event, SendState};
use super::store::{self, Queued, apply};
use crate::base::duty::Duty;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::base::{Base, Topic, blocking};
use crate::offices::Keys;
use crate::offices::session::with_session;
use crate::partners;

/// Offices in one batch (一括送信).
pub const BATCH_OFFICES: usize = 50;

/// What was confirmed.
#[derive(Clone)]
pub struct Outbox {
    pub(super) base: Base,
    keys: Keys,
    pub(super) sends: Sends,
}

impl Outbox {
    pub(crate) fn new(base: &Base, keys: &Keys, sends: &Sends) -> Self {
        Self { base: base.clone(), keys: keys.clone(), sends: sends.clone() }
    }

    /// Confirms sends as they were shown: all of them are queued, or none. This is the only way out of the house, for
    /// pages, programs and folders alike: what is not ready does not go. They have the number that is returned in
    /// common.
    ///
    /// # Errors
    /// [`OfficeError::Changed`] when one of them is no longer as it was shown, [`OfficeError::NotReady`] when one of them
    /// may not go, or when they are none, too many or one of them twice.
    pub fn confirm(
        &self,
        office: OfficeNo,
        by: impl Into<Actor>,
        staff_name: &str,
        shown: &[(SendId, i64)],
    ) -> Result<i64, OfficeError> {
        let ids: BTreeSet<_> = shown.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() || ids.len() != shown.len() || shown.len() > BATCH_OFFICES {
            return Err(OfficeError::NotReady);
        }
        let by = by.into();
        let staff: String = staff_name.chars().take(tasuki_parcel::limits::STAFF_CHARS).collect();
        let run = self.base.write(&by, |tx| {
            let run = store::next_run(tx)?;
            for &(id, revision) in shown {
                let send = self.sends.editable(tx, office, id)?;
                if send.revision != revision || (by.is_automatic() && !send.is_untouched()) {
                    return Err(OfficeError::Changed);
                }
                let partner = send.receiver.map(|receiver| partners::store::one(tx, office, receiver));
                let partner = partner.transpose()?.flatten();
                let standing = partner.as_ref().map(partners::Partner::standing);
                let (readiness, _) = send.review.readiness(send.receiver, standing, send.letter.accepted);
                if !readiness.can_go() || apply(tx, id, Event::Confirmed)?.is_none() {
                    return Err(OfficeError::NotReady);
                }
                let parcel = new_parcel_id(tx.now())?;
                let letter = Letter { staff: staff.clone(), ..send.letter.clone() };
                let letter = self.base.seal_json("letter", &letter)?;
                let receiver_name = partner.as_ref().map(partners::Partner::name).unwrap_or_default();
                let queued = Queued { run, parcel, by: &by, receiver_name, letter: &letter };
                store::set_queued(tx, &send, &queued)?;
                tx.record(Action::Queued, office, &parcel.to_string())?;
            }
            Ok::<_, OfficeError>(run)
        })?;
        self.base.tell(office, Topic::Sends);
        self.base.ring(office, Duty::Send);
        Ok(run)
    }

    /// Takes a send back (取消) that the relay has not promised to deliver. What was never tried is a draft again at
    /// once; otherwise the relay is asked, for as long as it takes, and until it has confirmed that it will never take
    /// the number, the send is in 取消の確認待ち.
    fn take_back(&self, office: OfficeNo, by: &Actor, id: SendId) -> Result<SendState, OfficeError> {
        let next = self.base.write(by, |tx| {
            let send = self.sends.read(tx, office, id)?;
            let next = apply(tx, id, Event::TakenBack { tried: send.attempts > 0 })?;
            let next = next.ok_or(OfficeError::Changed)?;
            let subject = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            tx.record(Action::TakenBack, office, &subject)?;
            Ok::<_, OfficeError>(next)
        })?;
        self.base.tell(office, Topic::Sends);
        self.base.ring(office, Duty::Withdraw);
        Ok(next)
    }

    /// What was taken back and is not confirmed yet.
    pub(crate) fn to_withdraw(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.sends.select(|db| store::to_withdraw(db, office))
    }

    /// The relay has confirmed that it will never deliver a parcel.
    pub(crate) fn note_withdrawn(&self, office: OfficeNo, by: &Actor, id: SendId) -> Result<(), OfficeError> {
        self.base.write(by, |tx| {
            let send = self.sends.read(tx, office, id)?;
            let event = Event::WithdrawalConfirmed { had: send.sent_at.is_some() };
            let Some(next) = apply(tx, id, event)? else { return Ok(()) };
            if next == SendState::Withdrawn {
                store::set_changed(tx, id, tx.now())?;
            }
            let subject = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            tx.record(Action::Withdrawn, office, &subject)
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(())
    }

    /// Takes a send back (取消) while nobody has fetched it. What never reached the relay becomes a draft again: at once
    /// where no try had begun, otherwise as soon as the relay has confirmed that it will never take it; until then it is
    /// in [`SendState::Withdrawing`].
    ///
    /// # Errors
    /// The relay's problem when it was fetched already; or it cannot be reached.
    pub async fn withdraw(
        &self,
        office: OfficeNo,
        by: impl Into<Actor>,
        id: SendId,
    ) -> Result<(), OfficeError> {
        let (outbox, by) = (self.clone(), by.into());
        let send = blocking(move || outbox.sends.get(office, id)).await?;
        let outbox = self.clone();
        // What the relay had once is asked for while the person waits: it may be too late.
        if send.sent_at.is_none() {
            return match blocking(move || outbox.take_back(office, &by, id)).await? {
                SendState::Draft | SendState::Withdrawing => Ok(()),
                _ => Err(OfficeError::Changed),
            };
        }
        let parcel = send.parcel.ok_or(OfficeError::Changed)?;
        let open = self.keys.of(office)?;
        with_session(&open, || open.client.withdraw(parcel)).await?;
        blocking(move || outbox.note_withdrawn(office, &by, id)).await
    }
}

/// The number is made here, when a person confirms: however often it is tried, it is one parcel.
fn new_parcel_id(now: Timestamp) -> Result<ParcelId, OfficeError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| tasuki_identity::vault::VaultError::System)?;
    Ok(ParcelId::new(now, random))
}
