//! Tricks with the archive: each shows one thing to one program and another to the next, or hides something.

use tasuki_parcel::open::OpenError;

use crate::world::{World, archive, decrypt, encrypt};

/// Opens an honest archive after a change of its bytes, sealed anew.
fn opened_after(change: impl FnOnce(&mut Vec<u8>)) -> OpenError {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"first"), ("b.csv", b"second")]).unwrap();
    let mut plain = decrypt(&sealed, &world.b.key);
    change(&mut plain);
    world.open(&encrypt(&plain, &world.b.statement.key)).err().unwrap()
}

fn find(plain: &[u8], mark: &[u8]) -> usize {
    plain.windows(mark.len()).position(|bytes| bytes == mark).unwrap()
}

/// Where the directory begins, and adds to what the end says of its place and size.
fn directory(plain: &[u8]) -> usize {
    find(plain, b"PK\x01\x02")
}

fn lift(plain: &mut [u8], at: usize, by: u32) {
    let field: [u8; 4] = plain[at..at + 4].try_into().unwrap();
    plain[at..at + 4].copy_from_slice(&(u32::from_le_bytes(field) + by).to_le_bytes());
}

fn end(plain: &[u8]) -> usize {
    plain.len() - 22
}

#[test]
fn bytes_before_between_and_behind_are_refused() {
    let prefix = opened_after(|plain| drop(plain.splice(0..0, *b"#!/bin/sh\n")));
    assert!(matches!(prefix, OpenError::Ambiguous), "{prefix:?}");
    let moved_prefix = opened_after(|plain| {
        let places: Vec<_> = (0..end(plain)).filter(|&at| plain[at..].starts_with(b"PK\x01\x02")).collect();
        for at in places {
            lift(plain, at + 42, 4);
        }
        let end = end(plain);
        lift(plain, end + 16, 4);
        plain.splice(0..0, *b"#!sh");
    });
    assert!(matches!(moved_prefix, OpenError::Ambiguous), "{moved_prefix:?}");
    let gap = opened_after(|plain| {
        let (directory, end) = (directory(plain), end(plain));
        lift(plain, end + 16, 6);
        plain.splice(directory..directory, *b"hidden");
    });
    assert!(matches!(gap, OpenError::Ambiguous), "{gap:?}");
    let before_the_end = opened_after(|plain| drop(plain.splice(end(plain)..end(plain), *b"hidden")));
    assert!(matches!(before_the_end, OpenError::Ambiguous), "{before_the_end:?}");
    let suffix = opened_after(|plain| plain.extend(b"hidden"));
    assert!(matches!(suffix, OpenError::NotAnArchive), "{suffix:?}");
    let comment = opened_after(|plain| {
        let end = end(plain);
        plain[end + 20] = 6;
        plain.extend(b"hidden");
    });
    assert!(matches!(comment, OpenError::NotAnArchive), "{comment:?}");
}

/// The local header says another name, method, time or size than the directory.
#[test]
fn local_headers_that_contradict_the_directory_are_refused() {
    for at in [6, 8, 10, 12, 14, 18, 22, 30 + "files/".len()] {
        let error = opened_after(|plain| plain[at] ^= 1);
        assert!(matches!(error, OpenError::Ambiguous), "byte {at}: {error:?}");
    }
}

#[test]
fn sizes_behind_the_contents_that_contradict_the_directory_are_refused() {
    for at in 4..16 {
        let error = opened_after(|plain| {
            let descriptor = find(plain, b"PK\x07\x08");
            plain[descriptor + at] ^= 1;
        });
        assert!(matches!(error, OpenError::Ambiguous), "byte {at}: {error:?}");
    }
}

#[test]
fn extra_fields_are_refused() {
    let local = opened_after(|plain| {
        let name = "files/a.csv".len();
        plain[28] = 4;
        plain.splice(30 + name..30 + name, *b"xx\0\0");
    });
    assert!(matches!(local, OpenError::Ambiguous), "{local:?}");
    let central = opened_after(|plain| {
        let (directory, end) = (directory(plain), end(plain));
        plain[directory + 30] = 4;
        lift(plain, end + 12, 4);
        let behind_name = directory + 46 + "files/a.csv".len();
        plain.splice(behind_name..behind_name, *b"xx\0\0");
    });
    assert!(matches!(central, OpenError::Ambiguous), "{central:?}");
}

#[test]
fn two_entries_of_the_same_bytes_are_refused() {
    let error = opened_after(|plain| {
        let first = directory(plain);
        let second = first + 46 + "files/a.csv".len();
        let place: [u8; 4] = plain[first + 42..first + 46].try_into().unwrap();
        plain[second + 42..second + 46].copy_from_slice(&place);
    });
    assert!(matches!(error, OpenError::Ambiguous), "{error:?}");
}

/// Two manifests with two right signatures: `unzip -p` shows one, the receiver got the other.
#[test]
fn a_second_manifest_is_refused_though_both_are_signed() {
    let world = World::new();
    let (_, manifest) = world.seal(&[]).unwrap();
    let json = serde_json::to_vec(&manifest).unwrap();
    let signature = world.a.signing_key.sign(&json).unwrap();
    let pem = world.a.chain.to_pem();
    let own: [(&str, &[u8]); 4] = [
        ("manifest.jsoX", &json),
        ("manifest.json", &json),
        ("manifest.sig", &signature),
        ("certificate.pem", pem.as_bytes()),
    ];
    let mut plain = archive(&own);
    for at in 0..plain.len() - 13 {
        if plain[at..].starts_with(b"manifest.jsoX") {
            plain[at + 12] = b'n';
        }
    }
    let error = world.open(&encrypt(&plain, &world.b.statement.key)).err().unwrap();
    assert!(matches!(error, OpenError::Ambiguous), "{error:?}");
}

#[test]
fn a_media_type_that_the_name_does_not_say_is_refused_though_signed() {
    let world = World::new();
    let (_, manifest) = world.seal(&[("a.csv", b"1")]).unwrap();
    let mut json = serde_json::to_value(&manifest).unwrap();
    json["files"][0]["media_type"] = "text/html".into();
    let sealed = world.forge_signed(&world.a, &json.to_string(), &[("files/a.csv", b"1")]);
    let error = world.open(&sealed).err().unwrap();
    assert!(matches!(error, OpenError::MediaType { index: 0 }), "{error:?}");
}
