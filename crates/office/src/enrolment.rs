//! Beginning (利用開始), and certificates that follow: what a node asks the operator's authority for.

use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
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
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};
use zeroize::Zeroizing;

use crate::audit;
use crate::error::OfficeError;
use crate::link;
use crate::node::Node;
use crate::open_office::{OfficeRow, OpenOffice, blocking};
use crate::own_key;

/// The certificate is renewed when it ends within this time.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long a renewal that failed waits for the next try.
const RENEW_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// How long after a renewal none is tried: with a wrong clock any certificate ends soon.
const RENEWED_AGAIN: SignedDuration = SignedDuration::from_hours(24);

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
    /// Begin with a new key although the directory has one: for an office that has lost its key and its recovery kit.
    /// What was sealed for the old key cannot be opened any more, and other nodes of the office receive nothing until
    /// the new key is brought to them.
    pub new_key: bool,
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

/// What the office's key is to be after a beginning.
enum Key {
    /// The node holds the office's key: it is stated anew, with a certificate that lives.
    Kept(Vec<OfficeKey>),
    /// The office has no key yet, or is to have a new one.
    New(Vec<OfficeKey>),
    /// Another node of the office has its key; until it is brought here, nothing is received.
    Elsewhere(Vec<OfficeKey>, String),
}

impl Node {
    /// Enrols an office (利用開始): gets its certificate with the one-time password, sets its password, makes its
    /// keys and publishes them. Its keys are open afterwards.
    ///
    /// An office that is here already keeps its keys, folders and place in the mailbox. An office whose key another
    /// node of it has published makes no second one: this node has no key then (`None`), until it is brought with
    /// [`Node::adopt_office_key`].
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached, or nothing can be kept.
    /// [`OfficeError::KeysLocked`] when the office is here already and neither password opens its keys.
    pub async fn enrol(&self, wish: Enrolment) -> Result<Option<RecoveryKit>, OfficeError> {
        let drawer_key = self.drawer()?;
        let (before, signed_before) = self.keys_before(&wish).await?;
        let known = self.stated_before(wish.office);
        let known_epoch = known.map_or(0, |(epoch, _)| epoch);
        let relay = RelayAddress::new(&wish.relay, &wish.root_pem)?;
        let trust = Trust::from_pem(&wish.root_pem).map_err(|_| OfficeError::Damaged)?;
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
        log_in_first(&client, &wish).await?;
        let found = client.look_up(vec![wish.office]).await?.offices.into_iter().next();
        let name = found.as_ref().map_or(wish.name.clone(), |office| office.name.clone());
        let published = found.and_then(|office| office.key);
        let in_directory =
            published.as_ref().and_then(|key| Some((key.epoch, own_key::digest_of(&key.statement)?)));
        let last =
            known.filter(|(epoch, _)| in_directory.is_none_or(|(other, _)| other < *epoch)).or(in_directory);

        // What cannot be verified nobody believes: it is as if nothing was published.
        let stated = published
            .and_then(|key| Some((own_key::verify_own(&key.statement, &trust, wish.office)?, key.statement)));

        let state = |key: &OfficeKey| {
            let issued_at = began(&chain, self.now());
            let statement = own_key::state_after(last, wish.office, key.public(), issued_at);
            let signed = SignedStatement::sign(&statement, &signing_key, &chain)?;
            match &signed_before {
                Some(before) => signed.cosigned(before),
                None => Ok(signed),
            }
        };
        let (office_keys, statement, is_here) = match which_key(before, known_epoch, stated, wish.new_key)? {
            Key::Kept(keys) => {
                let signed = state(keys.last().ok_or(OfficeError::Damaged)?)?;
                (keys, serde_json::to_string(&signed)?, true)
            }
            Key::New(mut keys) => {
                let key = OfficeKey::generate();
                let signed = state(&key)?;
                keys.push(key);
                (keys, serde_json::to_string(&signed)?, true)
            }
            Key::Elsewhere(keys, statement) => (keys, statement, false),
        };
        let code = RecoveryCode::generate().map_err(|_| VaultError::System)?;
        let secrets = Secrets { signing_key, office_keys };
        let password = wish.new_password.clone();
        let (secrets, vault, code) = blocking(move || {
            let vault = Vault::lock(&secrets, &password, &code)?;
            Ok::<_, VaultError>((secrets, vault, code))
        })
        .await?;
        let stated = own_key::verify_own(&statement, &trust, wish.office).ok_or(OfficeError::Damaged)?;
        let drawer = seal_drawer(&drawer_key, &stated)?;
        let kept = Kept { name, relay: relay.url(), chain: chain.to_pem(), vault: &vault, statement, drawer };
        self.keep_enrolled(&wish, &kept)?;
        // Kept before it is published: a key that others seal for must not be lost. If the relay cannot be asked now,
        // the link publishes it.
        self.teach_unlock_key(wish.office, wish.kj_id, &wish.new_password);
        self.replace_keys(wish.office, secrets, wish.new_password).await?;
        if is_here && let Err(error) = self.settle_own_key(&*self.open_office(wish.office)?).await {
            tracing::warn!(office = %wish.office, error = %error, "the key is not published yet");
        }
        let kit = RecoveryKit { code: code.to_text(), file: vault.recovery_file().to_bytes() };
        Ok(is_here.then_some(kit))
    }

