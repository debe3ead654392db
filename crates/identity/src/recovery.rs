//! The recovery code: what a person prints, keeps, and types in when the password is lost.
//!
//! Eight groups of four characters, `ABCD-EFGH-…`: 128 random bits and a check sum of 32 bits in the alphabet
//! of Crockford, which has no I, L, O and U. Typed in, small letters, `O` for zero, `I` and `L` for one, blanks and
//! missing hyphens are understood.

use data_encoding::{Encoding, Specification};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const SECRET_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;

/// What was typed in is not a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// Too long, too short, or with characters that no code has.
    #[error("a recovery code has eight groups of four letters and digits")]
    Form,
    /// It has the form, but a character is mistyped.
    #[error("the recovery code is mistyped: its check sum is wrong")]
    CheckSum,
}

/// A recovery code.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; SECRET_BYTES]);

impl RecoveryCode {
    /// A new code.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(Self(secret))
    }

    /// Reads a code that was typed in.
    ///
    /// # Errors
    /// When it has not the form, or the check sum is wrong.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let bytes =
            ALPHABET.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| RecoveryCodeError::Form)?;
        let (secret, check) = bytes.split_at_checked(SECRET_BYTES).ok_or(RecoveryCodeError::Form)?;
        let secret: [u8; SECRET_BYTES] = secret.try_into().map_err(|_| RecoveryCodeError::Form)?;
        let code = Self(secret);
        match check.len() {
            CHECK_BYTES if check == code.check_sum() => Ok(code),
            CHECK_BYTES => Err(RecoveryCodeError::CheckSum),
            _ => Err(RecoveryCodeError::Form),
        }
    }

    /// The code in groups, to be printed.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&self.0[..], &self.check_sum()].concat());
        let letters = Zeroizing::new(ALPHABET.encode(&bytes));
        let mut text = Zeroizing::new(String::with_capacity(letters.len() + letters.len() / 4));
        for (at, letter) in letters.char_indices() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.0
    }

    fn check_sum(&self) -> [u8; CHECK_BYTES] {
        let digest = Sha256::new().chain_update(b"tasuki recovery code").chain_update(self.0).finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

static ALPHABET: LazyLock<Encoding> = LazyLock::new(|| {
    let mut alphabet = Specification::new();
    alphabet.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    alphabet.translate.from.push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    alphabet.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    alphabet.ignore.push_str("- \t\r\n");
    alphabet.encoding().expect("the alphabet is Crockford's, without a repeated letter")
});
