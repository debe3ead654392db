//! The key of the drawer, sealed for the office's own key: so the recovery kit brings back the staff too.

use std::io::{Read as _, Write as _};

use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::statement::KeyStatement;
use zeroize::Zeroizing;

use crate::base::error::OfficeError;

/// Seals the key of the drawer for the office's own key, so that the recovery kit opens it.
pub(super) fn seal_drawer(drawer: &DrawerKey, statement: &KeyStatement) -> Result<Vec<u8>, OfficeError> {
    let recipients = [statement.key.recipient()];
    let encryptor =
        age::Encryptor::with_recipients(recipients.into_iter()).map_err(|_| OfficeError::Damaged)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(&drawer.to_bytes())?;
    writer.finish()?;
    Ok(sealed)
}

/// Opens what [`seal_drawer`] has sealed.
pub(super) fn open_sealed_drawer(sealed: &[u8], keys: &[OfficeKey]) -> Result<DrawerKey, OfficeError> {
    let decryptor = age::Decryptor::new(sealed).map_err(|_| OfficeError::Damaged)?;
    let plain = decryptor.decrypt(keys.iter().map(OfficeKey::identity)).map_err(|_| OfficeError::Damaged)?;
    let mut bytes = Zeroizing::new(Vec::new());
    plain.take(64).read_to_end(&mut bytes)?;
    Ok(DrawerKey::from_bytes(&bytes)?)
}
