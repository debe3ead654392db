//! What stands in the mailbox, and what in it could not be fetched yet.

use jiff::Timestamp;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_terms::{OfficeNo, ParcelId};

use super::arrival::HeldUp;
use super::inbox::Inbox;
use super::state::ArrivalState;
use super::store;
use crate::base::Topic;
use crate::base::error::OfficeError;

impl Inbox {
    /// Whether a parcel is here already.
    pub(crate) fn has(
        &self,
        office: OfficeNo,
        sender: OfficeNo,
        parcel: ParcelId,
    ) -> Result<bool, OfficeError> {
        self.base.read(|db| store::has(db, office, sender, parcel))
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
            let Some((id, now)) = store::of_parcel(tx, office, parcel)? else { return Ok(None) };
            if state == ArrivalState::Unread || !now.may_become(state) {
                return Ok(Some(false));
            }
            store::set_state(tx, id, state)?;
            store::set_acknowledged(tx, id, receipt)?;
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
        self.base.keep(|tx| Ok(store::owe_again(tx, office, sender, parcel)?))
    }

    /// A parcel could not be fetched: it is tried again at a time, while others go on.
    pub(crate) fn note_delayed(
        &self,
        office: OfficeNo,
        parcel: &Parcel,
        attempts: u32,
        next_try_at: Timestamp,
    ) -> Result<(), OfficeError> {
        self.base.keep(|tx| store::put_delayed(tx, office, parcel, attempts, next_try_at))?;
        self.base.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// A parcel that was delayed has come, or is no longer there.
    pub(crate) fn note_not_delayed(&self, office: OfficeNo, parcel: &Parcel) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok::<_, OfficeError>(store::forget_delayed(tx, office, parcel)?))?;
        self.base.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// Delayed parcels whose time has come, with the tries so far.
    pub(crate) fn due_delayed(&self, office: OfficeNo) -> Result<Vec<(Parcel, u32)>, OfficeError> {
        let rows = self.base.read(|db| store::due_delayed(db, office, self.base.now()))?;
        rows.into_iter().map(|(record, attempts)| Ok((serde_json::from_str(&record)?, attempts))).collect()
    }

    /// What waits in the mailbox and could not be fetched, and what could not be put into the import folder yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn held_up(&self, office: OfficeNo) -> Result<HeldUp, OfficeError> {
        self.base.read(|db| store::held_up(db, office))
    }
}
