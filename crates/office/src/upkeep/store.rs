//! What the tables promise of parcels and states.

use rusqlite::Connection;
use tasuki_terms::{OfficeNo, Sha256Digest};

use crate::arrivals::ArrivalState;
use crate::base::archive::{Received, Side};
use crate::base::columns::parse;
use crate::sends::SendState;

/// A parcel that must be in the archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) office: OfficeNo,
    pub(crate) side: Side,
    pub(crate) digest: Sha256Digest,
    /// It was refused when it arrived: it is kept as it came, and does not open.
    pub(crate) is_refused: bool,
    /// When the relay accepted it, in milliseconds since 1970: by that time its certificates are judged for ever.
    pub(crate) accepted_at: Option<i64>,
}

/// Every parcel that must be in the archive.
pub(crate) fn kept_parcels(db: &Connection) -> rusqlite::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    let sql = "SELECT office, sender, parcel, record ->> 'digest', state = 'refused', accepted_at
               FROM arrival";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let received = Received { from: parse(row, 1)?, parcel: parse(row, 2)?, digest: parse(row, 3)? };
        kept.push(Kept {
            office: parse(row, 0)?,
            side: Side::Received(received),
            digest: received.digest,
            is_refused: row.get(4)?,
            accepted_at: row.get(5)?,
        });
    }
    let sql = "SELECT office, parcel, digest, sent_at FROM send
               WHERE digest IS NOT NULL AND parcel IS NOT NULL";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        kept.push(Kept {
            office: parse(row, 0)?,
            side: Side::Sent(parse(row, 1)?),
            digest: parse(row, 2)?,
            is_refused: false,
            accepted_at: row.get(3)?,
        });
    }
    Ok(kept)
}

/// Sends that have lost files while the receiver has not got them. Earlier versions kept them only until the relay had
/// them, and did not count them.
pub(super) fn sends_without_files(db: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = db.prepare(
        "SELECT id FROM send JOIN (SELECT send.id AS sid, count(send_file.id) AS there FROM send
             LEFT JOIN send_file ON send_file.send = send.id
             WHERE state IN ('draft', 'failed', 'queued', 'sending', 'interrupted', 'withdrawing', 'sent')
             GROUP BY send.id) ON sid = id
         WHERE file_count IS NOT NULL AND there <> file_count
            OR file_count IS NULL AND there = 0 AND sent_at IS NULL
               AND state IN ('queued', 'sending', 'interrupted')",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Sends and arrivals in a state that this program does not know.
pub(super) fn unknown_states(db: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut found = Vec::new();
    let states = SendState::ALL.iter().map(|state| state.as_str());
    let of_arrivals = ArrivalState::ALL.iter().map(|state| state.as_str());
    for (table, known) in [("send", states.collect::<Vec<_>>()), ("arrival", of_arrivals.collect())] {
        let mut statement = db.prepare(&format!("SELECT id, state FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let state: String = row.get(1)?;
            if !known.contains(&state.as_str()) {
                found.push((row.get(0)?, state));
            }
        }
    }
    Ok(found)
}
