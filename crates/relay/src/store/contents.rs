//! Sealed bytes on their way into a store.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;

/// Bytes that are read from a file at once.
const PIECE: u64 = 256 * 1024;

/// The sealed bytes of a parcel, as they came in.
#[derive(Debug, Clone)]
pub enum Contents {
    /// Small ones.
    Memory(Bytes),
    /// Large ones, which must not fill the memory: the first `size` bytes of a file that does not change any more.
    File {
        /// The file.
        file: Arc<File>,
        /// How many bytes of it.
        size: u64,
    },
}

impl Contents {
    /// Their length in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    /// Copies them, with little of them in memory.
    ///
    /// # Errors
    /// When the file is shorter or cannot be read, or nothing can be written.
    pub fn copy_to(&self, mut to: impl Write) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => to.write_all(bytes),
            Self::File { file, size } => {
                let mut piece = Vec::new();
                for start in (0..*size).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX)) {
                    let length = PIECE.min(*size - start);
                    piece.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
                    file.read_exact_at(&mut piece, start)?;
                    to.write_all(&piece)?;
                }
                Ok(())
            }
        }
    }
}

impl From<Bytes> for Contents {
    fn from(bytes: Bytes) -> Self {
        Self::Memory(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_copied_whole_and_a_shorter_one_is_noticed() {
        let bytes: Vec<u8> = (0..600_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let file = Arc::new(file);
        let mut copy = Vec::new();
        Contents::File { file: Arc::clone(&file), size: 600_000 }.copy_to(&mut copy).unwrap();
        assert_eq!(copy, bytes);
        assert!(Contents::File { file, size: 600_001 }.copy_to(io::sink()).is_err());
    }
}
