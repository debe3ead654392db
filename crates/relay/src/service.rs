//! The HTTP service: who asks, what they may, and what they get.
//!
//! | module | what |
//! |---|---|
//! | `routes` | all routes, and the description of the API that is made from them |
//! | `caller` | certificate → office → session → right: the only way to an office |
//! | `refusal`, `finish` | problems, request numbers, what every answer carries |
//! | `body` | reading bodies and parameters within limits |
//! | `limit` | rates and open requests of each office |
//! | `hub` | who waits for changes of which mailbox |
//! | `listen`, `tls` | connections |
//! | the others | one resource each |

mod account;
mod body;
mod caller;
mod codes;
mod enrolments;
mod events;
mod finish;
mod health;
mod hub;
mod keys;
mod limit;
mod listen;
mod metrics;
mod offices;
mod parcels;
mod receipts;
mod refusal;
mod routes;
mod sessions;
mod tend;
mod tls;
mod whole;

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use tasuki_identity::authority::IssuingAuthority;
use tasuki_identity::chain::Trust;
use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use crate::config::Config;
use crate::folder::{Folder, FolderError};
use crate::store::{By, Store};
use codes::CodesTable;
use hub::Hub;
use keys::Heads;
use limit::Limits;
use metrics::Metrics;

pub use listen::{Listening, ServeError};
pub use routes::openapi;

/// Passwords that are hashed at the same time: each takes a processor and 19 MiB.
const HASHERS: usize = 2;

/// Contents in memory are counted in pieces of this size, in bytes.
const MEMORY_UNIT: u64 = 1024;

/// A relay that can be served.
pub struct Relay {
    store: Arc<dyn Store>,
    folder: Folder,
    config: Config,
    clock: Clock,
    issuing: IssuingAuthority,
    trust: Trust,
    root: CertificateDer<'static>,
    limits: Limits,
    hub: Hub,
    codes: CodesTable,
    heads: Heads,
    metrics: Metrics,
    hashers: Semaphore,
    upload_memory: Arc<Semaphore>,
    /// True once the relay is stopping.
    stopping: watch::Sender<bool>,
}

type App = Arc<Relay>;

impl Relay {
    /// A relay over a store, with the authority of a folder.
    ///
    /// # Errors
    /// When files of the folder are not there or damaged.
    pub fn new(
        store: Arc<dyn Store>,
        folder: Folder,
        config: Config,
        clock: Clock,
    ) -> Result<Self, FolderError> {
        let memory = usize::try_from(config.upload_memory_bytes / MEMORY_UNIT).unwrap_or(usize::MAX);
        Ok(Self {
            issuing: folder.issuing()?,
            trust: folder.trust()?,
            root: folder.root_certificate()?,
            limits: Limits::new(&config),
            hub: Hub::default(),
            codes: CodesTable::default(),
            heads: Heads::default(),
            metrics: Metrics::new(),
            hashers: Semaphore::new(HASHERS),
            upload_memory: Arc::new(Semaphore::new(memory.min(Semaphore::MAX_PERMITS))),
            stopping: watch::Sender::new(false),
            store,
            folder,
            config,
            clock,
        })
    }

    /// The relay itself as the one who acts.
    fn by_itself(&self) -> By {
        By { who: "relay".into(), address: String::new(), at: self.clock.now() }
    }
}
