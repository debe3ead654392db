//! Other offices: what the directory says of them, and the key last seen of each.
//!
//! ```text
//! partner.rs      an office as this node knows it. Model
//! pin.rs          which statement of a key is believed. Pure
//! store.rs        the table
//! directory.rs    the part: asking, searching, keeping
//! ```

mod directory;
mod partner;
mod pin;
pub(crate) mod store;

pub use directory::Directory;
pub use partner::{Partner, PartnerKeys};
