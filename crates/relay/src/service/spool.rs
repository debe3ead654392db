//! Parcels on their way in: in memory while they are small, else in files of the relay's folder, so that a slow upload
//! costs its own office a place and the others nothing.
//!
//! The files have no names: whatever ends the process, nothing of them is left, and nobody else can open them. What
//! came of a parcel whose line was cut is kept for a while as a *part*, which its sender may go on with. A part is never
//! a parcel before all of it is there with the right digest.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use tasuki_protocol::limits::RESUMABLE_BYTES;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};
use tokio::sync::watch;
use tokio::time::timeout;

use super::refusal::{Answer, Refusal};
use crate::store::{Contents, Offer, StoreError};

/// How much of a parcel is in memory, in bytes: smaller ones never see a file.
const IN_MEMORY: usize = RESUMABLE_BYTES;

/// How long an upload whose line was cut may take to notice that its sender is back.
const LETTING_GO: Duration = Duration::from_secs(5);

/// How long and how much is kept of what came only in part.
const KEEPING: Keeping = Keeping {
    time: Duration::from_hours(24),
    office_parts: 16,
    office_bytes: 64 * 1024 * 1024,
    parts: 4096,
    bytes: 4 * 1024 * 1024 * 1024,
};

/// Whose part of which parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    office: OfficeNo,
    id: ParcelId,
    digest: Sha256Digest,
}

impl Key {
    pub(crate) fn of(offer: &Offer) -> Self {
        Self { office: offer.from, id: offer.id, digest: offer.digest }
    }
}

/// What came of a parcel whose line was cut.
struct Part {
    key: Key,
    size: u64,
    at: Instant,
    file: File,
}

/// The limits of [`Part`]s.
struct Keeping {
    time: Duration,
    office_parts: usize,
    office_bytes: u64,
    parts: usize,
    bytes: u64,
}

impl Keeping {
    /// Which parts stay, newest first, of `parts` given with the newest first: whose office they are of, their size in
    /// bytes and their age.
    fn stay(&self, parts: &[(OfficeNo, u64, Duration)]) -> Vec<bool> {
        let mut kept: Vec<(OfficeNo, u64)> = Vec::new();
        let stays = |&(office, size, age): &(OfficeNo, u64, Duration)| {
            let same = || kept.iter().filter(|part| part.0 == office);
            let stays = age < self.time
                && kept.len() < self.parts
                && kept.iter().map(|part| part.1).sum::<u64>() + size <= self.bytes
                && same().count() < self.office_parts
                && same().map(|part| part.1).sum::<u64>() + size <= self.office_bytes;
            if stays {
                kept.push((office, size));
            }
            stays
        };
        parts.iter().map(stays).collect()
    }
}

#[derive(Default)]
struct State {
    /// Oldest first.
    parts: Vec<Part>,
    /// What is coming in now: told when its sender is back.
    coming: Vec<(u64, Key, watch::Sender<()>)>,
    next: u64,
    /// Bytes that are coming in and may still need room.
    reserved: u64,
}

impl State {
    fn take_part(&mut self, key: Key) -> Option<Part> {
        let found = self.parts.iter().position(|part| part.key == key)?;
        Some(self.parts.remove(found))
    }

    fn keep(&mut self, part: Part) {
        if self.parts.iter().any(|known| known.key == part.key && known.size >= part.size) {
            return;
        }
        drop(self.take_part(part.key));
        self.parts.push(part);
        self.tidy();
    }

    fn tidy(&mut self) {
        let newest_first: Vec<_> =
            (self.parts.iter().rev()).map(|part| (part.key.office, part.size, part.at.elapsed())).collect();
        let mut stay = KEEPING.stay(&newest_first);
        self.parts.retain(|_| stay.pop().unwrap_or(false));
    }
}

/// Where parcels come in.
#[derive(Clone)]
pub(crate) struct Spool(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Bytes of the disk that are left free.
    reserve: u64,
    state: Mutex<State>,
}

