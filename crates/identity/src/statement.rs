//! Key statements: "parcels for this office are to be sealed for this key", signed by the office.
//!
//! The signed text is
//!
//! ```text
//! tasuki key statement 2
//! office 1370000019
//! key age1…
//! epoch 2
//! before 64 hexadecimal digits
//! formats 2
//! issued 2026-04-01T00:00:00Z
//! ```
//!
//! seven lines, each ending with a line feed, in UTF-8. The signature is over exactly these bytes. `before` is the SHA-256
//! of the text of the statement of the epoch before, `-` for epoch 1; `formats` are the versions of the parcel format
//! that the office reads, ascending, with commas between.
//!
//! A statement is *co-signed* when the key that signed the one before it has signed this text too: then the office has
//! handed its key over. Without it (a lost PC, or an operator that puts a key of its own in the place) only a person can
//! tell.

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tasuki_terms::{OfficeNo, Sha256Digest};

use crate::chain::{CertificateChain, ChainError, OfficeCertificate, Trust, verify_by_key};
use crate::office_key::OfficePublicKey;
use crate::signing::{SigningError, SigningKey};

const TITLE: &str = "tasuki key statement 2";

/// Most versions of the parcel format that a statement names.
const MAX_FORMATS: usize = 16;

/// How far in the future a statement may have been issued: clocks of offices are not exact.
const CLOCK_TOLERANCE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What an office says of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatement {
    /// The office.
    pub office: OfficeNo,
    /// Its key.
    pub key: OfficePublicKey,
    /// Counts the statements of the office, from 1 without gaps.
    pub epoch: u32,
    /// Digest of the statement of the epoch before ([`KeyStatement::digest`]); none for epoch 1.
    pub before: Option<Sha256Digest>,
    /// What the office can open.
    pub formats: ParcelFormats,
    /// When it was said.
    pub issued_at: Timestamp,
}

/// The versions of the parcel format that an office reads: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelFormats(BTreeSet<u32>);

impl ParcelFormats {
    /// One version.
    pub fn only(format: u32) -> Self {
        Self(BTreeSet::from([format]))
    }

    /// Whether a parcel of this version is read.
    pub fn contains(&self, format: u32) -> bool {
        self.0.contains(&format)
    }

    fn parse(text: &str) -> Option<Self> {
        let formats: BTreeSet<u32> =
            text.split(',').map(|format| format.parse().ok()).collect::<Option<_>>()?;
        (formats.len() <= MAX_FORMATS).then_some(Self(formats))
    }
}

impl fmt::Display for ParcelFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formats: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&formats.join(","))
    }
}

/// A statement with its signature and the signer's certificates, as the directory hands it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedStatement {
    /// The signed text.
    pub statement: String,
    /// The signature in Base64.
    pub signature: String,
    /// Signature over the same text by the key that signed the statement before, in Base64, if the office still has it
    /// and it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosignature: Option<String>,
    /// The certificates in PEM.
    pub certificates: String,
}

/// Why a statement is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The text is not a statement.
    #[error("this is not a key statement")]
    Malformed,
    /// The certificates are not those of an office.
    #[error("the signer of the key statement is not accepted")]
    Signer(#[from] ChainError),
    /// The signature is not the signer's.
    #[error("the signature of the key statement is wrong")]
    Signature,
    /// Another office signed than the one it is about.
    #[error("the key statement is about {stated}, but signed by {signer}")]
    OtherOffice {
        /// The office that it is about.
        stated: OfficeNo,
        /// The office that signed.
        signer: OfficeNo,
    },
    /// It says that it was issued in the future.
    #[error("the key statement is from the future")]
    FromTheFuture,
    /// A newer one is known.
    #[error("the key statement is of epoch {epoch}, epoch {known} is known")]
    OlderEpoch {
        /// Its epoch.
        epoch: u32,
        /// The epoch that is known.
        known: u32,
    },
    /// It names another statement before it than the one that is known.
    #[error("the key statement of epoch {epoch} does not follow the one that is known")]
    NotChained {
        /// Its epoch.
        epoch: u32,
    },
    /// Another key with the same epoch is known.
    #[error("two keys claim epoch {epoch}")]
    Conflict {
        /// The epoch of both.
        epoch: u32,
    },
}

