//! Parcels that are there to do harm: refused before they cost anything, and never taken for a failing disk.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use tasuki_parcel::limits::HEADER_BYTES;
use tasuki_parcel::open::{OpenError, VerifiedAt, open};

use crate::world::{World, archive, decrypt, encrypt, now};

/// A source that counts what is read of it, and may fail behind some place or after so many bytes.
struct Watched {
    inner: Cursor<Vec<u8>>,
    read: usize,
    fails_at: u64,
    fails_after: usize,
}

impl Watched {
    fn new(bytes: Vec<u8>) -> Self {
        Self { inner: Cursor::new(bytes), read: 0, fails_at: u64::MAX, fails_after: usize::MAX }
    }
}

impl Read for &mut Watched {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.inner.position() >= self.fails_at || self.read >= self.fails_after {
            // Even of a kind that wrong bytes could have as well.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the disk has failed"));
        }
        let read = self.inner.read(bytes)?;
        self.read += read;
        Ok(read)
    }
}

impl Seek for &mut Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

fn header_of(stanzas: usize, line: usize) -> Vec<u8> {
    let stanza = format!("-> X25519 {}\n{}\n", "A".repeat(line), "A".repeat(43));
    format!("age-encryption.org/v1\n{}--- {}\n", stanza.repeat(stanzas), "A".repeat(43)).into_bytes()
}

/// Opens as B and tells how many bytes were read.
fn opened(world: &World, bytes: Vec<u8>) -> (OpenError, usize) {
    let mut source = Watched::new(bytes);
    let keys = std::slice::from_ref(&world.b.key);
    let error = open(&mut source, keys, &world.trust(), VerifiedAt::Accepted(now()), None).err().unwrap();
    (error, source.read)
}

/// age reads a header in a time that grows with the square of the recipients: it must not even begin.
#[test]
fn a_header_of_many_recipients_does_not_reach_age() {
    let world = World::new();
    let many_lines = [&header_of(1, 43)[..22], "A\n".repeat(1_000_000).as_bytes()].concat();
    let cases = [header_of(3, 43), header_of(2000, 43), header_of(1, 1024 * 1024), many_lines];
    for bytes in cases {
        let (error, read) = opened(&world, bytes);
        assert!(matches!(error, OpenError::SealTooLarge), "{error:?}");
        assert!(read <= HEADER_BYTES, "{read} bytes were read");
    }
}

#[test]
fn what_is_cut_within_the_header_is_not_sealed() {
    let world = World::new();
    let header = header_of(2, 43);
    for length in 0..header.len() {
        let (error, _) = opened(&world, header[..length].to_vec());
        assert!(matches!(error, OpenError::NotSealed | OpenError::Damaged), "{length}: {error:?}");
    }
}

/// The nonsense that age adds is of random length: headers of honest parcels are never too large.
#[test]
fn every_honest_header_is_small_enough() {
    let world = World::new();
    for _ in 0..200 {
        let (sealed, _) = world.seal(&[]).unwrap();
        world.open(&sealed).unwrap();
    }
}

/// The entries of an archive with other methods, in local headers and directory.
fn with_method(mut plain: Vec<u8>, method: u8) -> Vec<u8> {
    for start in 0..plain.len() - 12 {
        let at = match &plain[start..start + 4] {
            b"PK\x03\x04" => start + 8,
            b"PK\x01\x02" => start + 10,
            _ => continue,
        };
        plain[at] = method;
    }
    plain
}

#[test]
fn foreign_methods_are_no_error_of_reading() {
    let world = World::new();
    let plain = archive(&[("manifest.json", b"{}"), ("manifest.sig", b""), ("certificate.pem", b"")]);
    for (name, method) in
        [("implode", 6), ("deflate64", 9), ("bzip2", 12), ("lzma", 14), ("zstd", 93), ("?", 77)]
    {
        let sealed = encrypt(&with_method(plain.clone(), method), &world.b.statement.key);
        let error = world.open(&sealed).err().unwrap();
        assert!(matches!(error, OpenError::Method), "{name}: {error:?}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_no_error_of_reading() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", &b"202407,131016\r\n".repeat(50))]).unwrap();
    let plain = decrypt(&sealed, &world.b.key);
    let contents = 30 + "files/a.csv".len();
    for place in contents..contents + 8 {
        let mut changed = plain.clone();
        changed[place] ^= 0xff;
        let error = world.open(&encrypt(&changed, &world.b.statement.key)).err().unwrap();
        let is_right = matches!(
            error,
            OpenError::Unpacking | OpenError::Size { index: 0 } | OpenError::Digest { index: 0 }
        );
        assert!(is_right, "byte {place}: {error:?}");
    }
}

#[test]
fn a_source_that_fails_is_no_fault_of_the_parcel() {
    let world = World::new();
    let noise: Vec<u8> = (0..300_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let (sealed, _) = world.seal(&[("a.pdf", &noise)]).unwrap();
    for fails_at in [0, 10, 400, 70_000, 500_000, sealed.len() as u64 - 10] {
        let mut source = Watched { fails_at, ..Watched::new(sealed.clone()) };
        let keys = std::slice::from_ref(&world.b.key);
        let error = open(&mut source, keys, &world.trust(), VerifiedAt::Accepted(now()), None).err().unwrap();
        let OpenError::Io(cause) = error else { panic!("{fails_at}: {error:?}") };
        assert_eq!(cause.to_string(), "the disk has failed");
    }
}

/// Its places are read more than once, and any time may be the one that fails.
#[test]
fn a_source_that_fails_later_is_no_fault_of_the_parcel_either() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let keys = std::slice::from_ref(&world.b.key);
    let opened_until = |fails_after| {
        let mut source = Watched { fails_after, ..Watched::new(sealed.clone()) };
        let result = open(&mut source, keys, &world.trust(), VerifiedAt::Accepted(now()), None).map(drop);
        (result, source.read)
    };
    let (whole, all) = opened_until(usize::MAX);
    whole.unwrap();
    assert!(all > sealed.len(), "more than once");
    for fails_after in (0..all).step_by(512) {
        match opened_until(fails_after) {
            (Ok(()), read) => assert_eq!(read, all, "{fails_after}"),
            (Err(OpenError::Io(cause)), _) => assert_eq!(cause.to_string(), "the disk has failed"),
            (Err(error), _) => panic!("{fails_after}: {error:?}"),
        }
    }
}

#[test]
fn what_age_cannot_read_is_not_sealed() {
    let world = World::new();
    for stanzas in ["", "-> X25519 key\nbody\n", "body\n"] {
        let text = format!("age-encryption.org/v1\n{stanzas}--- mac\n{}", "x".repeat(200));
        let (error, _) = opened(&world, text.into_bytes());
        assert!(matches!(error, OpenError::NotSealed), "{stanzas}: {error:?}");
    }
}
