//! `tasuki open` on the parcel of the test vectors: the real program on real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tasuki_identity::authority::RootAuthority;
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::office_key::OfficeKey;
use tempfile::TempDir;

use crate::process::{tasuki, text};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../parcel/vectors")
}

/// A folder with the test vectors, to be spoilt.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in ["parcel.age", "receiver.key", "sender.key", "root.pem"] {
        fs::copy(vectors().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn open(folder: &TempDir, options: &[&str]) -> Output {
    let mut command = tasuki();
    command.current_dir(folder.path()).args(["open", "parcel.age"]);
    command.args(options).output().unwrap()
}

const RECEIVER: [&str; 4] = ["--key", "receiver.key", "--root", "root.pem"];

#[test]
fn people_read_who_signed_what_and_when() {
    let output = open(&folder(), &RECEIVER);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn machines_read_json() {
    // The root beside the key is taken when none is named.
    let output = open(&folder(), &["--key", "sender.key", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let manifest = fs::read(vectors().join("manifest.json")).unwrap();
    assert_eq!(report["manifest"], serde_json::from_slice::<serde_json::Value>(&manifest).unwrap());
    assert_eq!(report["signer"]["office"], "1370000019");
    assert_eq!(report["format"], 1);
}

#[test]
fn files_are_written_and_never_over_others() {
    let folder = folder();
    let options = [&RECEIVER[..], &["--out", "files"]].concat();
    assert_eq!(open(&folder, &options).status.code(), Some(0));
    let written = folder.path().join("files");
    for entry in fs::read_dir(vectors().join("files")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::read(written.join(path.file_name().unwrap())).unwrap(), fs::read(&path).unwrap());
    }
    assert_eq!(fs::read_dir(&written).unwrap().count(), 2);
    let again = open(&folder, &options);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("すでにあります"), "{}", text(&again.stderr));
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
}

#[test]
fn what_is_not_right_is_refused_and_nothing_is_written() {
    type Spoil = fn(&Path);
    let cut: Spoil = |folder| {
        let sealed = fs::read(folder.join("parcel.age")).unwrap();
        put(&folder.join("parcel.age"), &sealed[..sealed.len() - 1]);
    };
    let cases: [(Spoil, &str); 4] = [
        (cut, "壊れている"),
        (
            |folder| put(&folder.join("parcel.age"), &b"202407,131016,".repeat(20)),
            "封をした荷物ではありません",
        ),
        (|folder| put(&folder.join("receiver.key"), other_key().as_bytes()), "この鍵では開けません"),
        (|folder| put(&folder.join("root.pem"), other_root().as_bytes()), "運営者のものではありません"),
    ];
    for (spoil, said) in cases {
        let folder = folder();
        spoil(folder.path());
        let output = open(&folder, &[&RECEIVER[..], &["--out", "files"]].concat());
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
        assert!(!folder.path().join("files").exists());
    }
}

fn other_key() -> String {
    use age::secrecy::ExposeSecret as _;
    let key = OfficeKey::generate();
    format!("# a comment\n{}\n", key.to_secret().expose_secret())
}

fn other_root() -> String {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let root = RootAuthority::create("Another", now).unwrap();
    CertificateChain::new(vec![root.certificate().to_vec()]).to_pem()
}

#[test]
fn wrong_usage_is_told_apart_from_a_bad_parcel() {
    let folder = folder();
    let cases = [
        (["--key", "missing", "--root", "root.pem"], "missing を読み取れません"),
        (["--key", "root.pem", "--root", "root.pem"], "鍵（AGE-SECRET-KEY-1…）がありません"),
        (["--key", "receiver.key", "--root", "receiver.key"], "ルート証明書（PEM）がありません"),
    ];
    for (options, said) in cases {
        let output = open(&folder, &options);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
    fs::remove_file(folder.path().join("root.pem")).unwrap();
    let without = open(&folder, &["--key", "receiver.key"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(text(&without.stderr).contains("--root で指定"), "{}", text(&without.stderr));
}