impl KeyStatement {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let mut next = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        if next("tasuki key") != TITLE.strip_prefix("tasuki key ") {
            return None;
        }
        let statement = Self {
            office: next("office")?.parse().ok()?,
            key: next("key")?.parse().ok()?,
            epoch: next("epoch")?.parse().ok()?,
            before: match next("before")? {
                "-" => None,
                digest => Some(digest.parse().ok()?),
            },
            formats: ParcelFormats::parse(next("formats")?)?,
            issued_at: next("issued")?.parse().ok()?,
        };
        // One statement has one text: no other spelling of a number or time, no further lines.
        let is_first = statement.before.is_none();
        let fits = statement.epoch > 0 && is_first == (statement.epoch == 1);
        (fits && statement.to_string() == text).then_some(statement)
    }

    /// SHA-256 of the text: what the next statement names.
    pub fn digest(&self) -> Sha256Digest {
        digest_of(&self.to_string())
    }

    /// Whether this is the statement after the one with this epoch and digest.
    pub fn follows(&self, epoch: u32, digest: Sha256Digest) -> bool {
        epoch.checked_add(1) == Some(self.epoch) && self.before == Some(digest)
    }

    /// Whether this statement takes the place of the one that is known.
    ///
    /// # Errors
    /// When an older epoch, another key of the same epoch, or a statement of the next epoch that names another one
    /// before it, comes after it. Whether a statement of a later epoch follows is for the key log to say.
    pub fn check_against(&self, known: &Self) -> Result<(), StatementError> {
        if self.epoch < known.epoch {
            return Err(StatementError::OlderEpoch { epoch: self.epoch, known: known.epoch });
        }
        if self.epoch == known.epoch && self.key != known.key {
            return Err(StatementError::Conflict { epoch: self.epoch });
        }
        if self.epoch.checked_sub(1) == Some(known.epoch) && !self.follows(known.epoch, known.digest()) {
            return Err(StatementError::NotChained { epoch: self.epoch });
        }
        Ok(())
    }
}

impl fmt::Display for KeyStatement {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { office, key, epoch, before, formats, issued_at } = self;
        let before = before.map_or_else(|| "-".to_owned(), |before| before.to_string());
        write!(f, "{TITLE}\noffice {office}\nkey {key}\nepoch {epoch}\nbefore {before}\n")?;
        write!(f, "formats {formats}\nissued {issued_at}\n")
    }
}

impl SignedStatement {
    /// Signs a statement with the key of the first certificate of a chain.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn sign(
        statement: &KeyStatement,
        key: &SigningKey,
        chain: &CertificateChain,
    ) -> Result<Self, SigningError> {
        let text = statement.to_string();
        let signature = BASE64.encode(&key.sign(text.as_bytes())?);
        Ok(Self { statement: text, signature, cosignature: None, certificates: chain.to_pem() })
    }

    /// The same with the signature of the key that signed the statement before.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn cosigned(self, before: &SigningKey) -> Result<Self, SigningError> {
        let cosignature = BASE64.encode(&before.sign(self.statement.as_bytes())?);
        Ok(Self { cosignature: Some(cosignature), ..self })
    }

    /// SHA-256 of the text of the statement.
    pub fn digest(&self) -> Sha256Digest {
        digest_of(&self.statement)
    }

    /// What the office said, when it was that office which said it.
    ///
    /// # Errors
    /// The precise reason why it is not believed.
    pub fn verify(&self, trust: &Trust, now: Timestamp) -> Result<KeyStatement, StatementError> {
        self.verify_with_signer(trust, now).map(|(statement, _)| statement)
    }

    /// As [`SignedStatement::verify`], with the certificate that signed.
    ///
    /// # Errors
    /// As [`SignedStatement::verify`].
    pub fn verify_with_signer(
        &self,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<(KeyStatement, OfficeCertificate), StatementError> {
        let chain = CertificateChain::from_pem(self.certificates.as_bytes())?;
        let signer = trust.verify(&chain, now)?;
        let signature = BASE64.decode(self.signature.as_bytes()).map_err(|_| StatementError::Signature)?;
        signer
            .verify_signature(self.statement.as_bytes(), &signature)
            .map_err(|_| StatementError::Signature)?;
        let statement = KeyStatement::parse(&self.statement).ok_or(StatementError::Malformed)?;
        if statement.office != signer.office {
            return Err(StatementError::OtherOffice { stated: statement.office, signer: signer.office });
        }
        if statement.issued_at.duration_since(now) > CLOCK_TOLERANCE {
            return Err(StatementError::FromTheFuture);
        }
        Ok((statement, signer))
    }

    /// Whether the key that signed the statement before has signed this one too, as its signature or beside it. `before`
    /// is that key as SubjectPublicKeyInfo DER, from a certificate that was verified then.
    pub fn is_handed_over_by(&self, before: &[u8]) -> bool {
        let text = self.statement.as_bytes();
        let signatures = [Some(&self.signature), self.cosignature.as_ref()];
        signatures.into_iter().flatten().any(|signature| {
            let signature = BASE64.decode(signature.as_bytes());
            signature.is_ok_and(|signature| verify_by_key(before, text, &signature).is_ok())
        })
    }
}

fn digest_of(text: &str) -> Sha256Digest {
    Sha256Digest(Sha256::digest(text).into())
}
