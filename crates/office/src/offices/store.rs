//! The table of the offices of this node.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_identity::chain::{CertificateChain, validity_of};
use tasuki_identity::statement::SignedStatement;
use tasuki_terms::OfficeNo;

use super::own::{Folders, OwnOffice};
use crate::base::columns::parse;
use crate::base::error::OfficeError;
use crate::base::{Tx, digest_of};

/// An office as it is kept.
pub(crate) struct OfficeRow {
    pub(crate) own: OwnOffice,
    pub(crate) root: Vec<u8>,
    pub(crate) chain: String,
    pub(crate) vault: Vec<u8>,
    pub(crate) statement: String,
}

/// All offices.
pub(crate) fn all(db: &Connection) -> rusqlite::Result<Vec<OfficeRow>> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM office ORDER BY no"))?;
    statement.query_map([], read_row)?.collect()
}

/// One office.
pub(crate) fn one(db: &Connection, no: OfficeNo) -> rusqlite::Result<OfficeRow> {
    db.query_row(&format!("SELECT {COLUMNS} FROM office WHERE no = ?1"), [no.as_str()], read_row)
}

/// The key of the drawer, sealed for the office's own key.
pub(super) fn sealed_drawer(db: &Connection, no: OfficeNo) -> rusqlite::Result<Vec<u8>> {
    db.query_row("SELECT drawer FROM office WHERE no = ?1", [no.as_str()], |row| row.get(0))
}

/// The vault that was laid beside the one that counts.
pub(super) fn next_vault(db: &Connection, no: OfficeNo) -> rusqlite::Result<Option<Vec<u8>>> {
    db.query_row("SELECT vault_next FROM office WHERE no = ?1", [no.as_str()], |row| row.get(0))
}

/// The folders for the care software.
pub(super) fn set_folders(tx: &Tx<'_>, no: OfficeNo, folders: &Folders) -> Result<(), OfficeError> {
    let text = serde_json::to_string(folders)?;
    tx.execute("UPDATE office SET folders = ?2 WHERE no = ?1", params![no.as_str(), text])?;
    Ok(())
}

/// What the office states of its key.
pub(super) fn set_statement(tx: &Tx<'_>, no: OfficeNo, text: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET statement = ?2 WHERE no = ?1", params![no.as_str(), text]).map(drop)
}

/// The key of a beginning whose answer did not come yet, sealed.
pub(super) fn begun(db: &Connection, no: OfficeNo) -> rusqlite::Result<Option<Vec<u8>>> {
    db.query_row("SELECT key FROM begun WHERE office = ?1", [no.as_str()], |row| row.get(0)).optional()
}

pub(super) fn set_begun(tx: &Tx<'_>, no: OfficeNo, sealed: &[u8]) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO begun (office, key) VALUES (?1, ?2)";
    tx.execute(sql, params![no.as_str(), sealed]).map(drop)
}

pub(super) fn forget_begun(tx: &Tx<'_>, no: OfficeNo) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM begun WHERE office = ?1", [no.as_str()]).map(drop)
}

const COLUMNS: &str = "no, name, kj_id, relay, root, chain, vault, statement, folders";

fn read_row(row: &Row<'_>) -> rusqlite::Result<OfficeRow> {
    let chain: String = row.get(5)?;
    let statement: String = row.get(7)?;
    let folders: String = row.get(8)?;
    let parsed = CertificateChain::from_pem(chain.as_bytes()).ok();
    let der = parsed.and_then(|chain| chain.certificates().next().map(<[u8]>::to_vec)).unwrap_or_default();
    let signed: Option<SignedStatement> = serde_json::from_str(&statement).ok();
    let key = signed.and_then(|signed| {
        signed.statement.lines().find_map(|line| line.strip_prefix("key ").map(str::to_owned))
    });
    Ok(OfficeRow {
        own: OwnOffice {
            no: parse(row, 0)?,
            name: row.get(1)?,
            kj_id: parse(row, 2)?,
            relay: row.get(3)?,
            certificate_until: validity_of(&der).map(|(_, until)| until).unwrap_or_default(),
            fingerprint: digest_of(&der).to_string(),
            key: key.unwrap_or_default(),
            folders: serde_json::from_str(&folders).unwrap_or_default(),
        },
        root: row.get(4)?,
        chain,
        vault: row.get(6)?,
        statement,
    })
}
