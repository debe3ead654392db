//! The tables of sends: rows as they are read, and what is written into them but for the state (`store/life.rs`).

mod life;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::send::{Counts, Letter, Send, SendFilter, SendId};
use super::state::SendState;
use crate::base::Tx;
use crate::base::columns::{listed, parse, parse_option, time};
use crate::base::record::Actor;
use crate::files::Review;

pub(super) use life::{apply, apply_to_all, of_parcel};

/// What may be tried: for each receiver the one that was confirmed first. A correction never arrives before what it
/// corrects.
const NEXT: &str = "state IN ('queued', 'interrupted') AND NOT EXISTS (
    SELECT 1 FROM send AS earlier WHERE earlier.office = send.office AND earlier.receiver = send.receiver
        AND earlier.state IN ('queued', 'sending', 'interrupted')
        AND (earlier.queued_at, earlier.id) < (send.queued_at, send.id))";

const COLUMNS: &str =
    "id, office, in_batch, state, revision, receiver, receiver_name, letter, review, by_staff,
    updated_at, parcel, run, queued_at, attempts, next_try_at, reason, sent_at, changed_at, expires_soon,
    receipts, key_epoch, digest, staged_revision";

/// A row, with what is sealed still sealed.
pub(super) struct RawSend {
    pub(super) send: Send,
    pub(super) letter: Vec<u8>,
    pub(super) review: Vec<u8>,
}

impl RawSend {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get(3)?;
        let receipts: String = row.get(20)?;
        let (epoch, digest): (Option<u32>, Option<Sha256Digest>) = (row.get(21)?, parse_option(row, 22)?);
        Ok(Self {
            send: Send {
                id: SendId(row.get(0)?),
                office: parse(row, 1)?,
                in_batch: row.get(2)?,
                state: SendState::parse(&state).unwrap_or(SendState::Failed),
                revision: row.get(4)?,
                receiver: parse_option(row, 5)?,
                receiver_name: row.get(6)?,
                letter: Letter::default(),
                review: Review::default(),
                by: Actor::parse(&row.get::<_, String>(9)?),
                staged_revision: row.get(23)?,
                updated_at: time(row, 10)?.unwrap_or_default(),
                parcel: parse_option(row, 11)?,
                run: row.get(12)?,
                queued_at: time(row, 13)?,
                attempts: row.get(14)?,
                next_try_at: time(row, 15)?,
                reason: row.get(16)?,
                sent_at: time(row, 17)?,
                changed_at: time(row, 18)?,
                expires_soon: row.get(19)?,
                receipts: serde_json::from_str(&receipts).unwrap_or_default(),
                sealed: epoch.zip(digest),
            },
            letter: row.get(7)?,
            review: row.get(8)?,
        })
    }
}

/// A send of an office.
pub(super) fn one(db: &Connection, office: OfficeNo, id: SendId) -> rusqlite::Result<RawSend> {
    let sql = format!("SELECT {COLUMNS} FROM send WHERE id = ?1 AND office = ?2");
    db.query_row(&sql, params![id.0, office.as_str()], RawSend::read)
}

/// The sends of which a condition is true.
fn all(db: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<Vec<RawSend>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM send WHERE {condition}"))?;
    statement.query_map(values, RawSend::read)?.collect()
}

