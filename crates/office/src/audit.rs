//! The node's own record of who did what. Each entry holds the hash of the one before it, so that a change of an
//! old entry shows. It holds numbers and ids, no names and no contents.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use tasuki_terms::{OfficeNo, Sha256Digest};

use crate::error::OfficeError;
use crate::node::Node;

/// An entry of the record.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Of which office; empty for the node as a whole.
    pub office: String,
    /// Login name of the person, or what the node did by itself.
    pub who: String,
    /// What was done, as a stable word.
    pub action: String,
    /// To what: an id or a number.
    pub subject: String,
}

impl Node {
    /// The newest entries, the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, OfficeError> {
        let before = before.unwrap_or(i64::MAX);
        Ok(self.db().read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT seq, at, office, who, action, subject FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
            )?;
            statement.query_map(params![before, limit], entry)?.collect()
        })?)
    }

    /// The number of the first entry whose hash is wrong, if one is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verify_audit(&self) -> Result<Option<i64>, OfficeError> {
        Ok(self.db().read(|db| {
            let mut statement =
                db.prepare("SELECT seq, at, office, who, action, subject, hash FROM audit ORDER BY seq")?;
            let mut rows = statement.query([])?;
            let mut before = String::new();
            let mut expected_seq = 1;
            while let Some(row) = rows.next()? {
                let (entry, found): (_, String) = (entry(row)?, row.get(6)?);
                if entry.seq != expected_seq || hash(&before, &entry) != found {
                    return Ok(Some(expected_seq));
                }
                before = found;
                expected_seq += 1;
            }
            Ok(None)
        })?)
    }

    /// Writes down what a person did where nothing else is written.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note(
        &self,
        office: Option<OfficeNo>,
        who: &str,
        action: &str,
        subject: &str,
    ) -> Result<(), OfficeError> {
        self.db().write(|db| write(db, self.now(), office, who, action, subject))
    }
}

/// Writes an entry as part of the transaction that does what it tells.
pub(crate) fn write(
    db: &Connection,
    at: Timestamp,
    office: Option<OfficeNo>,
    who: &str,
    action: &str,
    subject: &str,
) -> Result<(), OfficeError> {
    let last = db.query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    });
    let (seq, before) = match last {
        Err(rusqlite::Error::QueryReturnedNoRows) => (0, String::new()),
        result => result?,
    };
    let entry = AuditEntry {
        seq: seq + 1,
        at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
        office: office.map(|office| office.to_string()).unwrap_or_default(),
        who: who.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
    };
    db.execute(
        "INSERT INTO audit (seq, at, office, who, action, subject, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            entry.seq,
            entry.at.as_millisecond(),
            entry.office,
            entry.who,
            entry.action,
            entry.subject,
            hash(&before, &entry)
        ],
    )?;
    Ok(())
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
        office: row.get(2)?,
        who: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
    })
}

fn hash(before: &str, entry: &AuditEntry) -> String {
    let AuditEntry { seq, at, office, who, action, subject } = entry;
    let fields = (before, seq, at.as_millisecond(), office, who, action, subject);
    let text = serde_json::to_vec(&fields).expect("texts and numbers have a JSON form");
    Sha256Digest(Sha256::digest(text).into()).to_string()
}
