//! One office of a measurement.

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tasuki_client::{ClientError, Handover, RelayAddress, RelayClient};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_parcel::manifest::FORMAT;
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_protocol::parcel::Parcel;
use tasuki_relay::operator::NewCredentials;
use tasuki_terms::{OfficeNo, ParcelId, Sha256Digest};

/// The password that every office here chooses.
const PASSWORD: &str = "kaze-to-tsuki 31";

pub(super) struct Office {
    pub(super) no: OfficeNo,
    pub(super) client: RelayClient,
    pub(super) key: SigningKey,
}

impl Office {
    pub(super) async fn enrol(relay: &RelayAddress, credentials: &NewCredentials) -> anyhow::Result<Self> {
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
        client.change_password(first, PASSWORD).await?;
        let statement = KeyStatement {
            office: no,
            key: OfficeKey::generate().public(),
            epoch: 1,
            before: None,
            formats: ParcelFormats::only(FORMAT),
            issued_at: Timestamp::now(),
        };
        client.publish_key(&SignedStatement::sign(&statement, &key, &chain)?).await?;
        Ok(Self { no, client, key })
    }

    pub(super) async fn send(
        &self,
        id: ParcelId,
        to: OfficeNo,
        sealed: Bytes,
    ) -> Result<Parcel, ClientError> {
        let digest = Sha256Digest(Sha256::digest(&sealed).into());
        self.client.hand_in(&Handover { id, to, key_epoch: 1, digest }, sealed).await
    }
}

/// A new number for a parcel.
pub(super) fn new_id() -> ParcelId {
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("the system gives random numbers");
    ParcelId::new(Timestamp::now(), random)
}