impl Spool {
    pub(crate) fn new(folder: PathBuf, reserve: u64) -> Self {
        Self(Arc::new(Inner { folder, reserve, state: Mutex::default() }))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets parts that are too old.
    pub(crate) fn tidy(&self) {
        self.state().tidy();
    }

    /// How many bytes of a parcel are here, now that its sender is back: what still waits for more on a line that is
    /// gone is let go.
    pub(crate) async fn arrived(&self, key: Key) -> u64 {
        let coming: Vec<_> = {
            let state = self.state();
            state.coming.iter().filter(|coming| coming.1 == key).map(|coming| coming.2.clone()).collect()
        };
        for upload in coming {
            upload.send_replace(());
            // If it does not let go, the sender begins anew.
            drop(timeout(LETTING_GO, upload.closed()).await);
        }
        self.state().parts.iter().find(|part| part.key == key).map_or(0, |part| part.size)
    }

    /// Begins to take a parcel in, from an offset up to which it is here already.
    pub(crate) async fn begin(&self, offer: &Offer, offset: u64) -> Answer<Upload> {
        let key = Key::of(offer);
        let part = if offset == 0 { None } else { Some(self.part(key, offset)?) };
        let room = if offer.size > IN_MEMORY as u64 { offer.size - offset } else { 0 };
        if room > 0 && !self.has_room(room) {
            return Err(StoreError::Full.into());
        }
        let (told, back) = watch::channel(());
        let number = {
            let mut state = self.state();
            state.next += 1;
            state.reserved += room;
            let number = state.next;
            state.coming.push((number, key, told));
            number
        };
        let spool = self.clone();
        let mut kept = Arriving {
            spool,
            key,
            number,
            room,
            _back: back.clone(),
            file: None,
            written: 0,
            hash: Sha256::new(),
            buffer: BytesMut::new(),
        };
        if let Some(part) = part {
            (kept.written, kept.file) = (part.size, Some(part.file));
            kept = blocking(kept, Arriving::hash_what_is_there).await?;
        }
        Ok(Upload { kept: Some(kept), size: offer.size, back })
    }

    /// Takes the part that ends at this offset.
    fn part(&self, key: Key, offset: u64) -> Answer<Part> {
        let mut state = self.state();
        match state.take_part(key) {
            Some(part) if part.size == offset => Ok(part),
            other => {
                if let Some(part) = other {
                    state.keep(part);
                }
                Err(ProblemType::UploadOffset.into())
            }
        }
    }

    /// Whether a file of this size leaves the reserve; parts make room for what is whole.
    fn has_room(&self, bytes: u64) -> bool {
        loop {
            let mut state = self.state();
            let free = rustix::fs::statvfs(&self.0.folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
            let wanted = self.0.reserve.saturating_add(state.reserved).saturating_add(bytes);
            if free >= wanted {
                return true;
            }
            if state.parts.is_empty() {
                return false;
            }
            state.parts.remove(0);
        }
    }
}

/// Work on files away from the threads that serve. Whoever is gone meanwhile leaves a part.
async fn blocking(
    kept: Arriving,
    work: impl FnOnce(&mut Arriving) -> io::Result<()> + Send + 'static,
) -> Answer<Arriving> {
    let task = tokio::task::spawn_blocking(move || {
        let mut kept = kept;
        work(&mut kept).map(|()| kept)
    });
    match task.await {
        Ok(Ok(kept)) => Ok(kept),
        Ok(Err(error)) if error.kind() == io::ErrorKind::StorageFull => Err(StoreError::Full.into()),
        Ok(Err(error)) => Err(StoreError::Database(Box::new(error)).into()),
        Err(_) => Err(ProblemType::Internal.into()),
    }
}

/// One parcel that is coming in.
pub(crate) struct Upload {
    kept: Option<Arriving>,
    size: u64,
    back: watch::Receiver<()>,
}

impl Upload {
    /// Ends when the sender has come back over another line.
    pub(crate) async fn is_left(&mut self) {
        // An error would mean that nobody can tell; then nobody does.
        if self.back.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Takes the next piece.
    pub(crate) async fn write(&mut self, piece: Bytes) -> Answer<()> {
        let kept = self.kept.as_mut().ok_or(ProblemType::Internal)?;
        if kept.arrived() + piece.len() as u64 > self.size {
            kept.forget();
            return Err(ProblemType::DigestMismatch.into());
        }
        kept.hash.update(&piece);
        kept.buffer.extend_from_slice(&piece);
        if kept.buffer.len() >= IN_MEMORY
            && self.size > IN_MEMORY as u64
            && let Some(kept) = self.kept.take()
        {
            self.kept = Some(blocking(kept, Arriving::flush).await?);
        }
        Ok(())
    }

    /// The parcel, if all of it is there and is what was offered.
    pub(crate) async fn finish(mut self, digest: Sha256Digest) -> Answer<Complete> {
        let mut kept = self.kept.take().ok_or(ProblemType::Internal)?;
        let found = Sha256Digest(kept.hash.clone().finalize().into());
        if kept.arrived() != self.size || found != digest {
            kept.forget();
            return Err(ProblemType::DigestMismatch.into());
        }
        if kept.file.is_some() {
            kept = blocking(kept, Arriving::flush).await?;
        }
        Ok(Complete(kept))
    }
}

/// A parcel that is here with the right digest. It is a part again, and can be handed in without its bytes, unless it is
/// [settled](Complete::settle).
pub(crate) struct Complete(Arriving);

impl Complete {
    /// For the store.
    pub(crate) fn contents(&self) -> Answer<Contents> {
        match &self.0.file {
            Some(file) => {
                let file = Arc::new(file.try_clone().map_err(|_| Refusal::from(ProblemType::Internal))?);
                Ok(Contents::File { file, size: self.0.written })
            }
            None => Ok(Contents::Memory(self.0.buffer.clone().freeze())),
        }
    }

    /// The store has answered: nothing of it is needed any more.
    pub(crate) fn settle(mut self) {
        self.0.forget();
    }
}

/// What is there of a parcel. Dropped, it is kept as a part if it is large.
struct Arriving {
    spool: Spool,
    key: Key,
    number: u64,
    room: u64,
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    /// Bytes not yet in the file.
    buffer: BytesMut,
    hash: Sha256,
    /// Dropped last, when the part can be found: whoever is back waits for it.
    _back: watch::Receiver<()>,
}

impl Arriving {
    fn arrived(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn hash_what_is_there(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.rewind()?;
        let mut piece = vec![0; IN_MEMORY];
        let mut left = self.written;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            let piece = piece.get_mut(..length).unwrap_or_default();
            file.read_exact(piece)?;
            self.hash.update(&*piece);
            left -= length as u64;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.spool.0.folder)?),
        };
        file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Nothing of it is to be kept.
    fn forget(&mut self) {
        self.file = None;
        self.written = 0;
        self.buffer.clear();
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let is_worth_it = self.room > 0 && self.arrived() > 0;
        let is_kept = is_worth_it && self.flush().is_ok();
        let spool = self.spool.clone();
        let mut state = spool.state();
        if is_kept && let Some(file) = self.file.take() {
            state.keep(Part { key: self.key, size: self.written, at: Instant::now(), file });
        }
        state.reserved -= self.room;
        state.coming.retain(|coming| coming.0 != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn parts_are_kept_within_limits_the_newest_first() {
        let keeping = Keeping { time: 2 * HOUR, office_parts: 2, office_bytes: 10, parts: 4, bytes: 25 };
        let [a, b, c] = ["1370000019", "1370000027", "0170000035"].map(|no| no.parse().unwrap());
        let now = Duration::ZERO;
        let stay = |parts: &[(OfficeNo, u64, Duration)]| {
            keeping.stay(parts).into_iter().map(|stays| if stays { '+' } else { '-' }).collect::<String>()
        };
        for (what, parts, expected) in [
            ("nothing", vec![], ""),
            ("within all limits", vec![(a, 5, now), (a, 5, HOUR)], "++"),
            ("too old", vec![(a, 1, now), (a, 1, 2 * HOUR)], "+-"),
            ("too many of one office", vec![(a, 1, now), (a, 1, now), (a, 1, now), (b, 1, now)], "++-+"),
            ("too much of one office", vec![(a, 9, now), (a, 2, now), (a, 1, now)], "+-+"),
            ("too many", vec![(a, 1, now), (a, 1, now), (b, 1, now), (b, 1, now), (c, 1, now)], "++++-"),
            ("too much", vec![(a, 10, now), (b, 10, now), (c, 6, now), (c, 5, now)], "++-+"),
        ] {
            assert_eq!(stay(&parts), expected, "{what}");
        }
    }

    fn offer(bytes: &[u8]) -> Offer {
        let at = "2026-04-01T00:00:00Z".parse().unwrap();
        let [from, to] = ["1370000019", "1370000027"].map(|no| no.parse().unwrap());
        Offer {
            id: ParcelId::new(at, [1; 10]),
            from,
            to,
            size: bytes.len() as u64,
            digest: Sha256Digest(Sha256::digest(bytes).into()),
            key_epoch: 1,
            expires_at: at,
            mailbox_bytes: u64::MAX,
            outstanding: crate::store::Usage { parcels: u64::MAX, bytes: u64::MAX },
        }
    }

    #[tokio::test]
    async fn what_was_cut_goes_on_and_is_a_parcel_only_when_it_is_right() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 0);
        let bytes = Bytes::from((0..1_000_000_u32).map(|n| (n % 251) as u8).collect::<Vec<_>>());
        let (offer, key) = (offer(&bytes), Key::of(&offer(&bytes)));
        assert_eq!(spool.arrived(key).await, 0);
        let mut upload = spool.begin(&offer, 0).await.ok().unwrap();
        for piece in 0..40 {
            upload.write(bytes.slice(piece * 10_000..(piece + 1) * 10_000)).await.ok().unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nobody else finds it");
        drop(upload);
        assert_eq!(spool.arrived(key).await, 400_000);
        assert!(spool.begin(&offer, 399_999).await.is_err(), "another offset");
        let mut upload = spool.begin(&offer, 400_000).await.ok().unwrap();
        assert!(spool.begin(&offer, 400_000).await.is_err(), "one goes on with it");
        upload.write(bytes.slice(400_000..)).await.ok().unwrap();
        let whole = upload.finish(offer.digest).await.ok().unwrap();
        let mut copy = Vec::new();
        whole.contents().ok().unwrap().copy_to(&mut copy).unwrap();
        assert_eq!(copy, bytes);
        drop(whole);
        assert_eq!(spool.arrived(key).await, 1_000_000, "the store has not answered");
        let whole =
            spool.begin(&offer, 1_000_000).await.ok().unwrap().finish(offer.digest).await.ok().unwrap();
        whole.settle();
        assert_eq!(spool.arrived(key).await, 0);
        assert_eq!(spool.state().reserved, 0);
    }

    #[tokio::test]
    async fn wrong_bytes_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 0);
        let bytes = Bytes::from(vec![1; 1_000_000]);
        let offer = offer(&bytes);
        for (wrong, what) in [(vec![2; 1_000_000], "others"), (vec![1; 999_999], "too few")] {
            let mut upload = spool.begin(&offer, 0).await.ok().unwrap();
            upload.write(wrong.into()).await.ok().unwrap();
            assert!(upload.finish(offer.digest).await.is_err(), "{what}");
            assert_eq!(spool.arrived(Key::of(&offer)).await, 0, "{what}");
        }
        let mut upload = spool.begin(&offer, 0).await.ok().unwrap();
        assert!(upload.write(vec![1; 1_000_001].into()).await.is_err(), "too many");
        drop(upload);
        assert_eq!(spool.arrived(Key::of(&offer)).await, 0);
    }

    #[tokio::test]
    async fn what_hangs_on_a_line_that_is_gone_is_let_go_when_its_sender_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 0);
        let bytes = Bytes::from(vec![1; 1_000_000]);
        let offer = offer(&bytes);
        let mut upload = spool.begin(&offer, 0).await.ok().unwrap();
        upload.write(bytes.slice(..300_000)).await.ok().unwrap();
        let hanging = tokio::spawn(async move { upload.is_left().await });
        assert_eq!(spool.arrived(Key::of(&offer)).await, 300_000);
        hanging.await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_takes_no_large_parcel_and_parts_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = Bytes::from(vec![1; 1_000_000]);
        let offer = offer(&bytes);
        let full = Spool::new(folder.path().to_owned(), u64::MAX / 2);
        full.state().parts.push(Part {
            key: Key::of(&offer),
            size: 1,
            at: Instant::now(),
            file: tempfile::tempfile().unwrap(),
        });
        assert!(full.begin(&offer, 0).await.is_err());
        assert!(full.state().parts.is_empty());
    }
}
