//! Offices enrolled in this node, and their keys once the office password was given (事業所ユーザログイン).

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use tasuki_client::{ClientError, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust, validity_of};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{KjId, OfficeNo};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::audit;
use crate::error::OfficeError;
use crate::link::{self, Duties, Duty, DutyStatus, Session};
use crate::node::{Node, Topic};
use crate::own_key::{self, Published};

/// How often the list of what was acknowledged is read: another computer of the office may have fetched something.
const READ_KEPT: SignedDuration = SignedDuration::from_hours(1);
/// How often, and at most how many times, it is looked whether the last work with replaced keys has ended: 10 s.
const LAST_WORK_LOOK: Duration = Duration::from_millis(20);
const LAST_WORK_LOOKS: u32 = 500;

/// An office of this node.
#[derive(Debug, Clone)]
pub struct OwnOffice {
    /// Its number.
    pub no: OfficeNo,
    /// Its name.
    pub name: String,
    /// Its account at the relay.
    pub kj_id: KjId,
    /// The relay's address.
    pub relay: String,
    /// When its certificate ends.
    pub certificate_until: Timestamp,
    /// SHA-256 of its certificate, as the operator's lists show it.
    pub fingerprint: String,
    /// The key that parcels for it are sealed for.
    pub key: String,
    /// Its folders for the care software.
    pub folders: Folders,
}

/// Folders that an office shares with its care software.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Folders {
    /// Where the care software puts its exports; empty for none.
    pub export: String,
    /// Where received files are put; empty for none.
    pub import: String,
    /// Complete exports without findings are sent without a person.
    pub send_by_itself: bool,
    /// Received files are put into the import folder without a person.
    pub import_by_itself: bool,
}

/// Why the office password opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// Another KJ ID, or a wrong password: which one is not said.
    #[error("wrong KJ ID or password")]
    Wrong,
    /// Too many failures.
    #[error("locked for {seconds} seconds")]
    Locked {
        /// For how long, in seconds.
        seconds: i64,
    },
    /// The password opens the keys, but the relay does not take it.
    #[error("the relay refuses")]
    Refused(#[source] ClientError),
    /// The node failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

/// How the connection with the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// There.
    Online,
    /// Lost; it is tried again by itself.
    Offline,
    /// The relay refuses this office until somebody does something.
    Refused(ProblemType),
    /// There, but the office's key in the directory is none of this computer's: nothing is received until the key is
    /// brought here ([`Node::adopt_office_key`]).
    NoKey,
}

/// An office whose keys are open, with its way to the relay.
pub struct OpenOffice {
    no: OfficeNo,
    pub(crate) kj_id: KjId,
    pub(crate) password: Mutex<Zeroizing<String>>,
    pub(crate) secrets: Secrets,
    pub(crate) trust: Trust,
    pub(crate) chain: CertificateChain,
    pub(crate) statement: KeyStatement,
    pub(crate) client: RelayClient,
    pub(crate) duties: Duties,
    /// When the list of what was acknowledged is read again; it is read once after each start.
    kept_due: Mutex<Timestamp>,
    pub(crate) session: tokio::sync::Mutex<Session>,
    /// When the certificate may be renewed again: a failure, or a wrong clock, must not make this a busy loop.
    pub(crate) renew_after: Mutex<Timestamp>,
    pub(crate) published: Mutex<Option<Published>>,
    link: watch::Sender<LinkState>,
    ended: watch::Sender<bool>,
}

impl OpenOffice {
    /// Its number.
    pub fn no(&self) -> OfficeNo {
        self.no
    }

    /// How the connection is.
    pub fn link(&self) -> LinkState {
        *self.link.borrow()
    }

    /// How each of the things goes that it does by itself.
    pub fn duties(&self) -> Vec<(Duty, DutyStatus)> {
        Duty::ALL.iter().map(|duty| (*duty, self.duties.status(*duty))).collect()
    }

