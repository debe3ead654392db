//! The archive: parcels as they travelled, sealed.

use std::io;
use std::path::PathBuf;

use tasuki_terms::{OfficeNo, ParcelId};

use crate::folder::{Folder, create_private, write_durably};

/// Sealed parcels on disk, by office, month of their number, and number.
pub(crate) struct Archive(PathBuf);

impl Archive {
    pub(crate) fn new(folder: &Folder) -> Self {
        Self(folder.archive())
    }

    /// Keeps a parcel. It is durable when this returns; the same number again takes its place.
    pub(crate) fn put(&self, office: OfficeNo, parcel: ParcelId, sealed: &[u8]) -> io::Result<()> {
        let path = self.path(office, parcel);
        let folder = path.parent().expect("the path has folders");
        if !folder.is_dir() {
            create_private(folder)?;
        }
        write_durably(&path, sealed)
    }

    pub(crate) fn get(&self, office: OfficeNo, parcel: ParcelId) -> io::Result<Vec<u8>> {
        std::fs::read(self.path(office, parcel))
    }

    /// The folder of the month in which the number was made: no folder grows without bound.
    fn path(&self, office: OfficeNo, parcel: ParcelId) -> PathBuf {
        let bytes = parcel.as_bytes();
        let millis = bytes[..6].iter().fold(0_i64, |sum, &byte| sum << 8 | i64::from(byte));
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
        let date = jiff::tz::Offset::UTC.to_datetime(at).date();
        let month = format!("{:04}{:02}", date.year(), date.month());
        self.0.join(office.as_str()).join(month).join(format!("{parcel}.age"))
    }
}
