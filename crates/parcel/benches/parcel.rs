//! Sealing and opening, beside age alone over the same bytes in the same run. The contents do not compress, as
//! those of a PDF or a picture.

use std::io::{Cursor, Write as _};

use divan::Bencher;
use divan::counter::BytesCount;
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats};
use tasuki_parcel::manifest::{FORMAT, FileKind};
use tasuki_parcel::open::{VerifiedAt, open};
use tasuki_parcel::seal::{Enclosure, Letter, Sender, seal};
use tasuki_terms::ParcelId;

const SIZES: [usize; 2] = [50_000, 10 * 1024 * 1024];

fn main() {
    divan::main();
}

struct Office {
    signing_key: SigningKey,
    chain: CertificateChain,
    key: OfficeKey,
    statement: KeyStatement,
    trust: Trust,
}

fn now() -> Timestamp {
    Timestamp::constant(1_775_000_000, 0)
}

/// An office that sends to itself: the work is the same.
fn office() -> Office {
    let office = "1370000019".parse().expect("an office number");
    let root = RootAuthority::create("Tasuki", now()).expect("a root");
    let issuing = IssuingAuthority::create("Tasuki", &root, now()).expect("an authority");
    let signing_key = SigningKey::generate().expect("a key");
    let request = signing_key.request(office).expect("a request");
    let chain = issuing.issue_office(&request, office, now()).expect("a certificate");
    let key = OfficeKey::generate();
    let statement = KeyStatement {
        office,
        key: key.public(),
        epoch: 1,
        before: None,
        formats: ParcelFormats::only(FORMAT),
        issued_at: now(),
    };
    Office { signing_key, chain, key, statement, trust: Trust::new(root.certificate().to_vec()) }
}

fn contents(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    ChaCha8Rng::seed_from_u64(1).fill_bytes(&mut bytes);
    bytes
}

fn sealed(office: &Office, contents: &[u8]) -> Vec<u8> {
    let mut contents = contents;
    let name = "plan.pdf".parse().expect("a plain name");
    let enclosure = Enclosure { name, kind: FileKind::Attachment, contents: &mut contents };
    let letter = Letter {
        id: ParcelId::new(now(), [7; 10]),
        staff: "",
        message: "",
        created_at: now(),
        log_head: None,
    };
    let sender =
        Sender { statement: &office.statement, signing_key: &office.signing_key, chain: &office.chain };
    let mut sealed = Vec::new();
    seal(&mut sealed, letter, &mut [enclosure], sender, &office.statement).expect("within the limits");
    sealed
}

fn encrypted(office: &Office, contents: &[u8]) -> Vec<u8> {
    let recipients = [office.statement.key.recipient(), office.statement.key.recipient()];
    let encryptor = age::Encryptor::with_recipients(recipients.into_iter()).expect("recipients");
    let mut out = encryptor.wrap_output(Vec::new()).expect("memory can be written");
    out.write_all(contents).expect("memory can be written");
    out.finish().expect("memory can be written")
}

#[divan::bench(args = SIZES)]
fn seal_parcel(bencher: Bencher<'_, '_>, size: usize) {
    let (office, contents) = (office(), contents(size));
    bencher.counter(BytesCount::new(size)).bench_local(|| sealed(&office, &contents));
}

#[divan::bench(args = SIZES)]
fn seal_age_alone(bencher: Bencher<'_, '_>, size: usize) {
    let (office, contents) = (office(), contents(size));
    bencher.counter(BytesCount::new(size)).bench_local(|| encrypted(&office, &contents));
}

#[divan::bench(args = SIZES)]
fn open_parcel(bencher: Bencher<'_, '_>, size: usize) {
    let office = office();
    let sealed = sealed(&office, &contents(size));
    let keys = std::slice::from_ref(&office.key);
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        open(Cursor::new(&sealed), keys, &office.trust, VerifiedAt::Accepted(now()), None)
            .expect("a good parcel");
    });
}

#[divan::bench(args = SIZES)]
fn open_age_alone(bencher: Bencher<'_, '_>, size: usize) {
    let office = office();
    let encrypted = encrypted(&office, &contents(size));
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        let decryptor = age::Decryptor::new(Cursor::new(&encrypted)).expect("a file of age");
        let mut plain = decryptor.decrypt(std::iter::once(office.key.identity())).expect("the right key");
        std::io::copy(&mut plain, &mut std::io::sink()).expect("memory can be read")
    });
}
