//! The log in which the relay chains every key and certificate of every office.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{OfficeNo, Sha256Digest};

/// A place in the key log and the hash that the log has there: whoever knows two different ones for one place has seen
/// that the log was not the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// Number of the newest entry; 0 for a log without entries.
    pub seq: u64,
    /// Its hash; zeros for a log without entries.
    pub hash: Sha256Digest,
}

impl LogHead {
    /// The head of a log without entries.
    pub const EMPTY: Self = Self { seq: 0, hash: Sha256Digest([0; 32]) };
}

/// A text is not the head of a key log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the head of a key log must be a number, a blank and 64 lower-case hexadecimal digits")]
pub struct ParseLogHeadError;

impl fmt::Display for LogHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seq, self.hash)
    }
}

impl FromStr for LogHead {
    type Err = ParseLogHeadError;

    fn from_str(text: &str) -> Result<Self, ParseLogHeadError> {
        let (seq, hash) = text.split_once(' ').ok_or(ParseLogHeadError)?;
        let seq = seq.parse().map_err(|_| ParseLogHeadError)?;
        let head = Self { seq, hash: hash.parse().map_err(|_| ParseLogHeadError)? };
        // One head has one text: no sign, no leading zeros.
        if head.to_string() == text { Ok(head) } else { Err(ParseLogHeadError) }
    }
}

/// What an entry of the key log says of an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Logged {
    /// It has stated a key.
    Key {
        /// Epoch of the key.
        epoch: u32,
        /// The signed statement, as it was published.
        statement: String,
        /// SHA-256 of these bytes.
        statement_digest: Sha256Digest,
    },
    /// It was given a certificate.
    Certificate {
        /// SHA-256 of the certificate (DER).
        fingerprint: Sha256Digest,
        /// That of the certificate which asked for it; none when it was asked for with an enrolment password.
        parent: Option<Sha256Digest>,
    },
}

/// An entry of the key log. Each hashes the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Place in the log, from 1 without gaps.
    pub seq: u64,
    /// The office.
    pub office: OfficeNo,
    /// What it says.
    #[serde(flatten)]
    pub logged: Logged,
    /// When the relay had it durably.
    pub at: Timestamp,
    /// SHA-256 over the 32 bytes of the hash before (zeros for the first entry) and [`LogEntry::hashed_text`].
    pub hash: Sha256Digest,
}

impl LogEntry {
    /// The text that is hashed: one line.
    ///
    /// ```text
    /// 1 1370000019 certificate FINGERPRINT PARENT|- 2026-04-01T00:00:00Z
    /// 2 1370000019 1 STATEMENT-DIGEST 2026-04-01T00:00:00Z
    /// ```
    pub fn hashed_text(&self) -> String {
        let Self { seq, office, logged, at, .. } = self;
        match logged {
            Logged::Key { epoch, statement_digest, .. } => {
                format!("{seq} {office} {epoch} {statement_digest} {at}\n")
            }
            Logged::Certificate { fingerprint, parent } => {
                let parent = parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
                format!("{seq} {office} certificate {fingerprint} {parent} {at}\n")
            }
        }
    }

    /// The head of the log that ends with this entry.
    pub fn head(&self) -> LogHead {
        LogHead { seq: self.seq, hash: self.hash }
    }
}

/// "This is my log up to here", signed by a relay: two of them that contradict each other prove that it has shown
/// different logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The newest entry.
    pub head: LogHead,
    /// When it was signed.
    pub at: Timestamp,
    /// Signature over [`SignedHead::text`] by the key of the relay's certificate: ECDSA P-256 with SHA-256, ASN.1 DER, in
    /// Base64.
    pub signature: String,
    /// The relay's certificate, then its issuers up to but without the root, PEM.
    pub certificates: String,
}

impl SignedHead {
    /// The text that is signed.
    ///
    /// ```
    /// use tasuki_terms::{LogHead, SignedHead};
    /// let at = "2026-04-01T00:00:00Z".parse()?;
    /// assert_eq!(SignedHead::text(LogHead::EMPTY, at), "\
    /// tasuki key log head 1
    /// head 0 0000000000000000000000000000000000000000000000000000000000000000
    /// at 2026-04-01T00:00:00Z
    /// ");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(head: LogHead, at: Timestamp) -> String {
        format!("tasuki key log head 1\nhead {head}\nat {at}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_one_text() {
        let head = LogHead { seq: 12, hash: Sha256Digest([0xab; 32]) };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "12", "12  ab", "+12 00", "012 00"] {
            let wrong = wrong.replace("00", &"00".repeat(32));
            assert_eq!(wrong.parse::<LogHead>(), Err(ParseLogHeadError), "{wrong}");
        }
    }

    #[test]
    fn no_entry_of_one_kind_has_the_text_of_one_of_the_other() {
        let digest = Sha256Digest([1; 32]);
        let at = Timestamp::UNIX_EPOCH;
        let entry =
            |logged| LogEntry { seq: 1, office: "1370000019".parse().unwrap(), logged, at, hash: digest };
        let key = Logged::Key { epoch: 7, statement: String::new(), statement_digest: digest };
        let first = Logged::Certificate { fingerprint: digest, parent: None };
        let next = Logged::Certificate { fingerprint: digest, parent: Some(digest) };
        assert_eq!(entry(key).hashed_text(), format!("1 1370000019 7 {digest} {at}\n"));
        assert_eq!(entry(first).hashed_text(), format!("1 1370000019 certificate {digest} - {at}\n"));
        assert_eq!(entry(next).hashed_text(), format!("1 1370000019 certificate {digest} {digest} {at}\n"));
    }
}
