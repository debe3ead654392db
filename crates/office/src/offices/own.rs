//! An office of this node. Model.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{KjId, OfficeNo};

/// An office of this node.
#[derive(Debug, Clone)]
pub struct OwnOffice {
    /// Its number.
    pub no: OfficeNo,
    /// Its name.
    pub name: String,
    /// Its account at the relay.
    pub kj_id: KjId,
    /// The relay's address.
    pub relay: String,
    /// When its certificate ends.
    pub certificate_until: Timestamp,
    /// SHA-256 of its certificate, as the operator's lists show it.
    pub fingerprint: String,
    /// The key that parcels for it are sealed for.
    pub key: String,
    /// Its folders for the care software.
    pub folders: Folders,
}

/// Folders that an office shares with its care software.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Folders {
    /// Where the care software puts its exports; empty for none.
    pub export: String,
    /// Where received files are put; empty for none.
    pub import: String,
    /// Complete exports without findings are sent without a person.
    pub send_by_itself: bool,
    /// Received files are put into the import folder without a person.
    pub import_by_itself: bool,
}
