//! Names of the entries of the archive inside a parcel.

use crate::name::FileName;

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const CERTIFICATE: &str = "certificate.pem";

/// Entries beside the files.
pub(crate) const OWN: usize = 3;

pub(crate) fn of_file(name: &FileName) -> String {
    format!("files/{name}")
}
