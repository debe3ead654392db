//! Names of the entries of the archive inside a parcel.

use std::collections::BTreeSet;

use crate::manifest::Manifest;
use crate::name::FileName;

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const CERTIFICATE: &str = "certificate.pem";

/// Zeros that hide the size of the rest.
pub(crate) const PADDING: &str = "padding";

/// Entries beside the files.
pub(crate) const OWN: usize = 4;

pub(crate) fn of_file(name: &FileName) -> String {
    format!("files/{name}")
}

/// All entries of a parcel with this manifest.
pub(crate) fn names(manifest: &Manifest) -> BTreeSet<String> {
    let files = manifest.files.iter().map(|file| of_file(&file.name));
    files.chain([MANIFEST, SIGNATURE, CERTIFICATE, PADDING].map(str::to_owned)).collect()
}
