//! How far the mailbox was read, and what in it could not be fetched yet.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use tasuki_protocol::mailbox::Life;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_terms::{OfficeNo, ParcelId};

use super::inbox::Inbox;
use super::state::ArrivalState;
use crate::base::Topic;
use crate::base::error::OfficeError;

/// What holds something up that should happen by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HeldUp {
    /// Parcels in the mailbox that could not be fetched yet.
    pub delayed: i64,
    /// Arrivals whose files are not in the import folder yet.
    pub to_import: i64,
}

/// How far a list of the relay was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The life of the relay in which the number is true; `None` before the first time.
    pub(crate) life: Option<Life>,
    pub(crate) after: u64,
}

/// A list of the relay that is read with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelayList {
    /// What waits for this office.
    Inbox,
    /// What this office has acknowledged and the relay still holds.
    Kept,
    /// What this office sent.
    Sent,
}

impl RelayList {
    fn column(self) -> &'static str {
        match self {
            Self::Inbox => "inbox_after",
            Self::Kept => "kept_after",
            Self::Sent => "sent_after",
        }
    }
}

impl Inbox {
    /// Whether a parcel is here already.
    pub(crate) fn has(
        &self,
        office: OfficeNo,
        sender: OfficeNo,
        parcel: ParcelId,
    ) -> Result<bool, OfficeError> {
        self.base.read(|db| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM arrival WHERE office = ?1 AND sender = ?2 AND parcel = ?3)";
            db.query_row(sql, [office.as_str(), sender.as_str(), &parcel.to_string()], |row| row.get(0))
        })
    }

    /// Takes over what another computer of the office has told the relay of a parcel. `false` when the parcel is not
    /// here, and should be.
    pub(crate) fn note_elsewhere(
        &self,
        office: OfficeNo,
        parcel: ParcelId,
        told: ParcelState,
    ) -> Result<bool, OfficeError> {
        let (state, receipt) = match told {
            ParcelState::Opened => (ArrivalState::Read, ReceiptKind::Opened),
            ParcelState::Imported => (ArrivalState::Imported, ReceiptKind::Imported),
            ParcelState::Received => (ArrivalState::Unread, ReceiptKind::Received),
            _ => return Ok(true),
        };
        let changed = self.base.keep(|tx| {
            let sql = "SELECT id, state FROM arrival WHERE office = ?1 AND parcel = ?2";
            let known = tx.query_row(sql, [office.as_str(), &parcel.to_string()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            });
            let Some((id, now)) = known.optional()? else { return Ok(None) };
            let now = ArrivalState::parse(&now).ok_or(OfficeError::Damaged)?;
            if state == ArrivalState::Unread || !now.may_become(state) {
                return Ok(Some(false));
            }
            let sql = "UPDATE arrival SET state = ?2, acknowledged = ?3 WHERE id = ?1";
            tx.execute(sql, params![id, state.as_str(), receipt.as_str()])?;
            Ok::<_, OfficeError>(Some(true))
        })?;
        if changed == Some(true) {
            self.base.tell(office, Topic::Arrivals);
        }
        Ok(changed.is_some())
    }

    /// Whether a parcel is here already that waits at the relay; then the relay has lost its receipt, which is owed anew.
    pub(crate) fn owe_again(
        &self,
        office: OfficeNo,
        sender: OfficeNo,
        parcel: ParcelId,
    ) -> Result<bool, OfficeError> {
        self.base.keep(|tx| {
            let sql =
                "UPDATE arrival SET acknowledged = '' WHERE office = ?1 AND sender = ?2 AND parcel = ?3";
            Ok(tx.execute(sql, [office.as_str(), sender.as_str(), &parcel.to_string()])? > 0)
        })
    }

    /// A parcel could not be fetched: it is tried again at a time, while others go on.
    pub(crate) fn note_delayed(
        &self,
        office: OfficeNo,
        parcel: &Parcel,
        attempts: u32,
        next_try_at: Timestamp,
    ) -> Result<(), OfficeError> {
        let record = serde_json::to_string(parcel)?;
        self.base.keep(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO delayed (office, sender, parcel, record, attempts, next_try_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    office.as_str(),
                    parcel.from.as_str(),
                    parcel.id.to_string(),
                    record,
                    attempts,
                    next_try_at.as_millisecond()
                ],
            )?;
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// A parcel that was delayed has come, or is no longer there.
    pub(crate) fn note_not_delayed(&self, office: OfficeNo, parcel: &Parcel) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            tx.execute(
                "DELETE FROM delayed WHERE office = ?1 AND sender = ?2 AND parcel = ?3",
                [office.as_str(), parcel.from.as_str(), &parcel.id.to_string()],
            )?;
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// Delayed parcels whose time has come, with the tries so far.
    pub(crate) fn due_delayed(&self, office: OfficeNo) -> Result<Vec<(Parcel, u32)>, OfficeError> {
        let now = self.base.now().as_millisecond();
        let rows: Vec<(String, u32)> = self.base.read(|db| {
            let sql = "SELECT record, attempts FROM delayed WHERE office = ?1 AND next_try_at <= ?2
                       ORDER BY next_try_at";
            let mut statement = db.prepare_cached(sql)?;
            let rows =
                statement.query_map(params![office.as_str(), now], |row| Ok((row.get(0)?, row.get(1)?)));
            rows?.collect()
        })?;
        rows.into_iter().map(|(record, attempts)| Ok((serde_json::from_str(&record)?, attempts))).collect()
    }

    /// What waits in the mailbox and could not be fetched, and what could not be put into the import folder yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn held_up(&self, office: OfficeNo) -> Result<HeldUp, OfficeError> {
        self.base.read(|db| {
            let count = |sql| db.query_row(sql, [office.as_str()], |row| row.get(0));
            Ok(HeldUp {
                delayed: count("SELECT count(*) FROM delayed WHERE office = ?1")?,
                to_import: count("SELECT count(*) FROM arrival WHERE office = ?1 AND import = 'owed'")?,
            })
        })
    }

    /// How far a list of the relay was read, and in which of its lives.
    pub(crate) fn reading(&self, office: OfficeNo, list: RelayList) -> Result<Reading, OfficeError> {
        let sql = format!("SELECT life, {} FROM office WHERE no = ?1", list.column());
        self.base.read(|db| {
            db.query_row(&sql, [office.as_str()], |row| {
                let life: String = row.get(0)?;
                let after: i64 = row.get(1)?;
                Ok(Reading { life: life.parse().ok(), after: u64::try_from(after).unwrap_or_default() })
            })
        })
    }

    /// What is before this number is durable here. It means nothing in another life of the relay than it was read in.
    pub(crate) fn note_read(
        &self,
        office: OfficeNo,
        list: RelayList,
        life: Life,
        after: u64,
    ) -> Result<(), OfficeError> {
        let sql = format!("UPDATE office SET {} = ?3 WHERE no = ?1 AND life = ?2", list.column());
        self.base.keep(|tx| {
            tx.execute(&sql, params![office.as_str(), life.to_string(), after])?;
            Ok(())
        })
    }
}
