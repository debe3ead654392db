//! Drafts: files taken in and sorted by destination, messages, receivers. Whatever a person drops or types is durable at
//! once.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::reading::Sends;
use super::send::{Landed, Letter, Send, SendId, Tray};
use super::state::Event;
use super::store::{self, apply};
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::base::{Base, Topic, Tx, digest_of};
use crate::files::{Destination, Dropped, Review, destination, review};

/// What a program of this machine hands over in one call.
pub struct Submission {
    /// The files.
    pub files: Vec<Dropped>,
    /// The receiver, where the files do not say it.
    pub to: Option<OfficeNo>,
    /// メッセージ for every receiver; empty for none.
    pub message: String,
    /// The program says that the warnings were seen.
    pub accept_warnings: bool,
}

/// What is being put together. Whatever a person drops or types is durable at once.
#[derive(Clone)]
pub struct Drafts {
    base: Base,
    sends: Sends,
}

impl Drafts {
    pub(crate) fn new(base: &Base, sends: &Sends) -> Self {
        Self { base: base.clone(), sends: sends.clone() }
    }

    /// Takes dropped files in. They are durable when this returns. Where they are for several offices, they lead
    /// over to 一括送信, together with what was in the send already.
    ///
    /// # Errors
    /// When the disk is full, the drawer is locked, or the send is on its way already.
    pub fn take_in(
        &self,
        office: OfficeNo,
        by: impl Into<Actor>,
        tray: Tray,
        files: Vec<Dropped>,
    ) -> Result<Landed, OfficeError> {
        let (landed, _) =
            self.base.keep(|tx| self.place_files(tx, office, &by.into(), (tray, None), files))?;
        self.base.tell(office, Topic::Sends);
        Ok(landed)
    }

