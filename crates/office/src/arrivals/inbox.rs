//! The inbox: what arrived, opened for people.

use rusqlite::{Row, params};
use tasuki_parcel::open::{Expected, Opener, VerifiedAt};
use tasuki_terms::OfficeNo;

use super::arrival::{Arrival, ArrivalFilter, ArrivalId, ArrivedContents};
use super::state::ArrivalState;
use crate::base::archive::Received;
use crate::base::columns::{listed, parse, time};
use crate::base::duty::Duty;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::base::{Base, Topic};
use crate::offices::{Keys, Offices, Opened, unpack};

const COLUMNS: &str =
    "id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at, received_at,
    record ->> 'digest', import = 'owed'";

/// What arrived.
#[derive(Clone)]
pub struct Inbox {
    pub(super) base: Base,
    keys: Keys,
    pub(super) offices: Offices,
}

impl Inbox {
    pub(crate) fn new(base: &Base, keys: &Keys, offices: &Offices) -> Self {
        Self { base: base.clone(), keys: keys.clone(), offices: offices.clone() }
    }

    /// 受信: what arrived, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn list(
        &self,
        office: OfficeNo,
        filter: &ArrivalFilter,
        limit: u32,
    ) -> Result<Vec<Arrival>, OfficeError> {
        let (at, id) = filter.before.unwrap_or((i64::MAX, i64::MAX));
        let (state, sender, month) = (
            filter.state.map_or("", ArrivalState::as_str),
            filter.sender.map(|no| no.to_string()).unwrap_or_default(),
            filter.month.map(|month| month.to_string()).unwrap_or_default(),
        );
        let nothing_else = state.is_empty() && sender.is_empty();
        let condition = listed("received_at", "arrival_month", &month, nothing_else);
        let mut sql = format!("SELECT {COLUMNS} FROM arrival WHERE {condition}");
        sql.push_str(if state.is_empty() { " AND ?4 = ''" } else { " AND state = ?4" });
        sql.push_str(if sender.is_empty() { " AND ?5 = ''" } else { " AND sender = ?5" });
        sql.push_str(" ORDER BY received_at DESC, id DESC LIMIT ?7");
        let raw: Vec<_> = self.base.read(|db| {
            let mut statement = db.prepare_cached(&sql)?;
            let values = params![office.as_str(), at, id, state, sender, month, limit];
            statement.query_map(values, read)?.collect()
        })?;
        raw.into_iter().map(|raw| self.arrival_of(raw)).collect()
    }

    /// One arrival.
    ///
    /// # Errors
    /// When there is none of this office, or the drawer is locked.
    pub fn get(&self, office: OfficeNo, id: ArrivalId) -> Result<Arrival, OfficeError> {
        let raw = self.base.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM arrival WHERE id = ?1 AND office = ?2");
            db.query_row(&sql, params![id.0, office.as_str()], read)
        })?;
        self.arrival_of(raw)
    }

    fn arrival_of(&self, (mut arrival, sealed): (Arrival, Vec<u8>)) -> Result<Arrival, OfficeError> {
        arrival.inside = self.base.unseal_json("arrival", &sealed)?;
        Ok(arrival)
    }

    /// Opens an arrival: verifies all of it once more and hands out the files.
    ///
    /// # Errors
    /// When the keys are locked, or the parcel in the archive is damaged.
    pub fn open(&self, office: OfficeNo, id: ArrivalId) -> Result<Opened, OfficeError> {
        let arrival = self.get(office, id)?;
        if arrival.state == ArrivalState::Refused {
            return Err(OfficeError::NotFound);
        }
        let keys = self.keys.of(office)?;
        let received = Received { from: arrival.sender, parcel: arrival.parcel, digest: arrival.digest };
        let sealed = self.base.archive().received(office, &received)?;
        let expected = Expected { id: arrival.parcel, opener: Opener::Receiver(office) };
        // By the time at which the relay had it, as when it came: what was accepted once opens for ever.
        unpack(&keys, sealed, VerifiedAt::Accepted(arrival.accepted_at), expected)
            .map_err(|_| OfficeError::Damaged)
    }

    /// Changes the state of an arrival, as a person says. What may not become so stays as it is
    /// ([`ArrivalState::may_become`]).
    ///
    /// # Errors
    /// When there is none.
    pub fn mark(
        &self,
        office: OfficeNo,
        by: impl Into<Actor>,
        id: ArrivalId,
        state: ArrivalState,
    ) -> Result<(), OfficeError> {
        let changed = self.base.write(&by.into(), |tx| {
            let sql = "SELECT state FROM arrival WHERE id = ?1 AND office = ?2";
            let now: String = tx.query_row(sql, params![id.0, office.as_str()], |row| row.get(0))?;
            let now = ArrivalState::parse(&now).ok_or(OfficeError::Damaged)?;
            if !now.may_become(state) {
                return Ok(false);
            }
            let sql = "UPDATE arrival SET state = ?2 WHERE id = ?1";
            tx.execute(sql, params![id.0, state.as_str()])?;
            tx.record(marked(state), office, &id.0.to_string())?;
            Ok::<_, OfficeError>(true)
        })?;
        if changed {
            self.base.tell(office, Topic::Arrivals);
            self.base.ring(office, Duty::Acknowledge);
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Arrival, Vec<u8>)> {
    let (state, months): (String, String) = (row.get(5)?, row.get(7)?);
    let arrival = Arrival {
        id: ArrivalId(row.get(0)?),
        office: parse(row, 1)?,
        parcel: parse(row, 2)?,
        sender: parse(row, 3)?,
        sender_name: row.get(4)?,
        state: ArrivalState::parse(&state).unwrap_or(ArrivalState::Refused),
        inside: ArrivedContents::default(),
        months: months.split(' ').filter_map(|month| month.parse().ok()).collect(),
        size: row.get(8)?,
        accepted_at: time(row, 9)?.unwrap_or_default(),
        received_at: time(row, 10)?.unwrap_or_default(),
        digest: parse(row, 11)?,
        is_import_owed: row.get(12)?,
    };
    Ok((arrival, row.get(6)?))
}

/// The word of the record for what a person says of an arrival.
fn marked(state: ArrivalState) -> Action {
    match state {
        ArrivalState::Read => Action::MarkedRead,
        ArrivalState::Imported => Action::MarkedImported,
        ArrivalState::Unread | ArrivalState::Refused => Action::MarkedUnread,
    }
}