    /// The keys of an office that is here already, and the one that it has signed with, which hands over to the next;
    /// none when it is not, or when it has lost them and begins anew.
    async fn keys_before(
        &self,
        wish: &Enrolment,
    ) -> Result<(Vec<OfficeKey>, Option<SigningKey>), OfficeError> {
        if let Ok(open) = self.open_office(wish.office) {
            let signing_key = own_key::copy_of_signing_key(&open.secrets.signing_key)?;
            return Ok((own_key::copies(&open.secrets.office_keys)?, Some(signing_key)));
        }
        let row = match self.office_row(wish.office) {
            Err(OfficeError::NotFound) => return Ok((Vec::new(), None)),
            row => row?,
        };
        let vault = Vault::from_bytes(&row.vault)?;
        let passwords = [wish.password.clone(), wish.new_password.clone()];
        let secrets = blocking(move || passwords.iter().find_map(|password| vault.open(password).ok())).await;
        match secrets {
            Some(Secrets { office_keys, signing_key }) => Ok((office_keys, Some(signing_key))),
            None if wish.new_key => Ok((Vec::new(), None)),
            None => Err(OfficeError::KeysLocked),
        }
    }

    /// Epoch and digest of what this node has stated or seen stated: a restored directory may be behind it.
    fn stated_before(&self, office: OfficeNo) -> Option<(u32, Sha256Digest)> {
        let row = self.office_row(office).ok();
        let of_row = |row: OfficeRow| {
            let trust = Trust::from_pem(&row.root).ok()?;
            own_key::verify_own(&row.statement, &trust, office)
        };
        row.and_then(of_row).map(|statement| (statement.epoch, statement.digest()))
    }

