//! An office as this node knows it. Model.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_protocol::directory::Office;
use tasuki_terms::OfficeNo;

use crate::files::Standing;

/// An office as this node knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Its number.
    pub no: OfficeNo,
    /// What the directory said; `None` when it knows no such office.
    pub found: Option<Office>,
    /// When that was.
    pub seen_at: Timestamp,
    /// When its key changed, if it did since it was first seen.
    pub key_changed_at: Option<Timestamp>,
    /// The change that a person has confirmed last.
    #[serde(default)]
    pub key_confirmed_at: Option<Timestamp>,
}

impl Partner {
    /// Its name; empty when it is unknown.
    pub fn name(&self) -> &str {
        self.found.as_ref().map_or("", |office| &office.name)
    }

    /// Whether its key has changed and nobody has confirmed yet, by asking the office, that this was itself.
    pub fn has_unconfirmed_key(&self) -> bool {
        self.key_changed_at.is_some_and(|changed| self.key_confirmed_at < Some(changed))
    }

    /// How it stands to being sent to.
    pub fn standing(&self) -> Standing {
        Standing::of(self.found.as_ref().map(|office| office.participation), self.has_unconfirmed_key())
    }
}

/// The keys of a partner, for a person to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerKeys {
    /// The one that is used now; empty when none is known.
    pub now: String,
    /// The one that was trusted before the change that is not confirmed yet, or before the last one; empty when it has
    /// never changed.
    pub before: String,
}

/// The statement of a partner's key that is believed, and its epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pinned {
    pub(super) statement: Option<String>,
    pub(super) epoch: i64,
}
