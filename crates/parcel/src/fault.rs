//! Who is to blame when reading fails: the caller's source, the seal, or the archive inside.

use std::io::{self, Read, Seek, SeekFrom};

/// What stands inside an [`io::Error`], so that it comes out of age and the archive as it went in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The caller's source failed: a disk, a line.
    #[error("the source of the parcel cannot be read")]
    Source(#[source] io::Error),
    /// The bytes of the seal are wrong.
    #[error("the seal of the parcel is damaged")]
    Seal(#[source] io::Error),
}

impl Fault {
    /// The fault inside an error; `None` when the error came from elsewhere, which is the archive.
    pub(crate) fn inside(error: io::Error) -> Option<Self> {
        error.downcast().ok()
    }

    /// Blames the seal, unless the source was to blame.
    pub(crate) fn of_seal(error: io::Error) -> io::Error {
        match error.downcast() {
            Ok(Self::Source(source)) => source_error(source),
            Ok(Self::Seal(error)) | Err(error) => io::Error::new(error.kind(), Self::Seal(error)),
        }
    }
}

/// The kind stays: who reads must see that it was only interrupted.
fn source_error(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Fault::Source(error))
}

/// The caller's source, whose errors are told from those that the bytes cause.
pub(crate) struct Source<R>(pub(crate) R);

impl<R: Read> Read for Source<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).map_err(source_error)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to).map_err(|error| match error.kind() {
            // Asked for a place before the beginning: the bytes are too few, the source is well.
            io::ErrorKind::InvalidInput => error,
            _ => source_error(error),
        })
    }
}
