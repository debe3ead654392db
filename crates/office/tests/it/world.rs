//! A relay, and offices with nodes of their own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tasuki_client::{RelayAddress, RelayClient};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_office::arrivals::{Arrival, ArrivalFilter};
use tasuki_office::enrolment::Enrolment;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::review::Dropped;
use tasuki_office::sends::{Landed, Send, SendId, Tray};
use tasuki_parcel::manifest::FORMAT;
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_relay::clock::Clock;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder as RelayFolder;
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_relay::service::Relay;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_relay::store::{OfficeRecord, Offices as _};
use tasuki_terms::OfficeNo;
use tempfile::TempDir;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

pub(crate) const CARE: &str = "1370000019";
pub(crate) const VISITS: &str = "1370000027";
pub(crate) const DAY: &str = "1370000035";

/// The password of every person and office here.
pub(crate) const PASSWORD: &str = "kaze-to-tsuki 31 yama";

pub(crate) fn no(text: &str) -> OfficeNo {
    text.parse().unwrap()
}

pub(crate) struct World {
    pub(crate) temporary: TempDir,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) address: SocketAddr,
    stop: Option<(oneshot::Sender<()>, tokio::task::JoinHandle<()>)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        let config = config(SocketAddr::from(([127, 0, 0, 1], 0)));
        let folder = relay_folder(temporary.path());
        folder.create("Tasuki", &config, Timestamp::now()).unwrap();
        let store = operator::open_store(&folder, 0).unwrap();
        let (address, stop) = serve(&folder, config, Arc::clone(&store)).await;
        Self { temporary, store, address, stop: Some(stop) }
    }

    /// The relay goes away.
    pub(crate) async fn stop_relay(&mut self) {
        let (stop, done) = self.stop.take().unwrap();
        drop(stop);
        done.await.unwrap();
    }

    /// The relay comes back, with what it had or with another store.
    pub(crate) async fn start_relay(&mut self) {
        let folder = relay_folder(self.temporary.path());
        self.store = operator::open_store(&folder, 0).unwrap();
        let (_, stop) = serve(&folder, config(self.address), Arc::clone(&self.store)).await;
        self.stop = Some(stop);
    }

    pub(crate) fn relay_folder(&self) -> RelayFolder {
        relay_folder(self.temporary.path())
    }

    pub(crate) async fn register(&self, office: &str) -> NewCredentials {
        let record = OfficeRecord {
            no: no(office),
            name: format!("事業所{office}"),
            kana: "ジギョウショ".into(),
            address: "東京都千代田区".into(),
            phone: String::new(),
            fax: String::new(),
            services: vec![],
        };
        let now = Timestamp::now();
        self.store.put_offices(vec![record], operator::by_operator(now)).await.unwrap();
        operator::register_office(&*self.store, no(office), SignedDuration::from_hours(24), now)
            .await
            .unwrap()
    }

    /// The operator suspends an office.
    pub(crate) async fn suspend(&self, office: &str) {
        let by = operator::by_operator(Timestamp::now());
        assert!(self.store.set_suspended(no(office), true, by).await.unwrap());
    }

    pub(crate) fn enrolment(&self, credentials: &NewCredentials) -> Enrolment {
        Enrolment {
            relay: format!("https://127.0.0.1:{}", self.address.port()),
            root_pem: std::fs::read(self.relay_folder().root()).unwrap(),
            office: credentials.office,
            name: String::new(),
            kj_id: credentials.kj_id,
            password: credentials.password.clone().unwrap(),
            new_password: Zeroizing::new(PASSWORD.into()),
            enrolment_password: credentials.enrolment_password.clone(),
            new_key: false,
            by: "hanako".into(),
        }
    }

    /// A node of an office, ready for work.
    pub(crate) async fn node(&self, office: &str) -> Node {
        let node = self.empty_node(office);
        node.add_first_staff("hanako", "見本 花子", PASSWORD).unwrap();
        let credentials = self.register(office).await;
        node.enrol(self.enrolment(&credentials)).await.unwrap();
        node
    }

    /// An office that takes part, of which nothing is needed but its key.
    pub(crate) async fn participant(&self, office: &str) {
        let credentials = self.register(office).await;
        let url = format!("https://127.0.0.1:{}", self.address.port());
        let relay = RelayAddress::new(&url, &std::fs::read(self.relay_folder().root()).unwrap()).unwrap();
        let key = SigningKey::generate().unwrap();
        let wish = Enrol {
            office: credentials.office,
            kj_id: credentials.kj_id,
            enrolment_password: Secret::new(credentials.enrolment_password.as_str()),
            request_pem: key.request(credentials.office).unwrap().0,
            node: String::new(),
        };
        let issued = RelayClient::of_stranger(&relay).unwrap().enrol(&wish).await.unwrap();
        let pem = issued.certificate_pem + &issued.chain_pem;
        let chain = CertificateChain::from_pem(pem.as_bytes()).unwrap();
        let client = RelayClient::of_node(&relay, &chain, &key).unwrap();
        let first = credentials.password.unwrap();
        client.log_in(credentials.kj_id, &first).await.unwrap();
        client.change_password(&first, PASSWORD).await.unwrap();
        client.log_in(credentials.kj_id, PASSWORD).await.unwrap();
        let statement = KeyStatement {
            office: credentials.office,
            key: OfficeKey::generate().public(),
            epoch: 1,
            before: None,
            formats: ParcelFormats::only(FORMAT),
            issued_at: Timestamp::now(),
        };
        client.publish_key(&SignedStatement::sign(&statement, &key, &chain).unwrap()).await.unwrap();
    }

    /// An office that takes part, and whose node is switched off.
    pub(crate) async fn enrolled_and_off(&self, office: &str) {
        self.enrolled_and_off_after(office, |_| {}).await;
    }

    /// The same, after something was done with it.
    pub(crate) async fn enrolled_and_off_after(
        &self,
        office: &str,
        then: impl FnOnce(&Node) + std::marker::Send + 'static,
    ) {
        let credentials = self.register(office).await;
        let (node, enrolment) = (self.empty_node(office), self.enrolment(&credentials));
        let done = tokio::task::spawn_blocking(move || {
            // The tasks of the node end with their runtime.
            let runtime = tokio::runtime::Runtime::new().unwrap();
            node.add_first_staff("hanako", "見本 花子", PASSWORD).unwrap();
            runtime.block_on(node.enrol(enrolment)).unwrap();
            then(&node);
        });
        done.await.unwrap();
    }

    /// The node of an office is switched on again.
    pub(crate) async fn switched_on(&self, office: &str) -> Node {
        let node = self.empty_node(office);
        node.log_in("hanako", PASSWORD).unwrap();
        let kj_id = node.office(no(office)).unwrap().kj_id;
        node.unlock(no(office), kj_id.as_str(), PASSWORD).await.unwrap();
        node
    }

    /// Puts an older state of the relay in the place of what it has.
    pub(crate) fn restore_relay(&self, backup: &Path) {
        let store = self.relay_folder().store();
        for ending in ["", "-wal", "-shm"] {
            let path = format!("{}{ending}", store.display());
            drop(std::fs::remove_file(path));
        }
        operator::restore(&self.relay_folder(), backup).unwrap();
    }

    pub(crate) fn empty_node(&self, name: &str) -> Node {
        Node::open_now(Folder::create(self.temporary.path().join(name)).unwrap()).unwrap()
    }
}

