//! Memory does not grow with the files.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{self, Read};
use std::process::Command;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use tasuki_parcel::limits::CONTENTS_BYTES;
use tasuki_parcel::manifest::FileKind;
use tasuki_parcel::open::{VerifiedAt, open};
use tasuki_parcel::seal::{Enclosure, Letter, seal};

use crate::world::{World, id, now};

/// Contents that do not compress.
struct Noise(ChaCha8Rng);

impl Read for Noise {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.fill_bytes(bytes);
        Ok(bytes.len())
    }
}

#[test]
fn ten_megabytes_take_less_than_thirty() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["memory::seal_and_open_ten_megabytes", "--exact", "--ignored", "--nocapture"]);
    let output = child.output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 30_000, "{line}");
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn seal_and_open_ten_megabytes() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parcel");
    let mut noise = Noise(ChaCha8Rng::seed_from_u64(1)).take(CONTENTS_BYTES);
    let enclosure =
        Enclosure { name: "a.csv".parse().unwrap(), kind: FileKind::Attachment, contents: &mut noise };
    let letter = Letter { id: id(), staff: "", message: "", created_at: now(), log_head: None };
    let out = File::create(&path).unwrap();
    seal(out, letter, &mut [enclosure], world.a.sender(), &world.b.statement).unwrap();
    let sealed = File::open(&path).unwrap();
    assert!(sealed.metadata().unwrap().len() > CONTENTS_BYTES);
    let trust = world.trust();
    let mut parcel = open(sealed, &[world.b.key], &trust, VerifiedAt::Accepted(now()), None).unwrap();
    parcel.copy_file(0, &mut io::sink()).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("\n{}", status.lines().find(|line| line.starts_with("VmHWM:")).unwrap());
}
