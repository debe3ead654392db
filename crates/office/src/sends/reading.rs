//! Sends as they are read: one, lists, files, the own copy.

use rusqlite::Connection;
use tasuki_parcel::open::{Expected, Opener, VerifiedAt};
use tasuki_terms::{OfficeNo, ParcelId};

use super::send::{Counts, Send, SendFilter, SendId};
use super::store::{self, RawSend, SealedFile};
use crate::base::Base;
use crate::base::error::OfficeError;
use crate::files::Dropped;
use crate::offices::{Keys, Opened, unpack};

/// What was put together, confirmed and sent.
#[derive(Clone)]
pub struct Sends {
    base: Base,
    keys: Keys,
}

impl Sends {
    pub(crate) fn new(base: &Base, keys: &Keys) -> Self {
        Self { base: base.clone(), keys: keys.clone() }
    }

    /// A send.
    ///
    /// # Errors
    /// When there is none of this office, or the drawer is locked.
    pub fn get(&self, office: OfficeNo, id: SendId) -> Result<Send, OfficeError> {
        self.send_of(self.base.read(|db| store::one(db, office, id))?)
    }

    /// The same, in a transaction.
    pub(super) fn read(&self, db: &Connection, office: OfficeNo, id: SendId) -> Result<Send, OfficeError> {
        self.send_of(store::one(db, office, id)?)
    }

    /// A send that can still be changed, in a transaction.
    pub(super) fn editable(
        &self,
        db: &Connection,
        office: OfficeNo,
        id: SendId,
    ) -> Result<Send, OfficeError> {
        let send = self.read(db, office, id)?;
        if send.state.is_open() { Ok(send) } else { Err(OfficeError::Changed) }
    }

    /// The sends that a store finds.
    pub(super) fn select(
        &self,
        find: impl FnOnce(&Connection) -> rusqlite::Result<Vec<RawSend>>,
    ) -> Result<Vec<Send>, OfficeError> {
        self.base.read(find)?.into_iter().map(|raw| self.send_of(raw)).collect()
    }

    /// What 一括送信 shows: what is not with the relay yet.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn batch(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.select(|db| store::batch(db, office))
    }

    /// 一時保存: everything that is being put together, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn drafts(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        self.select(|db| store::drafts(db, office))
    }

    /// The sends that were confirmed together.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn of_run(&self, office: OfficeNo, run: i64) -> Result<Vec<Send>, OfficeError> {
        self.select(|db| store::of_run(db, office, run))
    }

    /// 送信状況: what was confirmed, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn sent(&self, office: OfficeNo, filter: &SendFilter, limit: u32) -> Result<Vec<Send>, OfficeError> {
        self.select(|db| store::sent(db, office, filter, limit))
    }

    /// The contents of a file of a send that is not with the relay yet.
    ///
    /// # Errors
    /// When there is none.
    pub fn file(&self, office: OfficeNo, id: SendId, file: i64) -> Result<Dropped, OfficeError> {
        self.get(office, id)?;
        self.files(id)?
            .into_iter()
            .find_map(|(found, dropped)| (found == file).then_some(dropped))
            .ok_or(OfficeError::NotFound)
    }

    pub(super) fn files(&self, id: SendId) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        let rows = self.base.read(|db| store::sealed_files(db, id))?;
        self.unseal_files(rows)
    }

    pub(super) fn files_in(&self, db: &Connection, id: SendId) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        self.unseal_files(store::sealed_files(db, id)?)
    }

    fn unseal_files(&self, rows: Vec<SealedFile>) -> Result<Vec<(i64, Dropped)>, OfficeError> {
        let unsealed = rows.into_iter().map(|(id, name, contents)| {
            let name = String::from_utf8_lossy(&self.base.unseal("file name", &name)?).into_owned();
            Ok((id, Dropped { name, bytes: self.base.unseal("file", &contents)?.to_vec() }))
        });
        unsealed.collect()
    }

    /// All files of a send, from the draft or else from the own copy. Never fewer than the send has.
    ///
    /// # Errors
    /// [`OfficeError::Damaged`] when there are fewer; or the keys are locked.
    pub(crate) fn contents_of(&self, send: &Send) -> Result<Vec<Dropped>, OfficeError> {
        let draft: Vec<_> = self.files(send.id)?.into_iter().map(|(_, file)| file).collect();
        let files = match send.parcel {
            Some(parcel) if draft.is_empty() => self.open_sent(send.office, parcel)?.files,
            _ => draft,
        };
        let is_whole = !files.is_empty() && files.len() == send.review.files.len();
        if is_whole { Ok(files) } else { Err(OfficeError::Damaged) }
    }

    /// Opens this office's own copy of what it sent.
    ///
    /// # Errors
    /// When the keys are locked, or the copy in the archive is damaged.
    pub fn open_sent(&self, office: OfficeNo, parcel: ParcelId) -> Result<Opened, OfficeError> {
        let keys = self.keys.of(office)?;
        let sealed = self.base.archive().sent(office, parcel)?;
        let at = self.base.read(|db| store::handed_in_at(db, office, parcel))?;
        let expected = Expected { id: parcel, opener: Opener::Sender(office) };
        // Before the relay has accepted it, nobody knows more than the sender.
        unpack(&keys, sealed, at.map_or(VerifiedAt::Sealed, VerifiedAt::Accepted), expected)
            .map_err(|_| OfficeError::Damaged)
    }

    /// Numbers for the menu. They cost the same however much is in the archive.
    ///
    /// # Errors
    /// When the database fails.
    pub fn counts(&self, office: OfficeNo) -> Result<Counts, OfficeError> {
        self.base.read(|db| store::counts(db, office))
    }

    fn send_of(&self, raw: RawSend) -> Result<Send, OfficeError> {
        Ok(Send {
            letter: self.base.unseal_json("letter", &raw.letter)?,
            review: self.base.unseal_json("review", &raw.review)?,
            ..raw.send
        })
    }
}
