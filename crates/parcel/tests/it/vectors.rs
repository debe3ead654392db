//! The test vectors beside `FORMAT.md`: what a stranger's implementation must open.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::OfficeKey;
use tasuki_parcel::open::{Expected, Opener, VerifiedAt, open};

use crate::world::{World, id, now};

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

/// Makes the vectors anew; needed only when the format gets a new version.
#[test]
#[ignore = "writes into the repository"]
fn make() {
    use age::secrecy::ExposeSecret as _;
    let world = World::new();
    let contents = FILES.map(|file| fs::read(path("files").join(file)).unwrap());
    let files = [(FILES[0], contents[0].as_slice()), (FILES[1], &contents[1])];
    let (sealed, manifest) = world.seal(&files).unwrap();
    let secret = |key: &OfficeKey| format!("{}\n", key.to_secret().expose_secret()).into_bytes();
    for (name, bytes) in [
        ("parcel.age", sealed),
        ("manifest.json", serde_json::to_vec(&manifest).unwrap()),
        ("root.pem", world.root_pem().into_bytes()),
        ("receiver.key", secret(&world.b.key)),
        ("sender.key", secret(&world.a.key)),
    ] {
        std::io::Write::write_all(&mut fs::File::create(path(name)).unwrap(), &bytes).unwrap();
    }
}
