//! Beginning (利用開始): what a node asks the operator's authority for.

use serde::{Deserialize, Serialize};
use tasuki_client::{ClientError, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault, VaultError};
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};
use zeroize::Zeroizing;

use super::Offices;
use super::begun::{self, BegunKey, key_to_begin};
use super::key_file::KeyFile;
use super::sealed_drawer::seal_drawer;
use super::secrets::{copies, copy_of_signing_key, holds, make_newest};
use super::session::is_wrong_password;
use super::statements::{began, digest_of, state_after, verify_own};
use super::store::{self, Enrolled, OfficeRow};
use crate::base::blocking;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};

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
    pub by: Actor,
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

impl Offices {
    /// Enrols an office (利用開始): gets its certificate with the one-time password, sets its password, makes its
    /// keys and publishes them. Its keys are open afterwards.
    ///
    /// An office that is here already keeps its keys, folders and place in the mailbox. An office whose key another
    /// node of it has published makes no second one: this node has no key then (`None`), until it is brought with
    /// [`Offices::adopt_office_key`].
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached, or nothing can be kept: it may be tried again with the same one-time
    /// password, also when the relay's answer was lost.
    /// [`OfficeError::KeysLocked`] when the office is here already and neither password opens its keys.
    pub async fn enrol(&self, wish: Enrolment) -> Result<Option<RecoveryKit>, OfficeError> {
        let drawer_key = self.base.drawer()?;
        let (before, signed_before) = self.keys_before(&wish).await?;
        let known = self.stated_before(wish.office);
        let known_epoch = known.map_or(0, |(epoch, _)| epoch);
        let relay = RelayAddress::new(&wish.relay, &wish.root_pem)?;
        let trust = Trust::from_pem(&wish.root_pem).map_err(|_| OfficeError::Damaged)?;
        let BegunKey { key: signing_key, is_repeat } =
            key_to_begin(&self.base, wish.office, &wish.enrolment_password)?;
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
        log_in_first(&client, &wish, is_repeat).await?;
        let found = client.look_up(vec![wish.office]).await?.offices.into_iter().next();
        let name = found.as_ref().map_or(wish.name.clone(), |office| office.name.clone());
        let published = found.and_then(|office| office.key);
        let in_directory = published.as_ref().and_then(|key| Some((key.epoch, digest_of(&key.statement)?)));
        let last =
            known.filter(|(epoch, _)| in_directory.is_none_or(|(other, _)| other < *epoch)).or(in_directory);

        // What cannot be verified nobody believes: it is as if nothing was published.
        let stated =
            published.and_then(|key| Some((verify_own(&key.statement, &trust, wish.office)?, key.statement)));

        let state = |key: &OfficeKey| {
            let issued_at = began(&chain, self.base.now());
            let statement = state_after(last, wish.office, key.public(), issued_at);
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
            Ok::<_, OfficeError>((secrets, vault, code))
        })
        .await?;
        let stated = verify_own(&statement, &trust, wish.office).ok_or(OfficeError::Damaged)?;
        let drawer = seal_drawer(&drawer_key, &stated)?;
        let enrolled = Enrolled {
            no: wish.office,
            name: &name,
            kj_id: wish.kj_id,
            relay: relay.url(),
            root: &wish.root_pem,
            chain: &chain.to_pem(),
            vault: &vault.to_bytes(),
            statement: &statement,
            drawer: &drawer,
        };
        self.keep_enrolled(&wish.by, &enrolled)?;
        // Kept before it is published: a key that others seal for must not be lost. If the relay cannot be asked now,
        // the link publishes it.
        KeyFile::teach(&self.base, wish.office, wish.kj_id, &wish.new_password);
        self.replace_keys(wish.office, secrets, wish.new_password).await?;
        if is_here && let Err(error) = self.settle_own_key(&*self.keys.of(wish.office)?).await {
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
        if let Ok(open) = self.keys.of(wish.office) {
            let signing_key = copy_of_signing_key(&open.secrets.signing_key)?;
            return Ok((copies(&open.secrets.office_keys)?, Some(signing_key)));
        }
        let row = match self.row(wish.office) {
            Err(OfficeError::NotFound) => return Ok((Vec::new(), None)),
            row => row?,
        };
        let vault = Vault::from_bytes(&row.vault)?;
        let passwords = [wish.password.clone(), wish.new_password.clone()];
        let open =
            move || Ok::<_, OfficeError>(passwords.iter().find_map(|password| vault.open(password).ok()));
        match blocking(open).await? {
            Some(Secrets { office_keys, signing_key }) => Ok((office_keys, Some(signing_key))),
            None if wish.new_key => Ok((Vec::new(), None)),
            None => Err(OfficeError::KeysLocked),
        }
    }

    /// Epoch and digest of what this node has stated or seen stated: a restored directory may be behind it.
    fn stated_before(&self, office: OfficeNo) -> Option<(u32, Sha256Digest)> {
        let row = self.row(office).ok();
        let of_row = |row: OfficeRow| {
            let trust = Trust::from_pem(&row.root).ok()?;
            verify_own(&row.statement, &trust, office)
        };
        row.and_then(of_row).map(|statement| (statement.epoch, statement.digest()))
    }

    fn keep_enrolled(&self, by: &Actor, enrolled: &Enrolled<'_>) -> Result<(), OfficeError> {
        self.base.write(by, |tx| {
            store::put(tx, enrolled)?;
            begun::forget(tx, enrolled.no)?;
            tx.record(Action::Enrolled, enrolled.no, enrolled.kj_id.as_str())
        })
    }
}

/// The first session: with it the account has the password that was wished for. An earlier try whose answer was lost may
/// have come as far as that already.
async fn log_in_first(client: &RelayClient, wish: &Enrolment, is_repeat: bool) -> Result<(), ClientError> {
    let logged_in = match client.log_in(wish.kj_id, &wish.password).await {
        Err(error) if is_repeat && is_wrong_password(&error) => {
            return client.log_in(wish.kj_id, &wish.new_password).await.map(drop);
        }
        logged_in => logged_in?,
    };
    if logged_in.password_change_required || wish.password != wish.new_password {
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
        Some((stated, _)) if holds(&before, &stated.key) => {
            make_newest(&mut before, &stated.key)?;
            Ok(Key::Kept(before))
        }
        // The relay was restored: what it has is older than what is here.
        Some((stated, _)) if stated.epoch < known_epoch && !before.is_empty() => Ok(Key::Kept(before)),
        Some((_, text)) => Ok(Key::Elsewhere(before, text)),
    }
}
