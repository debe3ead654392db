//! The table of the offices of this node.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_identity::chain::{CertificateChain, validity_of};
use tasuki_identity::statement::SignedStatement;
use tasuki_protocol::mailbox::Life;
use tasuki_terms::{KjId, OfficeNo};

use super::lists::{Reading, RelayList};
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

/// What is kept of an office that has begun.
pub(super) struct Enrolled<'a> {
    pub(super) no: OfficeNo,
    pub(super) name: &'a str,
    pub(super) kj_id: KjId,
    pub(super) relay: &'a str,
    pub(super) root: &'a [u8],
    pub(super) chain: &'a str,
    pub(super) vault: &'a [u8],
    pub(super) statement: &'a str,
    pub(super) drawer: &'a [u8],
}

/// An office has begun, or begun again: then it keeps its folders, and its place in the mailbox unless the relay is another.
pub(super) fn put(tx: &Tx<'_>, office: &Enrolled<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO office (no, name, kj_id, relay, root, chain, vault, statement, drawer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (no) DO UPDATE SET name = excluded.name, kj_id = excluded.kj_id,
             relay = excluded.relay, chain = excluded.chain, vault = excluded.vault, vault_next = NULL,
             statement = excluded.statement, drawer = excluded.drawer, failures = 0, locked_until = 0,
             inbox_after = iif(root = excluded.root, inbox_after, 0),
             sent_after = iif(root = excluded.root, sent_after, 0), root = excluded.root";
    let Enrolled { no, name, kj_id, relay, root, chain, vault, statement, drawer } = office;
    let values = params![no.as_str(), name, kj_id.as_str(), relay, root, chain, vault, statement, drawer];
    tx.execute(sql, values).map(drop)
}

/// The certificate.
pub(super) fn set_chain(tx: &Tx<'_>, no: OfficeNo, pem: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET chain = ?2 WHERE no = ?1", params![no.as_str(), pem]).map(drop)
}

/// The key of the drawer, sealed for the office's own key.
pub(super) fn set_drawer(tx: &Tx<'_>, no: OfficeNo, sealed: &[u8]) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET drawer = ?2 WHERE no = ?1", params![no.as_str(), sealed]).map(drop)
}

/// The vault that counts; one that was laid beside it is forgotten.
pub(super) fn set_vault(tx: &Tx<'_>, no: OfficeNo, vault: &[u8]) -> rusqlite::Result<()> {
    let sql = "UPDATE office SET vault = ?2, vault_next = NULL WHERE no = ?1";
    tx.execute(sql, params![no.as_str(), vault]).map(drop)
}

/// Lays a vault beside the one that counts.
pub(super) fn set_next_vault(tx: &Tx<'_>, no: OfficeNo, vault: &[u8]) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET vault_next = ?2 WHERE no = ?1", params![no.as_str(), vault]).map(drop)
}

/// The vault that was laid beside the one that counts takes its place.
pub(super) fn take_next_vault(tx: &Tx<'_>, no: OfficeNo) -> rusqlite::Result<()> {
    let sql = "UPDATE office SET vault = coalesce(vault_next, vault), vault_next = NULL WHERE no = ?1";
    tx.execute(sql, [no.as_str()]).map(drop)
}

pub(super) fn forget_next_vault(tx: &Tx<'_>, no: OfficeNo) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET vault_next = NULL WHERE no = ?1", [no.as_str()]).map(drop)
}

/// The life of the relay that was seen last.
pub(crate) fn life(db: &Connection, no: OfficeNo) -> rusqlite::Result<Option<Life>> {
    let life: String =
        db.query_row("SELECT life FROM office WHERE no = ?1", [no.as_str()], |row| row.get(0))?;
    Ok(life.parse().ok())
}

pub(crate) fn set_life(tx: &Tx<'_>, no: OfficeNo, life: Life) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET life = ?2 WHERE no = ?1", [no.as_str(), &life.to_string()]).map(drop)
}

/// The lists of the relay are read from their beginning, but for what it keeps of what was acknowledged.
pub(super) fn read_anew(tx: &Tx<'_>, no: OfficeNo) -> rusqlite::Result<()> {
    tx.execute("UPDATE office SET inbox_after = 0, sent_after = 0 WHERE no = ?1", [no.as_str()]).map(drop)
}

/// All lists of the relay are read from their beginning.
pub(crate) fn read_all_anew(tx: &Tx<'_>, no: OfficeNo) -> rusqlite::Result<()> {
    let sql = "UPDATE office SET inbox_after = 0, sent_after = 0, kept_after = 0 WHERE no = ?1";
    tx.execute(sql, [no.as_str()]).map(drop)
}

/// How far a list of the relay was read, and in which of its lives.
pub(super) fn reading(db: &Connection, no: OfficeNo, list: RelayList) -> rusqlite::Result<Reading> {
    let sql = format!("SELECT life, {} FROM office WHERE no = ?1", column(list));
    db.query_row(&sql, [no.as_str()], |row| {
        let (life, after): (String, i64) = (row.get(0)?, row.get(1)?);
        Ok(Reading { life: life.parse().ok(), after: u64::try_from(after).unwrap_or_default() })
    })
}

/// A list was read up to a number; that means nothing in another life of the relay than it was read in.
pub(super) fn set_reading(
    tx: &Tx<'_>,
    no: OfficeNo,
    list: RelayList,
    life: Life,
    after: u64,
) -> rusqlite::Result<()> {
    let sql = format!("UPDATE office SET {} = ?3 WHERE no = ?1 AND life = ?2", column(list));
    tx.execute(&sql, params![no.as_str(), life.to_string(), after]).map(drop)
}

fn column(list: RelayList) -> &'static str {
    match list {
        RelayList::Inbox => "inbox_after",
        RelayList::Kept => "kept_after",
        RelayList::Sent => "sent_after",
    }
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
