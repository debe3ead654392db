//! Lists of the relay that are read with a cursor, and how far. Model.

use tasuki_protocol::mailbox::Life;

/// How far a list of the relay was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The life of the relay in which the number is true; `None` before the first time.
    pub(crate) life: Option<Life>,
    pub(crate) after: u64,
}

/// A list of the relay that is read with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelayList {
    /// What waits for this office.
    Inbox,
    /// What this office has acknowledged and the relay still holds.
    Kept,
    /// What this office sent.
    Sent,
}
