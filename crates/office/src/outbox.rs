//! The outbox: from a person's confirmation to the relay's promise, and what became of it after.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use crate::audit;
use crate::error::OfficeError;
use crate::node::{Node, Topic};
use crate::queue::SendState;
use crate::sends::{Letter, Send, SendId};

impl Node {
    /// Confirms sends as they were shown: all of them are queued, or none. They have the number that is returned
    /// in common.
    ///
    /// # Errors
    /// [`OfficeError::Changed`] when one of them is no longer as it was shown.
    pub fn queue(
        &self,
        office: OfficeNo,
        by: &str,
        staff_name: &str,
        sends: &[(SendId, i64)],
    ) -> Result<i64, OfficeError> {
        let now = self.now();
        let staff: String = staff_name.chars().take(tasuki_parcel::limits::STAFF_CHARS).collect();
        let run = self.db().write(|db| {
            let run: i64 =
                db.query_row("SELECT coalesce(max(run), 0) + 1 FROM send", [], |row| row.get(0))?;
            for &(id, revision) in sends {
                let send = self.open_send(db, office, id)?;
                if send.revision != revision || send.receiver.is_none() {
                    return Err(OfficeError::Changed);
                }
                let partner =
                    send.receiver.map(|receiver| self.known_partner(office, receiver)).transpose()?;
                let name = partner.flatten().map(|partner| partner.name().to_owned()).unwrap_or_default();
                self.put_letter(db, id, &Letter { staff: staff.clone(), ..send.letter.clone() })?;
                let parcel = new_parcel_id(now)?;
                db.execute(
                    "UPDATE send SET state = 'queued', run = ?2, parcel = ?3, queued_at = ?4, updated_at = ?4,
                         attempts = 0, next_try_at = NULL, reason = '', key_epoch = NULL, digest = NULL,
                         by_staff = ?5, receiver_name = ?6, revision = revision + 1
                     WHERE id = ?1",
                    params![id.0, run, parcel.to_string(), now.as_millisecond(), by, name],
                )?;
                db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
                for month in &send.review.months {
                    let sql = "INSERT INTO send_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
                    let values = params![office.as_str(), month.to_string(), now.as_millisecond(), id.0];
                    db.execute(sql, values)?;
                }
                audit::write(db, now, Some(office), by, "queued", &parcel.to_string())?;
            }
            Ok::<_, OfficeError>(run)
        })?;
        self.tell(office, Topic::Sends);
        if let Ok(open) = self.open_office(office) {
            open.outgoing.notify_one();
        }
        Ok(run)
    }

    /// Takes a send that is not with the relay out of the queue again, if it was not tried in the meantime.
    pub(crate) fn unqueue(&self, office: OfficeNo, id: SendId, attempts: u32) -> Result<(), OfficeError> {
        let changed = self.db().write(|db| {
            let changed = db.execute(
                "UPDATE send SET state = 'draft', parcel = NULL, queued_at = NULL, run = NULL, reason = '',
                     key_epoch = NULL, digest = NULL, attempts = 0, revision = revision + 1
                 WHERE id = ?1 AND office = ?2 AND attempts = ?3 AND state IN ('queued', 'interrupted')",
                params![id.0, office.as_str(), attempts],
            )?;
            if changed > 0 {
                db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
            }
            Ok::<_, OfficeError>(changed)
        })?;
        self.tell(office, Topic::Sends);
        if changed == 1 { Ok(()) } else { Err(OfficeError::Changed) }
    }

