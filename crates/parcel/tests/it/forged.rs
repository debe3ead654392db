//! Parcels that somebody has changed, made up or sent again: each is refused with the right reason.

use std::io::Cursor;

use tasuki_identity::chain::ChainError;
use tasuki_identity::statement::{KeyStatement, SignedStatement, StatementError};
use tasuki_parcel::limits::{ARCHIVE_BYTES, CERTIFICATE_BYTES, MANIFEST_BYTES, SIGNATURE_BYTES};
use tasuki_parcel::manifest::ManifestError;
use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt, open};
use tasuki_terms::ParcelId;

use crate::world::{World, archive, decrypt, encrypt, id, now};

const FILES: [(&str, &[u8]); 2] = [("a.csv", b"first"), ("b.pdf", b"second")];

/// The entries of an honest parcel.
fn entries(world: &World) -> Vec<(String, Vec<u8>)> {
    let (sealed, _) = world.seal(&FILES).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(decrypt(&sealed, &world.b.key))).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        entries.push((entry.name().unwrap().into_owned(), bytes));
    }
    entries
}

/// Opens the honest parcel after a change of its entries, which keep their signature.
fn opened_after(change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> OpenError {
    let world = World::new();
    let mut entries = entries(&world);
    change(&mut entries);
    let entries: Vec<_> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    world.open(&world.forge(&entries)).err().unwrap()
}

fn entry<'a>(entries: &'a mut [(String, Vec<u8>)], name: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn the_forger_of_these_tests_can_be_honest() {
    let world = World::new();
    let entries = entries(&world);
    let entries: Vec<_> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    world.open(&world.forge(&entries)).unwrap();
}

#[test]
fn every_changed_byte_is_noticed() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"202407,131016\r\n")]).unwrap();
    for index in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[index] ^= bit;
            let error = world.open(&changed).err().unwrap_or_else(|| panic!("byte {index}"));
            let is_right =
                matches!(error, OpenError::NotSealed | OpenError::NotForTheseKeys | OpenError::Damaged);
            assert!(is_right, "byte {index}: {error:?}");
        }
    }
    for length in 0..sealed.len() {
        assert!(world.open(&sealed[..length]).is_err(), "cut after {length}");
    }
    assert!(world.open(&[&sealed[..], b"\0"].concat()).is_err());
}

#[test]
fn every_changed_member_of_the_manifest_is_noticed() {
    let world = World::new();
    let (_, manifest) = world.seal(&FILES).unwrap();
    let json = serde_json::to_value(&manifest).unwrap();
    let mut paths: Vec<String> = json
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| !["files", "log_head"].contains(&key.as_str()))
        .map(|key| format!("/{key}"))
        .collect();
    paths.extend(json["files"][0].as_object().unwrap().keys().map(|key| format!("/files/0/{key}")));
    paths.extend(["/log_head/seq", "/log_head/hash"].map(str::to_owned));
    assert_eq!(paths.len(), 8 + 5 + 2);
    for path in paths {
        let error = opened_after(|entries| {
            let bytes = entry(entries, "manifest.json");
            let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            let member = json.pointer_mut(&path).unwrap();
            *member = match &*member {
                serde_json::Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
                serde_json::Value::String(text) => other_text(text).into(),
                other => panic!("{other}"),
            };
            *bytes = serde_json::to_vec(&json).unwrap();
        });
        match path.as_str() {
            "/format" => {
                assert!(matches!(error, OpenError::Manifest(ManifestError::UnknownFormat { found: 3 })));
            }
            _ => assert!(matches!(error, OpenError::Signature), "{path}: {error:?}"),
        }
    }
}

/// Another text of the same kind.
fn other_text(text: &str) -> String {
    match text {
        "1370000019" => "1370000027".to_owned(),
        "1370000027" => "1370000019".to_owned(),
        "standard" => "attachment".to_owned(),
        "2026-04-01T09:00:00Z" => "2026-04-01T09:00:01Z".to_owned(),
        id if id.len() == 36 => ParcelId::new(now(), [8; 10]).to_string(),
        digest if digest.len() == 64 => "00".repeat(32),
        other => format!("{other}x"),
    }
}

