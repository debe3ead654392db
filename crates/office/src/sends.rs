//! Sends: put together by a person, queued, and followed to their end. One row for the whole life.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::parse;
use crate::review::{Dropped, Review};

mod contents;
mod drafts;
pub(crate) mod outbox;
pub(crate) mod retry;
mod state;
mod store;

pub use drafts::Submission;
pub use state::{Event, SendState};

/// Number of a send at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SendId(pub i64);

/// Offices in one batch (一括送信).
pub const BATCH_OFFICES: usize = 50;

/// In the place of a 個人ID: what the node took from an export folder by itself.
pub const FOLDER: &str = "folder";

/// In the place of a 個人ID: what a program of this machine handed over.
pub const PROGRAM: &str = "local";

/// Whether nobody of the staff is meant.
pub(crate) fn is_automatic(by: &str) -> bool {
    matches!(by, FOLDER | PROGRAM)
}

/// What a person writes to the receiver, and what they have accepted.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Letter {
    /// メッセージ.
    pub message: String,
    /// The warnings were seen and accepted.
    #[serde(default)]
    pub accepted: bool,
    /// Name of the person who confirmed it.
    #[serde(default)]
    pub staff: String,
}

/// A send.
#[derive(Clone)]
pub struct Send {
    /// Number.
    pub id: SendId,
    /// The sending office.
    pub office: OfficeNo,
    /// Whether it is on the list of 一括送信.
    pub in_batch: bool,
    /// State.
    pub state: SendState,
    /// Counts its changes: what a person confirmed is what is sent.
    pub revision: i64,
    /// The receiver, once it is known.
    pub receiver: Option<OfficeNo>,
    /// Its name, as the directory said.
    pub receiver_name: String,
    /// What a person wrote.
    pub letter: Letter,
    /// Its files, and what is to be said of them.
    pub review: Review,
    /// 個人ID of who put it together.
    pub by_staff: String,
    /// Its revision when a folder or a program had put it there.
    pub staged_revision: Option<i64>,
    /// Last change.
    pub updated_at: Timestamp,
    /// Number of the parcel, once it is queued.
    pub parcel: Option<ParcelId>,
    /// Sends that were confirmed together have one number.
    pub run: Option<i64>,
    /// When it was confirmed.
    pub queued_at: Option<Timestamp>,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Why it did not go yet, in Japanese.
    pub reason: String,
    /// When the relay had it.
    pub sent_at: Option<Timestamp>,
    /// When its state at the relay last changed.
    pub changed_at: Option<Timestamp>,
    /// It expires soon, and nobody has fetched it.
    pub expires_soon: bool,
    /// The receiver's signed receipts.
    pub receipts: Vec<SignedReceipt>,
    /// Epoch of the key that it is sealed for, and digest of the sealed bytes, once it is sealed.
    pub sealed: Option<(u32, Sha256Digest)>,
}

/// Where dropped files are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tray {
    /// 送信, a new one.
    New,
    /// 送信, this one.
    One(SendId),
    /// 一括送信.
    Batch,
}

/// Where dropped files went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// Into this send.
    One(SendId),
    /// Onto the list of 一括送信: there were several destinations, or it was asked for.
    Batch,
}

/// What a list of sends shows.
#[derive(Debug, Clone, Default)]
pub struct SendFilter {
    /// Only this state.
    pub state: Option<SendState>,
    /// Only to this office.
    pub receiver: Option<OfficeNo>,
    /// Only about this month.
    pub month: Option<ServiceMonth>,
    /// Only older than this place of the list.
    pub before: Option<(i64, i64)>,
}

/// Numbers for the menu.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// 未読.
    pub unread: i64,
    /// 一時保存.
    pub drafts: i64,
    /// On the list of 一括送信.
    pub batch: i64,
    /// On their way.
    pub on_the_way: i64,
    /// 送信失敗.
    pub failed: i64,
}

impl Send {
    /// Whether a folder or a program put it there and no person has touched it since. Only then may it go without one.
    pub fn is_untouched(&self) -> bool {
        self.staged_revision == Some(self.revision)
    }

    /// Its place in lists.
    pub fn place(&self) -> (i64, i64) {
        (self.queued_at.map_or(0, Timestamp::as_millisecond), self.id.0)
    }
}

const COLUMNS: &str =
    "id, office, in_batch, state, revision, receiver, receiver_name, letter, review, by_staff,
    updated_at, parcel, run, queued_at, attempts, next_try_at, reason, sent_at, changed_at, expires_soon,
    receipts, key_epoch, digest, staged_revision";

