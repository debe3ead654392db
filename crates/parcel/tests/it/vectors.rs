//! The test vectors beside `FORMAT.md`: what a stranger's implementation must open.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::Trust;
use tasuki_identity::key_log::{Comparison, KeyLog, Standing, hash_after, sign_head};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::statement::SignedStatement;
use tasuki_parcel::manifest::Manifest;
use tasuki_parcel::open::{Expected, Opener, VerifiedAt, open};

use tasuki_terms::{LogEntry, LogHead, Logged, Sha256Digest, SignedHead};

use crate::world::{Office, World, id, now};

const FILES: [&str; 2] = ["DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV", "お知らせ.txt"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn key(name: &str) -> OfficeKey {
    OfficeKey::from_secret(fs::read_to_string(path(name)).unwrap().trim()).unwrap()
}

#[test]
fn the_checked_in_parcel_is_opened_by_both_sides() {
    let trust = Trust::from_pem(&fs::read(path("root.pem")).unwrap()).unwrap();
    let sealed = fs::read(path("parcel.age")).unwrap();
    let receiver = Opener::Receiver("1370000027".parse().unwrap());
    let sender = Opener::Sender("1370000019".parse().unwrap());
    for (name, opener) in [("receiver.key", receiver), ("sender.key", sender)] {
        let expected = Expected { id: id(), opener };
        let mut parcel =
            open(Cursor::new(&sealed), &[key(name)], &trust, VerifiedAt::Accepted(now()), Some(expected))
                .unwrap();
        let json = serde_json::to_vec(parcel.manifest()).unwrap();
        assert_eq!(json, fs::read(path("manifest.json")).unwrap());
        assert_eq!(parcel.manifest().files.len(), FILES.len());
        for (index, file) in FILES.iter().enumerate() {
            let mut bytes = Vec::new();
            parcel.copy_file(index, &mut bytes).unwrap();
            assert_eq!(bytes, fs::read(path("files").join(file).to_str().unwrap()).unwrap());
        }
    }
}

/// The key log of the vectors: entries and the head that they lead to.
#[derive(serde::Serialize, serde::Deserialize)]
struct Log {
    entries: Vec<LogEntry>,
    head: SignedHead,
}

#[test]
fn the_checked_in_key_log_is_followed_and_has_what_the_parcel_names() {
    let trust = Trust::from_pem(&fs::read(path("root.pem")).unwrap()).unwrap();
    let Log { entries, head } = serde_json::from_slice(&fs::read(path("log.json")).unwrap()).unwrap();
    let mut log = KeyLog::new("1370000027".parse().unwrap());
    assert_eq!(log.extend(&entries, &head, &trust, now(), |_| true), Ok(vec![]));
    let manifest: Manifest = serde_json::from_slice(&fs::read(path("manifest.json")).unwrap()).unwrap();
    assert_eq!(log.compare(manifest.log_head.unwrap()), Ok(Comparison::Agrees));
    // The receiver's second statement, handed over by the key that signed the first.
    let Logged::Key { statement, .. } = &entries.last().unwrap().logged else { panic!("the last is a key") };
    let signed: SignedStatement = serde_json::from_str(statement).unwrap();
    let stated = signed.verify(&trust, now()).unwrap();
    assert_eq!((stated.epoch, log.standing(&stated)), (2, Standing::Trusted));
    assert_eq!(manifest.key_epoch, 2);
    assert_eq!(stated.key, key("receiver.key").public());
}

/// The log of both offices, in which B states its key a second time, with another certificate.
fn log(world: &mut World) -> Log {
    let (mut entries, mut before): (Vec<LogEntry>, _) = (Vec::new(), LogHead::EMPTY);
    let mut add = |office, logged| {
        let mut entry = LogEntry { seq: before.seq + 1, office, logged, at: now(), hash: before.hash };
        entry.hash = hash_after(before.hash, &entry);
        before = entry.head();
        entries.push(entry);
    };
    let digest = |bytes: &[u8]| Sha256Digest(Sha256::digest(bytes).into());
    let certificate = |office: &Office, parent| Logged::Certificate {
        fingerprint: digest(office.chain.certificates().next().unwrap()),
        parent,
    };
    let key = |epoch, signed: &SignedStatement| {
        let statement = serde_json::to_string(signed).unwrap();
        Logged::Key { epoch, statement_digest: digest(statement.as_bytes()), statement }
    };
    for office in [&world.a, &world.b] {
        let no = office.statement.office;
        add(no, certificate(office, None));
        add(
            no,
            key(1, &SignedStatement::sign(&office.statement, &office.signing_key, &office.chain).unwrap()),
        );
    }
    let parent = digest(world.b.chain.certificates().next().unwrap());
    let mut next = world.enrol("1370000027");
    next.statement.epoch = 2;
    next.statement.before = Some(world.b.statement.digest());
    add(next.statement.office, certificate(&next, Some(parent)));
    let signed = SignedStatement::sign(&next.statement, &next.signing_key, &next.chain).unwrap();
    add(next.statement.office, key(2, &signed.cosigned(&world.b.signing_key).unwrap()));
    world.b = next;
    let (relay_key, relay_chain) = world.relay();
    Log { entries, head: sign_head(before, now(), &relay_key, &relay_chain).unwrap() }
}

/// Makes the vectors anew; needed only when the format gets a new version.
#[test]
#[ignore = "writes into the repository"]
fn make() {
    use age::secrecy::ExposeSecret as _;
    let mut world = World::new();
    let log = log(&mut world);
    let contents = FILES.map(|file| fs::read(path("files").join(file)).unwrap());
    let files = [(FILES[0], contents[0].as_slice()), (FILES[1], &contents[1])];
    let (sealed, manifest) = world.seal_after(log.head.head, &files).unwrap();
    let secret = |key: &OfficeKey| format!("{}\n", key.to_secret().expose_secret()).into_bytes();
    for (name, bytes) in [
        ("parcel.age", sealed),
        ("manifest.json", serde_json::to_vec(&manifest).unwrap()),
        ("log.json", serde_json::to_vec(&log).unwrap()),
        ("root.pem", world.root_pem().into_bytes()),
        ("receiver.key", secret(&world.b.key)),
        ("sender.key", secret(&world.a.key)),
    ] {
        std::io::Write::write_all(&mut fs::File::create(path(name)).unwrap(), &bytes).unwrap();
    }
}