#[test]
fn changed_swapped_missing_and_added_files_are_noticed() {
    let error = opened_after(|entries| entry(entries, "files/a.csv")[0] = b'F');
    assert!(matches!(error, OpenError::Digest { index: 0 }), "{error:?}");
    let error = opened_after(|entries| entry(entries, "files/b.pdf").push(b'!'));
    assert!(matches!(error, OpenError::Size { index: 1 }), "{error:?}");
    let error = opened_after(|entries| entry(entries, "files/b.pdf").truncate(5));
    assert!(matches!(error, OpenError::Size { index: 1 }), "{error:?}");
    let error = opened_after(|entries| {
        let (a, b) = (entry(entries, "files/a.csv").clone(), entry(entries, "files/b.pdf").clone());
        (*entry(entries, "files/a.csv"), *entry(entries, "files/b.pdf")) = (b, a);
    });
    assert!(matches!(error, OpenError::Size { index: 0 }), "{error:?}");
    let error = opened_after(|entries| entries.retain(|(name, _)| name != "files/b.pdf"));
    assert!(matches!(error, OpenError::Missing), "{error:?}");
    for name in
        ["files/c.csv", "files/../../a.csv", "/etc/passwd", "files/A.CSV", "manifest.json.bak", "files/"]
    {
        let error = opened_after(|entries| entries.push((name.to_owned(), b"hidden".to_vec())));
        assert!(matches!(error, OpenError::Unexpected | OpenError::NotAnArchive), "{name}: {error:?}");
    }
    for name in ["manifest.json", "manifest.sig", "certificate.pem"] {
        let error = opened_after(|entries| entries.retain(|(found, _)| found != name));
        assert!(matches!(error, OpenError::Missing), "{name}: {error:?}");
    }
}

#[test]
fn a_second_entry_of_one_name_is_noticed() {
    let world = World::new();
    let mut entries = entries(&world);
    entries.push(("files/x.csv".to_owned(), b"hidden".to_vec()));
    let entries: Vec<_> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let mut plain = archive(&entries);
    let name = b"files/x.csv";
    for start in 0..plain.len() - name.len() {
        if plain[start..].starts_with(name) {
            plain[start..start + name.len()].copy_from_slice(b"files/a.csv");
        }
    }
    let error = world.open(&encrypt(&plain, &world.b.statement.key)).err().unwrap();
    assert!(matches!(error, OpenError::Ambiguous), "{error:?}");
}

#[test]
fn parts_without_end_are_not_read_to_their_end() {
    for (name, limit) in [
        ("manifest.json", MANIFEST_BYTES),
        ("manifest.sig", SIGNATURE_BYTES),
        ("certificate.pem", CERTIFICATE_BYTES),
    ] {
        for (size, is_too_large) in [(limit, false), (limit + 1, true), (MANIFEST_BYTES + 1, true)] {
            let blanks = vec![b' '; usize::try_from(size).unwrap()];
            let error = opened_after(|entries| *entry(entries, name) = blanks);
            assert_eq!(matches!(error, OpenError::PartTooLarge), is_too_large, "{name} {size}: {error:?}");
        }
    }
}

#[test]
fn the_padding_holds_nothing_and_is_there() {
    for hidden in [&b"hidden"[..], b"\0\0\x01", &[vec![0; 5000], vec![1]].concat()] {
        let error = opened_after(|entries| *entry(entries, "padding") = hidden.to_vec());
        assert!(matches!(error, OpenError::Padding), "{error:?}");
    }
    let error = opened_after(|entries| entries.retain(|(name, _)| name != "padding"));
    assert!(matches!(error, OpenError::Missing), "{error:?}");
    // Packed zeros could be more than anybody wants to read.
    let world = World::new();
    let mut all = entries(&world);
    let padding = all.iter().position(|(name, _)| name == "padding").unwrap();
    all[padding] = ("paddinX".to_owned(), vec![0; 100_000_000]);
    let all: Vec<_> = all.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let mut plain = archive(&all);
    for at in 0..plain.len() - 7 {
        if plain[at..].starts_with(b"paddinX") {
            plain[at + 6] = b'g';
        }
    }
    let error = world.open(&encrypt(&plain, &world.b.statement.key)).err().unwrap();
    assert!(matches!(error, OpenError::Padding), "{error:?}");
}

