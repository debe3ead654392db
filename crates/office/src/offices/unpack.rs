//! Opening a parcel with the keys of an office: verified first, and its files after.

use std::io::Cursor;

use tasuki_identity::chain::OfficeCertificate;
use tasuki_parcel::manifest::Manifest;
use tasuki_parcel::open::{Expected, OpenError, VerifiedAt, open};

use super::keys::OpenOffice;
use crate::files::Dropped;

/// A parcel that was opened: what the sender signed, and the files.
pub struct Opened {
    /// What the sender signed.
    pub manifest: Manifest,
    /// The sender's certificate.
    pub signer: OfficeCertificate,
    /// The files, in the order of the manifest.
    pub files: Vec<Dropped>,
}

/// Opens a parcel.
pub(crate) fn unpack(
    open_office: &OpenOffice,
    sealed: Vec<u8>,
    at: VerifiedAt,
    expected: Expected,
) -> Result<Opened, OpenError> {
    let keys = &open_office.secrets.office_keys;
    let mut parcel = open(Cursor::new(sealed), keys, &open_office.trust, at, Some(expected))?;
    parcel.check_epoch(&open_office.statement)?;
    let (manifest, signer) = (parcel.manifest().clone(), parcel.signer().clone());
    let mut files = Vec::new();
    for (index, entry) in manifest.files.iter().enumerate() {
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
        parcel.copy_file(index, &mut bytes)?;
        files.push(Dropped { name: entry.name.to_string(), bytes });
    }
    Ok(Opened { manifest, signer, files })
}
