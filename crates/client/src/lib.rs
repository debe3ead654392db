//! The relay's API as calls: one connection pool for one node, over mutual TLS 1.3.
//!
//! ```no_run
//! use tasuki_client::{RelayAddress, RelayClient};
//! use tasuki_identity::chain::CertificateChain;
//! use tasuki_identity::signing::SigningKey;
//! use tasuki_protocol::mailbox::Cursor;
//!
//! # async fn example(root: &[u8], chain: CertificateChain, key: SigningKey) -> Result<(), Box<dyn std::error::Error>> {
//! let relay = RelayAddress::new("https://relay.example:8443", root)?;
//! let client = RelayClient::of_node(&relay, &chain, &key)?;
//! client.log_in("KJ137000001900".parse()?, "the office's password").await?;
//! for entry in client.inbox(Cursor::default()).await?.entries {
//!     println!("{} from {}", entry.parcel.id, entry.parcel.from);
//! }
//! # Ok(()) }
//! ```
//!
//! *Architecture invariant:* nothing is queued or kept here, and nothing repeated but the rest of a parcel, as long as
//! more of it arrives each time. Whoever calls decides what a failure means.

mod events;
mod tls;
mod upload;

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::SignedStatement;
use tasuki_protocol::account::{
    Account, ChangePassword, Enrol, IssuedCertificate, LogIn, Renew, Secret, SessionGrant,
};
use tasuki_protocol::directory::{Lookup, OfficeSearch, Offices};
use tasuki_protocol::header::{DIGEST, KEY_EPOCH, SEALED, TO, UPLOAD_LENGTH, UPLOAD_OFFSET, digest_field};
use tasuki_protocol::key::{KeyLogPage, PublishKey, PublishedKey};
use tasuki_protocol::limits::{PARCEL_BYTES, RESUMABLE_BYTES, SERVICE_CODES_BYTES};
use tasuki_protocol::mailbox::{Cursor, Page};
use tasuki_protocol::parcel::{Arrived, Parcel, ParcelWithReceipts};
use tasuki_protocol::problem::Problem;
use tasuki_protocol::receipt::{PostReceipt, Receipt, ReceiptKind, RefusalReason};
use tasuki_terms::{KjId, LogHead, OfficeNo, ParcelId, Sha256Digest};

pub use events::{EventStream, RelayEvent};
pub use tls::{Patience, RelayAddress};

/// How long an idle connection is kept: somewhat less than the relay keeps it, and longer than the minute after which a
/// node looks again.
const IDLE_TIME: Duration = Duration::from_secs(75);

/// Largest answer that is read, a parcel's contents left aside: the relay's are far smaller.
const ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The relay answered with a problem.
    #[error("the relay answered: {}", .0.uri)]
    Problem(Box<Problem>),
    /// The relay was not reached, or the line was cut: whether it did as asked is not known.
    #[error("the relay cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not one of a relay.
    #[error("the answer is not one of a relay")]
    Unintelligible,
    /// The address, certificate or key cannot be used for TLS.
    #[error("no connection can be set up with these certificates")]
    Tls(#[from] rustls::Error),
    /// A signature could not be made.
    #[error(transparent)]
    Signing(#[from] tasuki_identity::signing::SigningError),
}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        // Addresses hold ids; they do not belong into logs.
        Self::Unreachable(Box::new(error.without_url()))
    }
}

/// A parcel that is handed in.
#[derive(Debug, Clone)]
pub struct Handover {
    /// Its number.
    pub id: ParcelId,
    /// The receiver.
    pub to: OfficeNo,
    /// Epoch of the receiver's key that it is sealed for.
    pub key_epoch: u32,
    /// SHA-256 of the sealed bytes.
    pub digest: Sha256Digest,
}

/// The table of service codes as the relay hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCodesTable {
    /// Names these bytes, for the next [`RelayClient::service_codes`].
    pub version: String,
    /// The table as CSV.
    pub csv: Bytes,
}

/// One node's way to the relay.
pub struct RelayClient {
    http: Client,
    /// For handing in: an answer is not waited for while the line is still busy with the parcel.
    uploads: Client,
    patience: Patience,
    base: String,
    session: RwLock<Option<Secret>>,
    log_head: RwLock<Option<LogHead>>,
}

