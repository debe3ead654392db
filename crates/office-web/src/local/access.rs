//! The address and the token by which programs of this machine reach the node.

use std::io;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use tasuki_office::folder::write_durably;
use tasuki_office::node::Node;

use crate::entry::session::random;

/// How programs of this machine reach the node.
#[derive(Clone, Serialize, Deserialize)]
pub struct LocalAccess {
    /// The address, such as `http://127.0.0.1:8600`.
    pub url: String,
    /// The token, to be sent as `Authorization: Bearer …`.
    pub token: String,
}

impl LocalAccess {
    /// Makes a token and puts it into the node's folder.
    pub(crate) fn create(node: &Node, address: SocketAddr) -> io::Result<Self> {
        let token = random().ok_or_else(|| io::Error::other("no random numbers"))?;
        let access = Self { url: format!("http://{address}"), token };
        write_durably(&node.folder().local(), &serde_json::to_vec(&access)?)?;
        Ok(access)
    }

    /// Takes it away: nobody is listening any more.
    pub(crate) fn remove(node: &Node) {
        if let Err(error) = std::fs::remove_file(node.folder().local()) {
            tracing::info!(error = %error, "the access for local programs stays");
        }
    }
}
