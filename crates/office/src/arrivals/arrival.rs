//! An arrival, and what lists of arrivals show. Model.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use super::state::ArrivalState;

/// Number of an arrival at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrivalId(pub i64);

/// What is inside an arrival, as the list shows it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ArrivedContents {
    /// What it holds, in words of the field.
    pub contents: Vec<String>,
    /// Names of the files.
    pub names: Vec<String>,
    /// Why it was refused.
    #[serde(default)]
    pub refusal: String,
}

/// An arrival.
#[derive(Clone)]
pub struct Arrival {
    /// Number.
    pub id: ArrivalId,
    /// The receiving office.
    pub office: OfficeNo,
    /// Number of the parcel.
    pub parcel: ParcelId,
    /// Who sent it.
    pub sender: OfficeNo,
    /// Its name, as the directory said.
    pub sender_name: String,
    /// State.
    pub state: ArrivalState,
    /// What is inside.
    pub inside: ArrivedContents,
    /// Months that it is about.
    pub months: Vec<ServiceMonth>,
    /// Bytes, sealed.
    pub size: u64,
    /// When the relay had it.
    pub accepted_at: Timestamp,
    /// When this node had it.
    pub received_at: Timestamp,
    /// Digest of the sealed bytes, as the relay told it.
    pub digest: Sha256Digest,
    /// Its files are still to be put into the import folder by themselves.
    pub is_import_owed: bool,
}

/// What a list of arrivals shows.
#[derive(Debug, Clone, Default)]
pub struct ArrivalFilter {
    /// Only this state.
    pub state: Option<ArrivalState>,
    /// Only from this office.
    pub sender: Option<OfficeNo>,
    /// Only about this month.
    pub month: Option<ServiceMonth>,
    /// Only older than this place of the list.
    pub before: Option<(i64, i64)>,
}

impl Arrival {
    /// Its place in lists.
    pub fn place(&self) -> (i64, i64) {
        (self.received_at.as_millisecond(), self.id.0)
    }
}

/// What holds something up that should happen by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HeldUp {
    /// Parcels in the mailbox that could not be fetched yet.
    pub delayed: i64,
    /// Arrivals whose files are not in the import folder yet.
    pub to_import: i64,
}
