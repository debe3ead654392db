//! Receipts that the relay is to get.

use rusqlite::params;
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_terms::OfficeNo;

use super::arrival::ArrivalId;
use super::inbox::Inbox;
use super::state::{ArrivalState, owed_receipt};
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
        let rows: Vec<(i64, String, String, String, Option<String>)> = self.base.read(|db| {
            // The condition is that of the index arrival_owed.
            let mut statement = db.prepare_cached(
                "SELECT id, record, state, acknowledged, refusal FROM arrival WHERE office = ?1
                 AND ((state = 'unread' AND acknowledged = '')
                   OR (state = 'read' AND acknowledged IN ('', 'received'))
                   OR (state = 'imported' AND acknowledged <> 'imported')
                   OR (state = 'refused' AND acknowledged <> 'refused'))
                 ORDER BY id LIMIT ?2",
            )?;
            let values = params![office.as_str(), limit];
            let rows = statement.query_map(values, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
            rows.collect()
        })?;
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
        self.base.keep(|tx| {
            let sql = "UPDATE arrival SET acknowledged = ?2 WHERE id = ?1";
            tx.execute(sql, params![id.0, kind.as_str()])?;
            Ok(())
        })
    }
}