impl Node {
    /// A send.
    ///
    /// # Errors
    /// When there is none of this office, or the drawer is locked.
    pub fn send(&self, office: OfficeNo, id: SendId) -> Result<Send, OfficeError> {
        let raw = self.db().read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM send WHERE id = ?1 AND office = ?2");
            db.query_row(&sql, params![id.0, office.as_str()], RawSend::read)
        })?;
        self.send_of(raw)
    }

    pub(crate) fn read_send(
        &self,
        db: &Connection,
        office: OfficeNo,
        id: SendId,
    ) -> Result<Send, OfficeError> {
        let sql = format!("SELECT {COLUMNS} FROM send WHERE id = ?1 AND office = ?2");
        self.send_of(db.query_row(&sql, params![id.0, office.as_str()], RawSend::read)?)
    }

    pub(crate) fn sends(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Send>, OfficeError> {
        let raw: Vec<_> = self.db().read(|db| {
            let mut statement =
                db.prepare_cached(&format!("SELECT {COLUMNS} FROM send WHERE {condition}"))?;
            statement.query_map(values, RawSend::read)?.collect()
        })?;
        raw.into_iter().map(|raw| self.send_of(raw)).collect()
    }

    /// What 一括送信 shows: what is not with the relay yet.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn batch(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.sends(
            "office = ?1 AND in_batch = 1 AND state IN ('draft', 'queued', 'sending', 'interrupted', 'withdrawing',
                 'failed')
             ORDER BY receiver IS NULL, id",
            &[&office.as_str()],
        )
    }

    /// 一時保存: everything that is being put together, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn drafts(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.sends(
            "office = ?1 AND in_batch = 0 AND state IN ('draft', 'failed') ORDER BY updated_at DESC, id DESC",
            &[&office.as_str()],
        )
    }

    /// The sends that were confirmed together.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn sends_of_run(&self, office: OfficeNo, run: i64) -> Result<Vec<Send>, OfficeError> {
        self.sends("run = ?2 AND office = ?1 ORDER BY id", &[&office.as_str(), &run])
    }

    /// 送信状況: what was confirmed, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn sent(&self, office: OfficeNo, filter: &SendFilter, limit: u32) -> Result<Vec<Send>, OfficeError> {
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
        self.sends(&condition, &[&office.as_str(), &at, &id, &state, &receiver, &month, &limit])
    }

    /// The contents of a file of a send that is not with the relay yet.
    ///
    /// # Errors
    /// When there is none.
    pub fn send_file(&self, office: OfficeNo, id: SendId, file: i64) -> Result<Dropped, OfficeError> {
        self.send(office, id)?;
        self.send_files(id)?
            .into_iter()
            .find_map(|(found, dropped)| (found == file).then_some(dropped))
            .ok_or(OfficeError::NotFound)
    }

    pub(crate) fn send_files(&self, id: SendId) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        let rows = self.db().read(|db| sealed_files(db, id))?;
        self.unseal_files(rows)
    }

    /// Numbers for the menu. They cost the same however much is in the archive.
    ///
    /// # Errors
    /// When the database fails.
    pub fn counts(&self, office: OfficeNo) -> Result<Counts, OfficeError> {
        Ok(self.db().read(|db| {
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
        })?)
    }

    fn send_of(&self, raw: RawSend) -> Result<Send, OfficeError> {
        Ok(Send {
            letter: self.unseal_json("letter", &raw.letter)?,
            review: self.unseal_json("review", &raw.review)?,
            ..raw.send
        })
    }
}

struct RawSend {
    send: Send,
    letter: Vec<u8>,
    review: Vec<u8>,
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
                by_staff: row.get(9)?,
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

/// The condition by which a list begins: of an office (`?1`), older than a place (`?2`, `?3`), about a month (`?6`) if one
/// is given. `at` is the column of the list's order, `months` the table that holds months in that order.
pub(crate) fn listed(at: &str, months: &str, month: &str, nothing_else: bool) -> String {
    if month.is_empty() {
        return format!("office = ?1 AND ({at}, id) < (?2, ?3) AND ?6 = ''");
    }
    // Where nothing else narrows the list, no more of the month is looked at than is shown. The plus signs keep SQLite
    // from walking through the whole list instead.
    let limit = if nothing_else { "ORDER BY at DESC, id DESC LIMIT ?7" } else { "" };
    format!(
        "id IN (SELECT id FROM {months} WHERE office = ?1 AND month = ?6 AND (at, id) < (?2, ?3) {limit})
         AND +office = ?1 AND (+{at}, +id) < (?2, ?3)"
    )
}

/// Number, sealed name and sealed contents.
pub(crate) type SealedFile = (i64, Vec<u8>, Vec<u8>);

pub(crate) fn sealed_files(db: &Connection, id: SendId) -> rusqlite::Result<Vec<SealedFile>> {
    let sql = "SELECT id, name, contents FROM send_file WHERE send = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = row.get(column)?;
    Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

pub(crate) fn parse_option<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + std::marker::Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    if text.is_some() { parse(row, column).map(Some) } else { Ok(None) }
}
