//! Beginning (利用開始), and certificates that follow: what a node asks the operator's authority for.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use tasuki_client::{ClientError, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, validity_of};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault, VaultError};
use tasuki_protocol::account::{Enrol, Renew, Secret};
use tasuki_terms::{KjId, OfficeNo};
use zeroize::Zeroizing;

use crate::audit;
use crate::error::OfficeError;
use crate::link;
use crate::node::Node;
use crate::open_office::OpenOffice;

/// The certificate is renewed when it ends within this time.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);

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

impl Node {
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

    /// Renews the certificate of an office when it ends soon, and states its key anew with it. The new certificate is
    /// in use from the next start on.
    pub(crate) async fn renew_certificate(&self, office: &OpenOffice) -> Result<(), OfficeError> {
        let row = self.office_row(office.no())?;
        let ends_soon = row.own.certificate_until.duration_since(self.now()) < RENEW_BEFORE;
        // Once in a run: with a wrong clock any certificate ends soon.
        if !ends_soon || office.renewed.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let wish = Renew { request_pem: office.secrets.signing_key.request(office.no())?.0 };
        let issued = link::with_session(office, || office.client.renew(&wish)).await?;
        let pem = format!("{}{}", issued.certificate_pem, issued.chain_pem);
        let chain = CertificateChain::from_pem(pem.as_bytes()).map_err(|_| ClientError::Unintelligible)?;
        // Partners believe a statement as long as its certificate lasts. The directory takes only a higher epoch.
        let published = link::with_session(office, || office.client.look_up(vec![office.no()])).await?;
        let epoch = published.offices.first().and_then(|own| own.key.as_ref()).map_or(0, |key| key.epoch) + 1;
        let statement =
            KeyStatement { epoch, issued_at: began(&chain, self.now()), ..office.statement.clone() };
        let signed = SignedStatement::sign(&statement, &office.secrets.signing_key, &chain)?;
        link::with_session(office, || office.client.publish_key(&signed)).await?;
        let text = serde_json::to_string(&signed)?;
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE office SET chain = ?2, statement = ?3 WHERE no = ?1";
            db.execute(sql, params![office.no().as_str(), pem, text])?;
            audit::write(db, now, Some(office.no()), "node", "certificate-renewed", "")
        })
    }
}

/// When the certificate of a chain began: the time by the relay's clock, so that nobody doubts a statement because the
/// clock of this machine is wrong.
pub(crate) fn began(chain: &CertificateChain, now: Timestamp) -> Timestamp {
    chain.certificates().next().and_then(validity_of).map_or(now, |(from, _)| from)
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
