//! The outbox: from a person's confirmation to the relay's promise, and what became of it after.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};
use tasuki_protocol::mailbox::Life;
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::retry::Trouble;
use super::store::{apply, apply_to_all, of_parcel};
use super::{BATCH_OFFICES, Event, Letter, Send, SendId, SendState, is_automatic};
use crate::audit;
use crate::error::OfficeError;
use crate::link::Duty;
use crate::node::{Node, Topic};
use crate::partners::read_partner;

/// What may be tried: for each receiver the one that was confirmed first. A correction never arrives before what it
/// corrects.
const NEXT: &str = "state IN ('queued', 'interrupted') AND NOT EXISTS (
    SELECT 1 FROM send AS earlier WHERE earlier.office = send.office AND earlier.receiver = send.receiver
        AND earlier.state IN ('queued', 'sending', 'interrupted')
        AND (earlier.queued_at, earlier.id) < (send.queued_at, send.id))";

/// No relay delivers anything that was handed in longer ago: what was withdrawn before that stays so by itself.
const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_hours(100 * 24);

impl Node {
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
        by: &str,
        staff_name: &str,
        shown: &[(SendId, i64)],
    ) -> Result<i64, OfficeError> {
        let ids: BTreeSet<_> = shown.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() || ids.len() != shown.len() || shown.len() > BATCH_OFFICES {
            return Err(OfficeError::NotReady);
        }
        let now = self.now();
        let staff: String = staff_name.chars().take(tasuki_parcel::limits::STAFF_CHARS).collect();
        let run = self.db().write(|db| {
            let run: i64 =
                db.query_row("SELECT coalesce(max(run), 0) + 1 FROM send", [], |row| row.get(0))?;
            for &(id, revision) in shown {
                let send = self.editable(db, office, id)?;
                if send.revision != revision || (is_automatic(by) && !send.is_untouched()) {
                    return Err(OfficeError::Changed);
                }
                let partner = send.receiver.map(|receiver| read_partner(db, office, receiver));
                let partner = partner.transpose()?.flatten();
                let (readiness, _) =
                    send.review.readiness(send.receiver, partner.as_ref(), send.letter.accepted);
                if !readiness.can_go() || apply(db, id, Event::Confirmed)?.is_none() {
                    return Err(OfficeError::NotReady);
                }
                let parcel = new_parcel_id(now)?;
                let name = partner.map(|partner| partner.name().to_owned()).unwrap_or_default();
                self.put_letter(db, id, &Letter { staff: staff.clone(), ..send.letter.clone() })?;
                db.execute(
                    "UPDATE send SET run = ?2, parcel = ?3, queued_at = ?4, updated_at = ?4, attempts = 0,
                         next_try_at = NULL, reason = '', key_epoch = NULL, digest = NULL, by_staff = ?5,
                         receiver_name = ?6, revision = revision + 1
                     WHERE id = ?1",
                    params![id.0, run, parcel.to_string(), now.as_millisecond(), by, name],
                )?;
                list_months(db, &send, now)?;
                audit::write(db, now, Some(office), by, "queued", &parcel.to_string())?;
            }
            Ok::<_, OfficeError>(run)
        })?;
        self.tell(office, Topic::Sends);
        self.ring(office, Duty::Send);
        Ok(run)
    }

    /// Takes a send back (取消) that the relay has not promised to deliver. What was never tried is a draft again at
    /// once; otherwise the relay is asked, for as long as it takes, and until it has confirmed that it will never take
    /// the number, the send is in 取消の確認待ち.
    pub(crate) fn take_back(&self, office: OfficeNo, by: &str, id: SendId) -> Result<SendState, OfficeError> {
        let now = self.now();
        let next = self.db().write(|db| {
            let send = self.read_send(db, office, id)?;
            let next = apply(db, id, Event::TakenBack { tried: send.attempts > 0 })?;
            let next = next.ok_or(OfficeError::Changed)?;
            let subject = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            audit::write(db, now, Some(office), by, "taken-back", &subject)?;
            Ok::<_, OfficeError>(next)
        })?;
        self.tell(office, Topic::Sends);
        self.ring(office, Duty::Withdraw);
        Ok(next)
    }

    /// What was taken back and is not confirmed yet.
    pub(crate) fn to_withdraw(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.sends("office = ?1 AND state = 'withdrawing' ORDER BY id", &[&office.as_str()])
    }

    /// The relay has confirmed that it will never deliver a parcel.
    pub(crate) fn note_withdrawn(&self, office: OfficeNo, by: &str, id: SendId) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            let send = self.read_send(db, office, id)?;
            let event = Event::WithdrawalConfirmed { had: send.sent_at.is_some() };
            let Some(next) = apply(db, id, event)? else { return Ok(()) };
            if next == SendState::Withdrawn {
                let sql = "UPDATE send SET changed_at = ?2, reason = '' WHERE id = ?1";
                db.execute(sql, params![id.0, now.as_millisecond()])?;
            }
            let subject = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            audit::write(db, now, Some(office), by, "withdrawn", &subject)
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// Nobody works on what is in 送信中: the node was started anew, or the work stopped in the middle.
    pub(crate) fn note_tries_lost(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.db().write(|db| apply_to_all(db, office, SendState::Sending, Timestamp::MIN, Event::TryLost))
    }

    /// What is due to be sent, the oldest first.
    pub(crate) fn due(&self, office: OfficeNo, limit: usize) -> Result<Vec<Send>, OfficeError> {
        let now = self.now().as_millisecond();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let condition = format!(
            "office = ?1 AND {NEXT} AND coalesce(next_try_at, 0) <= ?2 ORDER BY queued_at, id LIMIT ?3"
        );
        self.sends(&condition, &[&office.as_str(), &now, &limit])
    }

    /// There is a line again: what waited only for it need not wait longer.
    pub(crate) fn note_line(&self, office: OfficeNo) -> Result<(), OfficeError> {
        let reason = Trouble::NoAnswer.reason();
        self.db().write(|db| {
            let sql = "UPDATE send SET next_try_at = NULL
                       WHERE office = ?1 AND state = 'interrupted' AND reason = ?2";
            db.execute(sql, [office.as_str(), &reason])?;
            Ok(())
        })
    }

    /// When the next send is due that is not due yet.
    pub(crate) fn next_due(&self, office: OfficeNo) -> Result<Option<Timestamp>, OfficeError> {
        let at: Option<i64> = self.db().read(|db| {
            let sql = format!("SELECT min(coalesce(next_try_at, 0)) FROM send WHERE office = ?1 AND {NEXT}");
            db.query_row(&sql, [office.as_str()], |row| row.get(0))
        })?;
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    pub(crate) fn note_receiver_name(&self, id: SendId, name: &str) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("UPDATE send SET receiver_name = ?2 WHERE id = ?1", params![id.0, name])?;
            Ok(())
        })
    }

    /// Tries begin. Says which: what was taken back in this moment is not tried.
    pub(crate) fn note_sending(&self, office: OfficeNo, due: Vec<Send>) -> Result<Vec<Send>, OfficeError> {
        let begun = self.db().write(|db| {
            let mut begun = Vec::new();
            for send in due {
                if apply(db, send.id, Event::TryBegins)?.is_some() {
                    begun.push(Send { attempts: send.attempts + 1, state: SendState::Sending, ..send });
                }
            }
            Ok::<_, OfficeError>(begun)
        })?;
        self.tell(office, Topic::Sends);
        Ok(begun)
    }

    /// They are sealed, and the sealed bytes are in the archive.
    pub(crate) fn note_sealed(&self, sealed: &[(SendId, u32, Sha256Digest)]) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let mut statement =
                db.prepare_cached("UPDATE send SET key_epoch = ?2, digest = ?3 WHERE id = ?1")?;
            for (id, epoch, digest) in sealed {
                statement.execute(params![id.0, epoch, digest.to_string()])?;
            }
            Ok(())
        })
    }

    /// A try ended without the relay's promise. It changes nothing when it is no longer the try that is going on.
    pub(crate) fn note_not_sent(&self, send: &Send, ended: &Ended) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            let sql = "SELECT attempts = ?2 FROM send WHERE id = ?1";
            let is_this_try: bool = db.query_row(sql, params![send.id.0, send.attempts], |row| row.get(0))?;
            let event = if ended.next_try_at.is_some() { Event::TryEnded } else { Event::TryFailed };
            if !is_this_try || apply(db, send.id, event)?.is_none() {
                return Ok(());
            }
            let next_try_at = ended.next_try_at.map(Timestamp::as_millisecond);
            db.execute(
                "UPDATE send SET reason = ?2, next_try_at = ?3, updated_at = ?4 WHERE id = ?1",
                params![send.id.0, ended.reason, next_try_at, now.as_millisecond()],
            )?;
            if event == Event::TryFailed {
                let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
                audit::write(db, now, Some(send.office), "node", "send-failed", &parcel)?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay has it, durably.
    pub(crate) fn note_sent(
        &self,
        send: &Send,
        state: ParcelState,
        at: Timestamp,
    ) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            // Even when it was taken back meanwhile, the relay's promise is written down: it had it.
            let sql = "UPDATE send SET sent_at = coalesce(sent_at, ?2) WHERE id = ?1 AND parcel IS ?3";
            let parcel = send.parcel.map(|parcel| parcel.to_string());
            db.execute(sql, params![send.id.0, at.as_millisecond(), parcel])?;
            if apply(db, send.id, Event::Told(state))?.is_none() {
                return Ok(());
            }
            db.execute(
                "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1",
                params![send.id.0, at.as_millisecond()],
            )?;
            audit::write(db, now, Some(send.office), "node", "sent", &parcel.unwrap_or_default())
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay says where a send stands, without ever having promised anything here.
    pub(crate) fn note_told(&self, send: &Send, state: ParcelState) -> Result<(), OfficeError> {
        let now = self.now().as_millisecond();
        self.db().write(|db| {
            if apply(db, send.id, Event::Told(state))?.is_some() {
                let sql = "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1";
                db.execute(sql, params![send.id.0, now])?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// What the relay says of a parcel that this office sent. Receipts are only added to.
    pub(crate) fn note_progress(&self, office: OfficeNo, progress: &Progress) -> Result<(), OfficeError> {
        let receipts = serde_json::to_string(&progress.receipts)?;
        let changed = self.db().write(|db| {
            let Some(id) = of_parcel(db, office, progress.parcel)? else { return Ok(false) };
            let moved = apply(db, id, Event::Told(progress.state))?.is_some();
            if moved {
                let sql = "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1";
                db.execute(sql, params![id.0, progress.at.as_millisecond()])?;
            }
            let noted = db.execute(
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
            self.tell(office, Topic::Sends);
        }
        Ok(())
    }

    /// Notes the relay's life (`None`: one that has forgotten something, by its own word). `true` when it is another one
    /// than the one that was known. Then, in the same transaction, the lists are read from their beginning, whatever it
    /// accepted and nobody has fetched is handed in again, and what was taken back is taken back again. What it still
    /// knows it takes for the repeat that it is.
    pub(crate) fn note_life(&self, office: OfficeNo, life: Option<Life>) -> Result<bool, OfficeError> {
        let is_other = self.db().write(|db| {
            let sql = "SELECT life FROM office WHERE no = ?1";
            let known: String = db.query_row(sql, [office.as_str()], |row| row.get(0))?;
            let new = life.map_or_else(|| known.clone(), |life| life.to_string());
            if life.is_some() && known == new {
                return Ok(false);
            }
            db.execute("UPDATE office SET life = ?2 WHERE no = ?1", [office.as_str(), &new])?;
            if life.is_some() && known.is_empty() {
                return Ok(false);
            }
            let sql = "UPDATE office SET inbox_after = 0, sent_after = 0, kept_after = 0 WHERE no = ?1";
            db.execute(sql, [office.as_str()])?;
            apply_to_all(db, office, SendState::Sent, Timestamp::MIN, Event::RelayForgot)?;
            let after = self.now().saturating_sub(DELIVERED_WITHIN).unwrap_or(Timestamp::MIN);
            apply_to_all(db, office, SendState::Withdrawn, after, Event::RelayForgot)?;
            audit::write(db, self.now(), Some(office), "node", "relay-restored", "")?;
            Ok::<_, OfficeError>(true)
        })?;
        if is_other {
            self.tell(office, Topic::Sends);
        }
        Ok(is_other)
    }

    /// Whether this office sent a parcel.
    pub(crate) fn send_of_parcel(
        &self,
        office: OfficeNo,
        parcel: ParcelId,
    ) -> Result<Option<SendId>, OfficeError> {
        Ok(self.db().read(|db| {
            let sql = "SELECT id FROM send WHERE office = ?1 AND parcel = ?2";
            db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| row.get(0).map(SendId)).optional()
        })?)
    }
}

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

/// The months of a send, in the order of the list of 送信状況.
fn list_months(db: &Transaction<'_>, send: &Send, at: Timestamp) -> rusqlite::Result<()> {
    db.execute("DELETE FROM send_month WHERE id = ?1", [send.id.0])?;
    for month in &send.review.months {
        let sql = "INSERT INTO send_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
        let values = params![send.office.as_str(), month.to_string(), at.as_millisecond(), send.id.0];
        db.execute(sql, values)?;
    }
    Ok(())
}

/// The number is made here, when a person confirms: however often it is tried, it is one parcel.
fn new_parcel_id(now: Timestamp) -> Result<ParcelId, OfficeError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| tasuki_identity::vault::VaultError::System)?;
    Ok(ParcelId::new(now, random))
}
