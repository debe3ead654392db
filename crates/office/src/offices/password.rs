//! The password of an office: one at the relay and for the keys here, kept together whatever happens between the two.
//!
//! Before the relay is asked to change it, the vault with the new one is laid beside the old. When the answer is lost,
//! both open the keys, and a log-in tells which one the relay has taken.

use std::sync::Arc;
use std::time::Duration;

use tasuki_client::ClientError;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::vault::{Secrets, Vault, VaultError};
use tasuki_terms::OfficeNo;
use zeroize::Zeroizing;

use super::key_file::KeyFile;
use super::keys::OpenOffice;
use super::session::{connect, is_wrong_password};
use super::unlock::UnlockError;
use super::{Offices, store};
use crate::base::blocking;
use crate::base::error::OfficeError;
use crate::base::lockout::{Place, Try};
use crate::base::record::{Action, Actor};

const LOCK: Place = Place("office", "no");

/// How long the relay is left alone before it is asked again which password it has.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// How long it is asked; after that the next 事業所ユーザログイン settles it.
const ASK_TIMES: u32 = 360;

/// Which of two vaults a password opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// The one that counts.
    Present,
    /// The one that was laid beside it.
    Next,
}

/// A change that the relay is asked for.
struct Change {
    old: Zeroizing<String>,
    new: Zeroizing<String>,
    vault: Vec<u8>,
}

