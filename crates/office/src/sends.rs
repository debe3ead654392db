//! Sends: put together by a person, queued, and followed to their end. One row for the whole life.
//!
//! ```text
//! send.rs       a send. Model
//! state.rs      its life as a table · retry.rs  what becomes of a try. Pure
//! store.rs      the tables; nothing else writes `send.state`
//! reading.rs    the part `Sends`: one send, lists, files
//! drafts.rs     the part `Drafts`: files taken in, messages, receivers
//! outbox.rs     the part `Outbox`: confirming, taking back · tries.rs  what the link notes of it
//! ```

mod drafts;
mod outbox;
mod reading;
pub(crate) mod retry;
mod send;
mod state;
mod store;
pub(crate) mod tries;

pub use drafts::{Drafts, Submission};
pub use outbox::{BATCH_OFFICES, Outbox};
pub use reading::Sends;
pub use send::{Counts, Landed, Letter, Send, SendFilter, SendId, Tray};
pub use state::{Event, SendState};
