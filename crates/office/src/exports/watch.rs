//! Watching the export folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tasuki_terms::OfficeNo;

use super::look::{Look, incomplete, list};
use crate::base::error::OfficeError;
use crate::base::record::Actor;
use crate::base::{Base, blocking};
use crate::files::{Dropped, Readiness, Weight};
use crate::offices::Offices;
use crate::partners::{Directory, Partner};
use crate::sends::{BATCH_OFFICES, Drafts, Outbox, Send, SendState, Sends};
use crate::upkeep::Upkeep;

const INTERVAL: Duration = Duration::from_secs(2);

/// The export folders of the care software: what is put there is staged for 一括送信, or sent by itself.
#[derive(Clone)]
pub struct Exports {
    pub(crate) base: Base,
    pub(crate) offices: Offices,
    pub(crate) directory: Directory,
    pub(crate) sends: Sends,
    pub(crate) drafts: Drafts,
    pub(crate) outbox: Outbox,
    pub(crate) upkeep: Upkeep,
}

impl Exports {
    /// Does what takes processor time or waits for disk or database, off the async workers.
    async fn run<T: std::marker::Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OfficeError> + std::marker::Send + 'static,
    ) -> Result<T, OfficeError> {
        let exports = self.clone();
        blocking(move || work(&exports)).await
    }

    /// Watches the export folders of all offices, for ever. Each look does whatever is to be done then: what could not be
    /// done in an earlier one, without a line or without the drawer, is done as soon as it can be.
    pub async fn watch(self) {
        let mut looks: BTreeMap<OfficeNo, Look> = BTreeMap::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            // Without the drawer nothing can be kept.
            if !self.base.is_drawer_open() {
                continue;
            }
            let offices = self.run(|exports| exports.offices.all()).await.unwrap_or_default();
            for office in offices.iter().filter(|office| !office.folders.export.is_empty()) {
                let look = std::mem::take(looks.entry(office.no).or_default());
                let folder = PathBuf::from(&office.folders.export);
                let no = office.no;
                let trouble = match self.run(move |exports| Ok(exports.look_into(no, &folder, &look))).await {
                    Ok((look, result)) => {
                        looks.insert(office.no, look);
                        result.err()
                    }
                    Err(error) => Some(error),
                };
                let sent = if office.folders.send_by_itself { self.send_staged(no).await } else { Ok(()) };
                for error in trouble.into_iter().chain(sent.err()) {
                    tracing::info!(office = %no, error = %error, "exports wait");
                }
            }
        }
    }

    /// One look at a folder: what is new and complete is staged.
    fn look_into(&self, office: OfficeNo, folder: &Path, look: &Look) -> (Look, Result<(), OfficeError>) {
        let files = match list(folder) {
            Ok(files) => files,
            // Nothing is known of what is there now.
            Err(error) => return (Look::default(), Err(error.into())),
        };
        let mut look = look.next(files);
        match self.stage_files(office, &look) {
            Ok(done) => {
                for path in done {
                    look.note_done(path);
                }
                (look, Ok(()))
            }
            Err(error) => (look, Err(error)),
        }
    }

    /// Stages what is new and complete. Says which files need not be looked at again.
    fn stage_files(&self, office: OfficeNo, look: &Look) -> Result<Vec<PathBuf>, OfficeError> {
        let (mut done, mut new) = (Vec::new(), Vec::new());
        for path in look.still() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = Dropped { name, bytes: std::fs::read(&path)? };
            if self.drafts.is_staged(office, &file)? { done.push(path) } else { new.push((path, file)) }
        }
        let incomplete = incomplete(new.iter().map(|(_, file)| file));
        let is_ready =
            |path: &Path, file: &Dropped| !incomplete.contains(&file.name) || look.has_waited(path);
        let ready: Vec<_> = new.into_iter().filter(|(path, file)| is_ready(path, file)).collect();
        if ready.is_empty() {
            return Ok(done);
        }
        let (paths, files): (Vec<_>, Vec<_>) = ready.into_iter().unzip();
        self.drafts.stage(office, files)?;
        done.extend(paths);
        Ok(done)
    }

    /// Sends what was staged from the folder, has no finding, and was touched by nobody.
    async fn send_staged(&self, office: OfficeNo) -> Result<(), OfficeError> {
        // A node that was restored does not know what it has sent since: a person looks first.
        if self.run(|exports| exports.upkeep.waits_after_restore()).await? {
            return Ok(());
        }
        let mine = self.run(move |exports| exports.staged_and_clean(office)).await?;
        if mine.is_empty() {
            return Ok(());
        }
        let receivers: Vec<_> = mine.iter().filter_map(|send| send.receiver).collect();
        self.directory.look_up(office, &receivers).await?;
        self.run(move |exports| {
            let mut ready = Vec::new();
            for send in &mine {
                let Some(receiver) = send.receiver else { continue };
                let standing = exports.directory.known(office, receiver)?.as_ref().map(Partner::standing);
                let (readiness, _) = send.review.readiness(send.receiver, standing, false);
                if readiness == Readiness::Ready {
                    ready.push((send.id, send.revision));
                }
            }
            for some in ready.chunks(BATCH_OFFICES) {
                exports.outbox.confirm(office, Actor::Folder, "", some)?;
            }
            Ok(())
        })
        .await
    }

    fn staged_and_clean(&self, office: OfficeNo) -> Result<Vec<Send>, OfficeError> {
        let mut sends = self.sends.batch(office)?;
        sends.retain(|send| {
            let found = send.review.count(Weight::Error) + send.review.count(Weight::Warning);
            // What failed once needs a person.
            let is_new = send.state == SendState::Draft;
            send.by == Actor::Folder && is_new && send.is_untouched() && found == 0
        });
        Ok(sends)
    }
}