    /// Comes when other keys were put into the place of these: whatever works with them ends.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.subscribe();
        async move {
            // Without a sender nobody has these keys any more.
            drop(ended.wait_for(|ended| *ended).await);
        }
    }

    /// Whether a key is one of those that open parcels here.
    pub(crate) fn holds(&self, key: &OfficePublicKey) -> bool {
        own_key::holds(&self.secrets.office_keys, key)
    }

    pub(crate) fn password(&self) -> Zeroizing<String> {
        self.password.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn renew_after(&self) -> Timestamp {
        *self.renew_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_renew_after(&self, at: Timestamp) {
        *self.renew_after.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(crate) fn set_password(&self, password: Zeroizing<String>) {
        *self.password.lock().unwrap_or_else(PoisonError::into_inner) = password;
    }

    /// Tries everything again at once.
    pub fn hurry(&self) {
        for &duty in Duty::ALL {
            self.duties.ring(duty);
        }
    }

    /// Whether the list of what was acknowledged is to be read again.
    pub(crate) fn is_kept_due(&self, now: Timestamp) -> bool {
        *self.kept_due.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }

    /// Another computer of the office has received something: the list is to be read again.
    pub(crate) fn make_kept_due(&self) {
        *self.kept_due.lock().unwrap_or_else(PoisonError::into_inner) = Timestamp::MIN;
    }

    /// That list was read to its end.
    pub(crate) fn note_kept_read(&self, now: Timestamp) {
        let next = now.saturating_add(READ_KEPT).unwrap_or(Timestamp::MAX);
        *self.kept_due.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Notes how the connection is; `true` when that is news.
    pub(crate) fn set_link(&self, state: LinkState) -> bool {
        self.link.send_if_modified(|known| std::mem::replace(known, state) != state)
    }
}

pub(crate) struct OfficeRow {
    pub(crate) own: OwnOffice,
    pub(crate) root: Vec<u8>,
    pub(crate) chain: String,
    pub(crate) vault: Vec<u8>,
    pub(crate) statement: String,
}

impl Node {
    /// The offices of this node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn offices(&self) -> Result<Vec<OwnOffice>, OfficeError> {
        let rows: Vec<OfficeRow> = self.db().read(|db| {
            let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM office ORDER BY no"))?;
            statement.query_map([], read_row)?.collect()
        })?;
        Ok(rows.into_iter().map(|row| row.own).collect())
    }

    /// One office of this node.
    ///
    /// # Errors
    /// When it is not enrolled here.
    pub fn office(&self, no: OfficeNo) -> Result<OwnOffice, OfficeError> {
        Ok(self.office_row(no)?.own)
    }

    pub(crate) fn office_row(&self, no: OfficeNo) -> Result<OfficeRow, OfficeError> {
        Ok(self.db().read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM office WHERE no = ?1");
            db.query_row(&sql, [no.as_str()], read_row)
        })?)
    }

    /// 事業所ユーザログイン: opens the keys of an office and connects it. When the relay cannot be reached the keys
    /// are open all the same, and the connection comes by itself.
    ///
    /// # Errors
    /// When KJ ID or password are wrong, it is locked, or the relay refuses.
    pub async fn unlock(&self, no: OfficeNo, kj_id: &str, password: &str) -> Result<(), UnlockError> {
        let (secrets, opened) = {
            let (node, kj_id, password) =
                (self.clone(), kj_id.to_owned(), Zeroizing::new(password.to_owned()));
            blocking(move || node.check_office_password(no, &kj_id, &password)).await?
        };
        self.use_keys(no, secrets, Zeroizing::new(password.to_owned()))?;
        let office = self.open_office(no)?;
        match link::connect(&office).await {
            Err(ClientError::Problem(problem)) => {
                if problem.kind() == Some(ProblemType::WrongCredentials) {
                    tracing::warn!(office = %no, "the relay does not take the office password");
                }
                Err(UnlockError::Refused(ClientError::Problem(problem)))
            }
            Ok(()) => {
                // The relay has this password: it is the right one, whatever was asked before.
                self.settle_vault(no, opened)?;
                self.teach_unlock_key(no, office.kj_id, password);
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// Puts open keys into use and starts the link. Keys that are in use already stay so.
    pub(crate) fn use_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<(), OfficeError> {
        if let Ok(open) = self.open_office(no) {
            open.set_password(password);
            return Ok(());
        }
        let office = Arc::new(self.with_keys(no, secrets, password)?);
        if self.put_open_office(Arc::clone(&office)) {
            self.begin_work(&office);
        }
        Ok(())
    }

    /// Puts keys, certificate and statement as they are kept now into the place of those in use, without a restart.
    pub(crate) async fn replace_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<(), OfficeError> {
        let office = Arc::new(self.with_keys(no, secrets, password)?);
        if let Some(before) = self.replace_open_office(Arc::clone(&office)) {
            before.ended.send_replace(true);
            // What is being sealed or kept with the old keys comes to its end before anything begins with the new.
            for _ in 0..LAST_WORK_LOOKS {
                if Arc::strong_count(&before) == 1 {
                    break;
                }
                tokio::time::sleep(LAST_WORK_LOOK).await;
            }
        }
        self.begin_work(&office);
        Ok(())
    }

    fn begin_work(&self, office: &Arc<OpenOffice>) {
        link::start(self, office);
        self.tell(office.no(), Topic::Link);
    }

    fn with_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<OpenOffice, OfficeError> {
        let row = self.office_row(no)?;
        let chain = CertificateChain::from_pem(row.chain.as_bytes()).map_err(|_| OfficeError::Damaged)?;
        let trust = Trust::from_pem(&row.root).map_err(|_| OfficeError::Damaged)?;
        let statement = own_key::verify_own(&row.statement, &trust, no).ok_or(OfficeError::Damaged)?;
        let relay = RelayAddress::new(&row.own.relay, &row.root)?;
        let client = RelayClient::of_node(&relay, &chain, &secrets.signing_key)?;
        Ok(OpenOffice {
            no,
            kj_id: row.own.kj_id,
            password: Mutex::new(password),
            secrets,
            trust,
            chain,
            statement,
            client,
            duties: Duties::default(),
            kept_due: Mutex::new(Timestamp::MIN),
            session: tokio::sync::Mutex::default(),
            renew_after: Mutex::new(Timestamp::MIN),
            published: Mutex::default(),
            link: watch::Sender::new(LinkState::Connecting),
            ended: watch::Sender::new(false),
        })
    }

    /// The key of the drawer by the recovery code of an office.
    ///
    /// # Errors
    /// When the code is not of this office.
    pub fn drawer_by_recovery(&self, no: OfficeNo, code: &RecoveryCode) -> Result<DrawerKey, OfficeError> {
        let secrets = Vault::from_bytes(&self.office_row(no)?.vault)?.recover(code)?;
        let sealed: Vec<u8> = self.db().read(|db| {
            db.query_row("SELECT drawer FROM office WHERE no = ?1", [no.as_str()], |row| row.get(0))
        })?;
        open_sealed_drawer(&sealed, &secrets.office_keys)
    }

    /// Changes the folders of an office.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_folders(&self, by: &str, no: OfficeNo, folders: &Folders) -> Result<(), OfficeError> {
        let text = serde_json::to_string(folders)?;
        let now = self.now();
        self.db().write(|db| {
            db.execute("UPDATE office SET folders = ?2 WHERE no = ?1", params![no.as_str(), text])?;
            audit::write(db, now, Some(no), by, "folders-changed", "")
        })
    }
}

const COLUMNS: &str = "no, name, kj_id, relay, root, chain, vault, statement, folders";

fn read_row(row: &Row<'_>) -> rusqlite::Result<OfficeRow> {
    let chain: String = row.get(5)?;
    let statement: String = row.get(7)?;
    let folders: String = row.get(8)?;
    let parsed = CertificateChain::from_pem(chain.as_bytes()).ok();
    let der = parsed.and_then(|chain| chain.certificates().next().map(<[u8]>::to_vec)).unwrap_or_default();
    let signed: Option<SignedStatement> = serde_json::from_str(&statement).ok();
    let key = signed.and_then(|signed| {
        signed.statement.lines().find_map(|line| line.strip_prefix("key ").map(str::to_owned))
    });
    Ok(OfficeRow {
        own: OwnOffice {
            no: parse(row, 0)?,
            name: row.get(1)?,
            kj_id: parse(row, 2)?,
            relay: row.get(3)?,
            certificate_until: validity_of(&der).map(|(_, until)| until).unwrap_or_default(),
            fingerprint: crate::digest_of(&der).to_string(),
            key: key.unwrap_or_default(),
            folders: serde_json::from_str(&folders).unwrap_or_default(),
        },
        root: row.get(4)?,
        chain,
        vault: row.get(6)?,
        statement,
    })
}

/// A column whose text is of a type that cannot hold a wrong value.
pub(crate) fn parse<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Runs what takes processor time or waits for the disk where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn open_sealed_drawer(sealed: &[u8], keys: &[OfficeKey]) -> Result<DrawerKey, OfficeError> {
    let decryptor = age::Decryptor::new(sealed).map_err(|_| OfficeError::Damaged)?;
    let plain = decryptor.decrypt(keys.iter().map(OfficeKey::identity)).map_err(|_| OfficeError::Damaged)?;
    let mut bytes = Zeroizing::new(Vec::new());
    plain.take(64).read_to_end(&mut bytes)?;
    Ok(DrawerKey::from_bytes(&bytes)?)
}
