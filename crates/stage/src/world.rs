//! A relay and offices for tests: what fails ends the test.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tasuki_identity::statement::KeyStatement;
use tasuki_office::arrivals::{Arrival, ArrivalFilter};
use tasuki_office::files::Dropped;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::Enrolment;
use tasuki_office::sends::{Landed, Send, SendId, Tray};
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder as RelayFolder;
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_relay::store::Offices as _;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};
use tempfile::TempDir;

use crate::bare::{self, BareOffice, seal_file};
use crate::enrolling::{Person, enrol_and_close, enrolment};
use crate::registry::{record, register};
use crate::relay::LocalRelay;

/// An office that plans care.
pub const CARE: &str = "1370000019";
/// An office that visits at home.
pub const VISITS: &str = "1370000027";
/// An office for the day.
pub const DAY: &str = "1370000035";

/// The password of every person and office here.
pub const PASSWORD: &str = "kaze-to-tsuki 31 yama";

/// Who works at each office.
const HANAKO: Person<'_> = Person { login: "hanako", name: "見本 花子", password: PASSWORD };

/// How often, and at most how many times, a test looks whether something has come: two minutes, for a machine that does
/// much else besides.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2400;

/// The number of an office.
pub fn no(text: &str) -> OfficeNo {
    text.parse().unwrap()
}

/// A new number for a parcel.
pub fn new_id() -> ParcelId {
    bare::new_id().unwrap()
}

/// A relay below a temporary folder, with what takes part.
pub struct World {
    /// Where the folders of relay and nodes are; a node's is called like its office.
    pub temporary: TempDir,
    relay: LocalRelay,
}

impl World {
    /// A relay without offices.
    pub async fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        let folder = RelayFolder::new(temporary.path().join("relay"));
        let config = config(SocketAddr::from(([127, 0, 0, 1], 0)));
        folder.create("Tasuki", &config, Timestamp::now()).unwrap();
        let relay = LocalRelay::serve(folder, config).await.unwrap();
        Self { temporary, relay }
    }

    /// The relay goes away.
    pub async fn stop_relay(&mut self) {
        self.relay.stop().await;
    }

    /// The relay comes back at its address, with what its folder has.
    pub async fn start_relay(&mut self) {
        let config = config(self.relay.address());
        self.relay = LocalRelay::serve(self.relay_folder(), config).await.unwrap();
    }

    /// The relay's folder.
    pub fn relay_folder(&self) -> RelayFolder {
        self.relay.folder().clone()
    }

    /// The relay's store.
    pub fn store(&self) -> &Arc<SqliteStore> {
        self.relay.store()
    }

    /// The relay's address as offices enter it.
    pub fn url(&self) -> String {
        self.relay.url()
    }

    /// Where the relay listens.
    pub fn relay_address(&self) -> SocketAddr {
        self.relay.address()
    }

    /// Puts an office into the directory, and gives what it needs to enrol.
    pub async fn register(&self, office: &str) -> NewCredentials {
        let record = record(no(office), format!("事業所{office}"));
        register(&**self.store(), record).await.unwrap()
    }

    /// The operator suspends an office.
    pub async fn suspend(&self, office: &str) {
        let by = operator::by_operator(Timestamp::now());
        assert!(self.store().set_suspended(no(office), true, by).await.unwrap());
    }

    /// What a person enters to begin.
    pub fn enrolment(&self, credentials: &NewCredentials) -> Enrolment {
        let root_pem = self.relay.root_pem().unwrap();
        enrolment(self.url(), root_pem, credentials, PASSWORD, HANAKO.login)
    }

    /// A node of an office, ready for work.
    pub async fn node(&self, office: &str) -> Node {
        let node = self.empty_node(office);
        node.staff.add_first(HANAKO.login, HANAKO.name, HANAKO.password).unwrap();
        let credentials = self.register(office).await;
        node.offices.enrol(self.enrolment(&credentials)).await.unwrap();
        node
    }

    /// An office that takes part without a node: its keys are in the hands of the test.
    pub async fn participant(&self, office: &str) -> BareOffice {
        let credentials = self.register(office).await;
        BareOffice::enrol(&self.relay.way().unwrap(), &credentials, PASSWORD).await.unwrap()
    }

    /// The key of an office, as the directory tells a participant.
    pub async fn key_of(&self, office: &str, asking: &BareOffice) -> KeyStatement {
        asking.key_of(no(office), &self.relay.root_pem().unwrap()).await.unwrap()
    }

    /// A participant seals a small file for an office whose present key the directory tells, and hands it in. Gives what
    /// it handed in.
    pub async fn send_from(&self, from: &BareOffice, to: &str, id: ParcelId, serial: u32) -> Sha256Digest {
        let receiver = self.key_of(to, from).await;
        let file = deletion(from.no.as_str(), to, serial);
        let sealed = seal_file(from.sender(), id, (&file.name, &file.bytes), &receiver).unwrap();
        from.hand_in(no(to), id, receiver.epoch, sealed.into()).await.unwrap().digest
    }

    /// An office that takes part, and whose node is switched off.
    pub async fn enrolled_and_off(&self, office: &str) {
        self.enrolled_and_off_after(office, |_| {}).await;
    }

    /// The same, after something was done with it.
    pub async fn enrolled_and_off_after(
        &self,
        office: &str,
        then: impl FnOnce(&Node) + std::marker::Send + 'static,
    ) {
        let credentials = self.register(office).await;
        let (dir, enrolment) = (self.temporary.path().join(office), self.enrolment(&credentials));
        let then = |node: &Node| {
            then(node);
            Ok(())
        };
        enrol_and_close(&dir, HANAKO, enrolment, then).await.unwrap();
    }

    /// The node of an office is switched on again.
    pub async fn switched_on(&self, office: &str) -> Node {
        let node = self.empty_node(office);
        node.staff.log_in(HANAKO.login, HANAKO.password).unwrap();
        let kj_id = node.offices.get(no(office)).unwrap().kj_id;
        node.offices.unlock(no(office), kj_id.as_str(), PASSWORD).await.unwrap();
        node
    }

    /// Puts an older state of the relay in the place of what it has.
    pub fn restore_relay(&self, backup: &Path) {
        let store = self.relay_folder().store();
        for ending in ["", "-wal", "-shm"] {
            let path = format!("{}{ending}", store.display());
            // Not every one of them is there.
            drop(std::fs::remove_file(path));
        }
        operator::restore(&self.relay_folder(), backup).unwrap();
    }

    /// A node without a person and without an office, in the folder of this name.
    pub fn empty_node(&self, name: &str) -> Node {
        Node::open_now(Folder::create(self.temporary.path().join(name)).unwrap()).unwrap()
    }
}

