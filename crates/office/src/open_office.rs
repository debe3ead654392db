//! Offices enrolled in this node, and their keys once the office password was given (事業所ユーザログイン).

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use tasuki_client::{ClientError, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust, validity_of};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault, VaultError};
use tasuki_protocol::account::{Enrol, Renew, Secret};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{KjId, OfficeNo};
use tokio::sync::{Notify, watch};
use zeroize::Zeroizing;

use crate::audit;
use crate::error::OfficeError;
use crate::link::{self, Session};
use crate::node::{Node, Topic};

/// Failures in a row after which the office password is not tried for a while.
const FREE_FAILURES: i64 = 5;
const LOCK: SignedDuration = SignedDuration::from_mins(1);

/// The certificate is renewed when it ends within this time.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);

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

/// What the operator hands to an office that begins: all in one file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Version of this file's format: 1.
    pub tasuki_invitation: u32,
    /// The relay's address.
    pub relay: String,
    /// The root that the office trusts, in PEM.
    pub root_pem: String,
    /// The office.
    pub office: OfficeNo,
    /// Its name.
    pub name: String,
    /// Its account.
    pub kj_id: KjId,
    /// The first password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The one-time 証明書発行用パスワード.
    pub enrolment_password: String,
}

/// What a person enters to begin.
pub struct Enrolment {
    /// The relay's address.
    pub relay: String,
    /// The root, in PEM.
    pub root_pem: Vec<u8>,
    /// The office.
    pub office: OfficeNo,
    /// Its name; the directory's goes before it.
    pub name: String,
    /// Its account.
    pub kj_id: KjId,
    /// The password it has now: the first one, which must be changed.
    pub password: Zeroizing<String>,
    /// The password it is to have.
    pub new_password: Zeroizing<String>,
    /// The one-time 証明書発行用パスワード.
    pub enrolment_password: Zeroizing<String>,
    /// Who does it.
    pub by: String,
}

/// What is printed and kept in a safe place.
pub struct RecoveryKit {
    /// The code.
    pub code: Zeroizing<String>,
    /// The file that the code opens.
    pub file: Vec<u8>,
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
    pub(crate) outgoing: Notify,
    pub(crate) incoming: Notify,
    pub(crate) session: tokio::sync::Mutex<Session>,
    renewed: AtomicBool,
    link: watch::Sender<LinkState>,
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

    /// Tries everything again at once.
    pub fn hurry(&self) {
        self.outgoing.notify_one();
        self.incoming.notify_one();
    }

    /// Notes how the connection is; `true` when that is news.
    pub(crate) fn set_link(&self, state: LinkState) -> bool {
        self.link.send_if_modified(|known| std::mem::replace(known, state) != state)
    }
}

struct Row1 {
    own: OwnOffice,
    root: Vec<u8>,
    chain: String,
    vault: Vec<u8>,
    statement: String,
}

