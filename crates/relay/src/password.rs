//! Passwords of office accounts: hashing, checking, and what may be one.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use sha2::{Digest as _, Sha256};
use tasuki_protocol::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use tasuki_terms::Sha256Digest;
use zeroize::Zeroizing;

/// Memory, passes and lanes of Argon2id: the least that OWASP's password storage cheat sheet asks for. A log-in also
/// needs a certificate, and the last days of a month bring all offices at once.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const ALGORITHM: Algorithm = Algorithm::Argon2id;
const VERSION: Version = Version::V0x13;

/// Random bytes beside a password.
const SALT_BYTES: usize = 16;

/// Letters and digits that nobody mistakes for each other on paper.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password that nobody chose has this many characters: 80 bits.
const GENERATED_CHARS: usize = 16;

/// Guesses after which a password may fall, as a power of ten (zxcvbn's `guesses_log10`).
const GUESSES_LOG10_MIN: f64 = 7.0;

/// Why a password cannot be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The system gives no memory or no random numbers.
    #[error("the system refused memory or random numbers")]
    System,
}

/// Hashes chosen passwords, one after another in the same memory: 19 MiB that are asked for anew each time come back to the
/// system late or never.
#[derive(Default)]
pub struct Hasher(Vec<Block>);

impl Hasher {
    /// Hashes a password to a PHC string.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn hash(&mut self, password: &str) -> Result<String, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| PasswordError::System)?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| PasswordError::System)?;
        let hash = self.phc(password, &params, &salt).ok_or(PasswordError::System)?;
        Ok(hash.to_string())
    }

    /// Whether a password is that of a hash. Without one it takes as long as with one of a chosen password, and is false.
    pub fn verify(&mut self, password: &str, hash: Option<&str>) -> bool {
        if let Some(hash) = hash.filter(|hash| hash.starts_with(QUICK)) {
            return hash_generated(password) == hash;
        }
        let Some(hash) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
            drop(self.hash(password));
            return false;
        };
        let (Ok(params), Some(salt)) = (Params::try_from(&hash), hash.salt) else { return false };
        let is_known = hash.algorithm == ALGORITHM.ident() && hash.version == Some(VERSION.into());
        // The library compares in constant time.
        is_known && self.phc(password, &params, salt.as_ref()).is_some_and(|found| found.hash == hash.hash)
    }

    fn phc(&mut self, password: &str, params: &Params, salt: &[u8]) -> Option<PasswordHash> {
        self.0.resize(params.block_count(), Block::default());
        let argon2 = Argon2::new(ALGORITHM, VERSION, params.clone());
        let mut output = Zeroizing::new(vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)]);
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut self.0).ok()?;
        Some(PasswordHash {
            algorithm: ALGORITHM.ident(),
            version: Some(VERSION.into()),
            params: params.try_into().ok()?,
            salt: Some(Salt::new(salt).ok()?),
            hash: Some(Output::new(&output).ok()?),
        })
    }
}

/// Hashes a password to a PHC string.
///
/// # Errors
/// When the system gives no memory or random numbers.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    Hasher::default().hash(password)
}

/// What the hash of a generated password begins with.
const QUICK: &str = "$sha256$";

/// Hashes a password that [`generate`] has made. Nobody guesses 80 random bits: a quick hash is enough, and strangers who
/// try cost the relay nothing.
pub fn hash_generated(password: &str) -> String {
    format!("{QUICK}{}", Sha256Digest(Sha256::digest(password).into()))
}

/// The hash of a generated password that nobody has.
pub fn of_nobody() -> String {
    format!("{QUICK}{}", Sha256Digest([0; 32]))
}

/// Whether a password may be chosen: long enough and not easily guessed. No rules of composition.
pub fn is_acceptable(password: &str, known_words: &[&str]) -> bool {
    let length = password.chars().count();
    (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length)
        && zxcvbn::zxcvbn(password, known_words).guesses_log10() >= GUESSES_LOG10_MIN
}

/// A password for paper, in groups of four.
///
/// # Errors
/// When the system gives no random numbers.
pub fn generate() -> Result<Zeroizing<String>, PasswordError> {
    let mut random = Zeroizing::new([0_u8; GENERATED_CHARS]);
    getrandom::fill(&mut *random).map_err(|_| PasswordError::System)?;
    let mut text = Zeroizing::new(String::with_capacity(GENERATED_CHARS + GENERATED_CHARS / 4));
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(READABLE[usize::from(byte % 32)]));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_verifies() {
        let mut hasher = Hasher::default();
        let hash = hasher.hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hasher.hash("correct horse").unwrap(), hash, "salted");
        assert!(hasher.verify("correct horse", Some(&hash)));
        assert!(!hasher.verify("correct horsf", Some(&hash)));
        assert!(!hasher.verify("correct horse", None));
        assert!(!hasher.verify("correct horse", Some("not a hash")));
        let without_hash = hash.rsplit_once('$').unwrap().0;
        assert!(!hasher.verify("correct horse", Some(without_hash)));
    }

    #[test]
    fn the_library_finds_the_same_and_older_hashes_verify() {
        use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
        let mut hasher = Hasher::default();
        let ours = hasher.hash("correct horse").unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
        // With other parameters, in memory that has been used for more.
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let other =
            Argon2::new(ALGORITHM, VERSION, params).hash_password(b"correct horse").unwrap().to_string();
        assert!(hasher.verify("correct horse", Some(&other)));
        assert!(!hasher.verify("correct horsf", Some(&other)));
        assert!(hasher.verify("correct horse", Some(&ours)));
    }

    #[test]
    fn a_generated_password_verifies_and_nobody_s_never() {
        let mut hasher = Hasher::default();
        let password = generate().unwrap();
        let hash = hash_generated(&password);
        assert!(hasher.verify(&password, Some(&hash)));
        assert!(!hasher.verify("another", Some(&hash)));
        assert!(!hasher.verify("", Some(&of_nobody())));
        assert!(!hash.contains(password.as_str()));
    }

    #[test]
    fn short_and_common_ones_are_refused() {
        for bad in ["", "xk3#9q", "password1", "12345678", "qwertyuiop", "KJ137000001900"] {
            assert!(!is_acceptable(bad, &["KJ137000001900"]), "{bad}");
        }
        assert!(!is_acceptable(&"x7#".repeat(100), &[]), "too long");
        for good in ["kaze-to-tsuki 31", "ひるねこ みかん やま 花", &generate().unwrap()] {
            assert!(is_acceptable(good, &[]), "{good}");
        }
    }
}
