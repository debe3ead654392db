//! Parcels by which a partner could stop a reader, or show two readers two things: refused, at once, with a reason that is
//! the parcel's and not the disk's.

use tasuki_parcel::open::OpenError;

use crate::world::{World, decrypt, encrypt};

const FILES: [(&str, &[u8]); 2] = [("a.csv", b"202407,131016\r\n"), ("b.txt", b"second")];

/// What is inside of an honest parcel.
fn plain(world: &World) -> Vec<u8> {
    decrypt(&world.seal(&FILES).unwrap().0, &world.b.key)
}

fn refused(world: &World, plain: &[u8]) -> OpenError {
    world.open(&encrypt(plain, &world.b.statement.key)).err().expect("it is refused")
}

fn position(plain: &[u8], what: &[u8]) -> usize {
    plain.windows(what.len()).position(|some| some == what).unwrap()
}

fn end_of(plain: &[u8]) -> usize {
    plain.len() - 22
}

/// Adds to the number at a place: counts and offsets, the lowest byte first.
fn add(plain: &mut [u8], at: usize, by: u32) {
    let bytes: [u8; 4] = plain[at..at + 4].try_into().unwrap();
    plain[at..at + 4].copy_from_slice(&(u32::from_le_bytes(bytes) + by).to_le_bytes());
}

#[test]
fn a_header_with_many_recipients_is_not_read() {
    let world = World::new();
    let line = format!("-> X25519 {0}\n{0}\n", "A".repeat(43));
    let header = format!("age-encryption.org/v1\n{}--- {}\n", line.repeat(2000), "A".repeat(43));
    let bytes = [header.as_bytes(), &[0; 200]].concat();
    assert!(matches!(world.open(&bytes).err().unwrap(), OpenError::NotSealed));
    let endless = [b"age-encryption.org/v1\n-> ".to_vec(), vec![b'A'; 1024 * 1024]].concat();
    assert!(matches!(world.open(&endless).err().unwrap(), OpenError::NotSealed));
}

#[test]
fn a_method_that_no_parcel_has_is_a_fault_of_the_parcel() {
    let world = World::new();
    for method in [1_u16, 9, 12, 14, 93, 95, 98, 99] {
        let mut changed = plain(&world);
        for (signature, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
            let entry = position(&changed, signature);
            changed[entry + at..entry + at + 2].copy_from_slice(&method.to_le_bytes());
        }
        assert!(matches!(refused(&world, &changed), OpenError::NotAnArchive), "{method}");
    }
    // Right by its headers, and its bytes unpack to nothing.
    let mut broken = plain(&world);
    let contents = position(&broken, b"PK\x03\x04") + 30 + "files/a.csv".len();
    broken[contents..contents + 4].copy_from_slice(&[0xff; 4]);
    let error = refused(&world, &broken);
    assert!(!matches!(error, OpenError::Io(_)), "{error:?}");
}

#[test]
fn an_archive_has_one_reading_only() {
    let world = World::new();
    let honest = plain(&world);
    assert!(world.open(&encrypt(&honest, &world.b.statement.key)).is_ok());
    let directory = position(&honest, b"PK\x01\x02");
    let mut tricks: Vec<(&str, Vec<u8>)> = Vec::new();

    let mut prefix = [b"#!/bin/sh\n".to_vec(), honest.clone()].concat();
    tricks.push(("a prefix, as zip readers forgive it", prefix.clone()));
    for entry in 0..5 {
        let at =
            prefix.windows(4).enumerate().filter(|(_, some)| some == b"PK\x01\x02").nth(entry).unwrap().0;
        add(&mut prefix, at + 42, 10);
    }
    let end = end_of(&prefix);
    add(&mut prefix, end + 16, 10);
    tricks.push(("a prefix that the directory counts in", prefix));

    tricks.push(("a suffix", [honest.clone(), b"more".to_vec()].concat()));
    let mut comment = [honest.clone(), b"more".to_vec()].concat();
    comment[honest.len() - 2] = 4;
    tricks.push(("a comment", comment));

    let mut gap = honest.clone();
    gap.splice(directory..directory, *b"hidden");
    let end = end_of(&gap);
    add(&mut gap, end + 16, 6);
    tricks.push(("a gap before the directory", gap));

    let mut other_name = honest.clone();
    let local = position(&other_name, b"files/a.csv");
    other_name[local + 6] = b'c';
    tricks.push(("another name at the entry than in the directory", other_name));

    let mut other_crc = honest.clone();
    other_crc[directory + 16] ^= 1;
    tricks.push(("another checksum in the directory than at the entry", other_crc));

    let mut flags = honest.clone();
    flags[directory + 8] |= 1;
    tricks.push(("encrypted, by the directory", flags));

    let mut fewer = honest.clone();
    let end = end_of(&fewer);
    (fewer[end + 8], fewer[end + 10]) = (4, 4);
    tricks.push(("fewer entries than there are", fewer));

    let mut extra = honest.clone();
    let after_name = directory + 46 + "files/a.csv".len();
    extra.splice(after_name..after_name, [0x99, 0x99, 0, 0]);
    extra[directory + 30] = 4;
    let end = end_of(&extra);
    add(&mut extra, end + 12, 4);
    tricks.push(("an extra field", extra));

    let mut overlap = honest.clone();
    let second = overlap.windows(4).enumerate().filter(|(_, some)| some == b"PK\x01\x02").nth(1).unwrap().0;
    overlap[second + 42..second + 46].copy_from_slice(&[0; 4]);
    tricks.push(("two entries at one place", overlap));

    for (name, bytes) in tricks {
        let error = refused(&world, &bytes);
        assert!(matches!(error, OpenError::NotAnArchive | OpenError::Damaged), "{name}: {error:?}");
    }
}

/// Readers differ in which of two they show.
#[test]
fn nothing_is_there_twice() {
    let world = World::new();
    for (name, stand_in) in [("manifest.json", "manifest.jsox"), ("files/a.csv", "files/a.csx")] {
        let entries = crate::world::entries_of(&plain(&world));
        let mut doubled = vec![(stand_in.to_owned(), b"other".to_vec())];
        doubled.extend(entries);
        let pairs: Vec<_> = doubled.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let mut archive = crate::world::archive(&pairs);
        while let Some(at) = archive.windows(stand_in.len()).position(|some| some == stand_in.as_bytes()) {
            archive[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        assert!(matches!(refused(&world, &archive), OpenError::NotAnArchive), "{name}");
    }
}
