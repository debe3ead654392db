//! Looking after a node.
//!
//! ```text
//! part.rs       the part `Upkeep`, and the record of who did what
//! check.rs      what must hold at a node whatever happened to it
//! store.rs      what the tables promise
//! origin.rs     whether this node was restored, or copied
//! backup.rs     backup, restore, and trying it
//! ```

pub mod backup;
pub mod check;
pub(crate) mod origin;
mod part;
mod store;

pub use crate::base::record::AuditEntry;
pub use part::Upkeep;
