//! The key that parcels are sealed for: an age X25519 pair.

use std::fmt;
use std::str::FromStr;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::x25519;

/// A text is not a key of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an X25519 key of age")]
pub struct ParseKeyError;

/// The private key of an office (`AGE-SECRET-KEY-1…`). It opens what was sealed for the office.
pub struct OfficeKey(x25519::Identity);

/// The public key of an office (`age1…`): what parcels are sealed for.
#[derive(Clone, PartialEq, Eq)]
pub struct OfficePublicKey(x25519::Recipient);

impl OfficeKey {
    /// A new pair.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Reads a private key as age writes it.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_secret(text: &str) -> Result<Self, ParseKeyError> {
        text.parse().map(Self).map_err(|_| ParseKeyError)
    }

    /// The private key as age writes it, to be put into a vault or a file for `age -i`.
    pub fn to_secret(&self) -> SecretString {
        self.0.to_string()
    }

    /// The public key.
    pub fn public(&self) -> OfficePublicKey {
        OfficePublicKey(self.0.to_public())
    }

    /// The key as age takes it to open a file.
    pub fn identity(&self) -> &dyn age::Identity {
        &self.0
    }

    pub(crate) fn expose(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(self.to_secret().expose_secret().to_owned())
    }
}

impl OfficePublicKey {
    /// The key as age takes it to seal a file.
    pub fn recipient(&self) -> &dyn age::Recipient {
        &self.0
    }
}

impl FromStr for OfficePublicKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        text.parse().map(Self).map_err(|_| ParseKeyError)
    }
}

impl fmt::Display for OfficePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for OfficePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfficePublicKey({self})")
    }
}
