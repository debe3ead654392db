//! Opening: decrypt and verify all of it before anything is handed out.

use std::cell::Cell;
use std::io::{self, Read, Seek, Write};

use jiff::Timestamp;
use tasuki_identity::chain::{CertificateChain, ChainError, OfficeCertificate, Trust};
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::statement::KeyStatement;
use tasuki_terms::{OfficeNo, ParcelId};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::attachment::MediaType;
use crate::copy::{CopyError, copy};
use crate::entry;
use crate::fault::{Fault, Source};
use crate::header::{self, Header};
use crate::layout;
use crate::limits::{ARCHIVE_BYTES, CERTIFICATE_BYTES, MANIFEST_BYTES, SIGNATURE_BYTES};
use crate::manifest::{FileEntry, Manifest, ManifestError};
use crate::plain::Plain;

/// What the one who opens knows of a parcel beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The number that the relay names.
    pub id: ParcelId,
    /// Who opens, and on which side of the parcel it stands.
    pub opener: Opener,
}

/// Who opens a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// The office that it must be for.
    Receiver(OfficeNo),
    /// The office that must have sent it, opening its own copy.
    Sender(OfficeNo),
}

/// The time at which the sender's certificates must be valid. Whoever opens must say which: a parcel that was
/// verified when it came must be verified in the same way for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedAt {
    /// When the relay accepted it. Right for all that came over a relay, also after years: keep that time beside
    /// the parcel.
    Accepted(Timestamp),
    /// When the sender says to have sealed it. Only for a parcel of which nobody knows more: the sender's clock may
    /// be wrong, and then a good parcel is refused.
    Sealed,
}