/// What 一括送信 shows: what is not with the relay yet.
pub(super) fn batch(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<RawSend>> {
    let condition = "office = ?1 AND in_batch = 1
             AND state IN ('draft', 'queued', 'sending', 'interrupted', 'withdrawing', 'failed')
         ORDER BY receiver IS NULL, id";
    all(db, condition, &[&office.as_str()])
}

/// 一時保存: the newest first.
pub(super) fn drafts(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<RawSend>> {
    let condition =
        "office = ?1 AND in_batch = 0 AND state IN ('draft', 'failed') ORDER BY updated_at DESC, id DESC";
    all(db, condition, &[&office.as_str()])
}

/// What was confirmed together.
pub(super) fn of_run(db: &Connection, office: OfficeNo, run: i64) -> rusqlite::Result<Vec<RawSend>> {
    all(db, "run = ?2 AND office = ?1 ORDER BY id", &[&office.as_str(), &run])
}

/// What was taken back and is not confirmed yet.
pub(super) fn to_withdraw(db: &Connection, office: OfficeNo) -> rusqlite::Result<Vec<RawSend>> {
    all(db, "office = ?1 AND state = 'withdrawing' ORDER BY id", &[&office.as_str()])
}

/// 送信状況: what was confirmed, the newest first.
pub(super) fn sent(
    db: &Connection,
    office: OfficeNo,
    filter: &SendFilter,
    limit: u32,
) -> rusqlite::Result<Vec<RawSend>> {
    let (at, id) = filter.before.unwrap_or((i64::MAX, i64::MAX));
    let (state, receiver, month) = (
        filter.state.map_or("", SendState::as_str),
        filter.receiver.map(|no| no.to_string()).unwrap_or_default(),
        filter.month.map(|month| month.to_string()).unwrap_or_default(),
    );
    let nothing_else = state.is_empty() && receiver.is_empty();
    let mut condition = listed("queued_at", "send_month", &month, nothing_else);
    condition.push_str(" AND queued_at IS NOT NULL");
    condition.push_str(if state.is_empty() { " AND ?4 = ''" } else { " AND state = ?4" });
    condition.push_str(if receiver.is_empty() { " AND ?5 = ''" } else { " AND receiver = ?5" });
    condition.push_str(" ORDER BY queued_at DESC, id DESC LIMIT ?7");
    all(db, &condition, &[&office.as_str(), &at, &id, &state, &receiver, &month, &limit])
}

/// Numbers for the menu.
pub(super) fn counts(db: &Connection, office: OfficeNo) -> rusqlite::Result<Counts> {
    let mut counts = Counts {
        unread: db.query_row(
            "SELECT count(*) FROM arrival WHERE office = ?1 AND state = 'unread'",
            [office.as_str()],
            |row| row.get(0),
        )?,
        ..Counts::default()
    };
    let mut statement = db.prepare_cached(
        "SELECT state, in_batch, count(*) FROM send
             WHERE office = ?1
                 AND state IN ('draft', 'queued', 'sending', 'interrupted', 'withdrawing', 'failed')
             GROUP BY state, in_batch",
    )?;
    let mut rows = statement.query([office.as_str()])?;
    while let Some(row) = rows.next()? {
        let (state, in_batch, count): (String, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match state.as_str() {
            "failed" => counts.failed += count,
            "draft" => {}
            _ => counts.on_the_way += count,
        }
        match (in_batch, state.as_str()) {
            (true, _) => counts.batch += count,
            (false, "draft" | "failed") => counts.drafts += count,
            _ => {}
        }
    }
    Ok(counts)
}

/// Number, sealed name and sealed contents.
pub(super) type SealedFile = (i64, Vec<u8>, Vec<u8>);

pub(super) fn sealed_files(db: &Connection, id: SendId) -> rusqlite::Result<Vec<SealedFile>> {
    let sql = "SELECT id, name, contents FROM send_file WHERE send = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// When the relay had a parcel of an office.
pub(super) fn handed_in_at(
    db: &Connection,
    office: OfficeNo,
    parcel: ParcelId,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT sent_at FROM send WHERE office = ?1 AND parcel = ?2";
    let at = db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| time(row, 0)).optional()?;
    Ok(at.flatten())
}

/// A new draft; letter and review are sealed.
pub(super) fn insert(
    tx: &Tx<'_>,
    office: OfficeNo,
    in_batch: bool,
    receiver: Option<OfficeNo>,
    (letter, review): (&[u8], &[u8]),
    by: &Actor,
) -> rusqlite::Result<SendId> {
    let receiver = receiver.map(|no| no.to_string());
    tx.execute(
        "INSERT INTO send (office, in_batch, state, receiver, letter, review, by_staff, created_at, updated_at)
         VALUES (?1, ?2, 'draft', ?3, ?4, ?5, ?6, ?7, ?7)",
        params![office.as_str(), in_batch, receiver, letter, review, by.word(), tx.now_ms()],
    )?;
    Ok(SendId(tx.last_insert_rowid()))
}

pub(super) fn delete(tx: &Tx<'_>, id: SendId) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM send WHERE id = ?1", [id.0]).map(drop)
}

pub(super) fn exists(db: &Connection, id: SendId) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM send WHERE id = ?1)", [id.0], |row| row.get(0))
}

pub(super) fn receiver(db: &Connection, id: SendId) -> rusqlite::Result<Option<OfficeNo>> {
    db.query_row("SELECT receiver FROM send WHERE id = ?1", [id.0], |row| parse_option(row, 0))
}

pub(super) fn set_receiver(tx: &Tx<'_>, id: SendId, receiver: Option<OfficeNo>) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET receiver = ?2, receiver_name = '' WHERE id = ?1 AND receiver IS NOT ?2";
    tx.execute(sql, params![id.0, receiver.map(|no| no.to_string())]).map(drop)
}

pub(super) fn set_receiver_name(tx: &Tx<'_>, id: SendId, name: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE send SET receiver_name = ?2 WHERE id = ?1", params![id.0, name]).map(drop)
}

/// The letter, sealed.
pub(super) fn letter(db: &Connection, id: SendId) -> rusqlite::Result<Vec<u8>> {
    db.query_row("SELECT letter FROM send WHERE id = ?1", [id.0], |row| row.get(0))
}

pub(super) fn set_letter(tx: &Tx<'_>, id: SendId, sealed: &[u8]) -> rusqlite::Result<()> {
    tx.execute("UPDATE send SET letter = ?2 WHERE id = ?1", params![id.0, sealed]).map(drop)
}

/// What is to be said of its files, sealed; how large and how many they are.
pub(super) fn set_review(
    tx: &Tx<'_>,
    id: SendId,
    sealed: &[u8],
    (size, files): (u64, usize),
) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET review = ?2, size = ?3, file_count = ?4, updated_at = ?5 WHERE id = ?1";
    tx.execute(sql, params![id.0, sealed, size, files, tx.now_ms()]).map(drop)
}

