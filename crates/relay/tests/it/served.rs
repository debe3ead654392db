//! A relay that is really served over TLS, and nodes that call it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_protocol::account::{ChangePassword, Enrol, IssuedCertificate, LogIn, Secret, SessionGrant};
use tasuki_protocol::directory::Office;
use tasuki_protocol::header::{DIGEST, KEY_EPOCH, SEALED, TO, digest_field};
use tasuki_protocol::key::PublishKey;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_protocol::receipt::{PostReceipt, Receipt, ReceiptKind, RefusalReason};
use tasuki_relay::clock::Clock;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_relay::service::Relay;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_relay::store::{Offices as _, Store as _};
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::world::{no, record};

/// The password that every office here has chosen.
pub(crate) const PASSWORD: &str = "kaze-to-tsuki 31";

pub(crate) struct Served {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) folder: Folder,
    pub(crate) address: SocketAddr,
    pub(crate) operator: SocketAddr,
    shift: Arc<AtomicI64>,
    clock: Clock,
    stop: Option<oneshot::Sender<()>>,
    done: Option<tokio::task::JoinHandle<()>>,
    _temporary: TempDir,
}

impl Served {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let temporary = TempDir::new().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config {
            listen: any,
            operator_listen: Some(any),
            reserve_bytes: 0,
            requests_per_minute: 60_000,
            anonymous_per_minute: 6000,
            ..Config::default()
        };
        change(&mut config);
        let folder = Folder::new(temporary.path());
        folder.create("Tasuki", &config, Timestamp::now()).unwrap();
        let store = operator::open_store(&folder, config.reserve_bytes).unwrap();
        let shift = Arc::new(AtomicI64::new(0));
        let clock = Clock::new({
            let shift = Arc::clone(&shift);
            move || Timestamp::now() + SignedDuration::from_secs(shift.load(Ordering::SeqCst))
        });
        let mut served = Self {
            store,
            folder,
            address: any,
            operator: any,
            shift,
            clock,
            stop: None,
            done: None,
            _temporary: temporary,
        };
        served.serve(config).await;
        served
    }

    async fn serve(&mut self, config: Config) {
        let store = Arc::clone(&self.store) as _;
        let relay = Relay::new(store, self.folder.clone(), config, self.clock.clone()).unwrap();
        let listening = relay.listen().await.unwrap();
        self.address = listening.address().unwrap();
        self.operator = listening.operator_address().unwrap();
        let (stop, stopped) = oneshot::channel();
        self.stop = Some(stop);
        self.done = Some(tokio::spawn(listening.serve(async { drop(stopped.await) })));
    }

    /// Stops the relay, and serves it again with its clock moved.
    pub(crate) async fn restart(&mut self, by: SignedDuration) {
        self.stop().await;
        self.set_clock(by);
        self.serve(self.folder.read_config().unwrap()).await;
    }

    /// Moves the relay's clock.
    pub(crate) fn set_clock(&self, by: SignedDuration) {
        self.shift.store(by.as_secs(), Ordering::SeqCst);
    }

    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.done.take().unwrap().await.unwrap();
    }

    /// Nothing that the architecture promises is broken.
    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.store.check(true).await.unwrap(), []);
    }

    pub(crate) async fn register(&self, office: &str) -> NewCredentials {
        let by = operator::by_operator(Timestamp::now());
        self.store.put_offices(vec![record(office)], by).await.unwrap();
        let valid = SignedDuration::from_hours(24);
        operator::register_office(&*self.store, no(office), valid, Timestamp::now()).await.unwrap()
    }

    /// A node of an office that has enrolled, chosen its password, logged in, and published its key.
    pub(crate) async fn node(&self, office: &str) -> Node {
        let credentials = self.register(office).await;
        let mut node = Node::enrol(self, &credentials).await;
        node.log_in(credentials.password.as_deref().unwrap()).await;
        node.choose_password(credentials.password.as_deref().unwrap()).await;
        node.publish_key(1).await;
        node
    }

    /// A client without a certificate.
    pub(crate) fn stranger(&self) -> Client {
        client(&self.folder, None)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.address.port())
    }
}

/// A client that trusts the relay, with a certificate or without.
pub(crate) fn client(folder: &Folder, identity: Option<(&CertificateChain, &SigningKey)>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(folder.root_certificate().unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = chain.certificates().map(|der| CertificateDer::from(der.to_vec())).collect();
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec()));
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap()
}

/// A certificate for an office from an authority that nobody knows.
pub(crate) fn foreign_identity(office: &str) -> (CertificateChain, SigningKey) {
    let now = Timestamp::now();
    let root = RootAuthority::create("Other", now).unwrap();
    let issuing = IssuingAuthority::create("Other", &root, now).unwrap();
    let key = SigningKey::generate().unwrap();
    (issuing.issue_office(&key.request(no(office)).unwrap(), no(office), now).unwrap(), key)
}

pub(crate) struct Node {
    pub(crate) office: OfficeNo,
    pub(crate) kj_id: tasuki_terms::KjId,
    pub(crate) client: Client,
    pub(crate) chain: CertificateChain,
    pub(crate) key: SigningKey,
    pub(crate) session: Option<SessionGrant>,
    pub(crate) base: String,
}

