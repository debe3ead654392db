//! What arrived: kept sealed, listed, opened for people and put into the care software's folder.
//!
//! ```text
//! arrival.rs      an arrival. Model
//! state.rs        its states, and which receipt is owed. Pure
//! store.rs        the tables
//! inbox.rs        the part `Inbox`: lists, opening, marking
//! keep.rs         what was just fetched: verified, judged, durable
//! mailbox.rs      how far the mailbox was read · acknowledge.rs  receipts that are owed
//! import.rs       the import folder of the care software
//! ```

mod acknowledge;
mod arrival;
mod import;
mod inbox;
mod keep;
mod mailbox;
mod state;
mod store;

pub(crate) use acknowledge::Owed;
pub use arrival::{Arrival, ArrivalFilter, ArrivalId, ArrivedContents, HeldUp};
pub use import::Placed;
pub use inbox::Inbox;
pub(crate) use keep::Kept;
pub use state::ArrivalState;

pub use crate::offices::Opened;
