//! An office without a node, whose keys are in the hands of the test: it can do what no node of ours does.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tasuki_client::{Handover, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_parcel::manifest::{FORMAT, FileKind};
use tasuki_parcel::seal::{Enclosure, Letter, Sender, seal};
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_terms::{KjId, OfficeNo, ParcelId, Sha256Digest};

use crate::world::{PASSWORD, World, deletion, no};

/// An office without a node, whose keys are in our hands.
pub(crate) struct Other {
    pub(crate) no: OfficeNo,
    pub(crate) kj_id: KjId,
    pub(crate) client: RelayClient,
    pub(crate) key: SigningKey,
    pub(crate) chain: CertificateChain,
    pub(crate) statement: KeyStatement,
}

pub(crate) async fn other(world: &World, office: &str) -> Other {
    let credentials = world.register(office).await;
    let url = format!("https://127.0.0.1:{}", world.address.port());
    let relay = RelayAddress::new(&url, &std::fs::read(world.relay_folder().root()).unwrap()).unwrap();
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
    let office_key = OfficeKey::generate();
    let statement = KeyStatement {
        office: credentials.office,
        key: office_key.public(),
        epoch: 1,
        before: None,
        formats: ParcelFormats::only(FORMAT),
        issued_at: Timestamp::now(),
    };
    client.publish_key(&SignedStatement::sign(&statement, &key, &chain).unwrap()).await.unwrap();
    Other { no: credentials.office, kj_id: credentials.kj_id, client, key, chain, statement }
}

impl Other {
    /// The key of an office, as the directory tells it.
    pub(crate) async fn key_of(&self, world: &World, office: &str) -> KeyStatement {
        let found = self.client.look_up(vec![no(office)]).await.unwrap().offices.remove(0);
        let signed: SignedStatement = serde_json::from_str(&found.key.unwrap().statement).unwrap();
        let trust = Trust::from_pem(&std::fs::read(world.relay_folder().root()).unwrap()).unwrap();
        signed.verify(&trust, Timestamp::now() + SignedDuration::from_secs(2)).unwrap()
    }

    /// Seals a file for an office whose present key the directory tells, and hands it in.
    pub(crate) async fn send(&self, world: &World, to: &str, id: ParcelId, serial: u32) -> Sha256Digest {
        let receiver = self.key_of(world, to).await;
        let file = deletion(self.no.as_str(), to, serial);
        let mut contents = std::io::Cursor::new(file.bytes);
        let mut enclosures = [Enclosure {
            name: file.name.parse().unwrap(),
            kind: FileKind::Standard,
            contents: &mut contents,
        }];
        let letter = Letter { id, staff: "", message: "", created_at: Timestamp::now(), log_head: None };
        let sender = Sender { statement: &self.statement, signing_key: &self.key, chain: &self.chain };
        let mut bytes = Vec::new();
        seal(&mut bytes, letter, &mut enclosures, sender, &receiver).unwrap();
        self.hand_in(to, id, receiver.epoch, bytes).await
    }

    pub(crate) async fn hand_in(
        &self,
        to: &str,
        id: ParcelId,
        key_epoch: u32,
        bytes: Vec<u8>,
    ) -> Sha256Digest {
        let digest = Sha256Digest(Sha256::digest(&bytes).into());
        self.client.hand_in(&Handover { id, to: no(to), key_epoch, digest }, bytes.into()).await.unwrap();
        digest
    }
}

pub(crate) fn new_id(n: u8) -> ParcelId {
    ParcelId::new(Timestamp::now(), [n; 10])
}