impl RelayClient {
    /// A client without a certificate: it can enrol.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn of_stranger(relay: &RelayAddress) -> Result<Self, ClientError> {
        Self::new(relay, None)
    }

    /// A client with the certificate of a node.
    ///
    /// # Errors
    /// When certificate and key do not fit together.
    pub fn of_node(
        relay: &RelayAddress,
        chain: &CertificateChain,
        key: &SigningKey,
    ) -> Result<Self, ClientError> {
        Self::new(relay, Some((chain, key)))
    }

    fn new(
        relay: &RelayAddress,
        identity: Option<(&CertificateChain, &SigningKey)>,
    ) -> Result<Self, ClientError> {
        let tls = relay.tls(identity)?;
        let patience = relay.patience;
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .https_only(true)
                .connect_timeout(patience.connect)
                .pool_idle_timeout(IDLE_TIME)
                .redirect(reqwest::redirect::Policy::none())
                .tcp_nodelay(true)
        };
        Ok(Self {
            http: builder().read_timeout(patience.read).build()?,
            uploads: builder().build()?,
            patience,
            base: relay.url().to_owned(),
            session: RwLock::default(),
            log_head: RwLock::default(),
        })
    }

    /// Gets the first certificate of a node.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn enrol(&self, wish: &Enrol) -> Result<IssuedCertificate, ClientError> {
        self.send(Method::POST, "/v1/enrolments", wish).await
    }

    /// Begins a session, which every further call uses.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn log_in(&self, kj_id: KjId, password: &str) -> Result<SessionGrant, ClientError> {
        let wish = LogIn { kj_id, password: Secret::new(password) };
        let grant: SessionGrant = self.send(Method::POST, "/v1/sessions", &wish).await?;
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(grant.access_token.clone());
        Ok(grant)
    }

    /// Changes the password of the account.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<(), ClientError> {
        let wish = ChangePassword { current: Secret::new(current), new: Secret::new(new) };
        let request = self.call(Method::PUT, "/v1/account/password").json(&wish);
        good(request.send().await?).await.map(drop)
    }

    /// Publishes the key of the office.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn publish_key(&self, statement: &SignedStatement) -> Result<PublishedKey, ClientError> {
        let statement = serde_json::to_string(statement).map_err(|_| ClientError::Unintelligible)?;
        self.send(Method::PUT, "/v1/keys/current", &PublishKey { statement }).await
    }

    /// Entries of the key log after a place and the signed head that they lead to, for
    /// [`KeyLog::extend`](tasuki_identity::key_log::KeyLog::extend); to be repeated while there is more.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn key_log(&self, cursor: Cursor) -> Result<KeyLogPage, ClientError> {
        self.get(&format!("/v1/keys/log?after={}&limit={}", cursor.after, cursor.limit)).await
    }

    /// From now on receipts name this head of the key log, the newest that this node has verified.
    pub fn name_log_head(&self, head: LogHead) {
        *self.log_head.write().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// Looks up to 50 offices up.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn look_up(&self, numbers: Vec<OfficeNo>) -> Result<Offices, ClientError> {
        self.send(Method::POST, "/v1/offices/lookup", &Lookup { numbers }).await
    }

    /// Hands a parcel in. When it returns, the parcel is durable at the relay; it may be repeated freely. Of a large one
    /// only what has not arrived is sent: what earlier tries brought, also those before this program was started, is not
    /// sent again, and when the line is cut it goes on by itself as long as more of the parcel arrives each time.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn hand_in(&self, handover: &Handover, sealed: Bytes) -> Result<Parcel, ClientError> {
        if sealed.len() <= RESUMABLE_BYTES {
            return self.hand_in_rest(handover, &sealed, 0).await;
        }
        let mut offset = self.arrived(handover, &sealed).await?;
        loop {
            let error = match self.hand_in_rest(handover, &sealed, offset).await {
                Err(error) if upload::may_go_on(&error) => error,
                answer => return answer,
            };
            let Ok(arrived) = self.arrived(handover, &sealed).await else { return Err(error) };
            if arrived <= offset {
                return Err(error);
            }
            offset = arrived;
        }
    }

    /// How many bytes of a parcel are at the relay.
    async fn arrived(&self, handover: &Handover, sealed: &Bytes) -> Result<u64, ClientError> {
        let path = format!("/v1/parcels/{}/upload", handover.id);
        let request = head_of(self.call(Method::GET, &path), handover).header(UPLOAD_LENGTH, sealed.len());
        let Arrived { offset } = read(request.send().await?).await?;
        Ok(offset)
    }

    async fn hand_in_rest(
        &self,
        handover: &Handover,
        sealed: &Bytes,
        offset: u64,
    ) -> Result<Parcel, ClientError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(sealed.len());
        let path = format!("/v1/parcels/{}", handover.id);
        let mut request = head_of(self.call_over(&self.uploads, Method::PUT, &path), handover)
            .header(reqwest::header::CONTENT_TYPE, SEALED);
        if start > 0 {
            request = request.header(UPLOAD_OFFSET, start);
        }
        let answer = upload::send(request, sealed.slice(start..), self.patience).await?;
        let answer = tokio::time::timeout(self.patience.read, read(answer)).await;
        answer.map_err(|late| ClientError::Unreachable(Box::new(late)))?
    }

    /// What is known of a parcel that this office sent or received.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn parcel(&self, id: ParcelId) -> Result<ParcelWithReceipts, ClientError> {
        self.get(&format!("/v1/parcels/{id}")).await
    }

    /// Takes a parcel back. When it returns, nothing under this number is delivered any more, also when a try to hand
    /// it in is still on its way: such a try is answered with
    /// [`ParcelWithdrawn`](tasuki_protocol::problem::ProblemType::ParcelWithdrawn).
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn withdraw(&self, id: ParcelId) -> Result<(), ClientError> {
        good(self.call(Method::DELETE, &format!("/v1/parcels/{id}")).send().await?).await.map(drop)
    }

    /// The sealed bytes of a parcel for this office.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn fetch(&self, id: ParcelId) -> Result<Bytes, ClientError> {
        let answer = self.call(Method::GET, &format!("/v1/parcels/{id}/content")).send().await?;
        bounded(good(answer).await?, PARCEL_BYTES).await
    }

    /// Signs and posts a receipt.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer; or the signature cannot be made.
    pub async fn acknowledge(
        &self,
        parcel: &Parcel,
        kind: ReceiptKind,
        key: &SigningKey,
        at: Timestamp,
    ) -> Result<Parcel, ClientError> {
        self.post_receipt(parcel, kind, None, key, at).await
    }

    /// Refuses a parcel for a reason, signed: the sender sees it. A node that only has no key for a parcel must leave it
    /// to the office's other nodes; the relay does not take [`RefusalReason::Key`].
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer; or the signature cannot be made.
    pub async fn refuse(
        &self,
        parcel: &Parcel,
        reason: RefusalReason,
        key: &SigningKey,
        at: Timestamp,
    ) -> Result<Parcel, ClientError> {
        self.post_receipt(parcel, ReceiptKind::Refused, Some(reason), key, at).await
    }

    async fn post_receipt(
        &self,
        parcel: &Parcel,
        kind: ReceiptKind,
        reason: Option<RefusalReason>,
        key: &SigningKey,
        at: Timestamp,
    ) -> Result<Parcel, ClientError> {
        let Parcel { id, from, to, digest, .. } = *parcel;
        let log_head = *self.log_head.read().unwrap_or_else(PoisonError::into_inner);
        let receipt = Receipt { parcel: id, from, to, digest, kind, reason, at, log_head };
        let signature = BASE64_STANDARD.encode(key.sign(receipt.signed_text().as_bytes())?);
        let wish = PostReceipt { receipt, signature };
        self.send(Method::POST, &format!("/v1/parcels/{id}/receipts"), &wish).await
    }

    /// Parcels that wait for this office.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn inbox(&self, cursor: Cursor) -> Result<Page, ClientError> {
        self.get(&format!("/v1/inbox?after={}&limit={}", cursor.after, cursor.limit)).await
    }

    /// Parcels that this office has acknowledged and whose contents the relay still holds: a node that was restored from
    /// a backup gets back what arrived since, by [`RelayClient::fetch`].
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn kept(&self, cursor: Cursor) -> Result<Page, ClientError> {
        self.get(&format!("/v1/inbox/kept?after={}&limit={}", cursor.after, cursor.limit)).await
    }

    /// Parcels that this office sent, in the order of their last change.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn sent(&self, cursor: Cursor) -> Result<Page, ClientError> {
        self.get(&format!("/v1/sent?after={}&limit={}", cursor.after, cursor.limit)).await
    }

    /// Changes in the mailbox after a number, as they happen.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn events(&self, after: u64) -> Result<EventStream, ClientError> {
        let answer = self.call(Method::GET, &format!("/v1/events?after={after}")).send().await?;
        Ok(EventStream::new(good(answer).await?))
    }

    /// Gets a certificate that takes the place of the one in use.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn renew(&self, wish: &Renew) -> Result<IssuedCertificate, ClientError> {
        self.send(Method::POST, "/v1/account/certificates", wish).await
    }

    /// The own account: the certificates of all nodes of the office, and what its mailbox holds.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn account(&self) -> Result<Account, ClientError> {
        self.get("/v1/account").await
    }

    /// Revokes the certificate of a lost node, by its fingerprint in the [account](RelayClient::account), with all that the
    /// node has got by renewal.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn revoke(&self, fingerprint: Sha256Digest) -> Result<(), ClientError> {
        let path = format!("/v1/account/certificates/{fingerprint}");
        good(self.call(Method::DELETE, &path).send().await?).await.map(drop)
    }

    /// Searches the directory.
    ///
    /// # Errors
    /// As every call: a problem of the relay, or no answer.
    pub async fn search(&self, search: &OfficeSearch) -> Result<Offices, ClientError> {
        read(self.call(Method::GET, "/v1/offices").query(search).send().await?).await
    }

    /// The table of service codes that the operator loaded, and its version; `None` when `known` is the version already.
    /// The table is CSV, whose contents nobody has checked yet.
    ///
    /// # Errors
    /// As every call: a problem of the relay (`not-found` while no table was loaded), or no answer.
    pub async fn service_codes(&self, known: Option<&str>) -> Result<Option<ServiceCodesTable>, ClientError> {
        let mut request = self.call(Method::GET, "/v1/service-codes");
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, known);
        }
        let answer = request.send().await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let answer = good(answer).await?;
        let version = answer.headers().get(ETAG).and_then(|version| version.to_str().ok());
        let version = version.ok_or(ClientError::Unintelligible)?.to_owned();
        Ok(Some(ServiceCodesTable { version, csv: bounded(answer, SERVICE_CODES_BYTES).await? }))
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.call_over(&self.http, method, path)
    }

    fn call_over(&self, http: &Client, method: Method, path: &str) -> RequestBuilder {
        let request = http.request(method, format!("{}{path}", self.base));
        match &*self.session.read().unwrap_or_else(PoisonError::into_inner) {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.call(Method::GET, path).send().await?).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        read(self.call(method, path).json(body).send().await?).await
    }
}

/// What the relay must know of a parcel before its bytes.
fn head_of(request: RequestBuilder, handover: &Handover) -> RequestBuilder {
    request
        .header(TO, handover.to.as_str())
        .header(KEY_EPOCH, handover.key_epoch)
        .header(DIGEST, digest_field(handover.digest))
}

/// An answer that is no problem.
async fn good(answer: Response) -> Result<Response, ClientError> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let bytes = bounded(answer, ANSWER_BYTES).await?;
    let problem = serde_json::from_slice(&bytes).map_err(|_| ClientError::Unintelligible)?;
    Err(ClientError::Problem(problem))
}

/// The whole of an answer that is not larger than it may be: whoever answers could go on for ever.
async fn bounded(mut answer: Response, most: u64) -> Result<Bytes, ClientError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::new();
    while let Some(piece) = answer.chunk().await? {
        if bytes.len() + piece.len() > most {
            return Err(ClientError::Unintelligible);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, ClientError> {
    let bytes = bounded(good(answer).await?, ANSWER_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|_| ClientError::Unintelligible)
}
