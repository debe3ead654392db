//! Who an office is, and the keys that prove it.
//!
//! | module | what |
//! |---|---|
//! | [`authority`] | the operator's certificate authority: root, issuing CA, certificates, revocation list |
//! | [`signing`] | the private key of a certificate, which never leaves its maker, and the request for one |
//! | [`chain`] | which office a chain of certificates is, or why none |
//! | [`office_key`] | the key that parcels are sealed for |
//! | [`statement`] | "this is my key", signed by the office |
//! | [`key_log`] | following the log of all keys and certificates, and what gives a dishonest operator away |
//! | [`drawer`] | the key of what a node keeps at rest beside parcels, opened by each member of the staff |
//! | [`vault`] | private keys at rest, opened by password or [`recovery`] code |
//!
//! From request to a verified statement:
//!
//! ```
//! use tasuki_identity::authority::{IssuingAuthority, RootAuthority};
//! use tasuki_identity::chain::Trust;
//! use tasuki_identity::office_key::OfficeKey;
//! use tasuki_identity::signing::SigningKey;
//! use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
//!
//! let now = "2026-04-01T00:00:00Z".parse()?;
//! let office = "1370000019".parse()?;
//! let root = RootAuthority::create("Tasuki", now)?;
//! let issuing = IssuingAuthority::create("Tasuki", &root, now)?;
//!
//! // At the office: the private key stays there, only the request goes out.
//! let signing_key = SigningKey::generate()?;
//! let request = signing_key.request(office)?;
//! // At the operator, once the one-time password was right:
//! let chain = issuing.issue_office(&request, office, now)?;
//!
//! let office_key = OfficeKey::generate();
//! let statement = KeyStatement { office, key: office_key.public(), epoch: 1, before: None,
//!     formats: ParcelFormats::only(2), issued_at: now };
//! let signed = SignedStatement::sign(&statement, &signing_key, &chain)?;
//!
//! // At a partner that trusts the same root:
//! let trust = Trust::new(root.certificate().to_vec());
//! assert_eq!(signed.verify(&trust, now)?.key, office_key.public());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # No cryptography of our own
//!
//! | crate | for | review |
//! |---|---|---|
//! | `aws-lc-rs` (under `rcgen` and `rustls-webpki`) | ECDSA P-256, random numbers | AWS-LC is FIPS 140-3 validated and partly formally verified |
//! | `rustls-webpki` | verifying chains | audited with rustls by Cure53 in 2020; continuously fuzzed |
//! | `rcgen`, `x509-parser` | making certificates, reading a subject | no public audit; widely used (rustls project, rusticata) |
//! | `age` | X25519 keys and sealing | no public audit of the Rust crate; format stable and implemented many times |
//! | `argon2`, `chacha20poly1305` | wrapping keys at rest | RustCrypto; chacha20poly1305 audited by NCC Group in 2020, argon2 without public audit |
//!
//! *Architecture invariant:* no file system, network or clock: the time is handed in. Types that hold a secret
//! have no `Clone`, no `Debug` and no `Serialize`, and are wiped when dropped.

pub mod authority;
pub mod chain;
pub mod drawer;
pub mod key_log;
pub mod office_key;
pub mod recovery;
pub mod signing;
pub mod statement;
pub mod vault;

mod x509;