/// Why a parcel was not opened. Nothing of its contents has been handed out.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a file of age.
    #[error("this is not a sealed parcel")]
    NotSealed,
    /// A header with more recipients or bytes than that of a parcel; age was not asked.
    #[error("the seal has more recipients or bytes than that of a parcel")]
    SealTooLarge,
    /// Sealed for other keys.
    #[error("the parcel is not sealed for any of these keys")]
    NotForTheseKeys,
    /// Bytes were changed, are missing, or are too many.
    #[error("the parcel is damaged")]
    Damaged,
    /// What is inside is no zip archive of the kind that a parcel has.
    #[error("what is inside the seal is not the archive of a parcel")]
    NotAnArchive,
    /// The archive can be read in more than one way, or has room for what is not shown: entries twice, local headers
    /// that contradict the directory, gaps, overlaps, extra fields, bytes before or behind.
    #[error("the archive of the parcel can be read in more than one way")]
    Ambiguous,
    /// An entry is encrypted, or packed by another method than a parcel has.
    #[error("the parcel holds something packed by a method that parcels do not have")]
    Method,
    /// An entry cannot be unpacked, or its checksum is wrong.
    #[error("a part of the parcel cannot be unpacked")]
    Unpacking,
    /// `manifest.json`, `manifest.sig`, `certificate.pem` or a file of the manifest is not there.
    #[error("a part of the parcel is missing")]
    Missing,
    /// The archive holds something that the manifest does not name.
    #[error("the parcel holds something that its manifest does not name")]
    Unexpected,
    /// The padding holds something.
    #[error("the padding of the parcel is not empty")]
    Padding,
    /// Sealed for another key than that of the epoch which the manifest names.
    #[error("the parcel names epoch {epoch}, but is sealed for another key")]
    OtherKey {
        /// The epoch in the manifest.
        epoch: u32,
    },
    /// The manifest, signature or certificate is larger than it may be.
    #[error("a part of the parcel is larger than it may be")]
    PartTooLarge,
    /// The manifest is not one.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The certificates are not those of an office.
    #[error("the sender of the parcel is not accepted")]
    Signer(#[from] ChainError),
    /// Another office signed than the one that the manifest names.
    #[error("the parcel says that it is from {from}, but {signer} has signed it")]
    OtherSigner {
        /// The office in the manifest.
        from: OfficeNo,
        /// The office in the certificate.
        signer: OfficeNo,
    },
    /// The signature is not the sender's over this manifest.
    #[error("the signature of the parcel is wrong")]
    Signature,
    /// The parcel has another number than the relay says: an old one sent again.
    #[error("the parcel has the number {found}, not {expected}")]
    OtherParcel {
        /// The number that was expected.
        expected: ParcelId,
        /// The number in the manifest.
        found: ParcelId,
    },
    /// The parcel is for another office.
    #[error("the parcel is for {to}")]
    OtherReceiver {
        /// The office in the manifest.
        to: OfficeNo,
    },
    /// The parcel is from another office.
    #[error("the parcel is from {from}")]
    OtherSender {
        /// The office in the manifest.
        from: OfficeNo,
    },
    /// A file has another size than the manifest says.
    #[error("file {index} of the parcel has another size than its manifest says")]
    Size {
        /// Place of the file in the manifest, from 0.
        index: usize,
    },
    /// A file has other contents than the manifest says.
    #[error("file {index} of the parcel has other contents than its manifest says")]
    Digest {
        /// Place of the file in the manifest, from 0.
        index: usize,
    },
    /// A file has another media type than its name says.
    #[error("file {index} of the parcel has another media type than its name says")]
    MediaType {
        /// Place of the file in the manifest, from 0.
        index: usize,
    },
    /// The source cannot be read, or the destination cannot be written.
    #[error("the parcel cannot be read, or a file of it cannot be written")]
    Io(#[source] io::Error),
}

/// A parcel of which everything was verified.
pub struct OpenedParcel<R: Read + Seek> {
    archive: ZipArchive<Plain<Source<R>>>,
    manifest: Manifest,
    signer: OfficeCertificate,
    opened_by: OfficePublicKey,
}

/// Opens a parcel and verifies all of it: the seal, the chain of the sender's certificates at a time, the
/// signature, what is expected, and each file. Memory does not grow with the files.
///
/// # Errors
/// The first check that fails.
pub fn open<R: Read + Seek>(
    sealed: R,
    keys: &[OfficeKey],
    trust: &Trust,
    at: VerifiedAt,
    expected: Option<Expected>,
) -> Result<OpenedParcel<R>, OpenError> {
    let mut sealed = Source(sealed);
    match header::look(&mut sealed).map_err(seal_read_error)? {
        Header::Small => {}
        Header::TooLarge => return Err(OpenError::SealTooLarge),
        Header::Foreign => return Err(OpenError::NotSealed),
    }
    let decryptor = age::Decryptor::new(sealed).map_err(decrypt_error)?;
    if decryptor.is_scrypt() {
        return Err(OpenError::NotForTheseKeys);
    }
    // age asks for one key after the other until one opens.
    let last = Cell::new(None);
    let identities = keys.iter().inspect(|key| last.set(Some(*key))).map(OfficeKey::identity);
    let plain = decryptor.decrypt(identities).map_err(decrypt_error)?;
    let opened_by = last.get().ok_or(OpenError::NotForTheseKeys)?.public();
    let mut plain = Plain::new(plain).map_err(seal_read_error)?;
    if plain.length() > ARCHIVE_BYTES {
        return Err(ManifestError::TooLarge.into());
    }
    let length = plain.length();
    layout::check(&mut plain, length)?;
    let mut archive = ZipArchive::new(plain).map_err(archive_error)?;
    let json = read_part(&mut archive, entry::MANIFEST, MANIFEST_BYTES)?;
    let signature = read_part(&mut archive, entry::SIGNATURE, SIGNATURE_BYTES)?;
    let certificates = read_part(&mut archive, entry::CERTIFICATE, CERTIFICATE_BYTES)?;

    let manifest = Manifest::from_json(&json)?;
    let chain = CertificateChain::from_pem(&certificates)?;
    let at = match at {
        VerifiedAt::Accepted(at) => at,
        VerifiedAt::Sealed => manifest.created_at,
    };
    let signer = trust.verify(&chain, at)?;
    signer.verify_signature(&json, &signature).map_err(|_| OpenError::Signature)?;
    if signer.office != manifest.from {
        return Err(OpenError::OtherSigner { from: manifest.from, signer: signer.office });
    }
    if let Some(expected) = expected {
        check_expected(&manifest, expected)?;
    }
    check_entries(&archive, &manifest)?;
    check_padding(&mut archive)?;
    check_media_types(&manifest)?;
    let mut opened = OpenedParcel { archive, manifest, signer, opened_by };
    for index in 0..opened.manifest.files.len() {
        opened.copy_file(index, &mut io::sink())?;
    }
    Ok(opened)
}

impl<R: Read + Seek> OpenedParcel<R> {
    /// What the sender signed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The sender's certificate.
    pub fn signer(&self) -> &OfficeCertificate {
        &self.signer
    }

    /// Whether the key that opened it is that of the epoch which the manifest names, as far as this statement of the
    /// opener's own office tells: a sender that seals for another key than it says was shown another one.
    ///
    /// # Errors
    /// [`OpenError::OtherKey`] when it is not.
    pub fn check_epoch(&self, stated: &KeyStatement) -> Result<(), OpenError> {
        let epoch = self.manifest.key_epoch;
        let is_about_it = stated.office == self.manifest.to && stated.epoch == epoch;
        if is_about_it && stated.key != self.opened_by { Err(OpenError::OtherKey { epoch }) } else { Ok(()) }
    }

    /// Copies the contents of a file, given by its place in the manifest, and verifies them once more on the way.
    ///
    /// # Errors
    /// When the sealed bytes have changed since they were verified, or `to` fails.
    ///
    /// # Panics
    /// When the manifest has no such file.
    pub fn copy_file(&mut self, index: usize, to: &mut impl Write) -> Result<(), OpenError> {
        let FileEntry { name, size, sha256, .. } = &self.manifest.files[index];
        let mut contents = self.archive.by_name(&entry::of_file(name)).map_err(archive_error)?;
        // What is longer than it must be is not read to its end, be it a bomb.
        let (found_size, found_digest) = copy(&mut contents, to, *size).map_err(|error| match error {
            CopyError::TooLong => OpenError::Size { index },
            CopyError::Read(error) => archive_read_error(error),
            CopyError::Write(error) => OpenError::Io(error),
        })?;
        if found_size != *size {
            return Err(OpenError::Size { index });
        }
        if found_digest != *sha256 {
            return Err(OpenError::Digest { index });
        }
        Ok(())
    }
}

fn check_expected(manifest: &Manifest, expected: Expected) -> Result<(), OpenError> {
    if manifest.id != expected.id {
        return Err(OpenError::OtherParcel { expected: expected.id, found: manifest.id });
    }
    match expected.opener {
        Opener::Receiver(office) if manifest.to != office => {
            Err(OpenError::OtherReceiver { to: manifest.to })
        }
        Opener::Sender(office) if manifest.from != office => {
            Err(OpenError::OtherSender { from: manifest.from })
        }
        Opener::Receiver(_) | Opener::Sender(_) => Ok(()),
    }
}

/// The archive must hold what the manifest names, and nothing else.
fn check_entries<R: Read + Seek>(archive: &ZipArchive<R>, manifest: &Manifest) -> Result<(), OpenError> {
    let named = entry::names(manifest);
    for name in archive.file_names() {
        if !named.contains(name.map_err(archive_error)?.as_ref()) {
            return Err(OpenError::Unexpected);
        }
    }
    // The layout names nothing twice.
    if archive.len() == named.len() { Ok(()) } else { Err(OpenError::Missing) }
}

/// The padding is stored zeros: it hides nothing but the size.
fn check_padding<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<(), OpenError> {
    let mut padding = archive.by_name(entry::PADDING).map_err(archive_error)?;
    if padding.compression() != CompressionMethod::Stored {
        return Err(OpenError::Padding);
    }
    let mut block = [0; 4096];
    loop {
        let read = padding.read(&mut block).map_err(archive_read_error)?;
        if read == 0 {
            return Ok(());
        }
        if block[..read].iter().any(|byte| *byte != 0) {
            return Err(OpenError::Padding);
        }
    }
}

/// The type says nothing that the name does not, so that nobody is led to show a file as what it is not.
fn check_media_types(manifest: &Manifest) -> Result<(), OpenError> {
    let is_other = |file: &FileEntry| file.media_type != MediaType::of(&file.name).as_str();
    match manifest.files.iter().position(is_other) {
        Some(index) => Err(OpenError::MediaType { index }),
        None => Ok(()),
    }
}

fn read_part<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, OpenError> {
    let part = archive.by_name(name).map_err(archive_error)?;
    let mut bytes = Vec::new();
    part.take(limit + 1).read_to_end(&mut bytes).map_err(archive_read_error)?;
    if bytes.len() as u64 > limit { Err(OpenError::PartTooLarge) } else { Ok(bytes) }
}

fn decrypt_error(error: age::DecryptError) -> OpenError {
    use age::DecryptError as E;
    match error {
        E::NoMatchingKeys | E::KeyDecryptionFailed | E::ExcessiveWork { .. } => OpenError::NotForTheseKeys,
        E::InvalidHeader | E::UnknownFormat => OpenError::NotSealed,
        E::Io(error) => seal_read_error(error),
        _ => OpenError::Damaged,
    }
}

fn archive_error(error: ZipError) -> OpenError {
    match error {
        ZipError::Io(error) => archive_read_error(error),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => OpenError::Method,
        ZipError::FileNotFound => OpenError::Missing,
        _ => OpenError::NotAnArchive,
    }
}

/// What age reports is of the bytes, unless the source has failed.
fn seal_read_error(error: io::Error) -> OpenError {
    match Fault::inside(error) {
        Some(Fault::Source(error)) => OpenError::Io(error),
        Some(Fault::Seal(_)) | None => OpenError::Damaged,
    }
}

/// What is neither the source nor the seal is of the sender's bytes inside.
pub(crate) fn archive_read_error(error: io::Error) -> OpenError {
    match Fault::inside(error) {
        Some(Fault::Source(error)) => OpenError::Io(error),
        Some(Fault::Seal(_)) => OpenError::Damaged,
        None => OpenError::Unpacking,
    }
}
