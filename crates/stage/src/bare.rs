//! An office without a node, whose keys are in the hands of the caller: it can do what no node of ours does.

use std::path::Path;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tasuki_client::{ClientError, Handover, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_parcel::manifest::{FORMAT, FileKind};
use tasuki_parcel::seal::{Enclosure, Letter, Sender, seal};
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_protocol::parcel::Parcel;
use tasuki_relay::operator::NewCredentials;
use tasuki_terms::{KjId, OfficeNo, ParcelId, Sha256Digest};

/// An office that has enrolled, chosen a password, logged in, and published a key.
pub struct BareOffice {
    /// Its number.
    pub no: OfficeNo,
    /// Its account.
    pub kj_id: KjId,
    /// Its way to the relay, with a session.
    pub client: RelayClient,
    /// What signs for it.
    pub key: SigningKey,
    /// Its certificate.
    pub chain: CertificateChain,
    /// Its key, as published.
    pub statement: KeyStatement,
}

impl BareOffice {
    /// Enrols.
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached.
    pub async fn enrol(
        relay: &RelayAddress,
        credentials: &NewCredentials,
        password: &str,
    ) -> anyhow::Result<Self> {
        let (no, kj_id) = (credentials.office, credentials.kj_id);
        let key = SigningKey::generate()?;
        let wish = Enrol {
            office: no,
            kj_id,
            enrolment_password: Secret::new(credentials.enrolment_password.as_str()),
            request_pem: key.request(no)?.0,
            node: String::new(),
        };
        let issued = RelayClient::of_stranger(relay)?.enrol(&wish).await?;
        let chain = CertificateChain::from_pem((issued.certificate_pem + &issued.chain_pem).as_bytes())?;
        let client = RelayClient::of_node(relay, &chain, &key)?;
        let first = credentials.password.as_ref().map_or("", |password| password.as_str());
        client.log_in(kj_id, first).await?;
        client.change_password(first, password).await?;
        // A changed password ends the session.
        client.log_in(kj_id, password).await?;
        let statement = KeyStatement {
            office: no,
            key: OfficeKey::generate().public(),
            epoch: 1,
            before: None,
            formats: ParcelFormats::only(FORMAT),
            issued_at: Timestamp::now(),
        };
        client.publish_key(&SignedStatement::sign(&statement, &key, &chain)?).await?;
        Ok(Self { no, kj_id, client, key, chain, statement })
    }

    /// The key of an office, as the directory tells it and this root vouches for it.
    ///
    /// # Errors
    /// When the relay cannot be reached, knows no such key, or it is not to be believed.
    pub async fn key_of(&self, office: OfficeNo, root_pem: &[u8]) -> anyhow::Result<KeyStatement> {
        let found = self.client.look_up(vec![office]).await?.offices.pop();
        let key = found.and_then(|office| office.key);
        let key = key.ok_or_else(|| anyhow::anyhow!("{office} has no key"))?;
        let signed: SignedStatement = serde_json::from_str(&key.statement)?;
        // The other's clock may be a little ahead.
        Ok(signed.verify(&Trust::from_pem(root_pem)?, Timestamp::now() + SignedDuration::from_secs(2))?)
    }

    /// This office as the one who signs.
    pub fn sender(&self) -> Sender<'_> {
        Sender { statement: &self.statement, signing_key: &self.key, chain: &self.chain }
    }

    /// Hands contents in, whatever they are.
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached.
    pub async fn hand_in(
        &self,
        to: OfficeNo,
        id: ParcelId,
        key_epoch: u32,
        sealed: Bytes,
    ) -> Result<Parcel, ClientError> {
        let digest = Sha256Digest(Sha256::digest(&sealed).into());
        self.client.hand_in(&Handover { id, to, key_epoch, digest }, sealed).await
    }
}

/// Seals one file for an office, whoever `sender` is: also one who has no right to it.
///
/// # Errors
/// When the file has no name that a parcel takes, or it cannot be sealed.
pub fn seal_file(
    sender: Sender<'_>,
    id: ParcelId,
    file: (&str, &[u8]),
    receiver: &KeyStatement,
) -> anyhow::Result<Vec<u8>> {
    let (name, contents) = file;
    let is_standard = Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let kind = if is_standard { FileKind::Standard } else { FileKind::Attachment };
    let mut contents = std::io::Cursor::new(contents);
    let mut enclosures = [Enclosure { name: name.parse()?, kind, contents: &mut contents }];
    let letter = Letter { id, staff: "", message: "", created_at: Timestamp::now(), log_head: None };
    let mut sealed = Vec::new();
    seal(&mut sealed, letter, &mut enclosures, sender, receiver)?;
    Ok(sealed)
}

/// A new number for a parcel.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_id() -> anyhow::Result<ParcelId> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    Ok(ParcelId::new(Timestamp::now(), random))
}