/// Somebody has changed something in it now.
pub(super) fn set_updated(tx: &Tx<'_>, id: SendId) -> rusqlite::Result<()> {
    tx.execute("UPDATE send SET updated_at = ?2 WHERE id = ?1", params![id.0, tx.now_ms()]).map(drop)
}

/// A folder or a program has put it there as it is now.
pub(super) fn set_staged(tx: &Tx<'_>, id: SendId) -> rusqlite::Result<()> {
    tx.execute("UPDATE send SET staged_revision = revision WHERE id = ?1", [id.0]).map(drop)
}

pub(super) fn set_in_batch(tx: &Tx<'_>, id: SendId) -> rusqlite::Result<()> {
    tx.execute("UPDATE send SET in_batch = 1 WHERE id = ?1", [id.0]).map(drop)
}

/// Another open send of 一括送信 for the same receiver.
pub(super) fn batch_mate(db: &Connection, office: OfficeNo, id: SendId) -> rusqlite::Result<Option<SendId>> {
    let sql = "SELECT id FROM send WHERE office = ?1 AND in_batch = 1 AND state IN ('draft', 'failed')
               AND receiver = (SELECT receiver FROM send WHERE id = ?2) AND id <> ?2 ORDER BY id LIMIT 1";
    db.query_row(sql, params![office.as_str(), id.0], |row| row.get(0).map(SendId)).optional()
}

