//! 夜間も自動で送受信: a key file with which the node unlocks itself at a start. It follows every office and every
//! password that is added or changed later.

use std::io;

use serde::{Deserialize, Serialize};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::vault::Vault;
use tasuki_terms::{KjId, OfficeNo};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::OfficeError;
use crate::node::Node;

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

/// What the key file holds.
#[derive(Serialize, Deserialize)]
struct UnlockKey {
    drawer: Zeroizing<Vec<u8>>,
    offices: Vec<UnlockKeyOffice>,
}

#[derive(Serialize, Deserialize)]
struct UnlockKeyOffice {
    no: OfficeNo,
    kj_id: KjId,
    password: String,
}

impl Drop for UnlockKeyOffice {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl Node {
    /// Lets the node unlock itself at a start, with a key file that only the owner of the process can read; or no
    /// longer.
    ///
    /// # Errors
    /// When the keys are locked now, or the file cannot be written.
    pub fn set_self_unlock(&self, by: &str, wanted: bool) -> Result<(), OfficeError> {
        let path = self.folder().unlock_key();
        if wanted {
            let offices = self.open_offices().into_iter().map(|office| UnlockKeyOffice {
                no: office.no(),
                kj_id: office.kj_id,
                password: office.password().to_string(),
            });
            self.write_unlock_key(&UnlockKey {
                drawer: self.drawer()?.to_bytes(),
                offices: offices.collect(),
            })?;
        } else if path.exists() {
            std::fs::remove_file(&path)?;
        }
        self.note(None, by, if wanted { "self-unlock-on" } else { "self-unlock-off" }, "")
    }

    /// Whether the node is to unlock itself.
    pub fn unlocks_itself(&self) -> bool {
        self.folder().unlock_key().exists()
    }

    /// Whether it would: every password of the key file is tried, which takes a moment for each office.
    ///
    /// # Errors
    /// When the database fails.
    pub fn self_unlock_state(&self) -> Result<SelfUnlockState, OfficeError> {
        let key = match self.read_unlock_key() {
            Ok(None) => return Ok(SelfUnlockState::Off),
            Ok(Some(key)) if DrawerKey::from_bytes(&key.drawer).is_ok() => key,
            Ok(Some(_)) | Err(_) => return Ok(SelfUnlockState::Damaged),
        };
        let mut without = Vec::new();
        for own in self.offices()? {
            let row = self.office_row(own.no)?;
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

    /// Opens all that the key file opens, when there is one.
    ///
    /// # Errors
    /// When the file is damaged.
    pub async fn unlock_itself(&self) -> Result<(), OfficeError> {
        let Some(key) = self.read_unlock_key()? else { return Ok(()) };
        self.open_drawer(DrawerKey::from_bytes(&key.drawer)?);
        for office in &key.offices {
            let unlocked = self.unlock(office.no, office.kj_id.as_str(), &office.password).await;
            if let Err(error) = unlocked {
                tracing::warn!(office = %office.no, error = %error, "the office does not unlock by itself");
            }
        }
        Ok(())
    }

    /// The password of an office is new, or was just given: the key file, when there is one, has it from now on. What
    /// goes wrong is said on the settings page by [`Node::self_unlock_state`], and stops nothing.
    pub(crate) fn teach_unlock_key(&self, no: OfficeNo, kj_id: KjId, password: &str) {
        if let Err(error) = self.try_to_teach_unlock_key(no, kj_id, password) {
            tracing::error!(office = %no, error = %error, "the key file does not learn the office password");
        }
    }

    fn try_to_teach_unlock_key(&self, no: OfficeNo, kj_id: KjId, password: &str) -> Result<(), OfficeError> {
        let Some(mut key) = self.read_unlock_key()? else { return Ok(()) };
        let is_known = |office: &UnlockKeyOffice| {
            office.no == no && office.kj_id == kj_id && office.password == password
        };
        if key.offices.iter().any(is_known) {
            return Ok(());
        }
        key.offices.retain(|office| office.no != no);
        key.offices.push(UnlockKeyOffice { no, kj_id, password: password.to_owned() });
        self.write_unlock_key(&key)
    }

    fn read_unlock_key(&self) -> Result<Option<UnlockKey>, OfficeError> {
        match std::fs::read(self.folder().unlock_key()) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&Zeroizing::new(bytes))?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn write_unlock_key(&self, key: &UnlockKey) -> Result<(), OfficeError> {
        let bytes = Zeroizing::new(serde_json::to_vec(key)?);
        Ok(crate::folder::write_durably(&self.folder().unlock_key(), &bytes)?)
    }
}
