//! Receipts that the relay is to get.

use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_terms::OfficeNo;

use super::arrival::ArrivalId;
use super::inbox::Inbox;
use super::state::{ArrivalState, owed_receipt};
use super::store;
use crate::base::error::OfficeError;

/// A receipt that the relay is to get.
pub(crate) struct Owed {
    pub(crate) id: ArrivalId,
    pub(crate) parcel: Parcel,
    pub(crate) kind: ReceiptKind,
    pub(crate) reason: Option<RefusalReason>,
}

impl Inbox {
    /// Receipts that are owed: the relay's record of each parcel, and the next receipt.
    pub(crate) fn owed(&self, office: OfficeNo, limit: u32) -> Result<Vec<Owed>, OfficeError> {
        let rows = self.base.read(|db| store::owed(db, office, limit))?;
        let mut owed = Vec::new();
        for (id, record, state, acknowledged, refusal) in rows {
            let state = ArrivalState::parse(&state).ok_or(OfficeError::Damaged)?;
            if let Some(kind) = owed_receipt(state, &acknowledged) {
                let reason = refusal.as_deref().and_then(RefusalReason::parse);
                owed.push(Owed { id: ArrivalId(id), parcel: serde_json::from_str(&record)?, kind, reason });
            }
        }
        Ok(owed)
    }

    /// The relay has a receipt.
    pub(crate) fn note_acknowledged(&self, id: ArrivalId, kind: ReceiptKind) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::set_acknowledged(tx, id, kind)?))
    }
}