/// The open send of 一括送信 for a receiver. A person may go on with what a folder put there, and it is the person's then; a
/// folder never adds to what a person puts together.
pub(super) fn batch_send(
    db: &Connection,
    office: OfficeNo,
    by: &Actor,
    receiver: Option<OfficeNo>,
) -> rusqlite::Result<Option<SendId>> {
    let sql = "SELECT id FROM send WHERE office = ?1 AND in_batch = 1 AND state IN ('draft', 'failed')
               AND receiver IS ?2 AND (NOT ?3 OR (by_staff = ?4 AND staged_revision IS revision))
               ORDER BY id LIMIT 1";
    let values = params![office.as_str(), receiver.map(|no| no.to_string()), by.is_automatic(), by.word()];
    db.query_row(sql, values, |row| row.get(0).map(SendId)).optional()
}

/// Open sends for a receiver that an automatic actor has put there and nobody has touched.
pub(super) fn untouched(
    db: &Connection,
    office: OfficeNo,
    by: &Actor,
    receiver: Option<OfficeNo>,
) -> rusqlite::Result<Vec<SendId>> {
    let sql = "SELECT id FROM send WHERE office = ?1 AND state IN ('draft', 'failed')
               AND receiver IS ?2 AND by_staff = ?3 AND staged_revision = revision ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let values = params![office.as_str(), receiver.map(|no| no.to_string()), by.word()];
    statement.query_map(values, |row| row.get(0).map(SendId))?.collect()
}

/// A file of a draft; its number.
pub(super) fn insert_file(tx: &Tx<'_>, id: SendId, name: &[u8], contents: &[u8]) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO send_file (send, name, contents) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![id.0, name, contents])?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn delete_file(tx: &Tx<'_>, id: SendId, file: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM send_file WHERE id = ?1 AND send = ?2", [file, id.0]).map(drop)
}

/// A file of an export folder was taken. Its name may be a person's: it is not kept in the clear.
pub(super) fn note_taken(tx: &Tx<'_>, office: OfficeNo, digest: Sha256Digest) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO staged (office, name, digest, at) VALUES (?1, '', ?2, ?3)";
    tx.execute(sql, params![office.as_str(), digest.to_string(), tx.now_ms()]).map(drop)
}

/// Whether a file of an export folder was taken: by the digest of name and contents, or, as an earlier version kept it, by
/// its name and the digest of its contents.
pub(super) fn is_taken(
    db: &Connection,
    office: OfficeNo,
    digest: Sha256Digest,
    (name, of_contents): (&str, Sha256Digest),
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM staged WHERE office = ?1
               AND (name, digest) IN (VALUES ('', ?2), (?3, ?4)))";
    let (now, before) = (digest.to_string(), of_contents.to_string());
    db.query_row(sql, [office.as_str(), &now, name, &before], |row| row.get(0))
}

/// The number that the next sends have in common which are confirmed together.
pub(super) fn next_run(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT coalesce(max(run), 0) + 1 FROM send", [], |row| row.get(0))
}

/// What is known of a send once it is confirmed.
pub(super) struct Queued<'a> {
    pub(super) run: i64,
    pub(super) parcel: ParcelId,
    pub(super) by: &'a Actor,
    pub(super) receiver_name: &'a str,
    /// Sealed.
    pub(super) letter: &'a [u8],
}

pub(super) fn set_queued(tx: &Tx<'_>, send: &Send, queued: &Queued<'_>) -> rusqlite::Result<()> {
    let Queued { run, parcel, by, receiver_name, letter } = queued;
    tx.execute(
        "UPDATE send SET run = ?2, parcel = ?3, queued_at = ?4, updated_at = ?4, attempts = 0,
             next_try_at = NULL, reason = '', key_epoch = NULL, digest = NULL, by_staff = ?5,
             receiver_name = ?6, letter = ?7, revision = revision + 1
         WHERE id = ?1",
        params![send.id.0, run, parcel.to_string(), tx.now_ms(), by.word(), receiver_name, letter],
    )?;
    list_months(tx, send)
}

/// The months of a send, in the order of the list of 送信状況.
fn list_months(tx: &Tx<'_>, send: &Send) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM send_month WHERE id = ?1", [send.id.0])?;
    for month in &send.review.months {
        let sql = "INSERT INTO send_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
        tx.execute(sql, params![send.office.as_str(), month.to_string(), tx.now_ms(), send.id.0])?;
    }
    Ok(())
}

