//! Sends: put together by a person, queued, and followed to their end. One row for the whole life.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use crate::audit;
use crate::error::OfficeError;
use crate::node::{Node, Topic};
use crate::open_office::parse;
use crate::queue::SendState;
use crate::review::{Destination, Dropped, FileReview, Review, destination, digest_of, review};

/// Number of a send at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SendId(pub i64);

/// Offices in one batch (一括送信).
pub const BATCH_OFFICES: usize = 50;

/// In the place of a 個人ID: what the node took from an export folder by itself.
pub const FOLDER: &str = "folder";

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
    /// Its place in lists.
    pub fn place(&self) -> (i64, i64) {
        (self.queued_at.map_or(0, Timestamp::as_millisecond), self.id.0)
    }
}

const COLUMNS: &str =
    "id, office, in_batch, state, revision, receiver, receiver_name, letter, review, by_staff,
    updated_at, parcel, run, queued_at, attempts, next_try_at, reason, sent_at, changed_at, expires_soon,
    receipts, key_epoch, digest";

impl Node {
    /// Takes dropped files in. They are durable when this returns. Where they are for several offices, they lead
    /// over to 一括送信, together with what was in the send already.
    ///
    /// # Errors
    /// When the disk is full, the drawer is locked, or the send is on its way already.
    pub fn take_in(
        &self,
        office: OfficeNo,
        by: &str,
        tray: Tray,
        files: Vec<Dropped>,
    ) -> Result<Landed, OfficeError> {
        let landed = self.db().write(|db| self.place_files(db, office, by, tray, files))?;
        self.tell(office, Topic::Sends);
        Ok(landed)
    }

