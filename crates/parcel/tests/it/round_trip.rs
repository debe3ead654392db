//! What is sealed is opened as it was, by those it is for.

use std::io::Cursor;

use proptest::prelude::*;
use tasuki_identity::statement::{KeyStatement, ParcelFormats};
use tasuki_parcel::limits::{CONTENTS_BYTES, FILES, MESSAGE_CHARS};
use tasuki_parcel::manifest::{FORMAT, FileKind, ManifestError};
use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt, open};
use tasuki_parcel::seal::{Enclosure, Letter, SealError, seal};

use crate::world::{World, contents, decrypt, id, now};

#[test]
fn the_receiver_gets_what_was_sealed() {
    let world = World::new();
    let files: [(&str, &[u8]); 3] = [
        ("UPPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV", b"202407,131016\r\n"),
        ("計画書（写し）.pdf", b"%PDF-1.7"),
        ("空.txt", b""),
    ];
    let (sealed, manifest) = world.seal(&files).unwrap();
    let mut parcel = world.open(&sealed).unwrap();
    assert_eq!(parcel.manifest(), &manifest);
    assert_eq!(parcel.signer().office, world.a.statement.office);
    assert_eq!((parcel.manifest().id, parcel.manifest().created_at), (id(), now()));
    assert_eq!(parcel.manifest().message, "10月分です。");
    assert_eq!(parcel.manifest().files[1].media_type, "application/pdf");
    for (index, (name, bytes)) in files.iter().enumerate() {
        assert_eq!(parcel.manifest().files[index].name.as_str(), *name);
        assert_eq!(contents(&mut parcel, index), *bytes);
    }
}

#[test]
fn the_sender_opens_its_own_copy() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let expected = Expected { id: id(), opener: Opener::Sender(world.a.statement.office) };
    let keys = [world.a.key];
    let trust = tasuki_identity::chain::Trust::new(world.root.certificate().to_vec());
    open(Cursor::new(&sealed), &keys, &trust, VerifiedAt::Accepted(now()), Some(expected)).unwrap();
    let expected = Expected { opener: Opener::Sender(world.b.statement.office), ..expected };
    let error =
        open(Cursor::new(&sealed), &keys, &trust, VerifiedAt::Accepted(now()), Some(expected)).err().unwrap();
    assert!(matches!(error, OpenError::OtherSender { .. }), "{error:?}");
}

#[test]
fn an_office_may_send_to_itself() {
    let world = World::new();
    let letter = Letter { id: id(), staff: "", message: "", created_at: now(), log_head: None };
    let mut sealed = Vec::new();
    seal(&mut sealed, letter, &mut [], world.b.sender(), &world.b.statement).unwrap();
    assert_eq!(world.open(&sealed).unwrap().manifest().from, world.b.statement.office);
}

#[test]
fn an_older_key_of_the_receiver_still_opens() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let newer = tasuki_identity::office_key::OfficeKey::generate();
    let trust = world.trust();
    open(Cursor::new(&sealed), &[newer, world.b.key], &trust, VerifiedAt::Accepted(now()), None).unwrap();
}

#[test]
fn nobody_else_opens_it() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let other = world.enrol("1370000035");
    let error = open(Cursor::new(&sealed), &[other.key], &world.trust(), VerifiedAt::Accepted(now()), None)
        .err()
        .unwrap();
    assert!(matches!(error, OpenError::NotForTheseKeys), "{error:?}");
}

#[test]
fn a_parcel_kept_for_years_is_verified_as_of_the_day_it_was_sealed() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let keys = [world.b.key];
    let trust = tasuki_identity::chain::Trust::new(world.root.certificate().to_vec());
    let later = "2036-04-01T09:00:00Z".parse().unwrap();
    let error = open(Cursor::new(&sealed), &keys, &trust, VerifiedAt::Accepted(later), None).err().unwrap();
    assert!(matches!(error, OpenError::Signer(_)), "{error:?}");
    open(Cursor::new(&sealed), &keys, &trust, VerifiedAt::Sealed, None).unwrap();
}

