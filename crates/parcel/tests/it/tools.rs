//! Public tools open a parcel: data outlives the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use tasuki_identity::office_key::OfficeKey;

use crate::world::{World, now};

/// Runs a program in a folder and returns what it prints.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
}

fn identity_file(key: &OfficeKey) -> String {
    use age::secrecy::ExposeSecret as _;
    format!("{}\n", key.to_secret().expose_secret())
}

#[test]
fn age_unzip_and_openssl_open_and_verify_a_parcel() {
    let world = World::new();
    let picture: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let files: [(&str, &[u8]); 3] =
        [("a.csv", b"202407,131016\r\n"), ("計画書（写し）.pdf", b"%PDF-1.7"), ("写真.jpg", &picture)];
    let (sealed, manifest) = world.seal(&files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    put(&path.join("parcel.age"), &sealed);
    put(&path.join("root.pem"), world.root_pem().as_bytes());

    for (key, name) in [(&world.b.key, "receiver"), (&world.a.key, "sender")] {
        put(&path.join("key"), identity_file(key).as_bytes());
        run(path, "age", &["-d", "-i", "key", "-o", "parcel.zip", "parcel.age"]);
        run(path, "unzip", &["-q", "parcel.zip", "-d", name]);
        for (file, bytes) in files {
            assert_eq!(fs::read(path.join(name).join("files").join(file)).unwrap(), bytes, "{file}");
        }
        fs::remove_file(path.join("parcel.zip")).unwrap();
    }

    let inside = path.join("receiver");
    assert_eq!(fs::read(inside.join("manifest.json")).unwrap(), serde_json::to_vec(&manifest).unwrap());
    let time = now().as_second().to_string();
    let chain =
        ["-attime", &time, "-CAfile", "../root.pem", "-untrusted", "certificate.pem", "certificate.pem"];
    run(&inside, "openssl", &[&["verify", "-x509_strict", "-purpose", "sslclient"][..], &chain].concat());
    run(&inside, "openssl", &["x509", "-in", "certificate.pem", "-noout", "-pubkey", "-out", "public.pem"]);
    let verify = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "manifest.sig", "manifest.json"];
    assert_eq!(run(&inside, "openssl", &verify).trim(), "Verified OK");
    let subject = run(&inside, "openssl", &["x509", "-in", "certificate.pem", "-noout", "-subject"]);
    assert!(subject.contains(manifest.from.as_str()), "{subject}");
}
