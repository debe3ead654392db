//! Drafts: files taken in and sorted by destination, messages, receivers. Whatever a person drops or types is durable at
//! once.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use tasuki_terms::OfficeNo;

use crate::audit;
use crate::error::OfficeError;
use crate::node::{Node, Topic};
use crate::review::{Destination, Dropped, Review, destination, digest_of, review};
use crate::sends::{FOLDER, Landed, Letter, SealedFile, Send, SendId, Tray, parse_option, sealed_files};

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
            let receiver = receivers.first().and_then(|receiver| receiver.office());
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
        for wanted in receivers.into_iter().chain([Destination::Unknown]) {
            // What is for nobody in particular goes with the send that it was dropped on.
            let own_of = |file: &Dropped| destination(&file.name) == wanted;
            let some: Vec<_> = files.iter().filter(|file| own_of(file)).cloned().collect();
            if some.is_empty() {
                continue;
            }
            let id = match (wanted, tray) {
                (Destination::Unknown, Tray::One(id)) if exists(db, id)? => id,
                _ => self.batch_send(db, office, by, wanted.office())?,
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

    pub(crate) fn unseal_files(&self, rows: Vec<SealedFile>) -> Result<Vec<(i64, Dropped)>, OfficeError> {
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

    pub(crate) fn put_letter(
        &self,
        db: &Transaction<'_>,
        id: SendId,
        letter: &Letter,
    ) -> Result<(), OfficeError> {
        let sealed = self.seal_json("letter", letter)?;
        db.execute("UPDATE send SET letter = ?2 WHERE id = ?1", params![id.0, sealed])?;
        Ok(())
    }

    /// A send that can still be changed.
    pub(crate) fn open_send(
        &self,
        db: &Connection,
        office: OfficeNo,
        id: SendId,
    ) -> Result<Send, OfficeError> {
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
}

fn set_receiver(db: &Connection, id: SendId, receiver: Option<OfficeNo>) -> rusqlite::Result<()> {
    let sql = "UPDATE send SET receiver = ?2, receiver_name = '' WHERE id = ?1 AND receiver IS NOT ?2";
    db.execute(sql, params![id.0, receiver.map(|no| no.to_string())])?;
    Ok(())
}

fn exists(db: &Connection, id: SendId) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM send WHERE id = ?1)", [id.0], |row| row.get(0))
}
