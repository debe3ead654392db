//! The offices of this node: what is kept of them, their keys, and their account at the relay.
//!
//! ```text
//! own.rs            an office of this node. Model
//! lists.rs          lists of the relay, and how far they were read. Model
//! store.rs          the table
//! keys.rs           offices whose keys are open: `Keys`
//! session.rs        the session with the relay
//! unlock.rs         事業所ユーザログイン, keys put into use
//! password.rs       the office password: one at the relay and for the keys
//! enrol.rs          利用開始 · begun.rs  what is kept while its answer did not come · renew.rs  the certificate that follows
//! statements.rs     what the office states of its key. Pure · secrets.rs, sealed_drawer.rs  small things
//! own_key.rs        the key of the office and what the directory says of it
//! self_unlock.rs    夜間も自動で送受信 · key_file.rs  the file that lets it
//! unpack.rs         opening a parcel with the keys of an office
//! ```

mod begun;
mod enrol;
mod key_file;
mod keys;
mod lists;
mod own;
mod own_key;
mod password;
mod renew;
mod sealed_drawer;
mod secrets;
mod self_unlock;
pub(crate) mod session;
mod statements;
pub(crate) mod store;
mod unlock;
mod unpack;

use std::sync::Arc;

use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::vault::Vault;
use tasuki_protocol::mailbox::Life;
use tasuki_terms::OfficeNo;

pub use enrol::{Enrolment, Invitation, RecoveryKit};
pub(crate) use keys::Keys;
pub use keys::{LinkState, OpenOffice};
pub(crate) use lists::{Reading, RelayList};
pub use own::{Folders, OwnOffice};
pub use self_unlock::SelfUnlockState;
pub use unlock::UnlockError;
pub use unpack::Opened;
pub(crate) use unpack::unpack;

use crate::base::Base;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use store::OfficeRow;

/// The offices of this node.
#[derive(Clone)]
pub struct Offices {
    base: Base,
    keys: Keys,
}

impl Offices {
    pub(crate) fn new(base: &Base, keys: &Keys) -> Self {
        Self { base: base.clone(), keys: keys.clone() }
    }

    /// All of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(&self) -> Result<Vec<OwnOffice>, OfficeError> {
        Ok(self.base.read(store::all)?.into_iter().map(|row| row.own).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is not enrolled here.
    pub fn get(&self, no: OfficeNo) -> Result<OwnOffice, OfficeError> {
        Ok(self.row(no)?.own)
    }

    fn row(&self, no: OfficeNo) -> Result<OfficeRow, OfficeError> {
        self.base.read(|db| store::one(db, no))
    }

    /// An office whose password was given: how its connection is and how its duties go.
    ///
    /// # Errors
    /// [`OfficeError::KeysLocked`] until the password was given.
    pub fn open_office(&self, no: OfficeNo) -> Result<Arc<OpenOffice>, OfficeError> {
        self.keys.of(no)
    }

    /// The key of the drawer by the recovery code of an office.
    ///
    /// # Errors
    /// When the code is not of this office.
    pub fn drawer_by_recovery(&self, no: OfficeNo, code: &RecoveryCode) -> Result<DrawerKey, OfficeError> {
        let secrets = Vault::from_bytes(&self.row(no)?.vault)?.recover(code)?;
        let sealed = self.base.read(|db| store::sealed_drawer(db, no))?;
        sealed_drawer::open_sealed_drawer(&sealed, &secrets.office_keys)
    }

    /// Changes the folders of an office.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_folders(
        &self,
        by: impl Into<Actor>,
        no: OfficeNo,
        folders: &Folders,
    ) -> Result<(), OfficeError> {
        self.base.write(&by.into(), |tx| {
            store::set_folders(tx, no, folders)?;
            tx.record(Action::FoldersChanged, no, "")
        })
    }

    /// How far a list of the relay was read, and in which of its lives.
    pub(crate) fn reading(&self, no: OfficeNo, list: RelayList) -> Result<Reading, OfficeError> {
        self.base.read(|db| store::reading(db, no, list))
    }

    /// What is before this number is durable here. It means nothing in another life of the relay than it was read in.
    pub(crate) fn note_read(
        &self,
        no: OfficeNo,
        list: RelayList,
        life: Life,
        after: u64,
    ) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::set_reading(tx, no, list, life, after)?))
    }
}
