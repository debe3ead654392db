//! The archive of a parcel has one reading only. Zip readers forgive and choose: the last of two entries of one name, the
//! name of the directory or that of the entry, bytes between entries. A sender could show one thing to this reader and
//! prove another with the next. So the archive is walked from its first byte to its last before any of it is believed.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use crate::entry;
use crate::limits::{FILES, NAME_BYTES};

const END_BYTES: usize = 22;
const DIRECTORY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const DESCRIPTOR_BYTES: usize = 16;

const END: u32 = 0x0605_4b50;
const DIRECTORY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

/// Sizes stand behind the contents.
const STREAMED: u16 = 1 << 3;
/// The name is in UTF-8.
const UTF_8: u16 = 1 << 11;

/// Why an archive is not that of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not laid out as the archive of a parcel: doubles, gaps, overlaps, comments, extra fields, or two sayings about one
    /// entry.
    Layout,
    /// More entries than a parcel has.
    TooMany,
    /// It cannot be read to its end.
    Unreadable,
}

/// What the directory says of an entry.
struct Entry {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    offset: u64,
}

/// Walks an archive from its first byte to its last.
pub(crate) fn check<R: Read + Seek>(archive: &mut R, length: u64) -> Result<(), Fault> {
    let (count, start) = end(archive, length)?;
    let mut entries = directory(archive, count, start, length - END_BYTES as u64 - start)?;
    let names: BTreeSet<_> = entries.iter().map(|entry| &entry.name).collect();
    if names.len() != entries.len() {
        return Err(Fault::Layout);
    }
    entries.sort_by_key(|entry| entry.offset);
    let mut at = 0;
    for entry in &entries {
        if entry.offset != at {
            return Err(Fault::Layout);
        }
        at = local(archive, entry)?;
    }
    if at == start { Ok(()) } else { Err(Fault::Layout) }
}

/// The end of the archive: how many entries, and where their directory begins.
fn end<R: Read + Seek>(archive: &mut R, length: u64) -> Result<(usize, u64), Fault> {
    let at = length.checked_sub(END_BYTES as u64).ok_or(Fault::Layout)?;
    let bytes: [u8; END_BYTES] = read(archive, at)?;
    let mut fields = Fields(&bytes);
    let (signature, disks, count_here, count) = (fields.u32(), fields.u32(), fields.u16(), fields.u16());
    let (size, start, comment) = (fields.u32(), u64::from(fields.u32()), fields.u16());
    let is_whole = start.checked_add(u64::from(size)) == Some(at);
    if (signature, disks, comment) != (END, 0, 0) || count_here != count || !is_whole {
        return Err(Fault::Layout);
    }
    let count = usize::from(count);
    if count > FILES + entry::OWN { Err(Fault::TooMany) } else { Ok((count, start)) }
}

fn directory<R: Read + Seek>(
    archive: &mut R,
    count: usize,
    start: u64,
    length: u64,
) -> Result<Vec<Entry>, Fault> {
    if length > (count * (DIRECTORY_BYTES + NAME_BYTES + entry::FOLDER.len())) as u64 {
        return Err(Fault::Layout);
    }
    let bytes = read_at(archive, start, usize::try_from(length).map_err(|_| Fault::Layout)?)?;
    let mut rest = &bytes[..];
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (header, after) = rest.split_at_checked(DIRECTORY_BYTES).ok_or(Fault::Layout)?;
        let mut fields = Fields(header);
        let (signature, _versions) = (fields.u32(), fields.u32());
        let (flags, method, _time) = (fields.u16(), fields.u16(), fields.u32());
        let (crc, compressed, size) = (fields.u32(), fields.u32(), fields.u32());
        let (name, extra, comment, disk) = (fields.u16(), fields.u16(), fields.u16(), fields.u16());
        let (_internal, _external, offset) = (fields.u16(), fields.u32(), u64::from(fields.u32()));
        let is_plain = flags & !(STREAMED | UTF_8) == 0 && matches!(method, 0 | 8);
        if signature != DIRECTORY || !is_plain || (extra, comment, disk) != (0, 0, 0) {
            return Err(Fault::Layout);
        }
        let (name, after) = after.split_at_checked(usize::from(name)).ok_or(Fault::Layout)?;
        rest = after;
        entries.push(Entry { name: name.to_vec(), flags, method, crc, compressed, size, offset });
    }
    if rest.is_empty() { Ok(entries) } else { Err(Fault::Layout) }
}

/// The entry itself must say what the directory says. Returns where it ends.
fn local<R: Read + Seek>(archive: &mut R, entry: &Entry) -> Result<u64, Fault> {
    let bytes: [u8; LOCAL_BYTES] = read(archive, entry.offset)?;
    let mut fields = Fields(&bytes);
    let (signature, _version) = (fields.u32(), fields.u16());
    let (flags, method, _time) = (fields.u16(), fields.u16(), fields.u32());
    let sizes = (fields.u32(), fields.u32(), fields.u32());
    let (name, extra) = (fields.u16(), fields.u16());
    let is_streamed = flags & STREAMED != 0;
    let told = if is_streamed { (0, 0, 0) } else { (entry.crc, entry.compressed, entry.size) };
    if (signature, flags, method, sizes, extra) != (LOCAL, entry.flags, entry.method, told, 0)
        || usize::from(name) != entry.name.len()
        || read_at(archive, entry.offset + LOCAL_BYTES as u64, entry.name.len())? != entry.name
    {
        return Err(Fault::Layout);
    }
    let end = entry.offset + (LOCAL_BYTES + entry.name.len()) as u64 + u64::from(entry.compressed);
    if !is_streamed {
        return Ok(end);
    }
    let bytes: [u8; DESCRIPTOR_BYTES] = read(archive, end)?;
    let mut fields = Fields(&bytes);
    let told = (fields.u32(), fields.u32(), fields.u32(), fields.u32());
    if told == (DESCRIPTOR, entry.crc, entry.compressed, entry.size) {
        Ok(end + DESCRIPTOR_BYTES as u64)
    } else {
        Err(Fault::Layout)
    }
}

fn read<R: Read + Seek, const N: usize>(archive: &mut R, at: u64) -> Result<[u8; N], Fault> {
    let bytes = read_at(archive, at, N)?;
    bytes.try_into().map_err(|_| Fault::Unreadable)
}

fn read_at<R: Read + Seek>(archive: &mut R, at: u64, length: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; length];
    archive.seek(SeekFrom::Start(at)).map_err(|_| Fault::Unreadable)?;
    archive.read_exact(&mut bytes).map_err(|_| Fault::Unreadable)?;
    Ok(bytes)
}

/// Numbers of a header, one after another, the lowest byte first.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (some, rest) = self.0.split_first_chunk().expect("headers are as long as their fields");
        self.0 = rest;
        *some
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}
