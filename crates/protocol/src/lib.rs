//! The relay's HTTP API `/v1` as types: what a node asks, what the relay answers, and every way to fail.
//!
//! | module | what |
//! |---|---|
//! | [`account`] | enrolment, certificates, sessions, passwords |
//! | [`directory`] | offices, search and look-up |
//! | [`key`] | key statements and the key log |
//! | [`parcel`] | a parcel's life: states and what moves it from one to the next |
//! | [`receipt`] | what a receiver signs |
//! | [`mailbox`] | inbox, sent list and events, each with its cursor |
//! | [`header`] | the header fields that travel with contents |
//! | [`problem`] | RFC 9457 problem documents |
//! | [`limits`] | every limit, in one place |
//!
//! ```
//! use tasuki_protocol::parcel::{ParcelState, Step};
//! use tasuki_protocol::receipt::ReceiptKind;
//!
//! // A receipt moves a parcel on; a repeated one changes nothing; a withdrawn parcel takes none.
//! let received = Step::of_receipt(ParcelState::Accepted, ReceiptKind::Received);
//! assert_eq!(received, Step::To(ParcelState::Received));
//! assert_eq!(Step::of_receipt(ParcelState::Received, ReceiptKind::Received), Step::Stays);
//! assert_eq!(Step::of_receipt(ParcelState::Withdrawn, ReceiptKind::Received), Step::Gone);
//! ```
//!
//! *Architecture invariant:* this crate does no I/O, holds no key and knows nothing of what a parcel
//! contains: names of files, persons or months never appear in its types.

pub mod account;
pub mod directory;
pub mod header;
pub mod key;
pub mod limits;
pub mod mailbox;
pub mod parcel;
pub mod problem;
pub mod receipt;
pub mod schema;
