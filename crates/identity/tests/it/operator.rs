//! An operator, offices and their certificates.

use jiff::{SignedDuration, Timestamp};
use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::signing::SigningKey;
use tasuki_terms::OfficeNo;

pub(crate) struct Operator {
    pub(crate) root: RootAuthority,
    pub(crate) issuing: IssuingAuthority,
}

impl Operator {
    pub(crate) fn new() -> Self {
        let root = RootAuthority::create("Tasuki", now()).expect("a root");
        let issuing = IssuingAuthority::create("Tasuki", &root, now()).expect("an issuing authority");
        Self { root, issuing }
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::new(self.root.certificate().to_vec())
    }

    pub(crate) fn enrol(&self, office: OfficeNo) -> (SigningKey, CertificateChain) {
        let key = SigningKey::generate().expect("a key");
        let request = key.request(office).expect("a request");
        let chain = self.issuing.issue_office(&request, office, now()).expect("a certificate");
        (key, chain)
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-04-01T09:00:00Z".parse().expect("a time")
}

pub(crate) fn after(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

pub(crate) fn office(no: &str) -> OfficeNo {
    no.parse().expect("an office number")
}
