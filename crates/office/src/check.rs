//! What must hold at a node whatever happened to it: `tasuki office check`.

use rusqlite::Connection;
use tasuki_protocol::parcel::Parcel;
use tasuki_terms::{OfficeNo, ParcelId};

use crate::error::OfficeError;
use crate::node::Node;
use crate::review::digest_of;

/// A promise that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub promise: &'static str,
    /// Where.
    pub subject: String,
}

impl Node {
    /// Checks that every parcel that arrived or was sent is in the archive as it travelled, that nothing that waits
    /// to be sent has lost its files, and that the audit chain is unbroken.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn check(&self) -> Result<Vec<Violation>, OfficeError> {
        let mut found = Vec::new();
        let mut violate = |promise, subject: String| found.push(Violation { promise, subject });
        for (office, id, digest) in self.db().read(kept_parcels)? {
            match self.archive().get(office, id) {
                Ok(sealed) if digest_of(&sealed).to_string() == digest => {}
                Ok(_) => violate("the archive holds every parcel as it travelled", id.to_string()),
                Err(_) => violate("the archive holds every parcel", id.to_string()),
            }
        }
        let empty: Vec<i64> = self.db().read(|db| {
            let mut statement = db.prepare(
                "SELECT id FROM send WHERE state IN ('queued', 'sending', 'interrupted') AND sent_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM send_file WHERE send_file.send = send.id)",
            )?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        for id in empty {
            violate("what waits to be sent has files", id.to_string());
        }
        if let Some(seq) = self.verify_audit()? {
            violate("the audit chain is unbroken", seq.to_string());
        }
        Ok(found)
    }
}

/// Office, number and digest of every parcel that must be in the archive.
fn kept_parcels(db: &Connection) -> rusqlite::Result<Vec<(OfficeNo, ParcelId, String)>> {
    let mut kept = Vec::new();
    let mut statement = db.prepare("SELECT office, record FROM arrival")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let record: String = row.get(1)?;
        if let Ok(parcel) = serde_json::from_str::<Parcel>(&record) {
            kept.push((crate::open_office::parse(row, 0)?, parcel.id, parcel.digest.to_string()));
        }
    }
    let sql = "SELECT office, parcel, digest FROM send WHERE digest IS NOT NULL AND parcel IS NOT NULL";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        kept.push((crate::open_office::parse(row, 0)?, crate::open_office::parse(row, 1)?, row.get(2)?));
    }
    Ok(kept)
}
