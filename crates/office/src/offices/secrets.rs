//! What is done with the secrets of an office: comparing, copying, ordering.

use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::signing::SigningKey;

use crate::base::error::OfficeError;

pub(super) fn holds(keys: &[OfficeKey], key: &OfficePublicKey) -> bool {
    keys.iter().any(|held| held.public() == *key)
}

/// Moves a key behind the others.
pub(super) fn make_newest(keys: &mut Vec<OfficeKey>, key: &OfficePublicKey) -> Result<(), OfficeError> {
    let at = keys.iter().position(|held| held.public() == *key).ok_or(OfficeError::NotThisKey)?;
    let newest = keys.remove(at);
    keys.push(newest);
    Ok(())
}

pub(super) fn copies(keys: &[OfficeKey]) -> Result<Vec<OfficeKey>, OfficeError> {
    use age::secrecy::ExposeSecret as _;
    let copies = keys.iter().map(|key| OfficeKey::from_secret(key.to_secret().expose_secret()));
    copies.collect::<Result<_, _>>().map_err(|_| OfficeError::Damaged)
}

pub(super) fn copy_of_signing_key(key: &SigningKey) -> Result<SigningKey, OfficeError> {
    SigningKey::from_pkcs8(&key.to_pkcs8()).map_err(|_| OfficeError::Damaged)
}
