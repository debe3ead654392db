//! What the office states of its own key. Pure.

use jiff::Timestamp;
use tasuki_identity::chain::{CertificateChain, Trust, validity_of};
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_terms::OfficeNo;

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