    /// After a start: what was being sent goes on.
    pub(crate) fn resume_interrupted(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'interrupted', next_try_at = NULL
                       WHERE office = ?1 AND state = 'sending'";
            db.execute(sql, [office.as_str()])?;
            Ok(())
        })
    }

    /// What is due to be sent, the oldest first.
    pub(crate) fn due(&self, office: OfficeNo, limit: usize) -> Result<Vec<Send>, OfficeError> {
        let now = self.now().as_millisecond();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.sends(
            "office = ?1 AND state IN ('queued', 'interrupted') AND coalesce(next_try_at, 0) <= ?2
             ORDER BY id LIMIT ?3",
            &[&office.as_str(), &now, &limit],
        )
    }

    /// When the next send is due that is not due yet.
    pub(crate) fn next_due(&self, office: OfficeNo) -> Result<Option<Timestamp>, OfficeError> {
        let at: Option<i64> = self.db().read(|db| {
            let sql = "SELECT min(coalesce(next_try_at, 0)) FROM send
                       WHERE office = ?1 AND state IN ('queued', 'interrupted')";
            db.query_row(sql, [office.as_str()], |row| row.get(0))
        })?;
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    pub(crate) fn note_receiver_name(&self, id: SendId, name: &str) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("UPDATE send SET receiver_name = ?2 WHERE id = ?1", params![id.0, name])?;
            Ok(())
        })
    }

    /// Tries begin.
    pub(crate) fn note_sending(&self, office: OfficeNo, sends: &[Send]) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'sending', attempts = attempts + 1 WHERE id = ?1";
            let mut statement = db.prepare_cached(sql)?;
            for send in sends {
                statement.execute([send.id.0])?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
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

    /// A try ended without the relay's promise.
    pub(crate) fn note_not_sent(
        &self,
        send: &Send,
        state: SendState,
        reason: &str,
        next_try_at: Option<Timestamp>,
    ) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = ?2, reason = ?3, next_try_at = ?4, updated_at = ?5 WHERE id = ?1",
                params![
                    send.id.0,
                    state.as_str(),
                    reason,
                    next_try_at.map(Timestamp::as_millisecond),
                    now.as_millisecond()
                ],
            )?;
            if state == SendState::Failed {
                let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
                audit::write(db, now, Some(send.office), "node", "send-failed", &parcel)?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay has it, durably. The files are in the archive, sealed: the draft's copies go.
    pub(crate) fn note_sent(&self, send: &Send, state: SendState, at: Timestamp) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = ?2, sent_at = ?3, changed_at = ?3, reason = '', next_try_at = NULL
                 WHERE id = ?1 AND state IN ('queued', 'sending', 'interrupted')",
                params![send.id.0, state.as_str(), at.as_millisecond()],
            )?;
            db.execute("DELETE FROM send_file WHERE send = ?1", [send.id.0])?;
            let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            audit::write(db, now, Some(send.office), "node", "sent", &parcel)
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// What the relay says of a parcel that this office sent.
    pub(crate) fn note_progress(&self, office: OfficeNo, progress: &Progress) -> Result<(), OfficeError> {
        let receipts = serde_json::to_string(&progress.receipts)?;
        let changed = self.db().write(|db| {
            Ok::<_, OfficeError>(db.execute(
                "UPDATE send SET state = ?3, changed_at = ?4, expires_soon = ?5, receipts = ?6, reason = '',
                     next_try_at = NULL, sent_at = coalesce(sent_at, ?7)
                 WHERE office = ?1 AND parcel = ?2
                   AND (state <> ?3 OR expires_soon <> ?5 OR receipts <> ?6)",
                params![
                    office.as_str(),
                    progress.parcel.to_string(),
                    progress.state.as_str(),
                    progress.at.as_millisecond(),
                    progress.expires_soon,
                    receipts,
                    progress.accepted_at.as_millisecond()
                ],
            )?)
        })?;
        if changed > 0 {
            self.tell(office, Topic::Sends);
        }
        Ok(())
    }

    /// It was taken back.
    pub(crate) fn note_withdrawn(
        &self,
        office: OfficeNo,
        by: &str,
        parcel: ParcelId,
        at: Timestamp,
    ) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = 'withdrawn', changed_at = ?3, reason = '', next_try_at = NULL
                 WHERE office = ?1 AND parcel = ?2",
                params![office.as_str(), parcel.to_string(), at.as_millisecond()],
            )?;
            audit::write(db, at, Some(office), by, "withdrawn", &parcel.to_string())
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// The relay was restored from an older backup: whatever it accepted and nobody has fetched is handed in again.
    /// What it still has it takes for the repeat that it is.
    pub(crate) fn hand_in_again(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'interrupted', next_try_at = NULL, attempts = 1
                       WHERE office = ?1 AND state = 'sent' AND queued_at IS NOT NULL";
            db.execute(sql, [office.as_str()])?;
            Ok(())
        })
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

/// What the relay says of a parcel that was sent.
pub(crate) struct Progress {
    pub(crate) parcel: ParcelId,
    pub(crate) state: SendState,
    pub(crate) at: Timestamp,
    pub(crate) accepted_at: Timestamp,
    pub(crate) expires_soon: bool,
    pub(crate) receipts: Vec<SignedReceipt>,
}

/// The number is made here, when a person confirms: however often it is tried, it is one parcel.
fn new_parcel_id(now: Timestamp) -> Result<ParcelId, OfficeError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| tasuki_identity::vault::VaultError::System)?;
    Ok(ParcelId::new(now, random))
}
