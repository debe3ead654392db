//! Which passwords may be chosen: no rules of composition. Pure.

/// Characters that a password of the staff has at least: there is no second factor at the page.
pub const PASSWORD_CHARS_MIN: usize = 13;

/// Characters that a password may have.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// Guesses after which a password may fall, as a power of ten (zxcvbn's `guesses_log10`).
const GUESSES_LOG10_MIN: f64 = 8.0;

/// Whether a password may be chosen: long enough and not easily guessed. No rules of composition.
pub fn is_acceptable(password: &str, known_words: &[&str]) -> bool {
    let length = password.chars().count();
    (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length)
        && zxcvbn::zxcvbn(password, known_words).guesses_log10() >= GUESSES_LOG10_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_common_passwords_are_refused() {
        for bad in ["", "みじかい", "passwordpassword", "1234567890123", "aaaaaaaaaaaaaaaa"] {
            assert!(!is_acceptable(bad, &[]), "{bad}");
        }
        assert!(!is_acceptable("KJ137000001900", &["KJ137000001900"]));
        assert!(is_acceptable("ひるねこ みかん やま 花", &[]));
    }
}