/// Nothing but the size of the whole says how much padding there may be.
#[test]
fn an_archive_is_as_large_as_it_may_be_and_no_larger() {
    let world = World::new();
    let all = entries(&world);
    let archive_with = |padding: &[u8]| {
        let filled = |(name, bytes): &(String, Vec<u8>)| {
            if name == "padding" { (name.clone(), padding.to_vec()) } else { (name.clone(), bytes.clone()) }
        };
        let all: Vec<_> = all.iter().map(filled).collect();
        let all: Vec<_> = all.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        archive(&all)
    };
    let room = usize::try_from(ARCHIVE_BYTES).unwrap() - archive_with(b"").len();
    for (padding, is_opened) in [(room, true), (room + 1, false), (room + 100, false)] {
        let sealed = encrypt(&archive_with(&vec![0; padding]), &world.b.statement.key);
        match world.open(&sealed) {
            Ok(_) => assert!(is_opened, "{padding}"),
            Err(OpenError::Manifest(ManifestError::TooLarge)) => assert!(!is_opened, "{padding}"),
            Err(error) => panic!("{padding}: {error:?}"),
        }
    }
}

#[test]
fn a_manifest_without_a_place_for_the_head_is_none() {
    let world = World::new();
    let (_, manifest) = world.seal(&[]).unwrap();
    let mut json = serde_json::to_value(&manifest).unwrap();
    let opened = |json: &serde_json::Value| {
        world
            .open(&world.forge_signed(&world.a, &json.to_string(), &[]))
            .map(|parcel| parcel.manifest().log_head)
    };
    json["log_head"] = serde_json::Value::Null;
    assert_eq!(opened(&json).unwrap(), None);
    json["log_head"] = serde_json::json!({ "seq": 1 });
    assert!(matches!(opened(&json), Err(OpenError::Manifest(ManifestError::Malformed))));
    json.as_object_mut().unwrap().remove("log_head");
    assert!(matches!(opened(&json), Err(OpenError::Manifest(ManifestError::Malformed))));
}

#[test]
fn a_parcel_that_names_another_epoch_than_it_is_sealed_for_is_noticed() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"1")]).unwrap();
    let parcel = world.open(&sealed).unwrap();
    let own = &world.b.statement;
    assert!(parcel.check_epoch(own).is_ok());
    let other_key = KeyStatement { key: world.a.statement.key.clone(), ..own.clone() };
    let error = parcel.check_epoch(&other_key).err().unwrap();
    assert!(matches!(error, OpenError::OtherKey { epoch: 1 }), "{error:?}");
    // Of other epochs this statement says nothing, and the sender opens its own copy with its own key.
    assert!(parcel.check_epoch(&KeyStatement { epoch: 2, ..other_key }).is_ok());
    assert!(parcel.check_epoch(&world.a.statement).is_ok());
}

#[test]
fn a_bomb_stops_at_the_size_that_was_signed() {
    let error = opened_after(|entries| *entry(entries, "files/a.csv") = vec![0; 100_000_000]);
    assert!(matches!(error, OpenError::Size { index: 0 }), "{error:?}");
}

#[test]
fn a_manifest_that_promises_too_much_is_refused_though_signed() {
    let world = World::new();
    let (_, manifest) = world.seal(&[]).unwrap();
    let file = |name: &str, size: u64| {
        serde_json::json!({ "name": name, "kind": "standard", "media_type": "text/csv", "size": size,
            "sha256": "00".repeat(32) })
    };
    let cases = [
        (vec![file("a.csv", u64::MAX), file("b.csv", 1)], ManifestError::TooLarge),
        (vec![file("a.csv", 10 * 1024 * 1024 + 1)], ManifestError::TooLarge),
        (vec![file("a.csv", 0), file("A.csv", 0)], ManifestError::NameTwice),
        (vec![file("../a.csv", 0)], ManifestError::Malformed),
        (vec![file("NUL.csv", 0)], ManifestError::Malformed),
        (vec![file("か\u{3099}.csv", 0)], ManifestError::Malformed),
        (vec![serde_json::json!({})], ManifestError::Malformed),
    ];
    for (files, expected) in cases {
        let mut json = serde_json::to_value(&manifest).unwrap();
        json["files"] = files.into();
        let error = world.open(&world.forge_signed(&world.a, &json.to_string(), &[])).err().unwrap();
        assert!(matches!(error, OpenError::Manifest(found) if found == expected), "{expected:?}: {error:?}");
    }
}

