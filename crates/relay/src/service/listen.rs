//! Connections: accepted, handed to TLS and HTTP within time, and ended gracefully.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tasuki_protocol::limits::{HANDSHAKE_TIME, HEAD_BYTES, HEAD_TIME, IDLE_TIME, STRANGER_TIME, WRITE_TIME};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::door::{Door, Entry};
use super::peer::Peer;
use super::serve_error::ServeError;
use super::tls::{self, Shown};
use super::write_time::WriteTime;
use super::{App, Relay, routes, tend};
use crate::store::sqlite::lock_of;

/// Fields in the head of a request, at most.
const HEAD_FIELDS: usize = 64;

/// How long open requests may go on after the relay was told to stop.
const STOPPING_TIME: Duration = Duration::from_secs(20);

/// How long to wait after accepting failed: too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection is silent before its other end is asked whether it is there, how often it is asked, and how
/// many times in vain.
const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_TRIES: u32 = 4;

/// How long a chore that has ended waits until it begins anew.
const CHORE_PAUSE: Duration = Duration::from_secs(5);

/// How often the relay looks whether its own certificate ends soon.
const RENEWAL_CHECK: Duration = Duration::from_hours(6);

/// A relay that listens, but does not answer yet.
pub struct Listening {
    relay: App,
    offices: TcpListener,
    operator: Option<TcpListener>,
    tls: TlsAcceptor,
    shown: Arc<Shown>,
    /// Held while the relay serves: there is one for one folder.
    lock: std::fs::File,
}

impl Relay {
    /// Begins to listen.
    ///
    /// # Errors
    /// When an address is taken, or TLS cannot be set up.
    pub async fn listen(self) -> Result<Listening, ServeError> {
        let lock = lock_of(&self.folder.store()).map_err(ServeError::Lock)?;
        lock.try_lock().map_err(|error| ServeError::Lock(error.into()))?;
        let identity = self.folder.server(&self.issuing, &self.config.hosts, self.clock.now())?;
        let shown = Arc::new(Shown::new(&identity)?);
        let tls = TlsAcceptor::from(Arc::new(tls::config(&self, Arc::clone(&shown))?));
        let offices = bind(self.config.listen).await?;
        let operator = match self.config.operator_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Listening { relay: Arc::new(self), offices, operator, tls, shown, lock })
    }

    /// A certificate before the old one ends.
    fn renew_own_certificate(&self, shown: &Shown) -> Result<(), ServeError> {
        let identity = self.folder.server(&self.issuing, &self.config.hosts, self.clock.now())?;
        shown.exchange(&identity)
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

impl Listening {
    /// Where offices connect.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.offices.local_addr()
    }

    /// Where the operator's numbers are.
    pub fn operator_address(&self) -> Option<SocketAddr> {
        self.operator.as_ref()?.local_addr().ok()
    }

    /// Serves until `stop` is done; then open requests are answered, and what was taken in is durable.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { relay, offices, operator, tls, shown, lock: _lock } = self;
        let mut chores = JoinSet::new();
        chores.spawn({
            let relay = Arc::clone(&relay);
            again_and_again("pass changes on", move || {
                let relay = Arc::clone(&relay);
                async move { relay.hub.pass_on(relay.store.changes()).await }
            })
        });
        chores.spawn({
            let relay = Arc::clone(&relay);
            again_and_again("tend", move || tend::tend_for_ever(Arc::clone(&relay)))
        });
        chores.spawn({
            let relay = Arc::clone(&relay);
            let keep = move || keep_certificate(Arc::clone(&relay), Arc::clone(&shown));
            again_and_again("renew the certificate", keep)
        });
        if let Some(operator) = operator {
            let service = routes::operator(Arc::clone(&relay));
            chores.spawn(async move { drop(axum::serve(operator, service).await) });
        }
        let connections = Connections {
            service: routes::offices(Arc::clone(&relay)),
            graceful: GracefulShutdown::new(),
            door: Door::new(&relay.config),
            relay: Arc::clone(&relay),
            tls,
        };
        tokio::select! {
            () = stop => {}
            () = connections.accept_for_ever(&offices) => {}
        }
        drop(offices);
        relay.stopping.send_replace(true);
        tracing::info!("stopping");
        if timeout(STOPPING_TIME, connections.graceful.shutdown()).await.is_err() {
            tracing::warn!("open requests were cut off");
        }
        chores.shutdown().await;
    }
}

