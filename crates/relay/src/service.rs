//! The HTTP service: who asks, what they may, and what they get.
//!
//! | module | what |
//! |---|---|
//! | `routes` | all routes, and the description of the API that is made from them |
//! | `caller` | certificate → office → session → right: the only way to an office |
//! | `refusal`, `finish` | problems, request numbers, what every answer carries |
//! | `body` | reading bodies and parameters within limits |
//! | `spool` | parcels on their way in, and what came of them when the line was cut |
//! | `limit` | rates and open requests of each office |
//! | `hub` | who waits for changes of which mailbox |
//! | `listen`, `door`, `tls`, `write_time`, `peer` | connections: accepted, counted, secured, ended, and who is there |
//! | the others | one resource each |

mod account;
mod body;
mod caller;
mod codes;
mod door;
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
mod peer;
mod receipts;
mod refusal;
mod routes;
mod serve_error;
mod sessions;
mod spool;
mod tend;
mod tls;
mod whole;
mod write_time;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tasuki_identity::authority::IssuingAuthority;
use tasuki_identity::chain::Trust;
use tokio::sync::{Mutex, Semaphore, watch};

use crate::clock::Clock;
use crate::config::Config;
use crate::folder::{Folder, FolderError};
use crate::password::Hasher;
use crate::store::{By, Store};
use codes::CodesTable;
use hub::Hub;
use keys::Heads;
use limit::Limits;
use metrics::Metrics;
use spool::Spool;

pub use listen::{Listening, raise_file_limit};
pub use routes::openapi;
pub use serve_error::ServeError;

/// Passwords that are hashed at the same time: each takes a processor, and 19 MiB that are kept.
const HASHERS: usize = 2;

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
    /// Turns at hashing passwords.
    hashing: Arc<Semaphore>,
    /// Those that are not at work, each with its memory.
    hashers: Arc<std::sync::Mutex<Vec<Hasher>>>,
    /// When the last list of revoked certificates was made, and the list.
    revocations: Mutex<Option<(Timestamp, Bytes)>>,
    spool: Spool,
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
        Ok(Self {
            issuing: folder.issuing()?,
            trust: folder.trust()?,
            root: folder.root_certificate()?,
            limits: Limits::new(&config),
            hub: Hub::default(),
            codes: CodesTable::default(),
            heads: Heads::default(),
            metrics: Metrics::new(),
            hashing: Arc::new(Semaphore::new(HASHERS)),
            hashers: Arc::default(),
            revocations: Mutex::default(),
            spool: Spool::new(folder.path().to_owned(), config.reserve_bytes),
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
