//! The part: what the modules beside this one do.

use crate::base::Base;
use crate::base::error::OfficeError;
use crate::base::record::{self, AuditEntry};

/// Looking after the node: backups, the promises that must hold, the record of who did what.
#[derive(Clone)]
pub struct Upkeep(pub(super) Base);

impl Upkeep {
    pub(crate) fn new(base: &Base) -> Self {
        Self(base.clone())
    }

    /// The newest entries of the record before a number, the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, OfficeError> {
        self.0.read(|db| record::read(db, before, limit))
    }

    /// The number of the first entry of the record whose hash is wrong, if one is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verify_audit(&self) -> Result<Option<i64>, OfficeError> {
        record::verify(&self.0)
    }
}
