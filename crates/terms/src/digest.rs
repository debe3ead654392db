//! The digest by which contents are compared.

use std::fmt;
use std::str::FromStr;

use crate::serde_as_text;

/// A text is not a SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest must be 64 lower-case hexadecimal digits")]
pub struct ParseDigestError;

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
///
/// This crate does not compute it: whoever hashes hands the 32 bytes in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl FromStr for Sha256Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        fn nibble(digit: u8) -> Result<u8, ParseDigestError> {
            match digit {
                b'0'..=b'9' => Ok(digit - b'0'),
                b'a'..=b'f' => Ok(digit - b'a' + 10),
                _ => Err(ParseDigestError),
            }
        }

        let text = text.as_bytes();
        if text.len() != 64 {
            return Err(ParseDigestError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({self})")
    }
}

serde_as_text!(Sha256Digest);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wrong_texts_are_refused() {
        let good = "0123456789abcdef".repeat(4);
        assert!(good.parse::<Sha256Digest>().is_ok());
        for bad in [&good[1..], &good.to_uppercase(), &good.replace('0', "g"), "あ"] {
            assert!(bad.parse::<Sha256Digest>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn digests_print_as_they_parse(bytes: [u8; 32]) {
            let digest = Sha256Digest(bytes);
            prop_assert_eq!(digest.to_string().parse::<Sha256Digest>(), Ok(digest));
        }
    }
}
