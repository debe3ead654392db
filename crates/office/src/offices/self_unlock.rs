//! 夜間も自動で送受信: a key file with which the node unlocks itself at a start. It follows every office and every
//! password that is added or changed later.

use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::vault::Vault;
use tasuki_terms::OfficeNo;

use super::Offices;
use super::key_file::{KeyFile, KeyOfOffice};
use super::store;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};

/// Whether the node would unlock itself at the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelfUnlockState {
    /// It is not to.
    Off,
    /// It would, with all its offices.
    Ready,
    /// It would, but without these offices: the file does not know their password.
    Without(Vec<OfficeNo>),
    /// The file cannot be read: it is to be turned off and on again.
    Damaged,
}

impl Offices {
    /// Lets the node unlock itself at a start, with a key file that only the owner of the process can read; or no
    /// longer.
    ///
    /// # Errors
    /// When the keys are locked now, or the file cannot be written.
    pub fn set_self_unlock(&self, by: impl Into<Actor>, wanted: bool) -> Result<(), OfficeError> {
        let path = self.base.folder().unlock_key();
        if wanted {
            let offices = self.keys.all().into_iter().map(|office| KeyOfOffice {
                no: office.no(),
                kj_id: office.kj_id,
                password: office.password().to_string(),
            });
            let drawer = self.base.drawer()?.to_bytes();
            KeyFile { drawer, offices: offices.collect() }.write(&self.base)?;
        } else if path.exists() {
            std::fs::remove_file(&path)?;
        }
        let action = if wanted { Action::SelfUnlockOn } else { Action::SelfUnlockOff };
        self.base.note(&by.into(), action, None)
    }

    /// Whether the node is to unlock itself.
    pub fn unlocks_itself(&self) -> bool {
        self.base.folder().unlock_key().exists()
    }

    /// Whether it would: every password of the key file is tried, which takes a moment for each office.
    ///
    /// # Errors
    /// When the database fails.
    pub fn self_unlock_state(&self) -> Result<SelfUnlockState, OfficeError> {
        let key = match KeyFile::read(&self.base) {
            Ok(None) => return Ok(SelfUnlockState::Off),
            Ok(Some(key)) if DrawerKey::from_bytes(&key.drawer).is_ok() => key,
            Ok(Some(_)) | Err(_) => return Ok(SelfUnlockState::Damaged),
        };
        let mut without = Vec::new();
        for row in self.base.read(store::all)? {
            let own = row.own;
            let known = key.offices.iter().find(|office| office.no == own.no && office.kj_id == own.kj_id);
            let opens = known.is_some_and(|office| {
                Vault::from_bytes(&row.vault).is_ok_and(|vault| vault.open(&office.password).is_ok())
            });
            if !opens {
                without.push(own.no);
            }
        }
        Ok(if without.is_empty() { SelfUnlockState::Ready } else { SelfUnlockState::Without(without) })
    }
}
