//! SHA-256. Pure.

use sha2::{Digest as _, Sha256};
use tasuki_terms::Sha256Digest;

/// SHA-256 of bytes.
pub fn digest_of(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest(Sha256::digest(bytes).into())
}
