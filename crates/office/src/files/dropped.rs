//! Files as they are dropped, received or exported, and for whom they are. Pure.

use tasuki_parcel::attachment::{Candidate, HEAD_BYTES, judge};
use tasuki_standard::FileName;
use tasuki_terms::OfficeNo;

use crate::base::digest::digest_of;

/// A file as it was dropped.
#[derive(Clone)]
pub struct Dropped {
    /// Its name without folders.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Where a file is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A file of the standard, for this office.
    Office(OfficeNo),
    /// A file of the standard whose name does not say for whom, or any other file.
    Unknown,
}

impl Destination {
    /// The office, where it is known.
    pub fn office(self) -> Option<OfficeNo> {
        match self {
            Self::Office(no) => Some(no),
            Self::Unknown => None,
        }
    }
}

/// Where a dropped file is for.
pub fn destination(name: &str) -> Destination {
    name.parse::<FileName>().map_or(Destination::Unknown, |name| Destination::Office(name.receiver))
}

pub(super) fn candidate(file: &Dropped) -> Candidate<'_> {
    let head = &file.bytes[..file.bytes.len().min(HEAD_BYTES)];
    Candidate { name: &file.name, size: file.bytes.len() as u64, head, digest: digest_of(&file.bytes) }
}

/// Whether files received or sent under these names and contents are of the kinds that may be exchanged.
pub fn is_exchangeable(files: &[Dropped]) -> bool {
    let candidates: Vec<_> = files.iter().map(candidate).collect();
    judge(&candidates).is_good()
}