#[test]
fn limits_are_those_of_the_manifest_and_no_more_is_read() {
    let world = World::new();
    let letter = Letter { id: id(), staff: "", message: "", created_at: now(), log_head: None };
    let seal_one = |letter: Letter<'_>, contents: &mut dyn std::io::Read| {
        let enclosure = Enclosure { name: "a.csv".parse().unwrap(), kind: FileKind::Attachment, contents };
        seal(std::io::sink(), letter, &mut [enclosure], world.a.sender(), &world.b.statement)
    };
    let mut just = std::io::Read::take(std::io::repeat(b'1'), CONTENTS_BYTES);
    assert_eq!(seal_one(letter, &mut just).unwrap().files[0].size, CONTENTS_BYTES);
    let limit = |result| match result {
        Err(SealError::Limit(limit)) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(seal_one(letter, &mut std::io::repeat(b'1'))), ManifestError::TooLarge);
    let message = "あ".repeat(MESSAGE_CHARS + 1);
    let long = Letter { message: &message, ..letter };
    assert_eq!(limit(seal_one(long, &mut std::io::empty())), ManifestError::TextTooLong);

    let names: Vec<_> = (0..=FILES).map(|number| format!("{number}.csv")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(limit(world.seal(&many).map(|(_, manifest)| manifest)), ManifestError::TooManyFiles);
    let (sealed, _) = world.seal(&many[1..]).unwrap();
    assert_eq!(world.open(&sealed).unwrap().manifest().files.len(), FILES);
    let twice: [(&str, &[u8]); 2] = [("a.csv", b""), ("A.CSV", b"")];
    assert_eq!(limit(world.seal(&twice).map(|(_, manifest)| manifest)), ManifestError::NameTwice);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_files_come_back(
        files in prop::collection::btree_map("[a-zあ-ん]{1,12}\\.(csv|pdf|png|txt)", any::<Vec<u8>>(), 0..6),
    ) {
        let world = World::new();
        let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let (sealed, manifest) = world.seal(&files).unwrap();
        let mut parcel = world.open(&sealed).unwrap();
        prop_assert_eq!(parcel.manifest(), &manifest);
        for (index, (_, bytes)) in files.iter().enumerate() {
            prop_assert_eq!(&contents(&mut parcel, index), bytes);
        }
    }
}

/// The sender's clock was five hours slow on its first day: its certificate was not yet valid by it.
#[test]
fn a_wrong_clock_of_the_sender_does_not_matter_once_the_relay_has_accepted() {
    let world = World::new();
    let created_at = now() - jiff::SignedDuration::from_hours(5);
    let letter = Letter { id: id(), staff: "", message: "", created_at, log_head: None };
    let mut sealed = Vec::new();
    seal(&mut sealed, letter, &mut [], world.a.sender(), &world.b.statement).unwrap();
    let trust = world.trust();
    let keys = [world.b.key];
    let opened = |at| open(Cursor::new(&sealed), &keys, &trust, at, None).map(drop);
    assert!(matches!(opened(VerifiedAt::Sealed), Err(OpenError::Signer(_))));
    opened(VerifiedAt::Accepted(now())).unwrap();
}

/// Files at their limit under long names that do not compress: the archive would be larger than who opens it allows.
#[test]
fn what_is_sealed_can_be_opened_or_is_not_sealed() {
    let world = World::new();
    let names: Vec<_> = (0..FILES).map(|number| format!("{number:0>250}.pdf")).collect();
    let noise: Vec<u8> =
        (0_u64..).flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).take(5242).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), noise.as_slice())).collect();
    match world.seal(&files) {
        Ok((sealed, _)) => drop(world.open(&sealed).unwrap()),
        Err(error) => assert!(matches!(error, SealError::Limit(ManifestError::TooLarge)), "{error:?}"),
    }
}

/// Different contents, one size: what is seen on the way does not tell which.
#[test]
fn the_archive_has_a_size_that_many_others_have() {
    let world = World::new();
    let noise = |length: usize| -> Vec<u8> {
        (0_u64..).flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()).take(length).collect()
    };
    let size = |names: &[&str], length: usize| {
        let noise = noise(length);
        let files: Vec<_> = names.iter().map(|name| (*name, noise.as_slice())).collect();
        let (sealed, _) = world.seal(&files).unwrap();
        world.open(&sealed).unwrap();
        decrypt(&sealed, &world.b.key).len()
    };
    let sizes: std::collections::BTreeSet<_> =
        [70_000, 70_123, 70_456].map(|length| size(&["見本.pdf"], length)).into();
    assert!(sizes.len() <= 2, "{sizes:?}");
    for (names, length) in
        [(&[][..], 0), (&["a.csv", "b.csv", "い.txt"][..], 10), (&["a.jpg", "b.jpg"], 3_000_000)]
    {
        let size = size(names, length);
        let exponent = size.ilog2();
        assert!(size.trailing_zeros() >= exponent - exponent.ilog2() - 1, "{names:?}: {size}");
    }
}

#[test]
fn nobody_is_sent_what_it_does_not_read() {
    let world = World::new();
    let receiver = KeyStatement { formats: ParcelFormats::only(FORMAT + 1), ..world.b.statement.clone() };
    let letter = Letter { id: id(), staff: "", message: "", created_at: now(), log_head: None };
    let refused = seal(std::io::sink(), letter, &mut [], world.a.sender(), &receiver);
    assert!(matches!(refused, Err(SealError::Format { office }) if office == receiver.office));
}
