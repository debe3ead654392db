//! A store with offices that take part.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tasuki_protocol::mailbox::Cursor;
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::{Receipt, ReceiptKind, SignedReceipt};
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_relay::store::{
    Acceptance, By, NewAccount, NewCertificate, NewKey, Offer, OfficeRecord, ReceiptOutcome, Store, Usage,
};
use tasuki_terms::{KjId, OfficeNo, ParcelId, Sha256Digest};
use tempfile::TempDir;

pub(crate) const A: &str = "1370000019";
pub(crate) const B: &str = "1370000027";
pub(crate) const C: &str = "0170000035";

/// How much a mailbox may hold here.
pub(crate) const MAILBOX_BYTES: u64 = 1_000_000;

/// How long contents are kept after the first receipt.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// No limit of what a sender may have waiting.
pub(crate) const EVERYTHING: Usage = Usage { parcels: u64::MAX, bytes: u64::MAX };

pub(crate) struct World {
    pub(crate) store: Box<dyn Store>,
    _folder: TempDir,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(&folder.path().join("relay.db"), 0).unwrap();
        Self { store: Box::new(store), _folder: folder }
    }

    /// Offices A, B and C in the directory, all but C with an account and a key.
    pub(crate) async fn populate(&self) {
        populate(&*self.store).await;
    }

    pub(crate) async fn send(&self, from: &str, to: &str, number: u8) -> Parcel {
        match self.store.accept(offer(from, to, number), contents(number).into(), by(0)).await.unwrap() {
            Acceptance::New(parcel) => parcel,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn inbox(&self, office: &str) -> Vec<ParcelId> {
        let page = self.store.inbox(no(office), Cursor::default()).await.unwrap();
        page.entries.iter().map(|entry| entry.parcel.id).collect()
    }

    pub(crate) async fn receipt(&self, parcel: &Parcel, kind: ReceiptKind) -> ReceiptOutcome {
        self.store.keep_receipt(parcel.to, signed(parcel, kind), KEPT, by(60)).await.unwrap()
    }

    /// Nothing that the architecture promises is broken.
    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.store.check(true).await.unwrap(), []);
    }
}

pub(crate) async fn populate(store: &dyn Store) {
    store.put_offices([A, B, C].map(record).to_vec(), by(0)).await.unwrap();
    for (office, kj) in [(A, 1), (B, 2)] {
        assert!(store.put_account(account(office, kj), by(0)).await.unwrap());
        store.publish_key(key(office, 1), by(0)).await.unwrap();
    }
}

pub(crate) fn no(text: &str) -> OfficeNo {
    text.parse().unwrap()
}

pub(crate) fn kj(number: u64) -> KjId {
    format!("KJ{number:012}").parse().unwrap()
}

/// A time some seconds after the beginning of these tests.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

pub(crate) fn by(seconds: i64) -> By {
    By { who: "tester".into(), address: "192.0.2.1".into(), at: at(seconds) }
}

pub(crate) fn record(office: &str) -> OfficeRecord {
    OfficeRecord {
        no: no(office),
        name: format!("みほん事業所{office}"),
        kana: "ミホンジギョウショ".into(),
        address: "東京都千代田区見本町1-1".into(),
        phone: "03-0000-0000".into(),
        fax: "03-0000-0001".into(),
        services: vec!["11".parse().unwrap(), "43".parse().unwrap()],
    }
}

pub(crate) fn account(office: &str, number: u64) -> NewAccount {
    NewAccount {
        kj_id: kj(number),
        office: no(office),
        password_hash: Some("$first".into()),
        enrolment_hash: "$enrolment".into(),
        enrolment_expires_at: at(3600),
    }
}

pub(crate) fn key(office: &str, epoch: u32) -> NewKey {
    let said = |epoch| Sha256Digest(Sha256::digest(format!("{office} {epoch}")).into());
    NewKey {
        office: no(office),
        epoch,
        said: said(epoch),
        before: (epoch > 1).then(|| said(epoch - 1)),
        statement: format!("statement {office} {epoch}"),
    }
}

pub(crate) fn certificate(office: &str, number: u8) -> NewCertificate {
    NewCertificate {
        fingerprint: Sha256Digest([number; 32]),
        office: no(office),
        pem: format!("certificate {number}"),
        node: "事務室".into(),
        not_after: at(1_000_000),
        parent: None,
    }
}

pub(crate) fn id(number: u8) -> ParcelId {
    ParcelId::new(at(0), [number; 10])
}

pub(crate) fn contents(number: u8) -> Bytes {
    vec![number; 1000 + usize::from(number)].into()
}

pub(crate) fn offer(from: &str, to: &str, number: u8) -> Offer {
    let contents = contents(number);
    Offer {
        id: id(number),
        from: no(from),
        to: no(to),
        size: contents.len() as u64,
        digest: Sha256Digest(Sha256::digest(&contents).into()),
        key_epoch: 1,
        expires_at: at(90 * 24 * 3600),
        mailbox_bytes: MAILBOX_BYTES,
        outstanding: EVERYTHING,
    }
}

pub(crate) fn signed(parcel: &Parcel, kind: ReceiptKind) -> SignedReceipt {
    let Parcel { id, from, to, digest, .. } = *parcel;
    let receipt = Receipt { parcel: id, from, to, digest, kind, reason: None, at: at(60), log_head: None };
    let (signature, certificate_pem) = ("signature".into(), "certificate".into());
    SignedReceipt { receipt, signature, certificate_pem, accepted_at: at(60) }
}
