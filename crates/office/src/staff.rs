//! The staff: who may use the node, with 個人ID and password.
//!
//! ```text
//! member.rs       what a member is, and why somebody is not let in. Model
//! password.rs     which passwords may be chosen. Pure
//! strangers.rs    names that do not exist take as long as real ones
//! store.rs        the table
//! accounts.rs     the part: making and changing accounts, logging in
//! ```

mod accounts;
mod member;
mod password;
pub(crate) mod store;
mod strangers;

pub use accounts::Accounts;
pub use member::{LoginError, Role, Staff, StaffError, StaffId};
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, is_acceptable};