    /// Takes in what a program hands over, into sends of its own: nothing that a person puts together is touched.
    ///
    /// # Errors
    /// When the disk is full or the drawer is locked. Then nothing was taken in.
    pub fn submit(&self, office: OfficeNo, submission: Submission) -> Result<Vec<SendId>, OfficeError> {
        let Submission { files, to, message, accept_warnings } = submission;
        let touched = self.base.keep(|tx| {
            let (_, touched) = self.place_files(tx, office, &Actor::Program, (Tray::New, to), files)?;
            for &id in &touched {
                let letter = self.letter_of(tx, id)?;
                let message = if message.is_empty() { letter.message.clone() } else { plain(&message) };
                self.put_letter(tx, id, &Letter { message, accepted: accept_warnings, ..letter })?;
                store::set_staged(tx, id)?;
            }
            Ok::<_, OfficeError>(touched)
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(touched)
    }

    /// Takes files of an export folder onto the list of 一括送信, and notes in the same moment that they were
    /// taken.
    pub(crate) fn stage(&self, office: OfficeNo, files: Vec<Dropped>) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            for file in &files {
                store::note_taken(tx, office, digest_with_name(file))?;
            }
            let (_, touched) = self.place_files(tx, office, &Actor::Folder, (Tray::Batch, None), files)?;
            for id in touched {
                store::set_staged(tx, id)?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(())
    }

    /// Whether a file of an export folder was taken already.
    pub(crate) fn is_staged(&self, office: OfficeNo, file: &Dropped) -> Result<bool, OfficeError> {
        let (now, before) = (digest_with_name(file), digest_of(&file.bytes));
        self.base.read(|db| store::is_taken(db, office, now, (&file.name, before)))
    }

    /// Sorts files into sends: those for one receiver at most go to the office that is meant, if one is. Says where they
    /// landed, and all sends that they went into.
    fn place_files(
        &self,
        tx: &Tx<'_>,
        office: OfficeNo,
        by: &Actor,
        (tray, meant): (Tray, Option<OfficeNo>),
        files: Vec<Dropped>,
    ) -> Result<(Landed, Vec<SendId>), OfficeError> {
        let current = match tray {
            Tray::One(id) => Some(self.sends.editable(tx, office, id)?),
            Tray::New | Tray::Batch => None,
        };
        let mut receivers: Vec<_> = files.iter().map(|file| destination(&file.name)).collect();
        receivers.extend(current.as_ref().and_then(|send| send.receiver).map(Destination::Office));
        receivers.retain(|receiver| *receiver != Destination::Unknown);
        receivers.sort();
        receivers.dedup();
        let in_batch = current.as_ref().is_some_and(|send| send.in_batch);
        if tray != Tray::Batch && receivers.len() <= 1 {
            let receiver = meant.or_else(|| receivers.first().and_then(|receiver| receiver.office()));
            let id = match current {
                Some(send) => send.id,
                None => self.send_for(tx, office, by, false, receiver, &files)?,
            };
            if receiver.is_some() {
                store::set_receiver(tx, id, receiver)?;
            }
            self.put_files(tx, id, files)?;
            self.review_send(tx, office, id)?;
            return Ok((Landed::One(id), vec![id]));
        }
        if let Some(send) = current.filter(|_| !in_batch) {
            self.move_to_batch(tx, office, send.id)?;
        }
        let mut touched = Vec::new();
        for wanted in receivers.into_iter().chain([Destination::Unknown]) {
            // What is for nobody in particular goes with the send that it was dropped on.
            let own_of = |file: &Dropped| destination(&file.name) == wanted;
            let some: Vec<_> = files.iter().filter(|file| own_of(file)).cloned().collect();
            if some.is_empty() {
                continue;
            }
            let id = match (wanted, tray) {
                (Destination::Unknown, Tray::One(id)) if store::exists(tx, id)? => id,
                _ => self.send_for(tx, office, by, true, wanted.office(), &some)?,
            };
            self.put_files(tx, id, some)?;
            self.review_send(tx, office, id)?;
            touched.push(id);
        }
        Ok((Landed::Batch, touched))
    }

    /// The send that files for a receiver go into: one that is there already, or a new one.
    fn send_for(
        &self,
        tx: &Tx<'_>,
        office: OfficeNo,
        by: &Actor,
        in_batch: bool,
        receiver: Option<OfficeNo>,
        files: &[Dropped],
    ) -> Result<SendId, OfficeError> {
        let found = match by {
            Actor::Program => self.replaced_whole(tx, office, receiver, files)?,
            _ if in_batch => store::batch_send(tx, office, by, receiver)?,
            _ => None,
        };
        found.map_or_else(|| self.new_send(tx, office, by, in_batch, receiver), Ok)
    }

    /// What a program handed over before and nobody has touched, if the same files are handed over again: a program that
    /// repeats itself makes no second draft, be it for all receivers again or for one of them, and what it sends anew does
    /// not wait for what could not go.
    fn replaced_whole(
        &self,
        tx: &Tx<'_>,
        office: OfficeNo,
        receiver: Option<OfficeNo>,
        files: &[Dropped],
    ) -> Result<Option<SendId>, OfficeError> {
        let new: BTreeSet<_> = files.iter().map(|file| file.name.as_str()).collect();
        for id in store::untouched(tx, office, &Actor::Program, receiver)? {
            let send = self.sends.read(tx, office, id)?;
            if send.review.files.iter().all(|file| new.contains(file.name.as_str())) {
                return Ok(Some(send.id));
            }
        }
        Ok(None)
    }

    fn new_send(
        &self,
        tx: &Tx<'_>,
        office: OfficeNo,
        by: &Actor,
        in_batch: bool,
        receiver: Option<OfficeNo>,
    ) -> Result<SendId, OfficeError> {
        let letter = self.base.seal_json("letter", &Letter::default())?;
        let review = self.base.seal_json("review", &Review::default())?;
        Ok(store::insert(tx, office, in_batch, receiver, (&letter, &review), by)?)
    }

    /// A new 送信 without files yet, for a message that is typed first.
    ///
    /// # Errors
    /// When the disk is full or the drawer is locked.
    pub fn start(
        &self,
        office: OfficeNo,
        by: impl Into<Actor>,
        receiver: Option<OfficeNo>,
    ) -> Result<SendId, OfficeError> {
        let id = self.base.keep(|tx| self.new_send(tx, office, &by.into(), false, receiver))?;
        self.base.tell(office, Topic::Sends);
        Ok(id)
    }

    /// 再送: a new draft with the files, the receiver and the message of a send, all in one. What can still be changed is
    /// sent again as it is: then its own number is returned.
    ///
    /// # Errors
    /// [`OfficeError::Changed`] while it goes by itself: a second one would go as well. When its files are in the own copy
    /// only and the keys are locked, or the disk is full.
    pub fn again(&self, office: OfficeNo, by: impl Into<Actor>, id: SendId) -> Result<SendId, OfficeError> {
        let send = self.sends.get(office, id)?;
        if send.state.is_open() {
            return Ok(id);
        }
        if !send.state.is_handed_in() {
            return Err(OfficeError::Changed);
        }
        let (by, files) = (by.into(), self.sends.contents_of(&send)?);
        let message = send.letter.message;
        let new = self.base.keep(|tx| {
            let new = self.new_send(tx, office, &by, false, send.receiver)?;
            self.put_files(tx, new, files)?;
            self.put_letter(tx, new, &Letter { message, ..Letter::default() })?;
            self.review_send(tx, office, new)?;
            Ok::<_, OfficeError>(new)
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(new)
    }

    /// Moves a send onto the list of 一括送信, into the one that is there for the same receiver.
    fn move_to_batch(&self, tx: &Tx<'_>, office: OfficeNo, id: SendId) -> Result<(), OfficeError> {
        let mate = store::batch_mate(tx, office, id)?;
        store::set_in_batch(tx, id)?;
        match mate {
            Some(mate) => self.merge(tx, office, mate, id),
            None => Ok(()),
        }
    }

    /// Puts all that is in one send into another.
    fn merge(&self, tx: &Tx<'_>, office: OfficeNo, from: SendId, into: SendId) -> Result<(), OfficeError> {
        let (source, target) =
            (self.sends.editable(tx, office, from)?, self.sends.editable(tx, office, into)?);
        let files = self.sends.files_in(tx, from)?.into_iter().map(|(_, file)| file).collect();
        self.put_files(tx, into, files)?;
        let texts = [target.letter.message, source.letter.message];
        let message = texts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n");
        self.put_letter(tx, into, &Letter { message, accepted: false, staff: String::new() })?;
        store::delete(tx, from)?;
        self.review_send(tx, office, into)
    }

    /// Puts files into a send. The same file again changes nothing. Another export of the same name takes the place of
    /// the older one; another attachment of the same name may be another person's, so both stay.
    fn put_files(&self, tx: &Tx<'_>, id: SendId, files: Vec<Dropped>) -> Result<(), OfficeError> {
        let mut known = self.sends.files_in(tx, id)?;
        for mut file in files {
            let same = known.iter().position(|(_, other)| other.name == file.name);
            if let Some(at) = same {
                if is_standard(&file.name) && known[at].1.bytes != file.bytes {
                    store::delete_file(tx, id, known.remove(at).0)?;
                } else {
                    let Some(name) = free_name(&known, &file) else { continue };
                    file.name = name;
                }
            }
            let name = self.base.seal("file name", file.name.as_bytes())?;
            let contents = self.base.seal("file", &file.bytes)?;
            known.push((store::insert_file(tx, id, &name, &contents)?, file));
        }
        Ok(())
    }

    /// Judges the files of a send anew and keeps what is to be said.
    fn review_send(&self, tx: &Tx<'_>, office: OfficeNo, id: SendId) -> Result<(), OfficeError> {
        let files = self.sends.files_in(tx, id)?;
        let table = self.base.codes().table();
        let table = table.as_ref().map(|table| &*table.codes);
        let found = review(&files, office, store::receiver(tx, id)?, table);
        apply(tx, id, Event::Edited)?.ok_or(OfficeError::Changed)?;
        let sealed = self.base.seal_json("review", &found)?;
        store::set_review(tx, id, &sealed, (found.size, files.len()))?;
        // What was accepted were other warnings.
        let mut letter = self.letter_of(tx, id)?;
        letter.accepted = false;
        self.put_letter(tx, id, &letter)
    }

    fn letter_of(&self, tx: &Tx<'_>, id: SendId) -> Result<Letter, OfficeError> {
        self.base.unseal_json("letter", &store::letter(tx, id)?)
    }

    fn put_letter(&self, tx: &Tx<'_>, id: SendId, letter: &Letter) -> Result<(), OfficeError> {
        let sealed = self.base.seal_json("letter", letter)?;
        Ok(store::set_letter(tx, id, &sealed)?)
    }

    /// Changes a send that can still be changed.
    fn change<T>(
        &self,
        office: OfficeNo,
        id: SendId,
        work: impl FnOnce(&Tx<'_>, Send) -> Result<T, OfficeError>,
    ) -> Result<T, OfficeError> {
        let result = self.base.keep(|tx| {
            let send = self.sends.editable(tx, office, id)?;
            note_edited(tx, id)?;
            work(tx, send)
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(result)
    }

    /// Changes the message.
    ///
    /// # Errors
    /// When the send is not there or on its way already, or the disk is full.
    pub fn set_message(&self, office: OfficeNo, id: SendId, message: &str) -> Result<(), OfficeError> {
        let message = plain(message);
        // Typing is saved as it goes: it is no news, and what a person types elsewhere stays where it is.
        self.base.keep(|tx| {
            let letter = self.sends.editable(tx, office, id)?.letter;
            if letter.message == message {
                return Ok(());
            }
            self.put_letter(tx, id, &Letter { message, ..letter })?;
            note_edited(tx, id)
        })
    }

    /// Accepts the warnings as they are now.
    ///
    /// # Errors
    /// As [`Drafts::set_message`].
    pub fn accept_warnings(&self, office: OfficeNo, id: SendId, accepted: bool) -> Result<(), OfficeError> {
        self.change(office, id, |tx, send| self.put_letter(tx, id, &Letter { accepted, ..send.letter }))
    }

    /// Says for whom a send is. On the list of 一括送信 it joins the one that is there for the same office.
    ///
    /// # Errors
    /// As [`Drafts::set_message`].
    pub fn set_receiver(
        &self,
        office: OfficeNo,
        id: SendId,
        receiver: Option<OfficeNo>,
    ) -> Result<(), OfficeError> {
        self.change(office, id, |tx, send| {
            if send.receiver == receiver {
                return Ok(());
            }
            store::set_receiver(tx, id, receiver)?;
            self.review_send(tx, office, id)?;
            if send.in_batch { self.move_to_batch(tx, office, id) } else { Ok(()) }
        })
    }

    /// Takes a file out of a send.
    ///
    /// # Errors
    /// As [`Drafts::set_message`].
    pub fn remove_file(&self, office: OfficeNo, id: SendId, file: i64) -> Result<(), OfficeError> {
        self.change(office, id, |tx, _| {
            store::delete_file(tx, id, file)?;
            self.review_send(tx, office, id)
        })
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When it is on its way already.
    pub fn delete(&self, office: OfficeNo, by: impl Into<Actor>, id: SendId) -> Result<(), OfficeError> {
        self.base.write(&by.into(), |tx| {
            self.sends.editable(tx, office, id)?;
            store::delete(tx, id)?;
            tx.record(Action::DraftDeleted, office, &id.0.to_string())
        })?;
        self.base.tell(office, Topic::Sends);
        Ok(())
    }
}

fn note_edited(tx: &Tx<'_>, id: SendId) -> Result<(), OfficeError> {
    apply(tx, id, Event::Edited)?.ok_or(OfficeError::Changed)?;
    Ok(store::set_updated(tx, id)?)
}

/// A message as it is kept: one kind of line break, and no longer than a parcel carries.
fn plain(message: &str) -> String {
    message.replace("\r\n", "\n").chars().take(tasuki_parcel::limits::MESSAGE_CHARS).collect()
}

fn is_standard(name: &str) -> bool {
    name.parse::<tasuki_standard::FileName>().is_ok()
}

/// The next free name for an attachment whose name is taken; none when the same file is there already.
fn free_name(known: &[(i64, Dropped)], file: &Dropped) -> Option<String> {
    let (stem, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    let name = |number: usize| match number {
        1 => file.name.clone(),
        _ if ending.is_empty() => format!("{stem} ({number})"),
        _ => format!("{stem} ({number}).{ending}"),
    };
    for number in 1.. {
        let name = name(number);
        match known.iter().find(|(_, other)| other.name == name) {
            None => return Some(name),
            Some((_, other)) if other.bytes == file.bytes => return None,
            Some(_) => {}
        }
    }
    None
}

/// Digest of a file's name and contents: the name alone could be guessed.
fn digest_with_name(file: &Dropped) -> Sha256Digest {
    let mut digest = Sha256::new();
    digest.update((file.name.len() as u64).to_be_bytes());
    digest.update(&file.name);
    digest.update(&file.bytes);
    Sha256Digest(digest.finalize().into())
}
