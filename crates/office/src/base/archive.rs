//! The archive: parcels as they travelled, sealed. What was sent and what was received lie apart, so that nobody who sends
//! something changes what was sent.
//!
//! ```text
//! OFFICE/sent/YYYYMM/ID.age
//! OFFICE/received/SENDER/YYYYMM/ID-DIGEST.age
//! OFFICE/YYYYMM/ID.age                        both, in earlier versions
//! ```

use std::io;
use std::path::{Path, PathBuf};

use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

use super::folder::{Folder, create_private, write_durably};

/// Sealed parcels on disk.
pub(crate) struct Archive(PathBuf);

/// A parcel that was received, as the relay's record names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    pub(crate) from: OfficeNo,
    pub(crate) parcel: ParcelId,
    pub(crate) digest: Sha256Digest,
}

/// A parcel by where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    /// The own copy of what was sent.
    Sent(ParcelId),
    /// What was received.
    Received(Received),
}

impl Side {
    pub(crate) fn parcel(&self) -> ParcelId {
        match self {
            Self::Sent(parcel) => *parcel,
            Self::Received(received) => received.parcel,
        }
    }
}

/// Where a parcel may lie below the archive's folder: now, and in earlier versions.
pub(crate) fn places(office: OfficeNo, side: &Side) -> [PathBuf; 2] {
    let archive = Archive(PathBuf::new());
    let now = match side {
        Side::Sent(parcel) => archive.sent_path(office, *parcel),
        Side::Received(received) => archive.received_path(office, received),
    };
    [now, archive.earlier_path(office, side.parcel())]
}

impl Archive {
    pub(crate) fn new(folder: &Folder) -> Self {
        Self(folder.archive())
    }

    /// Keeps what is going to be sent. It is durable when this returns. Sealed anew, for a newer key of the receiver, it
    /// takes the place of the one before.
    pub(crate) fn put_sent(&self, office: OfficeNo, parcel: ParcelId, sealed: &[u8]) -> io::Result<()> {
        keep(&self.sent_path(office, parcel), sealed)
    }

    /// The own copy of what was sent.
    pub(crate) fn sent(&self, office: OfficeNo, parcel: ParcelId) -> io::Result<Vec<u8>> {
        self.read(&self.sent_path(office, parcel), office, parcel)
    }

    /// Keeps what was received: durable when this returns. The digest in its name is of these bytes, so that no other
    /// parcel is ever in its place.
    pub(crate) fn put_received(
        &self,
        office: OfficeNo,
        received: &Received,
        sealed: &[u8],
    ) -> io::Result<()> {
        keep(&self.received_path(office, received), sealed)
    }

    /// What was received.
    pub(crate) fn received(&self, office: OfficeNo, received: &Received) -> io::Result<Vec<u8>> {
        self.read(&self.received_path(office, received), office, received.parcel)
    }

    /// A parcel of either side.
    pub(crate) fn get(&self, office: OfficeNo, side: &Side) -> io::Result<Vec<u8>> {
        match side {
            Side::Sent(parcel) => self.sent(office, *parcel),
            Side::Received(received) => self.received(office, received),
        }
    }

    fn read(&self, path: &Path, office: OfficeNo, parcel: ParcelId) -> io::Result<Vec<u8>> {
        match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::read(self.earlier_path(office, parcel))
            }
            result => result,
        }
    }

    fn earlier_path(&self, office: OfficeNo, parcel: ParcelId) -> PathBuf {
        self.0.join(office.as_str()).join(month(parcel)).join(format!("{parcel}.age"))
    }

    fn sent_path(&self, office: OfficeNo, parcel: ParcelId) -> PathBuf {
        let folder = self.0.join(office.as_str()).join("sent").join(month(parcel));
        folder.join(format!("{parcel}.age"))
    }

    fn received_path(&self, office: OfficeNo, received: &Received) -> PathBuf {
        let Received { from, parcel, digest } = received;
        let folder = self.0.join(office.as_str()).join("received").join(from.as_str()).join(month(*parcel));
        folder.join(format!("{parcel}-{}.age", &digest.to_string()[..16]))
    }
}

fn keep(path: &Path, sealed: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("the path has folders");
    if !folder.is_dir() {
        create_private(folder)?;
    }
    write_durably(path, sealed)
}

/// The month in which a number was made: no folder grows without bound.
fn month(parcel: ParcelId) -> String {
    let bytes = parcel.as_bytes();
    let millis = bytes[..6].iter().fold(0_i64, |sum, &byte| sum << 8 | i64::from(byte));
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    let date = jiff::tz::Offset::UTC.to_datetime(at).date();
    format!("{:04}{:02}", date.year(), date.month())
}