/// When the next send is due that may be tried.
pub(super) fn next_due(db: &Connection, office: OfficeNo) -> rusqlite::Result<Option<Timestamp>> {
    let sql = format!("SELECT min(coalesce(next_try_at, 0)) FROM send WHERE office = ?1 AND {NEXT}");
    db.query_row(&sql, [office.as_str()], |row| time(row, 0))
}

/// What is due to be tried at a time.
pub(super) fn due(
    db: &Connection,
    office: OfficeNo,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<RawSend>> {
    let (now, limit) = (now.as_millisecond(), i64::try_from(limit).unwrap_or(i64::MAX));
    let condition =
        format!("office = ?1 AND {NEXT} AND coalesce(next_try_at, 0) <= ?2 ORDER BY queued_at, id LIMIT ?3");
    all(db, &condition, &[&office.as_str(), &now, &limit])
}

/// What waits for this reason waits no longer.
pub(super) fn wait_no_longer(tx: &Tx<'_>, office: OfficeNo, reason: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET next_try_at = NULL
               WHERE office = ?1 AND state = 'interrupted' AND reason = ?2";
    tx.execute(sql, [office.as_str(), reason]).map(drop)
}

/// For which key it is sealed, and the digest of the sealed bytes.
pub(super) fn set_sealed(tx: &Tx<'_>, id: SendId, epoch: u32, digest: Sha256Digest) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET key_epoch = ?2, digest = ?3 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.0, epoch, digest.to_string()]).map(drop)
}

/// Whether the try that is going on is the one of this number.
pub(super) fn is_try(db: &Connection, id: SendId, attempts: u32) -> rusqlite::Result<bool> {
    db.query_row("SELECT attempts = ?2 FROM send WHERE id = ?1", params![id.0, attempts], |row| row.get(0))
}

/// Why it did not go, and when it goes on by itself.
pub(super) fn set_reason(
    tx: &Tx<'_>,
    id: SendId,
    reason: &str,
    next_try_at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET reason = ?2, next_try_at = ?3, updated_at = ?4 WHERE id = ?1";
    let next_try_at = next_try_at.map(Timestamp::as_millisecond);
    tx.execute(sql, params![id.0, reason, next_try_at, tx.now_ms()]).map(drop)
}

/// When its state at the relay changed; nothing is waited for any more.
pub(super) fn set_changed(tx: &Tx<'_>, id: SendId, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET changed_at = ?2, reason = '', next_try_at = NULL WHERE id = ?1";
    tx.execute(sql, params![id.0, at.as_millisecond()]).map(drop)
}

/// When the relay had a parcel first.
pub(super) fn set_sent_at(
    tx: &Tx<'_>,
    id: SendId,
    parcel: Option<ParcelId>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET sent_at = coalesce(sent_at, ?2) WHERE id = ?1 AND parcel IS ?3";
    let parcel = parcel.map(|parcel| parcel.to_string());
    tx.execute(sql, params![id.0, at.as_millisecond(), parcel]).map(drop)
}

/// What the relay tells beside the state; receipts (as JSON) are only added to. `false` when all of it was known.
pub(super) fn set_progress(
    tx: &Tx<'_>,
    id: SendId,
    expires_soon: bool,
    receipts: &str,
    accepted_at: Timestamp,
) -> rusqlite::Result<bool> {
    let noted = tx.execute(
        "UPDATE send SET expires_soon = ?2, sent_at = coalesce(sent_at, ?4),
             receipts = iif(json_array_length(?3) > json_array_length(receipts), ?3, receipts)
         WHERE id = ?1 AND state <> 'draft'
           AND (expires_soon <> ?2 OR json_array_length(?3) > json_array_length(receipts)
                OR sent_at IS NULL)",
        params![id.0, expires_soon, receipts, accepted_at.as_millisecond()],
    )?;
    Ok(noted > 0)
}