pub(crate) fn enrolment(credentials: &NewCredentials, key: &SigningKey) -> Enrol {
    Enrol {
        office: credentials.office,
        kj_id: credentials.kj_id,
        enrolment_password: Secret::new(credentials.enrolment_password.as_str()),
        request_pem: key.request(credentials.office).unwrap().0,
        node: "事務室のPC".into(),
    }
}

impl Node {
    pub(crate) async fn enrol(served: &Served, credentials: &NewCredentials) -> Self {
        let key = SigningKey::generate().unwrap();
        let enrol = enrolment(credentials, &key);
        let answer = served.stranger().post(served.url("/v1/enrolments")).json(&enrol).send().await.unwrap();
        let issued: IssuedCertificate = good(answer, StatusCode::CREATED).await;
        let pem = issued.certificate_pem + &issued.chain_pem;
        let chain = CertificateChain::from_pem(pem.as_bytes()).unwrap();
        Self {
            office: credentials.office,
            kj_id: credentials.kj_id,
            client: client(&served.folder, Some((&chain, &key))),
            chain,
            key,
            session: None,
            base: served.url(""),
        }
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.session {
            Some(session) => request.bearer_auth(session.access_token.expose()),
            None => request,
        }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.call(Method::GET, path)
    }

    pub(crate) async fn try_log_in(&self, password: &str) -> Response {
        let log_in = LogIn { kj_id: self.kj_id, password: Secret::new(password) };
        self.client.post(format!("{}/v1/sessions", self.base)).json(&log_in).send().await.unwrap()
    }

    pub(crate) async fn log_in(&mut self, password: &str) {
        self.session = Some(good(self.try_log_in(password).await, StatusCode::CREATED).await);
    }

    pub(crate) async fn choose_password(&self, current: &str) {
        let change = ChangePassword { current: Secret::new(current), new: Secret::new(PASSWORD) };
        let answer = self.call(Method::PUT, "/v1/account/password").json(&change).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    pub(crate) fn statement(&self, epoch: u32, before: Option<Sha256Digest>) -> PublishKey {
        let statement = KeyStatement {
            office: self.office,
            key: OfficeKey::generate().public(),
            epoch,
            before,
            formats: ParcelFormats::only(2),
            issued_at: Timestamp::now(),
        };
        let signed = SignedStatement::sign(&statement, &self.key, &self.chain).unwrap();
        PublishKey { statement: serde_json::to_string(&signed).unwrap() }
    }

    /// Digest of the office's newest statement in the directory.
    pub(crate) async fn published(&self) -> Option<Sha256Digest> {
        let answer = self.get(&format!("/v1/offices/{}", self.office)).send().await.unwrap();
        let key = good::<Office>(answer, StatusCode::OK).await.key?;
        Some(serde_json::from_str::<SignedStatement>(&key.statement).unwrap().digest())
    }

    pub(crate) async fn publish_key(&self, epoch: u32) {
        let statement = self.statement(epoch, self.published().await);
        let answer = self.call(Method::PUT, "/v1/keys/current").json(&statement).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    }

    pub(crate) fn put(&self, to: &str, id: ParcelId, contents: &Bytes) -> RequestBuilder {
        let request = self.client.put(format!("{}/v1/parcels/{id}", self.base));
        self.heads_of(request, to, contents).body(contents.clone())
    }

    /// A request with the head of a parcel.
    pub(crate) fn heads_of(&self, request: RequestBuilder, to: &str, contents: &Bytes) -> RequestBuilder {
        let token = self.session.as_ref().map(|session| session.access_token.expose()).unwrap_or_default();
        request
            .bearer_auth(token)
            .header(TO, to)
            .header(KEY_EPOCH, "1")
            .header(DIGEST, digest_field(Sha256Digest(Sha256::digest(contents).into())))
            .header("content-type", SEALED)
    }

    pub(crate) fn receipt(
        &self,
        id: ParcelId,
        from: &Node,
        contents: &Bytes,
        kind: ReceiptKind,
    ) -> PostReceipt {
        self.receipt_because(id, from, contents, kind, None)
    }

    pub(crate) fn receipt_because(
        &self,
        id: ParcelId,
        from: &Node,
        contents: &Bytes,
        kind: ReceiptKind,
        reason: Option<RefusalReason>,
    ) -> PostReceipt {
        let digest = Sha256Digest(Sha256::digest(contents).into());
        let at = Timestamp::now();
        let receipt = Receipt {
            parcel: id,
            from: from.office,
            to: self.office,
            digest,
            kind,
            reason,
            at,
            log_head: None,
        };
        let signature = self.key.sign(receipt.signed_text().as_bytes()).unwrap();
        PostReceipt { receipt, signature: base64::prelude::BASE64_STANDARD.encode(signature) }
    }
}

/// A new parcel id.
pub(crate) fn new_id() -> ParcelId {
    let mut random = [0; 10];
    getrandom::fill(&mut random).unwrap();
    ParcelId::new(Timestamp::now(), random)
}

/// The JSON of an answer with this status.
pub(crate) async fn good<T: serde::de::DeserializeOwned>(answer: Response, status: StatusCode) -> T {
    let found = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The kind of problem that an answer is.
pub(crate) async fn problem(answer: Response) -> ProblemType {
    let status = answer.status();
    let media_type = answer.headers().get("content-type").cloned();
    let text = answer.text().await.unwrap();
    assert_eq!(media_type.unwrap(), "application/problem+json", "{status} {text}");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert!(problem.instance.is_some());
    problem.kind().unwrap()
}