impl Offices {
    /// Opens the keys of an office with KJ ID and password. The try is counted before it is made.
    pub(super) fn check_password(
        &self,
        no: OfficeNo,
        kj_id: &str,
        password: &str,
    ) -> Result<(Secrets, Opened), UnlockError> {
        let row = self.row(no)?;
        let tried =
            self.base.keep(|tx| Ok::<_, OfficeError>(LOCK.begin_try(tx, &no.as_str(), tx.now())?))?;
        let failures = match tried.ok_or(OfficeError::NotFound)? {
            Try::Locked(seconds) => return Err(UnlockError::Locked { seconds }),
            Try::Counted(failures) => failures,
        };
        let is_ours = kj_id.trim().parse() == Ok(row.own.kj_id);
        match self.open_vault(no, &row.vault, password) {
            Ok(opened) if is_ours => {
                self.base.write(&Actor::Account(row.own.kj_id), |tx| {
                    LOCK.clear(tx, &no.as_str())?;
                    tx.record(Action::Unlocked, no, "")
                })?;
                Ok(opened)
            }
            Ok(_) | Err(OfficeError::Vault(VaultError::WrongPassword)) => {
                self.base.note(&Actor::Nobody, Action::UnlockFailed, no)?;
                Err(failures
                    .lock_seconds()
                    .map_or(UnlockError::Wrong, |seconds| UnlockError::Locked { seconds }))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn open_vault(
        &self,
        no: OfficeNo,
        vault: &[u8],
        password: &str,
    ) -> Result<(Secrets, Opened), OfficeError> {
        let present = Vault::from_bytes(vault)?.open(password);
        match (present, self.next_vault(no)?) {
            (Ok(secrets), _) => Ok((secrets, Opened::Present)),
            (Err(VaultError::WrongPassword), Some(next)) => {
                Ok((Vault::from_bytes(&next)?.open(password)?, Opened::Next))
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    fn next_vault(&self, no: OfficeNo) -> Result<Option<Vec<u8>>, OfficeError> {
        self.base.read(|db| store::next_vault(db, no))
    }

    /// The relay has taken the password that opened this vault: the other one is forgotten.
    pub(super) fn settle_vault(&self, no: OfficeNo, opened: Opened) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            match opened {
                Opened::Present => store::forget_next_vault(tx, no)?,
                Opened::Next => store::take_next_vault(tx, no)?,
            }
            Ok(())
        })
    }

    /// Changes the password of an office, at the relay and for its keys. One that was changed at the relay by another
    /// node of the office is taken over here.
    ///
    /// # Errors
    /// When the old one is wrong, or the relay refuses the new one: nothing is changed then. When the relay's answer is
    /// lost: both open the keys, and the node asks by itself which one is right.
    pub async fn change_password(
        &self,
        by: impl Into<Actor>,
        no: OfficeNo,
        old: &str,
        new: &str,
    ) -> Result<(), OfficeError> {
        let office = self.keys.of(no)?;
        let (old, new) = (Zeroizing::new(old.to_owned()), Zeroizing::new(new.to_owned()));
        let change = Change { vault: self.vault_with(no, &old, &new).await?, old, new };
        self.base.write(&by.into(), |tx| {
            store::set_next_vault(tx, no, &change.vault)?;
            tx.record(Action::OfficePasswordChanged, no, "")
        })?;
        match change_at_relay(&office, &change).await {
            Ok(()) => self.use_new_password(&office, &change).await,
            Err(ClientError::Problem(problem)) if problem.status < 500 => {
                self.settle_vault(no, Opened::Present)?;
                Err(ClientError::Problem(problem).into())
            }
            Err(error) => {
                tokio::spawn(self.clone().settle_change(Arc::clone(&office), change));
                Err(error.into())
            }
        }
    }

    /// The vault with a new password. An earlier change that was never settled is the present one if the old password
    /// is its.
    async fn vault_with(&self, no: OfficeNo, old: &str, new: &str) -> Result<Vec<u8>, OfficeError> {
        let (present, next) = (self.row(no)?.vault, self.next_vault(no)?);
        let (old, new) = (Zeroizing::new(old.to_owned()), Zeroizing::new(new.to_owned()));
        blocking(move || {
            let changed = match (Vault::from_bytes(&present)?.change_password(&old, &new), next) {
                (Err(VaultError::WrongPassword), Some(next)) => {
                    Vault::from_bytes(&next)?.change_password(&old, &new)
                }
                (changed, _) => changed,
            };
            Ok(changed?.to_bytes())
        })
        .await
    }

    async fn use_new_password(&self, office: &OpenOffice, change: &Change) -> Result<(), OfficeError> {
        self.base.keep(|tx| {
            let is_ours = store::next_vault(tx, office.no())?.as_deref() == Some(&*change.vault);
            if !is_ours {
                return Err(OfficeError::Changed);
            }
            Ok(store::take_next_vault(tx, office.no())?)
        })?;
        KeyFile::teach(&self.base, office.no(), office.kj_id, &change.new);
        office.set_password(change.new.clone());
        Ok(connect(office).await?)
    }

    /// Asks the relay which of two passwords it has, until it answers.
    async fn settle_change(self, office: Arc<OpenOffice>, change: Change) {
        for _ in 0..ASK_TIMES {
            tokio::time::sleep(ASK_AGAIN).await;
            match self.try_to_settle(&office, &change).await {
                Err(OfficeError::Relay(ClientError::Problem(problem))) if problem.status >= 500 => {}
                Err(OfficeError::Relay(ClientError::Unreachable(_) | ClientError::Unintelligible)) => {}
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(office = %office.no(), error = %error, "the office password is settled at the next log-in");
                    return;
                }
            }
        }
    }

    async fn try_to_settle(&self, office: &OpenOffice, change: &Change) -> Result<(), OfficeError> {
        match office.client.log_in(office.kj_id, &change.new).await {
            Ok(_) => self.use_new_password(office, change).await,
            Err(error) if is_wrong_password(&error) => {
                office.client.log_in(office.kj_id, &change.old).await?;
                self.settle_vault(office.no(), Opened::Present)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the keys of an office a new password by the recovery code. The relay's account gets its new password
    /// from the operator; this is to be the same.
    ///
    /// # Errors
    /// When the code is not of this office.
    pub fn recover(
        &self,
        by: impl Into<Actor>,
        no: OfficeNo,
        code: &RecoveryCode,
        new: &str,
    ) -> Result<(), OfficeError> {
        let row = self.row(no)?;
        let vault = Vault::from_bytes(&row.vault)?.reset_password(code, new)?;
        self.base.write(&by.into(), |tx| {
            store::set_vault(tx, no, &vault.to_bytes())?;
            LOCK.clear(tx, &no.as_str())?;
            tx.record(Action::OfficeRecovered, no, "")
        })?;
        KeyFile::teach(&self.base, no, row.own.kj_id, new);
        Ok(())
    }
}

async fn change_at_relay(office: &OpenOffice, change: &Change) -> Result<(), ClientError> {
    let Err(refused) = office.client.log_in(office.kj_id, &change.old).await else {
        return office.client.change_password(&change.old, &change.new).await;
    };
    // Another node of the office may have changed it already.
    let is_changed =
        is_wrong_password(&refused) && office.client.log_in(office.kj_id, &change.new).await.is_ok();
    if is_changed { Ok(()) } else { Err(refused) }
}