#[test]
fn a_parcel_signed_by_another_office_is_not_from_the_first() {
    let world = World::new();
    let other = world.enrol("1370000035");
    let (_, manifest) = world.seal(&[]).unwrap();
    let json = serde_json::to_string(&manifest).unwrap();
    let error = world.open(&world.forge_signed(&other, &json, &[])).err().unwrap();
    assert!(matches!(error, OpenError::OtherSigner { .. }), "{error:?}");
}

#[test]
fn an_office_of_another_operator_is_not_accepted() {
    let (world, elsewhere) = (World::new(), World::new());
    let (_, manifest) = world.seal(&[]).unwrap();
    let json = serde_json::to_string(&manifest).unwrap();
    let error = world.open(&world.forge_signed(&elsewhere.a, &json, &[])).err().unwrap();
    assert!(matches!(error, OpenError::Signer(ChainError::UnknownAuthority)), "{error:?}");
}

#[test]
fn a_parcel_sent_again_under_another_number_is_refused() {
    let world = World::new();
    let (sealed, _) = world.seal(&FILES).unwrap();
    let other = ParcelId::new(now(), [8; 10]);
    let expected = Expected { id: other, opener: Opener::Receiver(world.b.statement.office) };
    let keys = std::slice::from_ref(&world.b.key);
    let error = open(Cursor::new(sealed), keys, &world.trust(), VerifiedAt::Accepted(now()), Some(expected))
        .err()
        .unwrap();
    assert!(
        matches!(error, OpenError::OtherParcel { expected, found } if expected == other && found == id())
    );
}

/// B takes what A has sealed for it, and passes it on to C as if A had sent it there.
#[test]
fn a_parcel_passed_on_is_not_for_the_next() {
    let world = World::new();
    let next = world.enrol("1370000035");
    let (sealed, _) = world.seal(&FILES).unwrap();
    let passed_on = encrypt(&decrypt(&sealed, &world.b.key), &next.statement.key);
    let expected = Expected { id: id(), opener: Opener::Receiver(next.statement.office) };
    let error = open(
        Cursor::new(passed_on),
        &[next.key],
        &world.trust(),
        VerifiedAt::Accepted(now()),
        Some(expected),
    )
    .err();
    assert!(matches!(error, Some(OpenError::OtherReceiver { to }) if to == world.b.statement.office));
}

/// A sender that has seen a newer key does not seal for an older one.
#[test]
fn a_statement_of_an_older_epoch_is_refused_before_sealing() {
    let world = World::new();
    let signed = |epoch, before| {
        let statement = KeyStatement { epoch, before, ..world.b.statement.clone() };
        let signed = SignedStatement::sign(&statement, &world.b.signing_key, &world.b.chain).unwrap();
        signed.verify(&world.trust(), now()).unwrap()
    };
    let older = signed(1, None);
    let newer = signed(2, Some(older.digest()));
    assert_eq!(newer.check_against(&older), Ok(()));
    assert_eq!(older.check_against(&newer), Err(StatementError::OlderEpoch { epoch: 1, known: 2 }));
}

#[test]
fn nothing_of_the_contents_is_in_an_error() {
    let secret = "見本花子";
    let world = World::new();
    let name = format!("{secret}.csv");
    let (_, manifest) = world.seal(&[(&name, b"1")]).unwrap();
    let json = serde_json::to_string(&manifest).unwrap();
    let error = world.open(&world.forge_signed(&world.a, &json, &[])).err().unwrap();
    let said = format!("{error} {error:?} {manifest:?}");
    assert!(!said.contains(secret), "{said}");
}
