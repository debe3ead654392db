//! Puts what arrived into the import folder of the care software, for as long as it takes: the folder may be away.

use std::sync::Arc;

use super::Link;
use crate::base::duty::Duty;
use crate::base::error::OfficeError;
use crate::offices::OpenOffice;

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    // Before the first time since the start nothing of ours is being written: what is half written, nobody will finish.
    if open.duties.status(Duty::Import).done_at.is_none() {
        link.run(move |link| link.inbox.sweep_import_folder(office)).await?;
    }
    let owed = link.run(move |link| link.inbox.imports_owed(office)).await?;
    let mut result = Ok(());
    for id in owed {
        let placed = link.run(move |link| {
            link.inbox.place(office, id)?;
            link.inbox.note_imported(id)
        });
        // One that cannot be put there does not hold up the others.
        result = result.and(placed.await);
    }
    result
}
