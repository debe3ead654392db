//! An operator, two offices, and parcels between them; also parcels as no honest office makes them.

use std::io::{Cursor, Write as _};

use jiff::Timestamp;
use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats};
use tasuki_parcel::manifest::{FORMAT, FileKind, Manifest};
use tasuki_parcel::open::{Expected, OpenError, OpenedParcel, Opener, VerifiedAt, open};
use tasuki_parcel::seal::{Enclosure, Letter, SealError, Sender, seal};
use tasuki_terms::{LogHead, ParcelId, Sha256Digest};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

pub(crate) const A: &str = "1370000019";
pub(crate) const B: &str = "1370000027";

pub(crate) struct Office {
    pub(crate) signing_key: SigningKey,
    pub(crate) chain: CertificateChain,
    pub(crate) key: OfficeKey,
    pub(crate) statement: KeyStatement,
}

impl Office {
    pub(crate) fn sender(&self) -> Sender<'_> {
        Sender { statement: &self.statement, signing_key: &self.signing_key, chain: &self.chain }
    }
}

pub(crate) struct World {
    pub(crate) root: RootAuthority,
    issuing: IssuingAuthority,
    pub(crate) a: Office,
    pub(crate) b: Office,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = RootAuthority::create("Tasuki", now()).unwrap();
        let issuing = IssuingAuthority::create("Tasuki", &root, now()).unwrap();
        let [a, b] = [A, B].map(|no| enrol(&issuing, no));
        Self { root, issuing, a, b }
    }

    pub(crate) fn enrol(&self, no: &str) -> Office {
        enrol(&self.issuing, no)
    }

    pub(crate) fn root_pem(&self) -> String {
        CertificateChain::new(vec![self.root.certificate().to_vec()]).to_pem()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::new(self.root.certificate().to_vec())
    }

    /// A relay's key and certificate.
    pub(crate) fn relay(&self) -> (SigningKey, CertificateChain) {
        let key = SigningKey::generate().unwrap();
        let chain =
            self.issuing.issue_relay(&key.server_request().unwrap(), &["relay.example"], now()).unwrap();
        (key, chain)
    }

    /// Files from A to B.
    pub(crate) fn seal(&self, files: &[(&str, &[u8])]) -> Result<(Vec<u8>, Manifest), SealError> {
        self.seal_after(head(), files)
    }

    /// Files from A, who has seen this head of the key log, to B.
    pub(crate) fn seal_after(
        &self,
        log_head: LogHead,
        files: &[(&str, &[u8])],
    ) -> Result<(Vec<u8>, Manifest), SealError> {
        let mut contents: Vec<&[u8]> = files.iter().map(|(_, bytes)| *bytes).collect();
        let mut enclosures: Vec<Enclosure<'_>> = files
            .iter()
            .zip(&mut contents)
            .map(|((name, _), contents)| Enclosure {
                name: name.parse().unwrap(),
                kind: FileKind::Standard,
                contents,
            })
            .collect();
        let letter = Letter {
            id: id(),
            staff: "見本 花子",
            message: "10月分です。",
            created_at: now(),
            log_head: Some(log_head),
        };
        let mut sealed = Vec::new();
        let manifest = seal(&mut sealed, letter, &mut enclosures, self.a.sender(), &self.b.statement)?;
        Ok((sealed, manifest))
    }

    /// Opens as B, which expects the parcel of [`id`].
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<OpenedParcel<Cursor<Vec<u8>>>, OpenError> {
        let keys = std::slice::from_ref(&self.b.key);
        let expected = Expected { id: id(), opener: Opener::Receiver(self.b.statement.office) };
        open(Cursor::new(sealed.to_vec()), keys, &self.trust(), VerifiedAt::Accepted(now()), Some(expected))
    }

    /// An archive of these entries, sealed for B.
    pub(crate) fn forge(&self, entries: &[(&str, &[u8])]) -> Vec<u8> {
        encrypt(&archive(entries), &self.b.statement.key)
    }

    /// A parcel with this manifest, which an office has signed, and these files.
    pub(crate) fn forge_signed(&self, signer: &Office, json: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
        let signature = signer.signing_key.sign(json.as_bytes()).unwrap();
        let pem = signer.chain.to_pem();
        let own: [(&str, &[u8]); 3] = [
            ("manifest.json", json.as_bytes()),
            ("manifest.sig", &signature),
            ("certificate.pem", pem.as_bytes()),
        ];
        self.forge(&[&own[..], files, &[("padding", b"")]].concat())
    }
}

fn enrol(issuing: &IssuingAuthority, no: &str) -> Office {
    let office = no.parse().unwrap();
    let signing_key = SigningKey::generate().unwrap();
    let chain = issuing.issue_office(&signing_key.request(office).unwrap(), office, now()).unwrap();
    let key = OfficeKey::generate();
    let statement = KeyStatement {
        office,
        key: key.public(),
        epoch: 1,
        before: None,
        formats: ParcelFormats::only(FORMAT),
        issued_at: now(),
    };
    Office { signing_key, chain, key, statement }
}

pub(crate) fn now() -> Timestamp {
    "2026-04-01T09:00:00Z".parse().unwrap()
}

pub(crate) fn head() -> LogHead {
    LogHead { seq: 12, hash: Sha256Digest([0xab; 32]) }
}

pub(crate) fn id() -> ParcelId {
    ParcelId::new(now(), [7; 10])
}

pub(crate) fn contents(parcel: &mut OpenedParcel<Cursor<Vec<u8>>>, index: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    parcel.copy_file(index, &mut bytes).unwrap();
    bytes
}

pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let is_padding = *name == "padding";
        let method = if is_padding { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn encrypt(plain: &[u8], key: &OfficePublicKey) -> Vec<u8> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(key.recipient())).unwrap();
    let mut out = encryptor.wrap_output(Vec::new()).unwrap();
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

pub(crate) fn decrypt(sealed: &[u8], key: &OfficeKey) -> Vec<u8> {
    let decryptor = age::Decryptor::new(sealed).unwrap();
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(std::iter::once(key.identity())).unwrap();
    std::io::Read::read_to_end(&mut reader, &mut plain).unwrap();
    plain
}
