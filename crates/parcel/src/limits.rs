//! Every limit of a parcel, in one place.

/// All files together, before sealing, in bytes: 10 MiB, the limit of the official system.
pub const CONTENTS_BYTES: u64 = 10 * 1024 * 1024;

/// The archive inside the seal, in bytes: the files at their limit, even when they do not compress, and room for
/// names, manifest and certificates. Sealing adds less than 4 kB.
pub const ARCHIVE_BYTES: u64 = CONTENTS_BYTES + 1020 * 1024;

/// Files of one parcel. An office with a few hundred people sends some files for each.
pub const FILES: usize = 2000;

/// A file's name, in bytes of UTF-8: what file systems take.
pub const NAME_BYTES: usize = 255;

/// The name of the person who sends, in characters.
pub const STAFF_CHARS: usize = 100;

/// The message, in characters.
pub const MESSAGE_CHARS: usize = 2000;

/// The manifest, in bytes.
pub const MANIFEST_BYTES: u64 = 2 * 1024 * 1024;

/// The signature, in bytes.
pub const SIGNATURE_BYTES: u64 = 1024;

/// The certificates in PEM, in bytes.
pub const CERTIFICATE_BYTES: u64 = 64 * 1024;

/// Recipients of the seal: the receiver and the sender.
pub const RECIPIENTS: usize = 2;

/// Stanzas of the seal: the recipients, and one of nonsense that some writers of age add on purpose.
pub const STANZAS: usize = RECIPIENTS + 1;

/// The header of the seal, in bytes. Two recipients and nonsense take less than half of it.
pub const HEADER_BYTES: usize = 1024;

/// A line of that header, in bytes.
pub const HEADER_LINE_BYTES: usize = 128;
