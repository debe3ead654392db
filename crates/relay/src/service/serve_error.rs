//! Why a relay does not begin to serve.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::folder::FolderError;

/// The relay cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another relay serves this folder, or its lock cannot be had.
    #[error("another relay serves this folder")]
    Lock(#[source] std::io::Error),
    /// A certificate or key of the relay does not work with TLS.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// A file with a trusted authority cannot be read.
    #[error("{0} holds no certificates of an authority")]
    Authority(PathBuf),
    /// Client certificates cannot be verified.
    #[error("client certificates cannot be verified")]
    Verifier(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The relay's own certificate cannot be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
}