impl Node {
    /// The offices of this node.
    ///
    /// # Errors
    /// When the database fails.
    pub fn offices(&self) -> Result<Vec<OwnOffice>, OfficeError> {
        let rows: Vec<Row1> = self.db().read(|db| {
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

    fn office_row(&self, no: OfficeNo) -> Result<Row1, OfficeError> {
        Ok(self.db().read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM office WHERE no = ?1");
            db.query_row(&sql, [no.as_str()], read_row)
        })?)
    }

    /// Enrols an office (利用開始): gets its certificate with the one-time password, sets its password, makes its
    /// keys and publishes them. Its keys are open afterwards.
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached, or nothing can be kept.
    pub async fn enrol(&self, wish: Enrolment) -> Result<RecoveryKit, OfficeError> {
        let relay = RelayAddress::new(&wish.relay, &wish.root_pem)?;
        let signing_key = SigningKey::generate()?;
        let request = Enrol {
            office: wish.office,
            kj_id: wish.kj_id,
            enrolment_password: Secret::new(wish.enrolment_password.as_str()),
            request_pem: signing_key.request(wish.office)?.0,
            node: String::new(),
        };
        let issued = RelayClient::of_stranger(&relay)?.enrol(&request).await?;
        let chain =
            CertificateChain::from_pem(format!("{}{}", issued.certificate_pem, issued.chain_pem).as_bytes())
                .map_err(|_| ClientError::Unintelligible)?;

        let client = RelayClient::of_node(&relay, &chain, &signing_key)?;
        if client.log_in(wish.kj_id, &wish.password).await?.password_change_required {
            client.change_password(&wish.password, &wish.new_password).await?;
            client.log_in(wish.kj_id, &wish.new_password).await?;
        }
        let found = client.look_up(vec![wish.office]).await?.offices.into_iter().next();
        let name = found.as_ref().map_or(wish.name.clone(), |office| office.name.clone());
        // A node before this one may have published a key: ours is the next.
        let epoch = found.and_then(|office| office.key).map_or(0, |key| key.epoch) + 1;
        let office_key = OfficeKey::generate();
        let statement = KeyStatement {
            office: wish.office,
            key: office_key.public(),
            epoch,
            issued_at: began(&chain, self.now()),
        };
        let signed = SignedStatement::sign(&statement, &signing_key, &chain)?;
        client.publish_key(&signed).await?;

        let code = RecoveryCode::generate().map_err(|_| VaultError::System)?;
        let secrets = Secrets { signing_key, office_keys: vec![office_key] };
        let vault = Vault::lock(&secrets, &wish.new_password, &code)?;
        let drawer = seal_drawer(&*self.drawer()?, &statement)?;
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO office (no, name, kj_id, relay, root, chain, vault, statement, drawer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    wish.office.as_str(),
                    name,
                    wish.kj_id.as_str(),
                    relay.url(),
                    wish.root_pem,
                    chain.to_pem(),
                    vault.to_bytes(),
                    serde_json::to_string(&signed)?,
                    drawer
                ],
            )?;
            audit::write(db, now, Some(wish.office), &wish.by, "enrolled", wish.kj_id.as_str())
        })?;
        let kit = RecoveryKit { code: code.to_text(), file: vault.recovery_file().to_bytes() };
        self.use_keys(wish.office, secrets, wish.new_password)?;
        Ok(kit)
    }

    /// 事業所ユーザログイン: opens the keys of an office and connects it. When the relay cannot be reached the keys
    /// are open all the same, and the connection comes by itself.
    ///
    /// # Errors
    /// When KJ ID or password are wrong, it is locked, or the relay refuses.
    pub async fn unlock(&self, no: OfficeNo, kj_id: &str, password: &str) -> Result<(), UnlockError> {
        let secrets = {
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
            _ => Ok(()),
        }
    }

    fn check_office_password(
        &self,
        no: OfficeNo,
        kj_id: &str,
        password: &str,
    ) -> Result<Secrets, UnlockError> {
        let row = self.office_row(no)?;
        let now = self.now();
        let locked_until: i64 = self
            .db()
            .read(|db| {
                db.query_row("SELECT locked_until FROM office WHERE no = ?1", [no.as_str()], |row| row.get(0))
            })
            .map_err(OfficeError::from)?;
        if locked_until > now.as_millisecond() {
            return Err(UnlockError::Locked { seconds: (locked_until - now.as_millisecond()) / 1000 + 1 });
        }
        let vault = Vault::from_bytes(&row.vault).map_err(OfficeError::from)?;
        let opened = vault.open(password);
        let is_ours = kj_id.trim().parse() == Ok(row.own.kj_id);
        match opened {
            Ok(secrets) if is_ours => {
                let clear = "UPDATE office SET failures = 0, locked_until = 0 WHERE no = ?1";
                self.db().write(|db| {
                    db.execute(clear, [no.as_str()]).map_err(OfficeError::from)?;
                    audit::write(db, now, Some(no), kj_id.trim(), "unlocked", "")
                })?;
                Ok(secrets)
            }
            Ok(_) | Err(VaultError::WrongPassword) => Err(self.count_office_failure(no, now)?),
            Err(error) => Err(OfficeError::from(error).into()),
        }
    }

    fn count_office_failure(&self, no: OfficeNo, now: Timestamp) -> Result<UnlockError, OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE office SET failures = failures + 1 WHERE no = ?1 RETURNING failures";
            let failures: i64 = db.query_row(sql, [no.as_str()], |row| row.get(0))?;
            audit::write(db, now, Some(no), "", "unlock-failed", "")?;
            if failures < FREE_FAILURES {
                return Ok(UnlockError::Wrong);
            }
            let until = now.saturating_add(LOCK).unwrap_or(now).as_millisecond();
            let sql = "UPDATE office SET locked_until = ?2 WHERE no = ?1";
            db.execute(sql, params![no.as_str(), until])?;
            Ok(UnlockError::Locked { seconds: LOCK.as_secs() })
        })
    }

    /// Puts open keys into use and starts the link.
    fn use_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<(), OfficeError> {
        if let Ok(open) = self.open_office(no) {
            *open.password.lock().unwrap_or_else(PoisonError::into_inner) = password;
            return Ok(());
        }
        let row = self.office_row(no)?;
        let chain = CertificateChain::from_pem(row.chain.as_bytes()).map_err(|_| OfficeError::Damaged)?;
        let trust = Trust::from_pem(&row.root).map_err(|_| OfficeError::Damaged)?;
        let signed: SignedStatement = serde_json::from_str(&row.statement)?;
        let statement = signed.verify(&trust, self.now().max(row.issued_at()));
        let statement = statement.map_err(|_| OfficeError::Damaged)?;
        let relay = RelayAddress::new(&row.own.relay, &row.root)?;
        let client = RelayClient::of_node(&relay, &chain, &secrets.signing_key)?;
        let office = Arc::new(OpenOffice {
            no,
            kj_id: row.own.kj_id,
            password: Mutex::new(password),
            secrets,
            trust,
            chain,
            statement,
            client,
            outgoing: Notify::new(),
            incoming: Notify::new(),
            session: tokio::sync::Mutex::default(),
            renewed: AtomicBool::new(false),
            link: watch::Sender::new(LinkState::Connecting),
        });
        if self.put_open_office(Arc::clone(&office)) {
            self.resume_interrupted(no)?;
            link::start(self, &office);
            self.tell(no, Topic::Link);
        }
        Ok(())
    }

    /// Changes the password of an office, at the relay and for its keys.
    ///
    /// # Errors
    /// When the old one is wrong, or the relay refuses the new one.
    pub async fn change_office_password(
        &self,
        by: &str,
        no: OfficeNo,
        old: &str,
        new: &str,
    ) -> Result<(), OfficeError> {
        let row = self.office_row(no)?;
        let vault = Vault::from_bytes(&row.vault)?.change_password(old, new)?;
        let office = self.open_office(no)?;
        link::connect(&office).await?;
        office.client.change_password(old, new).await?;
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE office SET vault = ?2 WHERE no = ?1";
            db.execute(sql, params![no.as_str(), vault.to_bytes()])?;
            audit::write(db, now, Some(no), by, "office-password-changed", "")
        })?;
        *office.password.lock().unwrap_or_else(PoisonError::into_inner) = Zeroizing::new(new.to_owned());
        Ok(link::connect(&office).await?)
    }

    /// Gives the keys of an office a new password by the recovery code. The relay's account gets its new password
    /// from the operator; this is to be the same.
    ///
    /// # Errors
    /// When the code is not of this office.
    pub fn recover_office(
        &self,
        by: &str,
        no: OfficeNo,
        code: &RecoveryCode,
        new: &str,
    ) -> Result<(), OfficeError> {
        let vault = Vault::from_bytes(&self.office_row(no)?.vault)?.reset_password(code, new)?;
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE office SET vault = ?2, failures = 0, locked_until = 0 WHERE no = ?1";
            db.execute(sql, params![no.as_str(), vault.to_bytes()])?;
            audit::write(db, now, Some(no), by, "office-recovered", "")
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

    /// Renews the certificate of an office when it ends soon, and states its key anew with it. The new certificate is
    /// in use from the next start on.
    pub(crate) async fn renew_certificate(&self, office: &OpenOffice) -> Result<(), OfficeError> {
        let row = self.office_row(office.no)?;
        let ends_soon = row.own.certificate_until.duration_since(self.now()) < RENEW_BEFORE;
        // Once in a run: with a wrong clock any certificate ends soon.
        if !ends_soon || office.renewed.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let wish = Renew { request_pem: office.secrets.signing_key.request(office.no)?.0 };
        let issued = link::with_session(office, || office.client.renew(&wish)).await?;
        let pem = format!("{}{}", issued.certificate_pem, issued.chain_pem);
        let chain = CertificateChain::from_pem(pem.as_bytes()).map_err(|_| ClientError::Unintelligible)?;
        // Partners believe a statement as long as its certificate lasts. The directory takes only a higher epoch.
        let published = link::with_session(office, || office.client.look_up(vec![office.no])).await?;
        let epoch = published.offices.first().and_then(|own| own.key.as_ref()).map_or(0, |key| key.epoch) + 1;
        let statement =
            KeyStatement { epoch, issued_at: began(&chain, self.now()), ..office.statement.clone() };
        let signed = SignedStatement::sign(&statement, &office.secrets.signing_key, &chain)?;
        link::with_session(office, || office.client.publish_key(&signed)).await?;
        let text = serde_json::to_string(&signed)?;
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE office SET chain = ?2, statement = ?3 WHERE no = ?1";
            db.execute(sql, params![office.no.as_str(), pem, text])?;
            audit::write(db, now, Some(office.no), "node", "certificate-renewed", "")
        })
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

    /// Lets the node unlock itself at a start, with a key file that only the owner of the process can read; or no
    /// longer.
    ///
    /// # Errors
    /// When the keys are locked now, or the file cannot be written.
    pub fn set_self_unlock(&self, by: &str, wanted: bool) -> Result<(), OfficeError> {
        let path = self.folder().unlock_key();
        if wanted {
            let offices = self.open_offices().into_iter().map(|office| {
                let password = office.password.lock().unwrap_or_else(PoisonError::into_inner).to_string();
                UnlockKeyOffice { no: office.no, kj_id: office.kj_id, password }
            });
            let key = UnlockKey { drawer: self.drawer()?.to_bytes().to_vec(), offices: offices.collect() };
            let bytes = Zeroizing::new(serde_json::to_vec(&key)?);
            crate::folder::write_durably(&path, &bytes)?;
        } else if path.exists() {
            std::fs::remove_file(&path)?;
        }
        self.note(None, by, if wanted { "self-unlock-on" } else { "self-unlock-off" }, "")
    }

    /// Whether the node unlocks itself.
    pub fn unlocks_itself(&self) -> bool {
        self.folder().unlock_key().exists()
    }

    /// Opens all that the key file opens, when there is one.
    ///
    /// # Errors
    /// When the file is damaged.
    pub async fn unlock_itself(&self) -> Result<(), OfficeError> {
        let bytes = match std::fs::read(self.folder().unlock_key()) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let key: UnlockKey = serde_json::from_slice(&bytes)?;
        self.open_drawer(DrawerKey::from_bytes(&key.drawer)?);
        for office in &key.offices {
            let unlocked = self.unlock(office.no, office.kj_id.as_str(), &office.password).await;
            if let Err(error) = unlocked {
                tracing::warn!(office = %office.no, error = %error, "the office does not unlock by itself");
            }
        }
        Ok(())
    }
}

