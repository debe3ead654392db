//! The password of an office: one at the relay and for the keys here, kept together whatever happens between the two.
//!
//! Before the relay is asked to change it, the vault with the new one is laid beside the old. When the answer is lost,
//! both open the keys, and a log-in tells which one the relay has taken.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::params;
use tasuki_client::ClientError;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::vault::{Secrets, Vault, VaultError};
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;
use zeroize::Zeroizing;

use crate::audit;
use crate::error::OfficeError;
use crate::link;
use crate::lockout::{Place, Try};
use crate::node::Node;
use crate::open_office::{OpenOffice, UnlockError, blocking};

const LOCK: Place = Place("office", "no");

/// How long the relay is left alone before it is asked again which password it has.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// How long it is asked; after that the next 事業所ユーザログイン settles it.
const ASK_TIMES: u32 = 360;

/// Which of two vaults a password opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
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

impl Node {
    /// Opens the keys of an office with KJ ID and password. The try is counted before it is made.
    pub(crate) fn check_office_password(
        &self,
        no: OfficeNo,
        kj_id: &str,
        password: &str,
    ) -> Result<(Secrets, Opened), UnlockError> {
        let row = self.office_row(no)?;
        let now = self.now();
        let tried = self.db().write(|db| Ok::<_, OfficeError>(LOCK.begin_try(db, &no.as_str(), now)?))?;
        let failures = match tried.ok_or(OfficeError::NotFound)? {
            Try::Locked(seconds) => return Err(UnlockError::Locked { seconds }),
            Try::Counted(failures) => failures,
        };
        let is_ours = kj_id.trim().parse() == Ok(row.own.kj_id);
        match self.open_vault(no, &row.vault, password) {
            Ok(opened) if is_ours => {
                self.db().write(|db| {
                    LOCK.clear(db, &no.as_str())?;
                    audit::write(db, now, Some(no), kj_id.trim(), "unlocked", "")
                })?;
                Ok(opened)
            }
            Ok(_) | Err(OfficeError::Vault(VaultError::WrongPassword)) => {
                self.note(Some(no), "", "unlock-failed", "")?;
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
        let sql = "SELECT vault_next FROM office WHERE no = ?1";
        Ok(self.db().read(|db| db.query_row(sql, [no.as_str()], |row| row.get(0)))?)
    }

    /// The relay has taken the password that opened this vault: the other one is forgotten.
    pub(crate) fn settle_vault(&self, no: OfficeNo, opened: Opened) -> Result<(), OfficeError> {
        let sql = match opened {
            Opened::Present => "UPDATE office SET vault_next = NULL WHERE no = ?1",
            Opened::Next => {
                "UPDATE office SET vault = coalesce(vault_next, vault), vault_next = NULL WHERE no = ?1"
            }
        };
        self.db().write(|db| {
            db.execute(sql, [no.as_str()])?;
            Ok(())
        })
    }

    /// Changes the password of an office, at the relay and for its keys. One that was changed at the relay by another
    /// node of the office is taken over here.
    ///
    /// # Errors
    /// When the old one is wrong, or the relay refuses the new one: nothing is changed then. When the relay's answer is
    /// lost: both open the keys, and the node asks by itself which one is right.
    pub async fn change_office_password(
        &self,
        by: &str,
        no: OfficeNo,
        old: &str,
        new: &str,
    ) -> Result<(), OfficeError> {
        let office = self.open_office(no)?;
        let (old, new) = (Zeroizing::new(old.to_owned()), Zeroizing::new(new.to_owned()));
        let change = Change { vault: self.vault_with(no, &old, &new).await?, old, new };
        self.db().write(|db| {
            let sql = "UPDATE office SET vault_next = ?2 WHERE no = ?1";
            db.execute(sql, params![no.as_str(), change.vault])?;
            audit::write(db, self.now(), Some(no), by, "office-password-changed", "")
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
        let (present, next) = (self.office_row(no)?.vault, self.next_vault(no)?);
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
        self.db().write(|db| {
            let sql = "UPDATE office SET vault = ?2, vault_next = NULL WHERE no = ?1 AND vault_next = ?2";
            match db.execute(sql, params![office.no().as_str(), change.vault])? {
                0 => Err(OfficeError::Changed),
                _ => Ok(()),
            }
        })?;
        self.teach_unlock_key(office.no(), office.kj_id, &change.new);
        office.set_password(change.new.clone());
        Ok(link::connect(office).await?)
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
    pub fn recover_office(
        &self,
        by: &str,
        no: OfficeNo,
        code: &RecoveryCode,
        new: &str,
    ) -> Result<(), OfficeError> {
        let row = self.office_row(no)?;
        let vault = Vault::from_bytes(&row.vault)?.reset_password(code, new)?;
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE office SET vault = ?2, vault_next = NULL WHERE no = ?1";
            db.execute(sql, params![no.as_str(), vault.to_bytes()])?;
            LOCK.clear(db, &no.as_str())?;
            audit::write(db, now, Some(no), by, "office-recovered", "")
        })?;
        self.teach_unlock_key(no, row.own.kj_id, new);
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

fn is_wrong_password(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.kind() == Some(ProblemType::WrongCredentials))
}
