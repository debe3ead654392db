//! Copying with size and digest, as sealing and opening both do.

use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::thread;

use sha2::{Digest as _, Sha256};
use tasuki_terms::Sha256Digest;

/// Bytes that are copied at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// Blocks that may wait to be hashed.
const WAITING_BLOCKS: usize = 4;

/// Why not all was copied.
pub(crate) enum CopyError {
    /// There is more than the limit allows.
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
    let first = next_block(from)?;
    if first.len() < BLOCK_BYTES {
        put(&first, to, limit)?;
        return Ok((first.len() as u64, Sha256Digest(Sha256::digest(&first).into())));
    }
    copy_and_hash_beside(first, from, to, limit)
}

/// Encrypting and hashing take about as long: what is larger than a block is hashed by a second thread.
fn copy_and_hash_beside(
    first: Vec<u8>,
    from: &mut dyn Read,
    to: &mut dyn Write,
    limit: u64,
) -> Result<(u64, Sha256Digest), CopyError> {
    thread::scope(|scope| {
        let (to_hasher, blocks) = mpsc::sync_channel::<Vec<u8>>(WAITING_BLOCKS);
        let hasher = scope.spawn(move || blocks.iter().fold(Sha256::new(), Sha256::chain_update).finalize());
        let (mut block, mut size) = (first, 0);
        while !block.is_empty() {
            put(&block, to, limit - size)?;
            size += block.len() as u64;
            to_hasher.send(block).expect("the hasher takes blocks until there are no more");
            block = next_block(from)?;
        }
        drop(to_hasher);
        let digest = hasher.join().expect("hashing cannot fail");
        Ok((size, Sha256Digest(digest.into())))
    })
}

/// The next full block, or what is left before the end.
fn next_block(from: &mut dyn Read) -> Result<Vec<u8>, CopyError> {
    let mut block = Vec::new();
    from.take(BLOCK_BYTES as u64).read_to_end(&mut block).map_err(CopyError::Read)?;
    Ok(block)
}

fn put(block: &[u8], to: &mut dyn Write, room: u64) -> Result<(), CopyError> {
    if block.len() as u64 > room {
        return Err(CopyError::TooLong);
    }
    to.write_all(block).map_err(CopyError::Write)
}
