//! The key file with which the node unlocks itself: readable by the owner of the process only.

use std::io;

use serde::{Deserialize, Serialize};
use tasuki_terms::{KjId, OfficeNo};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base::Base;
use crate::base::error::OfficeError;
use crate::base::folder::write_durably;

/// What the key file holds.
#[derive(Serialize, Deserialize)]
pub(super) struct KeyFile {
    pub(super) drawer: Zeroizing<Vec<u8>>,
    pub(super) offices: Vec<KeyOfOffice>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeyOfOffice {
    pub(super) no: OfficeNo,
    pub(super) kj_id: KjId,
    pub(super) password: String,
}

impl Drop for KeyOfOffice {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl KeyFile {
    /// The file, when there is one.
    pub(super) fn read(base: &Base) -> Result<Option<Self>, OfficeError> {
        match std::fs::read(base.folder().unlock_key()) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&Zeroizing::new(bytes))?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(&self, base: &Base) -> Result<(), OfficeError> {
        let bytes = Zeroizing::new(serde_json::to_vec(self)?);
        Ok(write_durably(&base.folder().unlock_key(), &bytes)?)
    }

    /// The password of an office is new, or was just given: the key file, when there is one, has it from now on. What
    /// goes wrong is said on the settings page by [`Offices::self_unlock_state`](super::Offices::self_unlock_state), and
    /// stops nothing.
    pub(super) fn teach(base: &Base, no: OfficeNo, kj_id: KjId, password: &str) {
        if let Err(error) = Self::try_to_teach(base, no, kj_id, password) {
            tracing::error!(office = %no, error = %error, "the key file does not learn the office password");
        }
    }

    fn try_to_teach(base: &Base, no: OfficeNo, kj_id: KjId, password: &str) -> Result<(), OfficeError> {
        let Some(mut file) = Self::read(base)? else { return Ok(()) };
        let is_known =
            |office: &KeyOfOffice| office.no == no && office.kj_id == kj_id && office.password == password;
        if file.offices.iter().any(is_known) {
            return Ok(());
        }
        file.offices.retain(|office| office.no != no);
        file.offices.push(KeyOfOffice { no, kj_id, password: password.to_owned() });
        file.write(base)
    }
}
