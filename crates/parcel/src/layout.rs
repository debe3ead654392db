//! The layout of the archive, read strictly: it can be read in one way only, and has no room for anything that is
//! not shown. Programs disagree about which of two entries of one name counts, and whether the local header or the
//! directory does; so there must be nothing to disagree about.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use crate::entry;
use crate::limits::FILES;
use crate::manifest::ManifestError;
use crate::open::{OpenError, archive_read_error};

const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const DESCRIPTOR_BYTES: usize = 16;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Flags that a parcel may have: sizes behind the contents, names in UTF-8, and two that only tell how well deflate
/// has tried.
const DESCRIPTOR: u16 = 1 << 3;
const ALLOWED_FLAGS: u16 = DESCRIPTOR | 1 << 11 | 0b110;

/// What the directory says of an entry, and the local header must say too.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Told {
    flags: u16,
    method: u16,
    time: u32,
    checksum: u32,
    packed: u32,
    size: u32,
}

struct Central {
    told: Told,
    name: Vec<u8>,
    place: u32,
}

/// Verifies the layout from the first byte to the last.
///
/// # Errors
/// [`OpenError::NotAnArchive`] when there is no directory, [`OpenError::Ambiguous`] when there is anything that a
/// parcel does not have, [`OpenError::Method`] for foreign methods and encryption.
pub(crate) fn check<R: Read + Seek>(archive: &mut R, length: u64) -> Result<(), OpenError> {
    let end_at = length.checked_sub(END_BYTES as u64).ok_or(OpenError::NotAnArchive)?;
    seek(archive, end_at)?;
    let end: [u8; END_BYTES] = bytes(archive)?;
    if !end.starts_with(b"PK\x05\x06") || end[4..8] != [0; 4] || end[20..] != [0; 2] {
        return Err(OpenError::NotAnArchive);
    }
    let (entries, directory_bytes, directory_at) = (u16_at(&end, 10), u32_at(&end, 12), u32_at(&end, 16));
    if usize::from(entries) > FILES + entry::OWN {
        return Err(ManifestError::TooManyFiles.into());
    }
    if u16_at(&end, 8) != entries || u64::from(directory_at) + u64::from(directory_bytes) != end_at {
        return Err(OpenError::Ambiguous);
    }
    let mut entries = read_directory(archive, entries, u64::from(directory_at), end_at)?;
    entries.sort_by_key(|entry| entry.place);
    let mut place = 0;
    for entry in &entries {
        if u64::from(entry.place) != place {
            return Err(OpenError::Ambiguous);
        }
        place = check_local(archive, entry)?;
    }
    if place == u64::from(directory_at) { Ok(()) } else { Err(OpenError::Ambiguous) }
}

/// What stands in an archive behind the contents of its last entry, when it has these entries: the sizes of the last, the
/// directory and its end.
pub(crate) fn bytes_behind_the_last(names: &BTreeSet<String>) -> u64 {
    let directory: usize = names.iter().map(|name| CENTRAL_BYTES + name.len()).sum();
    (DESCRIPTOR_BYTES + directory + END_BYTES) as u64
}

/// The directory, which fills its place and names nothing twice.
fn read_directory<R: Read + Seek>(
    archive: &mut R,
    count: u16,
    at: u64,
    end_at: u64,
) -> Result<Vec<Central>, OpenError> {
    seek(archive, at)?;
    let (mut entries, mut names, mut place) = (Vec::new(), BTreeSet::new(), at);
    for _ in 0..count {
        let central = read_central(archive)?;
        place += (CENTRAL_BYTES + central.name.len()) as u64;
        if !names.insert(central.name.clone()) {
            return Err(OpenError::Ambiguous);
        }
        entries.push(central);
    }
    if place == end_at { Ok(entries) } else { Err(OpenError::Ambiguous) }
}

fn read_central<R: Read>(archive: &mut R) -> Result<Central, OpenError> {
    let header: [u8; CENTRAL_BYTES] = bytes(archive)?;
    if !header.starts_with(b"PK\x01\x02") {
        return Err(OpenError::NotAnArchive);
    }
    let told = told(&header[8..]);
    // Extra fields, comments and other disks.
    if header[30..36] != [0; 6] {
        return Err(OpenError::Ambiguous);
    }
    if !matches!(told.method, STORED | DEFLATED) || told.flags & !ALLOWED_FLAGS != 0 {
        return Err(OpenError::Method);
    }
    let name = name(archive, u16_at(&header, 28))?;
    Ok(Central { told, name, place: u32_at(&header, 42) })
}

/// Verifies that the local header says what the directory does; returns where the entry ends.
fn check_local<R: Read + Seek>(archive: &mut R, central: &Central) -> Result<u64, OpenError> {
    seek(archive, u64::from(central.place))?;
    let header: [u8; LOCAL_BYTES] = bytes(archive)?;
    let has_descriptor = central.told.flags & DESCRIPTOR != 0;
    let expected =
        if has_descriptor { Told { checksum: 0, packed: 0, size: 0, ..central.told } } else { central.told };
    if !header.starts_with(b"PK\x03\x04") || told(&header[6..]) != expected || header[28..] != [0; 2] {
        return Err(OpenError::Ambiguous);
    }
    if name(archive, u16_at(&header, 26))? != central.name {
        return Err(OpenError::Ambiguous);
    }
    let contents_at = u64::from(central.place) + (LOCAL_BYTES + central.name.len()) as u64;
    let contents_end = contents_at + u64::from(central.told.packed);
    if !has_descriptor {
        return Ok(contents_end);
    }
    seek(archive, contents_end)?;
    let descriptor: [u8; DESCRIPTOR_BYTES] = bytes(archive)?;
    let Told { checksum, packed, size, .. } = central.told;
    let found = [4, 8, 12].map(|at| u32_at(&descriptor, at));
    if !descriptor.starts_with(b"PK\x07\x08") || found != [checksum, packed, size] {
        return Err(OpenError::Ambiguous);
    }
    Ok(contents_end + DESCRIPTOR_BYTES as u64)
}

/// Both headers have these fields in one order.
fn told(fields: &[u8]) -> Told {
    Told {
        flags: u16_at(fields, 0),
        method: u16_at(fields, 2),
        time: u32_at(fields, 4),
        checksum: u32_at(fields, 8),
        packed: u32_at(fields, 12),
        size: u32_at(fields, 16),
    }
}

fn name<R: Read>(archive: &mut R, length: u16) -> Result<Vec<u8>, OpenError> {
    let mut name = vec![0; usize::from(length)];
    archive.read_exact(&mut name).map_err(archive_read_error)?;
    Ok(name)
}

fn seek<R: Seek>(archive: &mut R, to: u64) -> Result<(), OpenError> {
    archive.seek(SeekFrom::Start(to)).map_err(archive_read_error)?;
    Ok(())
}

fn bytes<R: Read, const N: usize>(archive: &mut R) -> Result<[u8; N], OpenError> {
    let mut bytes = [0; N];
    archive.read_exact(&mut bytes).map_err(archive_read_error)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