    /// Takes files of an export folder onto the list of 一括送信, and notes in the same moment that they were
    /// taken.
    pub(crate) fn stage(&self, office: OfficeNo, files: Vec<Dropped>) -> Result<(), OfficeError> {
        let now = self.now().as_millisecond();
        self.db().write(|db| {
            for file in &files {
                db.execute(
                    "INSERT OR IGNORE INTO staged (office, name, digest, at) VALUES (?1, ?2, ?3, ?4)",
                    params![office.as_str(), file.name, digest_of(&file.bytes).to_string(), now],
                )?;
            }
            self.place_files(db, office, FOLDER, Tray::Batch, files)
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// Whether a file of an export folder was taken already.
    pub(crate) fn is_staged(&self, office: OfficeNo, file: &Dropped) -> Result<bool, OfficeError> {
        let digest = digest_of(&file.bytes).to_string();
        Ok(self.db().read(|db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM staged WHERE office = ?1 AND name = ?2 AND digest = ?3)";
            db.query_row(sql, [office.as_str(), &file.name, &digest], |row| row.get(0))
        })?)
    }

    fn place_files(
        &self,
        db: &Transaction<'_>,
        office: OfficeNo,
        by: &str,
        tray: Tray,
        files: Vec<Dropped>,
    ) -> Result<Landed, OfficeError> {
        let current = match tray {
            Tray::One(id) => Some(self.open_send(db, office, id)?),
            Tray::New | Tray::Batch => None,
        };
        let mut receivers: Vec<_> = files.iter().map(|file| destination(&file.name)).collect();
        receivers.extend(current.as_ref().and_then(|send| send.receiver).map(Destination::Office));
        receivers.retain(|receiver| *receiver != Destination::Unknown);
        receivers.sort();
        receivers.dedup();
        let in_batch = current.as_ref().is_some_and(|send| send.in_batch);
        if tray != Tray::Batch && receivers.len() <= 1 {
            let receiver = receivers.first().and_then(Destination::office);
            let id = match current {
                Some(send) => send.id,
                None => self.new_send(db, office, by, false, receiver)?,
            };
            if receiver.is_some() {
                set_receiver(db, id, receiver)?;
            }
            self.put_files(db, id, files)?;
            self.review_send(db, office, id)?;
            return Ok(Landed::One(id));
        }
        if let Some(send) = current.filter(|_| !in_batch) {
            self.move_to_batch(db, office, send.id)?;
        }
        for destination in receivers.into_iter().chain([Destination::Unknown]) {
            // What is for nobody in particular goes with the send that it was dropped on.
            let own_of = |file: &Dropped| crate::review::destination(&file.name) == destination;
            let some: Vec<_> = files.iter().filter(|file| own_of(file)).cloned().collect();
            if some.is_empty() {
                continue;
            }
            let id = match (destination, tray) {
                (Destination::Unknown, Tray::One(id)) if exists(db, id)? => id,
                _ => self.batch_send(db, office, by, destination.office())?,
            };
            self.put_files(db, id, some)?;
            self.review_send(db, office, id)?;
        }
        Ok(Landed::Batch)
    }

    /// The open send of 一括送信 for a receiver, a new one if there is none.
    fn batch_send(
        &self,
        db: &Transaction<'_>,
        office: OfficeNo,
        by: &str,
        receiver: Option<OfficeNo>,
    ) -> Result<SendId, OfficeError> {
        let found = db
            .query_row(
                "SELECT id FROM send WHERE office = ?1 AND in_batch = 1 AND state IN ('draft', 'failed')
                 AND receiver IS ?2 ORDER BY id LIMIT 1",
                params![office.as_str(), receiver.map(|no| no.to_string())],
                |row| row.get(0).map(SendId),
            )
            .optional()?;
        found.map_or_else(|| self.new_send(db, office, by, true, receiver), Ok)
    }

    fn new_send(
        &self,
        db: &Transaction<'_>,
        office: OfficeNo,
        by: &str,
        in_batch: bool,
        receiver: Option<OfficeNo>,
    ) -> Result<SendId, OfficeError> {
        let now = self.now().as_millisecond();
        let letter = self.seal_json("letter", &Letter::default())?;
        let review = self.seal_json("review", &Review::default())?;
        db.execute(
            "INSERT INTO send (office, in_batch, state, receiver, letter, review, by_staff, created_at, updated_at)
             VALUES (?1, ?2, 'draft', ?3, ?4, ?5, ?6, ?7, ?7)",
            params![office.as_str(), in_batch, receiver.map(|no| no.to_string()), letter, review, by, now],
        )?;
        Ok(SendId(db.last_insert_rowid()))
    }

    /// A new 送信 without files yet, for a message that is typed first.
    ///
    /// # Errors
    /// When the disk is full or the drawer is locked.
    pub fn start_send(
        &self,
        office: OfficeNo,
        by: &str,
        receiver: Option<OfficeNo>,
    ) -> Result<SendId, OfficeError> {
        let id = self.db().write(|db| self.new_send(db, office, by, false, receiver))?;
        self.tell(office, Topic::Sends);
        Ok(id)
    }

    /// Moves a send onto the list of 一括送信, into the one that is there for the same receiver.
    fn move_to_batch(&self, db: &Transaction<'_>, office: OfficeNo, id: SendId) -> Result<(), OfficeError> {
        let receiver: Option<String> =
            db.query_row("SELECT receiver FROM send WHERE id = ?1", [id.0], |row| row.get(0))?;
        let other: Option<i64> = db
            .query_row(
                "SELECT id FROM send WHERE office = ?1 AND in_batch = 1 AND state IN ('draft', 'failed')
                 AND receiver = ?2 AND id <> ?3 ORDER BY id LIMIT 1",
                params![office.as_str(), receiver, id.0],
                |row| row.get(0),
            )
            .optional()?;
        db.execute("UPDATE send SET in_batch = 1 WHERE id = ?1", [id.0])?;
        match other {
            Some(other) => self.merge(db, office, SendId(other), id),
            None => Ok(()),
        }
    }

    /// Puts all that is in one send into another.
    fn merge(
        &self,
        db: &Transaction<'_>,
        office: OfficeNo,
        from: SendId,
        into: SendId,
    ) -> Result<(), OfficeError> {
        let (source, target) = (self.open_send(db, office, from)?, self.open_send(db, office, into)?);
        let files = self.files_of(db, from)?.into_iter().map(|(_, file)| file).collect();
        self.put_files(db, into, files)?;
        let texts = [target.letter.message, source.letter.message];
        let message = texts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n");
        self.put_letter(db, into, &Letter { message, accepted: false, staff: String::new() })?;
        db.execute("DELETE FROM send WHERE id = ?1", [from.0])?;
        self.review_send(db, office, into)
    }

    /// Puts files into a send. The same file again changes nothing; another one of the same name takes its place:
    /// it was exported anew.
    fn put_files(&self, db: &Transaction<'_>, id: SendId, files: Vec<Dropped>) -> Result<(), OfficeError> {
        let mut known = self.files_of(db, id)?;
        for file in files {
            let same_name = known.iter().position(|(_, other)| other.name == file.name);
            if let Some(at) = same_name {
                if known[at].1.bytes == file.bytes {
                    continue;
                }
                db.execute("DELETE FROM send_file WHERE id = ?1", [known.remove(at).0])?;
            }
            let name = self.seal("file name", file.name.as_bytes())?;
            let contents = self.seal("file", &file.bytes)?;
            db.execute(
                "INSERT INTO send_file (send, name, contents) VALUES (?1, ?2, ?3)",
                params![id.0, name, contents],
            )?;
            known.push((db.last_insert_rowid(), file));
        }
        Ok(())
    }

    fn files_of(&self, db: &Connection, id: SendId) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        self.unseal_files(sealed_files(db, id)?)
    }

