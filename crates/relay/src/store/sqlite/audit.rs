//! The audit log.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_terms::Sha256Digest;

use super::SqliteStore;
use super::row;
use crate::store::{Audit, AuditEntry, By, ChainReport, OPERATOR_CHAIN, StoreError};

/// Appends to a chain. Called in the transaction of the act itself: neither is without the other.
pub(super) fn append(
    db: &Connection,
    chain: &str,
    action: &str,
    subject: &str,
    by: &By,
) -> rusqlite::Result<()> {
    let last = db
        .prepare_cached("SELECT seq, hash FROM audit WHERE chain = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([chain], |row| Ok((row.get::<_, u64>(0)?, row::digest(row, 1)?)))
        .optional()?;
    let (seq, before) = last.unwrap_or((0, Sha256Digest([0; 32])));
    let entry = AuditEntry {
        chain: chain.to_owned(),
        seq: seq + 1,
        at: row::as_kept(by.at),
        who: by.who.clone(),
        address: by.address.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        hash: before,
    };
    let hash = entry.hash_after(before);
    db.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(params![
        entry.chain,
        entry.seq,
        row::millis(entry.at),
        entry.who,
        entry.address,
        entry.action,
        entry.subject,
        hash.0,
    ])?;
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        chain: row.get(0)?,
        seq: row.get(1)?,
        at: row::time(row, 2)?,
        who: row.get(3)?,
        address: row.get(4)?,
        action: row.get(5)?,
        subject: row.get(6)?,
        hash: row::digest(row, 7)?,
    })
}

/// Recomputes every chain, one entry at a time.
pub(super) fn verify(db: &Connection) -> rusqlite::Result<Vec<ChainReport>> {
    let mut statement = db.prepare("SELECT * FROM audit ORDER BY chain, seq")?;
    let mut rows = statement.query([])?;
    let mut reports: Vec<ChainReport> = Vec::new();
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        if reports.last().is_none_or(|report| report.chain != entry.chain) {
            let head = Sha256Digest([0; 32]);
            reports.push(ChainReport { chain: entry.chain.clone(), entries: 0, head, broken_at: None });
        }
        let Some(report) = reports.last_mut() else { continue };
        if report.broken_at.is_some() {
            continue;
        }
        if entry.seq == report.entries + 1 && entry.hash == entry.hash_after(report.head) {
            report.entries = entry.seq;
            report.head = entry.hash;
        } else {
            report.broken_at = Some(entry.seq);
        }
    }
    Ok(reports)
}

#[async_trait]
impl Audit for SqliteStore {
    async fn note(&self, action: &'static str, subject: String, by: By) -> Result<(), StoreError> {
        self.write(0, move |tx| append(tx, OPERATOR_CHAIN, action, &subject, &by)).await
    }

    async fn audit(&self, chain: &str, after: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let chain = chain.to_owned();
        self.read(move |db| {
            db.prepare_cached("SELECT * FROM audit WHERE chain = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")?
                .query_map(params![chain, after, limit], entry)?
                .collect()
        })
        .await
    }

    async fn verify_audit(&self) -> Result<Vec<ChainReport>, StoreError> {
        self.read(verify).await
    }
}