/// What the key file holds.
#[derive(Serialize, Deserialize)]
struct UnlockKey {
    drawer: Vec<u8>,
    offices: Vec<UnlockKeyOffice>,
}

#[derive(Serialize, Deserialize)]
struct UnlockKeyOffice {
    no: OfficeNo,
    kj_id: KjId,
    password: String,
}

impl Row1 {
    /// When the certificate began: a node whose clock is behind still knows its own statement.
    fn issued_at(&self) -> Timestamp {
        let chain = CertificateChain::from_pem(self.chain.as_bytes()).ok();
        chain.map_or(Timestamp::MIN, |chain| began(&chain, Timestamp::MIN))
    }
}

const COLUMNS: &str = "no, name, kj_id, relay, root, chain, vault, statement, folders";

fn read_row(row: &Row<'_>) -> rusqlite::Result<Row1> {
    let chain: String = row.get(5)?;
    let statement: String = row.get(7)?;
    let folders: String = row.get(8)?;
    let parsed = CertificateChain::from_pem(chain.as_bytes()).ok();
    let der = parsed.and_then(|chain| chain.certificates().next().map(<[u8]>::to_vec)).unwrap_or_default();
    let signed: Option<SignedStatement> = serde_json::from_str(&statement).ok();
    let key = signed.and_then(|signed| {
        signed.statement.lines().find_map(|line| line.strip_prefix("key ").map(str::to_owned))
    });
    Ok(Row1 {
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

/// When the certificate of a chain began: the time by the relay's clock, so that nobody doubts a statement because the
/// clock of this machine is wrong.
fn began(chain: &CertificateChain, now: Timestamp) -> Timestamp {
    chain.certificates().next().and_then(validity_of).map_or(now, |(from, _)| from)
}

/// Runs what takes processor time or waits for the disk where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Seals the key of the drawer for the office's own key, so that the recovery kit opens it.
fn seal_drawer(drawer: &DrawerKey, statement: &KeyStatement) -> Result<Vec<u8>, OfficeError> {
    let recipients = [statement.key.recipient()];
    let encryptor =
        age::Encryptor::with_recipients(recipients.into_iter()).map_err(|_| OfficeError::Damaged)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(&drawer.to_bytes())?;
    writer.finish()?;
    Ok(sealed)
}

fn open_sealed_drawer(sealed: &[u8], keys: &[OfficeKey]) -> Result<DrawerKey, OfficeError> {
    let decryptor = age::Decryptor::new(sealed).map_err(|_| OfficeError::Damaged)?;
    let plain = decryptor.decrypt(keys.iter().map(OfficeKey::identity)).map_err(|_| OfficeError::Damaged)?;
    let mut bytes = Zeroizing::new(Vec::new());
    plain.take(64).read_to_end(&mut bytes)?;
    Ok(DrawerKey::from_bytes(&bytes)?)
}
