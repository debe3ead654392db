//! Key statements: "parcels for this office are to be sealed for this key", signed by the office.
//!
//! The signed text is
//!
//! ```text
//! tasuki key statement 1
//! office 1370000019
//! key age1…
//! epoch 1
//! issued 2026-04-01T00:00:00Z
//! ```
//!
//! five lines, each ending with a line feed, in UTF-8. The signature is over exactly these bytes.

use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::OfficeNo;

use crate::chain::{CertificateChain, ChainError, Trust};
use crate::office_key::OfficePublicKey;
use crate::signing::{SigningError, SigningKey};

const TITLE: &str = "tasuki key statement 1";

/// How far in the future a statement may have been issued: clocks of offices are not exact.
const CLOCK_TOLERANCE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What an office says of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatement {
    /// The office.
    pub office: OfficeNo,
    /// Its key.
    pub key: OfficePublicKey,
    /// Counts the keys of the office, from 1: a newer one has a higher number.
    pub epoch: u32,
    /// When it was said.
    pub issued_at: Timestamp,
}

/// A statement with its signature and the signer's certificates, as the directory hands it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedStatement {
    /// The signed text.
    pub statement: String,
    /// The signature in Base64.
    pub signature: String,
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
            issued_at: next("issued")?.parse().ok()?,
        };
        // One statement has one text: no other spelling of a number or time, no further lines.
        (statement.epoch > 0 && statement.to_string() == text).then_some(statement)
    }

    /// Whether this statement takes the place of the one that is known.
    ///
    /// # Errors
    /// When an older epoch, or another key of the same epoch, comes after it.
    pub fn check_against(&self, known: &Self) -> Result<(), StatementError> {
        if self.epoch < known.epoch {
            return Err(StatementError::OlderEpoch { epoch: self.epoch, known: known.epoch });
        }
        if self.epoch == known.epoch && self.key != known.key {
            return Err(StatementError::Conflict { epoch: self.epoch });
        }
        Ok(())
    }
}

impl fmt::Display for KeyStatement {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { office, key, epoch, issued_at } = self;
        write!(f, "{TITLE}\noffice {office}\nkey {key}\nepoch {epoch}\nissued {issued_at}\n")
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
        Ok(Self { statement: text, signature, certificates: chain.to_pem() })
    }

    /// What the office said, when it was that office which said it.
    ///
    /// # Errors
    /// The precise reason why it is not believed.
    pub fn verify(&self, trust: &Trust, now: Timestamp) -> Result<KeyStatement, StatementError> {
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
        Ok(statement)
    }
}