fn config(listen: SocketAddr) -> Config {
    Config {
        listen,
        reserve_bytes: 0,
        requests_per_minute: 60_000,
        anonymous_per_minute: 6000,
        ..Config::default()
    }
}

/// A small file of the standard that is without findings.
pub fn deletion(from: &str, to: &str, serial: u32) -> Dropped {
    Dropped {
        name: format!("DLTPLAN_202510_{from}_43_{to}_11_20251001{serial:06}.CSV"),
        bytes: format!("202407,131016,{:010},202510\r\n", 12345 + serial).into_bytes(),
    }
}

/// Takes files in, confirms them, and says their number.
pub fn send(node: &Node, from: &str, files: Vec<Dropped>) -> SendId {
    let Landed::One(id) = node.drafts.take_in(no(from), HANAKO.login, Tray::New, files).unwrap() else {
        panic!("one destination")
    };
    confirm(node, from, id);
    id
}

/// Confirms a send as it is.
pub fn confirm(node: &Node, from: &str, id: SendId) {
    let revision = node.sends.get(no(from), id).unwrap().revision;
    node.outbox.confirm(no(from), HANAKO.login, HANAKO.name, &[(id, revision)]).unwrap();
}

/// Waits until something is so. No figure is asserted here: only whether it comes at all.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("it does not come: {what}")
}

/// Waits until a send has come so far, and gives it.
pub async fn until_state(node: &Node, office: &str, id: SendId, state: &str) -> Send {
    until(&format!("{office} {id:?} {state}"), || {
        let send = node.sends.get(no(office), id).unwrap();
        (send.state.as_str() == state).then_some(send)
    })
    .await
}

/// What an office has received.
pub fn arrivals(node: &Node, office: &str) -> Vec<Arrival> {
    node.inbox.list(no(office), &ArrivalFilter::default(), 100).unwrap()
}

/// Waits until an office has received so much, and gives it.
pub async fn until_arrived(node: &Node, office: &str, count: usize) -> Vec<Arrival> {
    until(&format!("{count} arrivals at {office}"), || {
        let found = arrivals(node, office);
        (found.len() >= count).then_some(found)
    })
    .await
}
