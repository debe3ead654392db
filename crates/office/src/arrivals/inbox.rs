//! The inbox: what arrived, opened for people.

use tasuki_parcel::open::{Expected, Opener, VerifiedAt};
use tasuki_terms::OfficeNo;

use super::arrival::{Arrival, ArrivalFilter, ArrivalId};
use super::state::ArrivalState;
use super::store::{self, RawArrival};
use crate::base::archive::Received;
use crate::base::duty::Duty;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::base::{Base, Topic};
use crate::offices::{Keys, Offices, Opened, unpack};

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
        let raw = self.base.read(|db| store::list(db, office, filter, limit))?;
        raw.into_iter().map(|raw| self.arrival_of(raw)).collect()
    }

    /// One arrival.
    ///
    /// # Errors
    /// When there is none of this office, or the drawer is locked.
    pub fn get(&self, office: OfficeNo, id: ArrivalId) -> Result<Arrival, OfficeError> {
        let raw = self.base.read(|db| store::one(db, office, id))?;
        self.arrival_of(raw)
    }

    fn arrival_of(&self, (mut arrival, sealed): RawArrival) -> Result<Arrival, OfficeError> {
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
            if !store::state(tx, office, id)?.may_become(state) {
                return Ok(false);
            }
            store::set_state(tx, id, state)?;
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

/// The word of the record for what a person says of an arrival.
fn marked(state: ArrivalState) -> Action {
    match state {
        ArrivalState::Read => Action::MarkedRead,
        ArrivalState::Imported => Action::MarkedImported,
        ArrivalState::Unread | ArrivalState::Refused => Action::MarkedUnread,
    }
}
