//! The manifest: what is in a parcel, from whom, for whom. The signature is over its bytes.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{LogHead, OfficeNo, ParcelId, Sha256Digest};

use crate::limits::{CONTENTS_BYTES, FILES, MESSAGE_CHARS, STAFF_CHARS};
use crate::name::FileName;

/// Version of the format that this crate writes and reads.
pub const FORMAT: u32 = 2;

/// What a parcel holds. Its JSON has these members in this order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format: [`FORMAT`].
    pub format: u32,
    /// Number of the parcel, made by the sender.
    pub id: ParcelId,
    /// The office that sends.
    pub from: OfficeNo,
    /// The office that it is for.
    pub to: OfficeNo,
    /// Epoch of the receiver's key that it is sealed for.
    pub key_epoch: u32,
    /// Name of the person who sends.
    pub staff: String,
    /// Message to the receiver.
    pub message: String,
    /// When it was sealed, by the sender's clock.
    pub created_at: Timestamp,
    /// The newest head of the key log that the sender has seen; none when it follows none. The receiver holds it against
    /// its own log, so that both notice when the relay shows them different ones.
    #[serde(deserialize_with = "Option::deserialize")]
    pub log_head: Option<LogHead>,
    /// The files, in the order in which they were put in.
    pub files: Vec<FileEntry>,
}

/// A file of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name.
    pub name: FileName,
    /// What it is to the receiver.
    pub kind: FileKind,
    /// Media type, by the name's extension.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of its contents.
    pub sha256: Sha256Digest,
}

/// What a file is to the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A file of the care-plan data standard, for the care software.
    Standard,
    /// Anything else, for people.
    Attachment,
}

/// Why a manifest is not one of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No JSON, members missing or too many, or values that are none.
    #[error("the manifest cannot be read")]
    Malformed,
    /// Another version of the format.
    #[error("the parcel has format {found}; this program reads format {FORMAT}")]
    UnknownFormat {
        /// The version found.
        found: u32,
    },
    /// More files than a parcel may have.
    #[error("a parcel has at most {FILES} files")]
    TooManyFiles,
    /// The files together are larger than a parcel may be.
    #[error("the files of a parcel have at most {CONTENTS_BYTES} bytes together")]
    TooLarge,
    /// Two files whose names are the same, but for case.
    #[error("two files have the same name")]
    NameTwice,
    /// The staff name or the message is too long.
    #[error("the message or the name of the sender is too long")]
    TextTooLong,
}

impl Manifest {
    /// Reads a manifest and holds it against all limits.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, ManifestError> {
        /// The member that every version has.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(json).map_err(|_| ManifestError::Malformed)?;
        if format != FORMAT {
            return Err(ManifestError::UnknownFormat { found: format });
        }
        let manifest: Self = serde_json::from_slice(json).map_err(|_| ManifestError::Malformed)?;
        manifest.check()?;
        Ok(manifest)
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("all keys are texts and all values have a JSON form")
    }

    /// All limits but that of the manifest's own size.
    pub(crate) fn check(&self) -> Result<(), ManifestError> {
        if self.staff.chars().count() > STAFF_CHARS || self.message.chars().count() > MESSAGE_CHARS {
            return Err(ManifestError::TextTooLong);
        }
        if self.files.len() > FILES {
            return Err(ManifestError::TooManyFiles);
        }
        if self.size().is_none_or(|size| size > CONTENTS_BYTES) {
            return Err(ManifestError::TooLarge);
        }
        let names: BTreeSet<_> = self.files.iter().map(|file| file.name.folded()).collect();
        if names.len() == self.files.len() { Ok(()) } else { Err(ManifestError::NameTwice) }
    }

    /// Bytes of all files together.
    fn size(&self) -> Option<u64> {
        self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size))
    }
}

impl fmt::Debug for Manifest {
    /// Without the message and names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, from, to, files, .. } = self;
        write!(f, "Manifest({id} from {from} to {to}, {} files)", files.len())
    }
}