    fn keep_enrolled(&self, wish: &Enrolment, kept: &Kept<'_>) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            db.execute(
                "INSERT INTO office (no, name, kj_id, relay, root, chain, vault, statement, drawer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (no) DO UPDATE SET name = excluded.name, kj_id = excluded.kj_id,
                     relay = excluded.relay, chain = excluded.chain, vault = excluded.vault, vault_next = NULL,
                     statement = excluded.statement, drawer = excluded.drawer, failures = 0, locked_until = 0,
                     inbox_after = iif(root = excluded.root, inbox_after, 0),
                     sent_after = iif(root = excluded.root, sent_after, 0), root = excluded.root",
                params![
                    wish.office.as_str(),
                    kept.name,
                    wish.kj_id.as_str(),
                    kept.relay,
                    wish.root_pem,
                    kept.chain,
                    kept.vault.to_bytes(),
                    kept.statement,
                    kept.drawer
                ],
            )?;
            audit::write(db, now, Some(wish.office), &wish.by, "enrolled", wish.kj_id.as_str())
        })
    }

    /// Renews the certificate of an office when it ends soon, and states its key anew with it. The new certificate is
    /// in use at once. A try that fails is repeated after an hour.
    pub(crate) async fn renew_certificate(&self, office: &OpenOffice) -> Result<(), OfficeError> {
        let row = self.office_row(office.no())?;
        let now = self.now();
        let ends_soon = row.own.certificate_until.duration_since(now) < RENEW_BEFORE;
        if !ends_soon || now < office.renew_after() {
            return Ok(());
        }
        office.set_renew_after(now.saturating_add(RENEW_AGAIN).unwrap_or(Timestamp::MAX));
        let wish = Renew { request_pem: office.secrets.signing_key.request(office.no())?.0 };
        let issued = link::with_session(office, || office.client.renew(&wish)).await?;
        let pem = format!("{}{}", issued.certificate_pem, issued.chain_pem);
        let chain = CertificateChain::from_pem(pem.as_bytes()).map_err(|_| ClientError::Unintelligible)?;
        let statement = self.state_anew(office, &row, &chain).await?;
        self.db().write(|db| {
            let sql = "UPDATE office SET chain = ?2, statement = ?3 WHERE no = ?1";
            db.execute(sql, params![office.no().as_str(), pem, statement])?;
            audit::write(db, now, Some(office.no()), "node", "certificate-renewed", "")
        })?;
        let secrets = Secrets {
            signing_key: own_key::copy_of_signing_key(&office.secrets.signing_key)?,
            office_keys: own_key::copies(&office.secrets.office_keys)?,
        };
        let (node, no, password) = (self.clone(), office.no(), office.password());
        let until = now.saturating_add(RENEWED_AGAIN).unwrap_or(Timestamp::MAX);
        // A task of its own: the one that renews is among those that end. The new link publishes the statement.
        tokio::spawn(async move {
            match node.replace_keys(no, secrets, password).await {
                Ok(()) => {
                    if let Ok(open) = node.open_office(no) {
                        open.set_renew_after(until);
                    }
                }
                Err(error) => {
                    tracing::error!(office = %no, error = %error, "the renewed certificate is used after a restart");
                }
            }
        });
        Ok(())
    }

    /// The statement that partners believe as long as the new certificate lasts. A node without the office's key states
    /// nothing.
    async fn state_anew(
        &self,
        office: &OpenOffice,
        row: &OfficeRow,
        chain: &CertificateChain,
    ) -> Result<String, OfficeError> {
        if !self.settle_own_key(office).await? {
            return Ok(row.statement.clone());
        }
        let kept = self.office_row(office.no())?.statement;
        let kept = own_key::verify_own(&kept, &office.trust, office.no()).ok_or(OfficeError::Damaged)?;
        let last = Some((kept.epoch, kept.digest()));
        let statement = own_key::state_after(last, office.no(), kept.key, began(chain, self.now()));
        let signed = SignedStatement::sign(&statement, &office.secrets.signing_key, chain)?;
        Ok(serde_json::to_string(&signed)?)
    }
}

/// What is kept of an office that has begun.
struct Kept<'a> {
    name: String,
    relay: &'a str,
    chain: String,
    vault: &'a Vault,
    statement: String,
    drawer: Vec<u8>,
}

/// The first session: with it the account has the password that was wished for.
async fn log_in_first(client: &RelayClient, wish: &Enrolment) -> Result<(), ClientError> {
    let must_change = client.log_in(wish.kj_id, &wish.password).await?.password_change_required;
    if must_change || wish.password != wish.new_password {
        client.change_password(&wish.password, &wish.new_password).await?;
        client.log_in(wish.kj_id, &wish.new_password).await?;
    }
    Ok(())
}

/// Which key an office has from now on: one for all its nodes, so none is made where the directory has one.
/// `known_epoch` is what this node had stated or seen before.
fn which_key(
    mut before: Vec<OfficeKey>,
    known_epoch: u32,
    stated: Option<(KeyStatement, String)>,
    new_key: bool,
) -> Result<Key, OfficeError> {
    if new_key {
        return Ok(Key::New(before));
    }
    match stated {
        None if before.is_empty() => Ok(Key::New(before)),
        None => Ok(Key::Kept(before)),
        Some((stated, _)) if own_key::holds(&before, &stated.key) => {
            own_key::make_newest(&mut before, &stated.key)?;
            Ok(Key::Kept(before))
        }
        // The relay was restored: what it has is older than what is here.
        Some((stated, _)) if stated.epoch < known_epoch && !before.is_empty() => Ok(Key::Kept(before)),
        Some((_, text)) => Ok(Key::Elsewhere(before, text)),
    }
}

/// When the certificate of a chain began: the time by the relay's clock, so that nobody doubts a statement because the
/// clock of this machine is wrong.
pub(crate) fn began(chain: &CertificateChain, now: Timestamp) -> Timestamp {
    chain.certificates().next().and_then(validity_of).map_or(now, |(from, _)| from)
}

/// Seals the key of the drawer for the office's own key, so that the recovery kit opens it.
pub(crate) fn seal_drawer(drawer: &DrawerKey, statement: &KeyStatement) -> Result<Vec<u8>, OfficeError> {
    let recipients = [statement.key.recipient()];
    let encryptor =
        age::Encryptor::with_recipients(recipients.into_iter()).map_err(|_| OfficeError::Damaged)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(&drawer.to_bytes())?;
    writer.finish()?;
    Ok(sealed)
}
