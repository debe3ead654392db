//! Sealing: sign and encrypt, in one pass over the files.

use std::cell::Cell;
use std::io::{self, Read, Write};

use jiff::Timestamp;
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::signing::{SigningError, SigningKey};
use tasuki_identity::statement::KeyStatement;
use tasuki_terms::{LogHead, OfficeNo, ParcelId, Sha256Digest};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::attachment::MediaType;
use crate::copy::{CopyError, copy};
use crate::entry;
use crate::layout;
use crate::limits::{ARCHIVE_BYTES, CONTENTS_BYTES, MANIFEST_BYTES};
use crate::manifest::{FORMAT, FileEntry, FileKind, Manifest, ManifestError};
use crate::name::FileName;
use crate::padding::padded;

/// Who sends: the office, its certificate, and the key that opens its own copy.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// The office and its key, as it states them to others.
    pub statement: &'a KeyStatement,
    /// The key of the certificate.
    pub signing_key: &'a SigningKey,
    /// The certificate of the office up to, but without, the root.
    pub chain: &'a CertificateChain,
}

/// What is written on and in a parcel, beside the files.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Number of the parcel.
    pub id: ParcelId,
    /// Name of the person who sends; may be empty.
    pub staff: &'a str,
    /// Message to the receiver; may be empty.
    pub message: &'a str,
    /// Now.
    pub created_at: Timestamp,
    /// The newest head of the key log that the sender has seen, if it follows it.
    pub log_head: Option<LogHead>,
}

/// A file to be put in.
pub struct Enclosure<'a> {
    /// Its name.
    pub name: FileName,
    /// What it is to the receiver.
    pub kind: FileKind,
    /// Its contents.
    pub contents: &'a mut dyn Read,
}

/// Why a parcel was not sealed. What was written so far is of no use and must be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The files or texts are more than a parcel takes.
    #[error(transparent)]
    Limit(#[from] ManifestError),
    /// A file cannot be read, or the parcel cannot be written.
    #[error("a file cannot be read, or the parcel cannot be written")]
    Io(#[from] io::Error),
    /// The receiver says that it does not read parcels of this version.
    #[error("{office} does not read parcels of format {FORMAT}")]
    Format {
        /// The receiver.
        office: OfficeNo,
    },
    /// The signature cannot be made.
    #[error("the parcel cannot be signed")]
    Signing(#[from] SigningError),
}

impl From<CopyError> for SealError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::TooLong => ManifestError::TooLarge.into(),
            CopyError::Read(error) | CopyError::Write(error) => Self::Io(error),
        }
    }
}

/// Seals files and a message for the office of a key statement, which the caller has verified, and for the
/// sender itself. Writes to `out` and returns what was signed. Memory does not grow with the files.
///
/// # Errors
/// When a limit is exceeded, a file cannot be read, or `out` fails.
pub fn seal<W: Write>(
    out: W,
    letter: Letter<'_>,
    enclosures: &mut [Enclosure<'_>],
    sender: Sender<'_>,
    receiver: &KeyStatement,
) -> Result<Manifest, SealError> {
    let mut manifest = Manifest {
        format: FORMAT,
        id: letter.id,
        from: sender.statement.office,
        to: receiver.office,
        key_epoch: receiver.epoch,
        staff: letter.staff.to_owned(),
        message: letter.message.to_owned(),
        created_at: letter.created_at,
        log_head: letter.log_head,
        files: enclosures.iter().map(entry_to_be_filled).collect(),
    };
    if !receiver.formats.contains(FORMAT) {
        return Err(SealError::Format { office: receiver.office });
    }
    // Whatever can be told before reading the files.
    manifest.check()?;

    let recipients = [receiver.key.recipient(), sender.statement.key.recipient()];
    let encryptor = age::Encryptor::with_recipients(recipients.into_iter())
        .map_err(|error| io::Error::other(error.to_string()))?;
    let written = Cell::new(0);
    let counted = Counted { inner: encryptor.wrap_output(out)?, written: &written };
    let mut archive = ZipWriter::new_stream(counted);
    let mut room = CONTENTS_BYTES;
    for (enclosure, entry) in enclosures.iter_mut().zip(&mut manifest.files) {
        start(&mut archive, &entry::of_file(&entry.name), compression(&entry.name))?;
        (entry.size, entry.sha256) = copy(enclosure.contents, &mut archive, room)?;
        room -= entry.size;
    }
    let json = manifest.to_json();
    if json.len() as u64 > MANIFEST_BYTES {
        return Err(ManifestError::TooManyFiles.into());
    }
    let signature = sender.signing_key.sign(&json)?;
    let certificates = sender.chain.to_pem();
    for (name, bytes) in [
        (entry::MANIFEST, json.as_slice()),
        (entry::SIGNATURE, &signature),
        (entry::CERTIFICATE, certificates.as_bytes()),
    ] {
        start(&mut archive, name, CompressionMethod::Deflated)?;
        archive.write_all(bytes)?;
    }
    pad(&mut archive, &manifest, &written)?;
    let Counted { inner, .. } = archive.finish().map_err(io::Error::from)?.into_inner();
    // Many long names can fill what the files leave; whoever opens would refuse it.
    if written.get() > ARCHIVE_BYTES {
        return Err(ManifestError::TooLarge.into());
    }
    inner.finish()?;
    Ok(manifest)
}

/// Fills the archive up with zeros, as its last entry, to a size that many others have too.
fn pad<W: Write + io::Seek>(
    archive: &mut ZipWriter<W>,
    manifest: &Manifest,
    written: &Cell<u64>,
) -> io::Result<()> {
    start(archive, entry::PADDING, CompressionMethod::Stored)?;
    let size = written.get() + layout::bytes_behind_the_last(&entry::names(manifest));
    let zeros = padded(size).min(ARCHIVE_BYTES).saturating_sub(size);
    io::copy(&mut io::repeat(0).take(zeros), archive).map(drop)
}

/// Counts what the archive takes.
struct Counted<'a, W> {
    inner: W,
    written: &'a Cell<u64>,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.written.set(self.written.get() + written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn entry_to_be_filled(enclosure: &Enclosure<'_>) -> FileEntry {
    FileEntry {
        name: enclosure.name.clone(),
        kind: enclosure.kind,
        media_type: MediaType::of(&enclosure.name).as_str().to_owned(),
        size: 0,
        sha256: Sha256Digest([0; 32]),
    }
}

fn start<W: Write + io::Seek>(
    archive: &mut ZipWriter<W>,
    name: &str,
    compression: CompressionMethod,
) -> io::Result<()> {
    // The time of a file says nothing that the manifest does not: the start of the calendar.
    let options = SimpleFileOptions::default()
        .compression_method(compression)
        .last_modified_time(zip::DateTime::default());
    archive.start_file(name, options).map_err(io::Error::from)
}

/// Texts are compressed. Pictures and PDFs are already: trying again costs time and wins nothing.
fn compression(name: &FileName) -> CompressionMethod {
    match MediaType::of(name) {
        MediaType::Pdf | MediaType::Jpeg | MediaType::Png | MediaType::Gif => CompressionMethod::Stored,
        MediaType::Csv | MediaType::Text | MediaType::Other => CompressionMethod::Deflated,
    }
}
