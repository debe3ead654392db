//! A relay in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tasuki_client::RelayAddress;
use tasuki_relay::clock::Clock;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator;
use tasuki_relay::service::Relay;
use tasuki_relay::store::sqlite::SqliteStore;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A relay that serves until it is stopped or dropped.
pub struct LocalRelay {
    folder: Folder,
    store: Arc<SqliteStore>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    done: JoinHandle<()>,
}

impl LocalRelay {
    /// Serves a relay's folder that was made before.
    ///
    /// # Errors
    /// When the store cannot be opened, the keys not be read, or nobody can listen at that address.
    pub async fn serve(folder: Folder, config: Config) -> anyhow::Result<Self> {
        let store = operator::open_store(&folder, config.reserve_bytes)?;
        let relay = Relay::new(Arc::clone(&store) as _, folder.clone(), config, Clock::system())?;
        let listening = relay.listen().await.context("連携基盤の接続を待てません")?;
        let address = listening.address()?;
        let (stop, stopped) = oneshot::channel();
        // Whoever drops the sender wants the end as well.
        let done = tokio::spawn(listening.serve(async { drop(stopped.await) }));
        Ok(Self { folder, store, address, stop: Some(stop), done })
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Its store.
    pub fn store(&self) -> &Arc<SqliteStore> {
        &self.store
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as offices enter it.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.address.port())
    }

    /// The root that offices trust, in PEM.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn root_pem(&self) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.folder.root())?)
    }

    /// The way of a client to it.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub fn way(&self) -> anyhow::Result<RelayAddress> {
        Ok(RelayAddress::new(&self.url(), &self.root_pem()?)?)
    }

    /// Ends it in order: requests under way are answered.
    pub async fn stop(&mut self) {
        if self.stop.take().is_some() {
            // A panic in it has been printed already.
            drop((&mut self.done).await);
        }
    }
}
