//! Parcels: files and a message, signed by the sender and sealed for the receiver, so that whoever carries
//! them can neither read nor change them unnoticed. The format is described in `FORMAT.md` beside this crate's
//! sources, for strangers to implement: a zip archive with a signed manifest, encrypted with age.
//!
//! | module | what |
//! |---|---|
//! | [`seal`](mod@seal) | sign and encrypt |
//! | [`open`](mod@open) | decrypt, and verify everything before anything is handed out |
//! | [`manifest`] | what is signed |
//! | [`attachment`] | which files may be sent, with the words for those that may not |
//! | [`name`] | file names that do no harm |
//! | [`limits`] | every limit, in one place |
//!
//! From one office to another:
//!
//! ```
//! use std::io::Cursor;
//!
//! use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
//! use tasuki_identity::chain::Trust;
//! use tasuki_identity::office_key::OfficeKey;
//! use tasuki_identity::signing::SigningKey;
//! use tasuki_identity::statement::{KeyStatement, ParcelFormats};
//! use tasuki_parcel::manifest::{FORMAT, FileKind};
//! use tasuki_parcel::open::{Expected, Opener, VerifiedAt, open};
//! use tasuki_parcel::seal::{Enclosure, Letter, Sender, seal};
//! use tasuki_terms::ParcelId;
//!
//! let now = "2026-04-01T00:00:00Z".parse()?;
//! let (a, b) = ("1370000019".parse()?, "1370000027".parse()?);
//! let root = RootAuthority::create("Tasuki", now)?;
//! let issuing = IssuingAuthority::create("Tasuki", &root, now)?;
//! let signing_key = SigningKey::generate()?;
//! let chain = issuing.issue_office(&signing_key.request(a)?, a, now)?;
//! let (key_a, key_b) = (OfficeKey::generate(), OfficeKey::generate());
//! let of_a = KeyStatement {
//!     office: a, key: key_a.public(), epoch: 1, before: None, formats: ParcelFormats::only(FORMAT), issued_at: now,
//! };
//! let of_b = KeyStatement { office: b, key: key_b.public(), ..of_a.clone() };
//!
//! let id = ParcelId::new(now, [7; 10]);
//! let letter = Letter { id, staff: "見本 花子", message: "10月分です。", created_at: now, log_head: None };
//! let mut contents = &b"202407,131016,0000012345,202510\r\n"[..];
//! let name = "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV".parse()?;
//! let enclosure = Enclosure { name, kind: FileKind::Standard, contents: &mut contents };
//! let sender = Sender { statement: &of_a, signing_key: &signing_key, chain: &chain };
//! let mut sealed = Vec::new();
//! seal(&mut sealed, letter, &mut [enclosure], sender, &of_b)?;
//!
//! let trust = Trust::new(root.certificate().to_vec());
//! let expected = Expected { id, opener: Opener::Receiver(b) };
//! let mut parcel = open(Cursor::new(sealed), &[key_b], &trust, VerifiedAt::Accepted(now), Some(expected))?;
//! assert_eq!(parcel.manifest().message, "10月分です。");
//! let mut file = Vec::new();
//! parcel.copy_file(0, &mut file)?;
//! assert!(file.starts_with(b"202407,"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # No cryptography of our own
//!
//! | crate | for | review |
//! |---|---|---|
//! | `age` | encryption (X25519, ChaCha20-Poly1305 in blocks) | no public audit of the Rust crate; the format is stable and implemented many times |
//! | `tasuki-identity` | certificates and signatures, on `rustls-webpki` and `aws-lc-rs` | see there |
//! | `sha2` | SHA-256 of files | RustCrypto, no public audit; widely used |
//! | `zip` | the archive | no audit; widely used; it reads hostile bytes here, so it is fuzzed through [`open`](mod@open) |
//!
//! *Architecture invariant:* no file system, network or clock. What is opened was verified before; an error
//! hands out nothing. No name of a file and no text of a message is in an error or in `Debug`.

pub mod attachment;
pub mod limits;
pub mod manifest;
pub mod name;
pub mod open;
pub mod seal;

mod copy;
mod entry;
mod fault;
mod header;
mod layout;
mod padding;
mod plain;