    fn unseal_files(&self, rows: Vec<SealedFile>) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        let unsealed = rows.into_iter().map(|(id, name, contents)| {
            let name = String::from_utf8_lossy(&self.unseal("file name", &name)?).into_owned();
            Ok((id, Dropped { name, bytes: self.unseal("file", &contents)?.to_vec() }))
        });
        unsealed.collect()
    }

    /// Judges the files of a send anew and keeps what is to be said.
    fn review_send(&self, db: &Transaction<'_>, office: OfficeNo, id: SendId) -> Result<(), OfficeError> {
        let receiver: Option<OfficeNo> =
            db.query_row("SELECT receiver FROM send WHERE id = ?1", [id.0], |row| parse_option(row, 0))?;
        let found = review(&self.files_of(db, id)?, office, receiver);
        db.execute(
            "UPDATE send SET review = ?2, size = ?3, revision = revision + 1, updated_at = ?4,
                 state = 'draft', parcel = NULL, attempts = 0, queued_at = NULL, run = NULL,
                 key_epoch = NULL, digest = NULL
             WHERE id = ?1",
            params![id.0, self.seal_json("review", &found)?, found.size, self.now().as_millisecond()],
        )?;
        db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
        // What was accepted were other warnings.
        let mut letter = self.letter_of(db, id)?;
        letter.accepted = false;
        self.put_letter(db, id, &letter)
    }

    fn letter_of(&self, db: &Connection, id: SendId) -> Result<Letter, OfficeError> {
        let sealed: Vec<u8> =
            db.query_row("SELECT letter FROM send WHERE id = ?1", [id.0], |row| row.get(0))?;
        self.unseal_json("letter", &sealed)
    }

    fn put_letter(&self, db: &Transaction<'_>, id: SendId, letter: &Letter) -> Result<(), OfficeError> {
        let sealed = self.seal_json("letter", letter)?;
        db.execute("UPDATE send SET letter = ?2 WHERE id = ?1", params![id.0, sealed])?;
        Ok(())
    }

    /// A send that can still be changed.
    fn open_send(&self, db: &Connection, office: OfficeNo, id: SendId) -> Result<Send, OfficeError> {
        let send = self.read_send(db, office, id)?;
        if send.state.is_open() { Ok(send) } else { Err(OfficeError::Changed) }
    }

    /// Changes a send that can still be changed.
    fn change<T>(
        &self,
        office: OfficeNo,
        id: SendId,
        work: impl FnOnce(&Transaction<'_>, Send) -> Result<T, OfficeError>,
    ) -> Result<T, OfficeError> {
        let result = self.db().write(|db| {
            let send = self.open_send(db, office, id)?;
            db.execute(
                "UPDATE send SET revision = revision + 1, updated_at = ?2 WHERE id = ?1",
                params![id.0, self.now().as_millisecond()],
            )?;
            work(db, send)
        })?;
        self.tell(office, Topic::Sends);
        Ok(result)
    }

    /// Changes the message.
    ///
    /// # Errors
    /// When the send is not there or on its way already, or the disk is full.
    pub fn set_message(&self, office: OfficeNo, id: SendId, message: &str) -> Result<(), OfficeError> {
        let message = message.chars().take(tasuki_parcel::limits::MESSAGE_CHARS).collect::<String>();
        // Typing is saved as it goes: it is no news, and what a person types elsewhere stays where it is.
        self.db().write(|db| {
            let mut letter = self.open_send(db, office, id)?.letter;
            if letter.message == message {
                return Ok(());
            }
            letter.message = message.replace("\r\n", "\n");
            self.put_letter(db, id, &letter)?;
            let sql = "UPDATE send SET revision = revision + 1, updated_at = ?2 WHERE id = ?1";
            db.execute(sql, params![id.0, self.now().as_millisecond()])?;
            Ok(())
        })
    }

    /// Accepts the warnings as they are now.
    ///
    /// # Errors
    /// As [`Node::set_message`].
    pub fn accept_warnings(&self, office: OfficeNo, id: SendId, accepted: bool) -> Result<(), OfficeError> {
        self.change(office, id, |db, send| self.put_letter(db, id, &Letter { accepted, ..send.letter }))
    }

    /// Says for whom a send is. On the list of 一括送信 it joins the one that is there for the same office.
    ///
    /// # Errors
    /// As [`Node::set_message`].
    pub fn set_receiver(
        &self,
        office: OfficeNo,
        id: SendId,
        receiver: Option<OfficeNo>,
    ) -> Result<(), OfficeError> {
        self.change(office, id, |db, send| {
            if send.receiver == receiver {
                return Ok(());
            }
            set_receiver(db, id, receiver)?;
            self.review_send(db, office, id)?;
            if send.in_batch { self.move_to_batch(db, office, id) } else { Ok(()) }
        })
    }

    /// Takes a file out of a send.
    ///
    /// # Errors
    /// As [`Node::set_message`].
    pub fn remove_file(&self, office: OfficeNo, id: SendId, file: i64) -> Result<(), OfficeError> {
        self.change(office, id, |db, _| {
            db.execute("DELETE FROM send_file WHERE id = ?1 AND send = ?2", [file, id.0])?;
            self.review_send(db, office, id)
        })
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When it is on its way already.
    pub fn delete_send(&self, office: OfficeNo, by: &str, id: SendId) -> Result<(), OfficeError> {
        self.db().write(|db| {
            self.open_send(db, office, id)?;
            db.execute("DELETE FROM send WHERE id = ?1", [id.0])?;
            audit::write(db, self.now(), Some(office), by, "draft-deleted", &id.0.to_string())
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// Confirms sends as they were shown: all of them are queued, or none. They have the number that is returned
    /// in common.
    ///
    /// # Errors
    /// [`OfficeError::Changed`] when one of them is no longer as it was shown.
    pub fn queue(
        &self,
        office: OfficeNo,
        by: &str,
        staff_name: &str,
        sends: &[(SendId, i64)],
    ) -> Result<i64, OfficeError> {
        let now = self.now();
        let staff: String = staff_name.chars().take(tasuki_parcel::limits::STAFF_CHARS).collect();
        let run = self.db().write(|db| {
            let run: i64 =
                db.query_row("SELECT coalesce(max(run), 0) + 1 FROM send", [], |row| row.get(0))?;
            for &(id, revision) in sends {
                let send = self.open_send(db, office, id)?;
                if send.revision != revision || send.receiver.is_none() {
                    return Err(OfficeError::Changed);
                }
                self.put_letter(db, id, &Letter { staff: staff.clone(), ..send.letter.clone() })?;
                let parcel = new_parcel_id(now)?;
                db.execute(
                    "UPDATE send SET state = 'queued', run = ?2, parcel = ?3, queued_at = ?4, updated_at = ?4,
                         attempts = 0, next_try_at = NULL, reason = '', key_epoch = NULL, digest = NULL,
                         by_staff = ?5, revision = revision + 1
                     WHERE id = ?1",
                    params![id.0, run, parcel.to_string(), now.as_millisecond(), by],
                )?;
                db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
                for month in &send.review.months {
                    let sql = "INSERT INTO send_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
                    let values = params![office.as_str(), month.to_string(), now.as_millisecond(), id.0];
                    db.execute(sql, values)?;
                }
                audit::write(db, now, Some(office), by, "queued", &parcel.to_string())?;
            }
            Ok::<_, OfficeError>(run)
        })?;
        self.tell(office, Topic::Sends);
        if let Ok(open) = self.open_office(office) {
            open.outgoing.notify_one();
        }
        Ok(run)
    }

    /// Takes a send that is not with the relay out of the queue again, if it was not tried in the meantime.
    pub(crate) fn unqueue(&self, office: OfficeNo, id: SendId, attempts: u32) -> Result<(), OfficeError> {
        let changed = self.db().write(|db| {
            let changed = db.execute(
                "UPDATE send SET state = 'draft', parcel = NULL, queued_at = NULL, run = NULL, reason = '',
                     key_epoch = NULL, digest = NULL, attempts = 0, revision = revision + 1
                 WHERE id = ?1 AND office = ?2 AND attempts = ?3 AND state IN ('queued', 'interrupted')",
                params![id.0, office.as_str(), attempts],
            )?;
            if changed > 0 {
                db.execute("DELETE FROM send_month WHERE id = ?1", [id.0])?;
            }
            Ok::<_, OfficeError>(changed)
        })?;
        self.tell(office, Topic::Sends);
        if changed == 1 { Ok(()) } else { Err(OfficeError::Changed) }
    }

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

    fn read_send(&self, db: &Connection, office: OfficeNo, id: SendId) -> Result<Send, OfficeError> {
        let sql = format!("SELECT {COLUMNS} FROM send WHERE id = ?1 AND office = ?2");
        self.send_of(db.query_row(&sql, params![id.0, office.as_str()], RawSend::read)?)
    }

    fn sends(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Send>, OfficeError> {
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
            "office = ?1 AND in_batch = 1 AND state IN ('draft', 'queued', 'sending', 'interrupted', 'failed')
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
    pub fn run(&self, office: OfficeNo, run: i64) -> Result<Vec<Send>, OfficeError> {
        self.sends("run = ?2 AND office = ?1 ORDER BY id", &[&office.as_str(), &run])
    }

    /// 送信状況: what was confirmed, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn sent(&self, office: OfficeNo, filter: &SendFilter, limit: u32) -> Result<Vec<Send>, OfficeError> {
        let (at, id) = filter.before.unwrap_or((i64::MAX, i64::MAX));
        let mut condition = "office = ?1 AND queued_at IS NOT NULL AND (queued_at, id) < (?2, ?3)".to_owned();
        let (state, receiver, month) = (
            filter.state.map_or("", SendState::as_str),
            filter.receiver.map(|no| no.to_string()).unwrap_or_default(),
            filter.month.map(|month| month.to_string()).unwrap_or_default(),
        );
        condition.push_str(if state.is_empty() { " AND ?4 = ''" } else { " AND state = ?4" });
        condition.push_str(if receiver.is_empty() { " AND ?5 = ''" } else { " AND receiver = ?5" });
        condition.push_str(&in_month("send_month", &month, state.is_empty() && receiver.is_empty()));
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
                 WHERE office = ?1 AND state IN ('draft', 'queued', 'sending', 'interrupted', 'failed')
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

    /// After a start: what was being sent goes on.
    pub(crate) fn resume_interrupted(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'interrupted', next_try_at = NULL
                       WHERE office = ?1 AND state = 'sending'";
            db.execute(sql, [office.as_str()])?;
            Ok(())
        })
    }

    /// What is due to be sent, the oldest first.
    pub(crate) fn due(&self, office: OfficeNo, limit: usize) -> Result<Vec<Send>, OfficeError> {
        let now = self.now().as_millisecond();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.sends(
            "office = ?1 AND state IN ('queued', 'interrupted') AND coalesce(next_try_at, 0) <= ?2
             ORDER BY id LIMIT ?3",
            &[&office.as_str(), &now, &limit],
        )
    }

    /// When the next send is due that is not due yet.
    pub(crate) fn next_due(&self, office: OfficeNo) -> Result<Option<Timestamp>, OfficeError> {
        let at: Option<i64> = self.db().read(|db| {
            let sql = "SELECT min(coalesce(next_try_at, 0)) FROM send
                       WHERE office = ?1 AND state IN ('queued', 'interrupted')";
            db.query_row(sql, [office.as_str()], |row| row.get(0))
        })?;
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    pub(crate) fn note_receiver_name(&self, id: SendId, name: &str) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("UPDATE send SET receiver_name = ?2 WHERE id = ?1", params![id.0, name])?;
            Ok(())
        })
    }

    /// Tries begin.
    pub(crate) fn note_sending(&self, office: OfficeNo, sends: &[Send]) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'sending', attempts = attempts + 1 WHERE id = ?1";
            let mut statement = db.prepare_cached(sql)?;
            for send in sends {
                statement.execute([send.id.0])?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// They are sealed, and the sealed bytes are in the archive.
    pub(crate) fn note_sealed(&self, sealed: &[(SendId, u32, Sha256Digest)]) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let mut statement =
                db.prepare_cached("UPDATE send SET key_epoch = ?2, digest = ?3 WHERE id = ?1")?;
            for (id, epoch, digest) in sealed {
                statement.execute(params![id.0, epoch, digest.to_string()])?;
            }
            Ok(())
        })
    }

    /// A try ended without the relay's promise.
    pub(crate) fn note_not_sent(
        &self,
        send: &Send,
        state: SendState,
        reason: &str,
        next_try_at: Option<Timestamp>,
    ) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = ?2, reason = ?3, next_try_at = ?4, updated_at = ?5 WHERE id = ?1",
                params![
                    send.id.0,
                    state.as_str(),
                    reason,
                    next_try_at.map(Timestamp::as_millisecond),
                    now.as_millisecond()
                ],
            )?;
            if state == SendState::Failed {
                let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
                audit::write(db, now, Some(send.office), "node", "send-failed", &parcel)?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// The relay has it, durably. The files are in the archive, sealed: the draft's copies go.
    pub(crate) fn note_sent(&self, send: &Send, state: SendState, at: Timestamp) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = ?2, sent_at = ?3, changed_at = ?3, reason = '', next_try_at = NULL
                 WHERE id = ?1 AND state IN ('queued', 'sending', 'interrupted')",
                params![send.id.0, state.as_str(), at.as_millisecond()],
            )?;
            db.execute("DELETE FROM send_file WHERE send = ?1", [send.id.0])?;
            let parcel = send.parcel.map(|parcel| parcel.to_string()).unwrap_or_default();
            audit::write(db, now, Some(send.office), "node", "sent", &parcel)
        })?;
        self.tell(send.office, Topic::Sends);
        Ok(())
    }

    /// What the relay says of a parcel that this office sent.
    pub(crate) fn note_progress(&self, office: OfficeNo, progress: &Progress) -> Result<(), OfficeError> {
        let receipts = serde_json::to_string(&progress.receipts)?;
        let changed = self.db().write(|db| {
            Ok::<_, OfficeError>(db.execute(
                "UPDATE send SET state = ?3, changed_at = ?4, expires_soon = ?5, receipts = ?6, reason = '',
                     next_try_at = NULL, sent_at = coalesce(sent_at, ?7)
                 WHERE office = ?1 AND parcel = ?2
                   AND (state <> ?3 OR expires_soon <> ?5 OR receipts <> ?6)",
                params![
                    office.as_str(),
                    progress.parcel.to_string(),
                    progress.state.as_str(),
                    progress.at.as_millisecond(),
                    progress.expires_soon,
                    receipts,
                    progress.accepted_at.as_millisecond()
                ],
            )?)
        })?;
        if changed > 0 {
            self.tell(office, Topic::Sends);
        }
        Ok(())
    }

    /// It was taken back.
    pub(crate) fn note_withdrawn(
        &self,
        office: OfficeNo,
        by: &str,
        parcel: ParcelId,
        at: Timestamp,
    ) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute(
                "UPDATE send SET state = 'withdrawn', changed_at = ?3, reason = '', next_try_at = NULL
                 WHERE office = ?1 AND parcel = ?2",
                params![office.as_str(), parcel.to_string(), at.as_millisecond()],
            )?;
            audit::write(db, at, Some(office), by, "withdrawn", &parcel.to_string())
        })?;
        self.tell(office, Topic::Sends);
        Ok(())
    }

    /// The relay was restored from an older backup: whatever it accepted and nobody has fetched is handed in again.
    /// What it still has it takes for the repeat that it is.
    pub(crate) fn hand_in_again(&self, office: OfficeNo) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE send SET state = 'interrupted', next_try_at = NULL, attempts = 1
                       WHERE office = ?1 AND state = 'sent' AND queued_at IS NOT NULL";
            db.execute(sql, [office.as_str()])?;
            Ok(())
        })
    }

    /// Whether this office sent a parcel.
    pub(crate) fn send_of_parcel(
        &self,
        office: OfficeNo,
        parcel: ParcelId,
    ) -> Result<Option<SendId>, OfficeError> {
        Ok(self.db().read(|db| {
            let sql = "SELECT id FROM send WHERE office = ?1 AND parcel = ?2";
            db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| row.get(0).map(SendId)).optional()
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

/// What the relay says of a parcel that was sent.
pub(crate) struct Progress {
    pub(crate) parcel: ParcelId,
    pub(crate) state: SendState,
    pub(crate) at: Timestamp,
    pub(crate) accepted_at: Timestamp,
    pub(crate) expires_soon: bool,
    pub(crate) receipts: Vec<SignedReceipt>,
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

/// The condition that something is about a month (`?6`), by a table that holds months in the order of the list. Where
/// nothing else narrows the list, no more of it is looked at than is shown.
pub(crate) fn in_month(table: &str, month: &str, alone: bool) -> String {
    if month.is_empty() {
        return " AND ?6 = ''".to_owned();
    }
    let limit = if alone { "ORDER BY at DESC, id DESC LIMIT ?7" } else { "" };
    format!(
        " AND id IN (SELECT id FROM {table} WHERE office = ?1 AND month = ?6 AND (at, id) < (?2, ?3) {limit})"
    )
}

/// Number, sealed name and sealed contents.
type SealedFile = (i64, Vec<u8>, Vec<u8>);

fn sealed_files(db: &Connection, id: SendId) -> rusqlite::Result<Vec<SealedFile>> {
    let sql = "SELECT id, name, contents FROM send_file WHERE send = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = row.get(column)?;
    Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

fn parse_option<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + std::marker::Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    if text.is_some() { parse(row, column).map(Some) } else { Ok(None) }
}

fn set_receiver(db: &Connection, id: SendId, receiver: Option<OfficeNo>) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET receiver = ?2, receiver_name = '' WHERE id = ?1 AND receiver IS NOT ?2";
    db.execute(sql, params![id.0, receiver.map(|no| no.to_string())])?;
    Ok(())
}

fn exists(db: &Connection, id: SendId) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM send WHERE id = ?1)", [id.0], |row| row.get(0))
}

/// The number is made here, when a person confirms: however often it is tried, it is one parcel.
fn new_parcel_id(now: Timestamp) -> Result<ParcelId, OfficeError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| tasuki_identity::vault::VaultError::System)?;
    Ok(ParcelId::new(now, random))
}

impl Destination {
    fn office(&self) -> Option<OfficeNo> {
        match self {
            Self::Office(no) => Some(*no),
            Self::Unknown => None,
        }
    }
}

impl FileReview {
    /// Whether something must be mended.
    pub fn has_error(&self) -> bool {
        self.remarks.iter().any(|remark| remark.weight == crate::review::Weight::Error)
    }
}
