//! Puts what arrived into the import folder of the care software, for as long as it takes: the folder may be away.

use std::sync::Arc;

use super::duty::Duty;
use crate::error::OfficeError;
use crate::node::Node;
use crate::open_office::OpenOffice;

pub(super) async fn work_off(node: &Node, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let office = open.no();
    // Before the first time since the start nothing of ours is being written: what is half written, nobody will finish.
    if open.duties.status(Duty::Import).done_at.is_none() {
        node.run(move |node| node.sweep_import_folder(office)).await?;
    }
    let owed = node.run(move |node| node.imports_owed(office)).await?;
    let mut result = Ok(());
    for id in owed {
        let placed = node.run(move |node| {
            node.place_arrival(office, id)?;
            node.note_imported(id)
        });
        // One that cannot be put there does not hold up the others.
        result = result.and(placed.await);
    }
    result
}
