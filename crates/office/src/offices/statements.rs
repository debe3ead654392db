//! What the office states of its own key. Pure.

use jiff::Timestamp;
use tasuki_identity::chain::{CertificateChain, Trust, validity_of};
use tasuki_identity::office_key::OfficePublicKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_parcel::manifest::FORMAT;
use tasuki_terms::{OfficeNo, Sha256Digest};

/// What the office itself has stated, judged by the time when it was: it stays ours after its certificate has ended.
pub(super) fn verify_own(text: &str, trust: &Trust, office: OfficeNo) -> Option<KeyStatement> {
    let signed: SignedStatement = serde_json::from_str(text).ok()?;
    let said = signed.statement.lines().find_map(|line| line.strip_prefix("issued ")?.parse().ok())?;
    signed.verify(trust, said).ok().filter(|statement| statement.office == office)
}

/// When the certificate of a chain began: the time by the relay's clock, so that nobody doubts a statement because the
/// clock of this machine is wrong.
pub(super) fn began(chain: &CertificateChain, now: Timestamp) -> Timestamp {
    chain.certificates().next().and_then(validity_of).map_or(now, |(from, _)| from)
}

/// The statement after the one of an epoch and digest; the first one without.
pub(super) fn state_after(
    before: Option<(u32, Sha256Digest)>,
    office: OfficeNo,
    key: OfficePublicKey,
    issued_at: Timestamp,
) -> KeyStatement {
    KeyStatement {
        office,
        key,
        epoch: before.map_or(1, |(epoch, _)| epoch.saturating_add(1)),
        before: before.map(|(_, digest)| digest),
        formats: ParcelFormats::only(FORMAT),
        issued_at,
    }
}

/// Digest of what a published statement says, whether or not it is believed.
pub(super) fn digest_of(text: &str) -> Option<Sha256Digest> {
    serde_json::from_str(text).ok().map(|signed: SignedStatement| signed.digest())
}
