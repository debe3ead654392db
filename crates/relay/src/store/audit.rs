//! The audit log: one hash chain for each office, and one for the operator.

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tasuki_terms::Sha256Digest;

use super::{By, StoreError};

/// Name of the chain for what concerns no single office.
pub const OPERATOR_CHAIN: &str = "operator";

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The chain: an office number or [`OPERATOR_CHAIN`].
    pub chain: String,
    /// Place in the chain, from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// From which network address.
    pub address: String,
    /// What was done, such as `parcel.accept`.
    pub action: String,
    /// To what: an id, an office number, a fingerprint.
    pub subject: String,
    /// SHA-256 over the hash before and this entry.
    pub hash: Sha256Digest,
}

impl AuditEntry {
    /// The hash that this entry must have after `before` (zeros for the first entry). Every member is
    /// preceded by its length, so that no text can be read in two ways.
    pub fn hash_after(&self, before: Sha256Digest) -> Sha256Digest {
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let members = [&self.chain, &seq, &at, &self.who, &self.address, &self.action, &self.subject];
        let mut hash = Sha256::new();
        hash.update(before.0);
        for member in members {
            hash.update((member.len() as u64).to_be_bytes());
            hash.update(member.as_bytes());
        }
        Sha256Digest(hash.finalize().into())
    }
}

/// What verifying one chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The chain.
    pub chain: String,
    /// Entries that fit together.
    pub entries: u64,
    /// Hash of the last of them: worth keeping elsewhere, so that a shortened chain is noticed.
    pub head: Sha256Digest,
    /// The first entry that does not fit, if there is one.
    pub broken_at: Option<u64>,
}

/// The audit log.
#[async_trait]
pub trait Audit {
    /// Notes an act of the operator that changes nothing else in the store.
    ///
    /// # Errors
    /// When the store cannot write.
    async fn note(&self, action: &'static str, subject: String, by: By) -> Result<(), StoreError>;

    /// Entries of a chain after a place.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn audit(&self, chain: &str, after: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;

    /// Recomputes every chain.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn verify_audit(&self) -> Result<Vec<ChainReport>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            chain: "1370000019".into(),
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            who: "KJ137000001900".into(),
            address: "192.0.2.1".into(),
            action: "parcel.accept".into(),
            subject: "x".into(),
            hash: Sha256Digest([0; 32]),
        }
    }

    #[test]
    fn every_member_counts() {
        let zero = Sha256Digest([0; 32]);
        let original = entry().hash_after(zero);
        let changes: [fn(&mut AuditEntry); 7] = [
            |e| e.chain.push('x'),
            |e| e.seq += 1,
            |e| e.at = Timestamp::MAX,
            |e| e.who.push('x'),
            |e| e.address.push('x'),
            |e| e.action.push('x'),
            |e| e.subject.push('x'),
        ];
        for change in changes {
            let mut entry = entry();
            change(&mut entry);
            assert_ne!(entry.hash_after(zero), original, "{entry:?}");
        }
        assert_ne!(entry().hash_after(Sha256Digest([1; 32])), original, "the hash before counts");
    }

    #[test]
    fn moving_text_between_members_is_noticed() {
        let (mut one, mut other) = (entry(), entry());
        (one.action, one.subject) = ("ab".into(), "c".into());
        (other.action, other.subject) = ("a".into(), "bc".into());
        let zero = Sha256Digest([0; 32]);
        assert_ne!(one.hash_after(zero), other.hash_after(zero));
    }
}
