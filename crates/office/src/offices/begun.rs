//! The signing key of a beginning whose answer was lost: the relay gives the same certificate to the same password and
//! key once more, so a repeat costs nobody a telephone call. It is kept, sealed, until the office is enrolled.

use serde::{Deserialize, Serialize};
use tasuki_identity::signing::SigningKey;
use tasuki_terms::{OfficeNo, Sha256Digest};
use zeroize::Zeroizing;

use super::store;
use crate::base::digest::digest_of;
use crate::base::error::OfficeError;
use crate::base::{Base, Tx};

/// Its place in the drawer.
const PLACE: &str = "begun";

/// What is kept of a beginning.
#[derive(Serialize, Deserialize)]
struct Begun {
    /// Of the one-time password that it was made for: another one is another beginning.
    password: Sha256Digest,
    key: Zeroizing<Vec<u8>>,
}

/// The signing key of a beginning.
pub(super) struct BegunKey {
    pub(super) key: SigningKey,
    /// It was asked with it before, and whatever came of it is not known.
    pub(super) is_repeat: bool,
}

/// The key to ask with: the one of an earlier try with the same one-time password, or a new one, which is durable when this
/// returns.
///
/// # Errors
/// When the drawer is locked or nothing can be kept.
pub(super) fn key_to_begin(
    base: &Base,
    office: OfficeNo,
    enrolment_password: &str,
) -> Result<BegunKey, OfficeError> {
    let password = digest_of(enrolment_password.as_bytes());
    let sealed = base.read(|db| store::begun(db, office))?;
    // What cannot be read is no key to begin with.
    let begun = sealed.and_then(|sealed| base.unseal_json::<Begun>(PLACE, &sealed).ok());
    if let Some(begun) = begun.filter(|begun| begun.password == password) {
        return Ok(BegunKey { key: SigningKey::from_pkcs8(&begun.key)?, is_repeat: true });
    }
    let key = SigningKey::generate()?;
    let sealed = base.seal_json(PLACE, &Begun { password, key: key.to_pkcs8() })?;
    base.keep(|tx| Ok::<_, OfficeError>(store::set_begun(tx, office, &sealed)?))?;
    Ok(BegunKey { key, is_repeat: false })
}

/// The office is enrolled: its key lies in its vault.
pub(super) fn forget(tx: &Tx<'_>, office: OfficeNo) -> rusqlite::Result<()> {
    store::forget_begun(tx, office)
}
