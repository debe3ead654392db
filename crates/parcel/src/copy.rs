//! Copying with size and digest, as sealing and opening both do.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};
use tasuki_terms::Sha256Digest;

/// Bytes that are copied at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// Why not all was copied.
pub(crate) enum CopyError {
    /// There is more than the limit allows; not even the first byte beyond it was written.
    TooLong,
    /// The source failed.
    Read(io::Error),
    /// The destination failed.
    Write(io::Error),
}

/// Copies up to `limit` bytes; returns how many there are and their digest.
pub(crate) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    limit: u64,
) -> Result<(u64, Sha256Digest), CopyError> {
    let mut block = vec![0; BLOCK_BYTES];
    let (mut size, mut digest) = (0, Sha256::new());
    loop {
        let length = match from.read(&mut block) {
            Ok(0) => return Ok((size, Sha256Digest(digest.finalize().into()))),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        size += length as u64;
        if size > limit {
            return Err(CopyError::TooLong);
        }
        digest.update(&block[..length]);
        to.write_all(&block[..length]).map_err(CopyError::Write)?;
    }
}
