//! What must hold at a node whatever happened to it: `tasuki office check`.

use super::part::Upkeep;
use super::store::{kept_parcels, sends_without_files, unknown_states};
use crate::base::digest_of;
use crate::base::error::OfficeError;
use crate::base::record;

/// A promise that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub promise: &'static str,
    /// Where.
    pub subject: String,
}

impl Upkeep {
    /// Checks that every parcel that arrived or was sent is in the archive as it travelled, that nothing that waits
    /// to be sent has lost its files, and that the audit chain is unbroken.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn check(&self) -> Result<Vec<Violation>, OfficeError> {
        self.0.db().must_be_current()?;
        let mut found = Vec::new();
        let mut violate = |promise, subject: String| found.push(Violation { promise, subject });
        for kept in self.0.read(kept_parcels)? {
            let subject = kept.side.parcel().to_string();
            // One after another: an archive is larger than the memory.
            match self.0.archive().get(kept.office, &kept.side) {
                Ok(sealed) if digest_of(&sealed) == kept.digest => {}
                Ok(_) => violate("the archive holds every parcel as it travelled", subject),
                Err(_) => violate("the archive holds every parcel", subject),
            }
        }
        for id in self.0.read(sends_without_files)? {
            violate("what the receiver does not have yet has all its files", id.to_string());
        }
        for (id, state) in self.0.read(unknown_states)? {
            violate("every state is one of the table", format!("{id} {state}"));
        }
        if let Some(seq) = record::verify(&self.0)? {
            violate("the audit chain is unbroken", seq.to_string());
        }
        Ok(found)
    }
}
