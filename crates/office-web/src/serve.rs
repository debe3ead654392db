//! Listening on this machine.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tasuki_office::node::Node;
use tokio::net::TcpListener;

use crate::entry::session::Sessions;
use crate::local::LocalAccess;
use crate::routes::router;
use crate::state::{App, Shared};

/// The pages of a node, ready to be served.
pub struct Web {
    listener: TcpListener,
    router: Router,
    shared: App,
}

impl Web {
    /// Listens. Only addresses of this machine are sensible: there is no TLS here.
    ///
    /// # Errors
    /// When the address is in use, or the access for local programs cannot be written.
    pub async fn listen(node: Node, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let local = LocalAccess::create(&node, address)?;
        let cookie = format!("tasuki-{}", address.port());
        let shared = Arc::new(Shared { node, sessions: Sessions::default(), local, address, cookie });
        Ok(Self { listener, router: router(Arc::clone(&shared)), shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The address for the browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.shared.address)
    }

    /// Serves until `stop`, and lets requests that are under way end.
    ///
    /// # Errors
    /// When connections can no longer be accepted.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self { listener, router, shared } = self;
        let ended = Arc::clone(&shared);
        let stop = async move {
            stop.await;
            // Open event streams would hold the end up.
            ended.sessions.stop();
        };
        let result = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        LocalAccess::remove(&shared.node);
        result
    }
}
