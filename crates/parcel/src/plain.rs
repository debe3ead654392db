//! What is inside a seal, read at any place.

use std::io::{self, Read, Seek, SeekFrom};

use age::stream::StreamReader;

use crate::fault::Fault;

/// age's reader, but with an end: age panics when it is read from beyond it, and a hostile archive points there.
pub(crate) struct Plain<R> {
    inner: StreamReader<R>,
    position: u64,
    length: u64,
}

impl<R: Read + Seek> Plain<R> {
    /// Finds the end, which must be whole.
    pub(crate) fn new(mut inner: StreamReader<R>) -> io::Result<Self> {
        let length = inner.seek(SeekFrom::End(0)).map_err(Fault::of_seal)?;
        inner.rewind().map_err(Fault::of_seal)?;
        Ok(Self { inner, position: 0, length })
    }

    /// Bytes inside the seal.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length {
            return Ok(0);
        }
        let read = self.inner.read(bytes).map_err(Fault::of_seal)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Plain<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        if target < self.length {
            self.inner.seek(SeekFrom::Start(target)).map_err(Fault::of_seal)?;
        }
        self.position = target;
        Ok(target)
    }
}