fn relay_folder(temporary: &Path) -> RelayFolder {
    RelayFolder::new(temporary.join("relay"))
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

async fn serve(
    folder: &RelayFolder,
    config: Config,
    store: Arc<SqliteStore>,
) -> (SocketAddr, (oneshot::Sender<()>, tokio::task::JoinHandle<()>)) {
    let relay = Relay::new(store as _, folder.clone(), config, Clock::system()).unwrap();
    let listening = relay.listen().await.unwrap();
    let address = listening.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let done = tokio::spawn(listening.serve(async { drop(stopped.await) }));
    (address, (stop, done))
}

/// A small file of the standard that is without findings.
pub(crate) fn deletion(from: &str, to: &str, serial: u32) -> Dropped {
    Dropped {
        name: format!("DLTPLAN_202510_{from}_43_{to}_11_20251001{serial:06}.CSV"),
        bytes: format!("202407,131016,{:010},202510\r\n", 12345 + serial).into_bytes(),
    }
}

/// Takes files in, confirms them, and says their number.
pub(crate) fn send(node: &Node, from: &str, files: Vec<Dropped>) -> SendId {
    let Landed::One(id) = node.take_in(no(from), "hanako", Tray::New, files).unwrap() else {
        panic!("one destination")
    };
    confirm(node, from, id);
    id
}

pub(crate) fn confirm(node: &Node, from: &str, id: SendId) {
    let revision = node.send(no(from), id).unwrap().revision;
    node.confirm(no(from), "hanako", "見本 花子", &[(id, revision)]).unwrap();
}

/// Waits until something is so. No figure is asserted here: only whether it comes at all.
pub(crate) async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not come: {what}")
}

pub(crate) async fn until_state(node: &Node, office: &str, id: SendId, state: &str) -> Send {
    until(&format!("{office} {id:?} {state}"), || {
        let send = node.send(no(office), id).unwrap();
        (send.state.as_str() == state).then_some(send)
    })
    .await
}

pub(crate) fn arrivals(node: &Node, office: &str) -> Vec<Arrival> {
    node.arrivals(no(office), &ArrivalFilter::default(), 100).unwrap()
}

pub(crate) async fn until_arrived(node: &Node, office: &str, count: usize) -> Vec<Arrival> {
    until(&format!("{count} arrivals at {office}"), || {
        let found = arrivals(node, office);
        (found.len() >= count).then_some(found)
    })
    .await
}
