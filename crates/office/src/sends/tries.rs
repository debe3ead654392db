//! Tries, and what became of what was sent: what the link notes of them.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use tasuki_protocol::mailbox::Life;
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::outbox::Outbox;
use super::retry::Trouble;
use super::send::{Send, SendId};
use super::state::{Event, SendState};
use super::store::{apply, apply_to_all, of_parcel};
use crate::base::Topic;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};

/// What may be tried: for each receiver the one that was confirmed first. A correction never arrives before what it
/// corrects.
const NEXT: &str = "state IN ('queued', 'interrupted') AND NOT EXISTS (
    SELECT 1 FROM send AS earlier WHERE earlier.office = send.office AND earlier.receiver = send.receiver
        AND earlier.state IN ('queued', 'sending', 'interrupted')
        AND (earlier.queued_at, earlier.id) < (send.queued_at, send.id))";

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
        let now = self.base.now().as_millisecond();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let condition = format!(
            "office = ?1 AND {NEXT} AND coalesce(next_try_at, 0) <= ?2 ORDER BY queued_at, id LIMIT ?3"
        );
        self.sends.select(&condition, &[&office.as_str(), &now, &limit])
    }

    /// There is a line again: what waited only for it need not wait longer.
    pub(crate) fn note_line(&self, office: OfficeNo) -> Result<(), OfficeError> {
        let reason = Trouble::NoAnswer.reason();
        self.base.keep(|tx| {
            let sql = "UPDATE send SET next_try_at = NULL
                       WHERE office = ?1 AND state = 'interrupted' AND reason = ?2";
            tx.execute(sql, [office.as_str(), &reason])?;
            Ok(())
        })
    }

    /// When the next send is due that is not due yet.
    pub(crate) fn next_due(&self, office: OfficeNo) -> Result<Option<Timestamp>, OfficeError> {
        let at: Option<i64> = self.base.read(|db| {
            let sql = format!("SELECT min(coalesce(next_try_at, 0)) FROM send WHERE office = ?1 AND {NEXT}");
            db.query_row(&sql, [office.as_str()], |row| row.get(0))
        })?;
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    pub(crate) fn note_receiver_name(&self, id: SendId, name: &str) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            tx.execute("UPDATE send SET receiver_name = ?2 WHERE id = ?1", params![id.0, name])?;
            Ok(())
        })
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
            let mut statement =
                tx.prepare_cached("UPDATE send SET key_epoch = ?2, digest = ?3 WHERE id = ?1")?;
            for (id, epoch, digest) in sealed {
                statement.execute(params![id.0, epoch, digest.to_string()])?;
            }
            Ok(())
        })
    }

    /// A try ended without the relay's promise. It changes nothing when it is no longer the try that is going on.
    pub(crate) fn note_not_sent(&self, send: &Send, ended: &Ended) -> Result<(), OfficeError> {
        self.base.write(&Actor::Node, |tx| {
            let sql = "SELECT attempts = ?2 FROM send WHERE id = ?1";
            let is_this_try: bool = tx.query_row(sql, params![send.id.0, send.attempts], |row| row.get(0))?;
            let event = if ended.next_try_at.is_some() { Event::TryEnded } else { Event::TryFailed };
            if !is_this_try || apply(tx, send.id, event)?.is_none() {
                return Ok(());
            }
            let next_try_at = ended.next_try_at.map(Timestamp::as_millisecond);
            tx.execute(
                "UPDATE send SET reason = ?2, next_try_at = ?3, updated_at = ?4 WHERE id = ?1",
                params![send.id.0, ended.reason, next_try_at, tx.now_ms()],
            )?;
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
            let sql = "UPDATE send SET sent_at = coalesce(sent_at, ?2) WHERE id = ?1 AND parcel IS ?3";
            let parcel = send.parcel.map(|parcel| parcel.to_string());
            tx.execute(sql, params![send.id.0, at.as_millisecond(), parcel])?;
            if apply(tx, send.id, Event::Told(state))?.is_none() {
                return Ok(());
            }
            tx.execute(
                "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1",
                params![send.id.0, at.as_millisecond()],
            )?;
            tx.record(Action::Sent, send.office, &parcel.unwrap_or_default())
        })?;
        self.base.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay says where a send stands, without ever having promised anything here.
    pub(crate) fn note_told(&self, send: &Send, state: ParcelState) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            if apply(tx, send.id, Event::Told(state))?.is_some() {
                let sql = "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1";
                tx.execute(sql, params![send.id.0, tx.now_ms()])?;
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
                let sql = "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1";
                tx.execute(sql, params![id.0, progress.at.as_millisecond()])?;
            }
            let noted = tx.execute(
                "UPDATE send SET expires_soon = ?2, sent_at = coalesce(sent_at, ?4),
                     receipts = iif(json_array_length(?3) > json_array_length(receipts), ?3, receipts)
                 WHERE id = ?1 AND state <> 'draft'
                   AND (expires_soon <> ?2 OR json_array_length(?3) > json_array_length(receipts)
                        OR sent_at IS NULL)",
                params![id.0, progress.expires_soon, receipts, progress.accepted_at.as_millisecond()],
            )?;
            Ok::<_, OfficeError>(moved || noted > 0)
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
            let sql = "SELECT life FROM office WHERE no = ?1";
            let known: String = tx.query_row(sql, [office.as_str()], |row| row.get(0))?;
            let new = life.map_or_else(|| known.clone(), |life| life.to_string());
            if life.is_some() && known == new {
                return Ok(false);
            }
            tx.execute("UPDATE office SET life = ?2 WHERE no = ?1", [office.as_str(), &new])?;
            if life.is_some() && known.is_empty() {
                return Ok(false);
            }
            let sql = "UPDATE office SET inbox_after = 0, sent_after = 0, kept_after = 0 WHERE no = ?1";
            tx.execute(sql, [office.as_str()])?;
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
