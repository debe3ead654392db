//! What handlers share. This is the ground: it names types of this crate and calls nothing of it.

use std::net::SocketAddr;
use std::sync::Arc;

use tasuki_office::node::Node;

use crate::entry::session::Sessions;
use crate::local::LocalAccess;

/// What handlers share.
pub(crate) struct Shared {
    pub(crate) node: Node,
    pub(crate) sessions: Sessions,
    pub(crate) local: LocalAccess,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Name of the session cookie: browsers do not tell the ports of one machine apart.
    pub(crate) cookie: String,
}

pub(crate) type App = Arc<Shared>;