/// Does something that should never end, also after it has panicked.
async fn again_and_again<F: Future<Output = ()>>(what: &'static str, chore: impl Fn() -> F) {
    loop {
        let ended = AssertUnwindSafe(chore()).catch_unwind().await;
        tracing::error!(what, panicked = ended.is_err(), "a chore has ended and begins anew");
        sleep(CHORE_PAUSE).await;
    }
}

async fn keep_certificate(relay: App, shown: Arc<Shown>) {
    loop {
        sleep(RENEWAL_CHECK).await;
        if let Err(error) = relay.renew_own_certificate(&shown) {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the relay's certificate cannot be renewed");
        }
    }
}

struct Connections {
    relay: App,
    service: Router,
    tls: TlsAcceptor,
    graceful: GracefulShutdown,
    door: Door,
}

impl Connections {
    async fn accept_for_ever(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, address)) => match self.door.knock(address.ip().into()) {
                    Some(entry) => drop(tokio::spawn(self.connection(stream, address, entry))),
                    None => drop(self.relay.metrics.turned_away.inc()),
                },
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// One connection from its handshake to its end. What goes wrong is the other side's matter.
    fn connection(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        entry: Entry,
    ) -> impl Future<Output = ()> + use<> {
        let (relay, tls, service) = (Arc::clone(&self.relay), self.tls.clone(), self.service.clone());
        let watcher = self.graceful.watcher();
        async move {
            set_up(&stream);
            let stream = WriteTime::new(stream, WRITE_TIME);
            let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME, tls.accept(stream)).await else { return };
            let Some(peer) = relay.peer(address, stream.get_ref().1) else { return };
            let has_certificate = peer.certificate.is_some();
            let Some(_entry) = entry.come_in(has_certificate) else {
                relay.metrics.turned_away.inc();
                return;
            };
            relay.metrics.connections.inc();
            let connection = watcher.watch(http(stream, service, peer));
            if has_certificate {
                drop(connection.await);
            } else {
                drop(timeout(STRANGER_TIME, connection).await);
            }
            relay.metrics.connections.dec();
        }
    }
}

/// Makes a connection answer at once, and notice that its other end is gone.
fn set_up(stream: &TcpStream) {
    // Without these it is slower and lasts longer; nothing else.
    drop(stream.set_nodelay(true));
    if let Err(error) = keep_alive(stream) {
        tracing::debug!(%error, "a connection is not watched while it is silent");
    }
}

fn keep_alive(stream: &TcpStream) -> rustix::io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_TRIES)
}

/// Lets this process open as many files as the system allows it: every connection is one. Says how many.
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: found.maximum, ..found }) {
        Ok(()) => found.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            found.current
        }
    }
}

fn http<S>(
    stream: S,
    service: Router,
    peer: Peer,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // The time runs while a connection is idle, too.
    let head_time = if peer.certificate.is_some() { IDLE_TIME } else { HEAD_TIME };
    let answer = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        service.clone().oneshot(request.map(Body::new))
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS)
        .serve_connection(TokioIo::new(stream), answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_chore_that_panics_or_ends_begins_anew() {
        let (done, mut times) = tokio::sync::mpsc::unbounded_channel();
        let chore = move || {
            let done = done.clone();
            async move {
                done.send(()).unwrap();
                assert!(done.is_closed(), "tried");
            }
        };
        let doing = tokio::spawn(again_and_again("try", chore));
        for _ in 0..3 {
            times.recv().await.unwrap();
        }
        doing.abort();
    }
}
