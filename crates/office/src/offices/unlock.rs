//! 事業所ユーザログイン: the office password opens the keys and connects the office.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tasuki_client::{ClientError, RelayAddress, RelayClient};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::drawer::DrawerKey;
use tasuki_identity::vault::Secrets;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::Offices;
use super::key_file::KeyFile;
use super::keys::{LinkState, OpenOffice};
use super::session::connect;
use super::statements::verify_own;
use crate::base::blocking;
use crate::base::duty::Duties;
use crate::base::error::OfficeError;

/// Why the office password opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// Another KJ ID, or a wrong password: which one is not said.
    #[error("wrong KJ ID or password")]
    Wrong,
    /// Too many failures.
    #[error("locked for {seconds} seconds")]
    Locked {
        /// For how long, in seconds.
        seconds: i64,
    },
    /// The password opens the keys, but the relay does not take it.
    #[error("the relay refuses")]
    Refused(#[source] ClientError),
    /// The node failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl Offices {
    /// 事業所ユーザログイン: opens the keys of an office and connects it. When the relay cannot be reached the keys
    /// are open all the same, and the connection comes by itself.
    ///
    /// # Errors
    /// When KJ ID or password are wrong, it is locked, or the relay refuses.
    pub async fn unlock(&self, no: OfficeNo, kj_id: &str, password: &str) -> Result<(), UnlockError> {
        let (offices, kj_id, given) = (self.clone(), kj_id.to_owned(), Zeroizing::new(password.to_owned()));
        let (secrets, opened) = blocking(move || offices.check_password(no, &kj_id, &given)).await?;
        self.use_keys(no, secrets, Zeroizing::new(password.to_owned()))?;
        let office = self.keys.of(no)?;
        match connect(&office).await {
            Err(ClientError::Problem(problem)) => {
                if problem.kind() == Some(ProblemType::WrongCredentials) {
                    tracing::warn!(office = %no, "the relay does not take the office password");
                }
                Err(UnlockError::Refused(ClientError::Problem(problem)))
            }
            Ok(()) => {
                // The relay has this password: it is the right one, whatever was asked before.
                self.settle_vault(no, opened)?;
                KeyFile::teach(&self.base, no, office.kj_id, password);
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// Opens all that the key file opens, when there is one.
    ///
    /// # Errors
    /// When the file is damaged.
    pub async fn unlock_itself(&self) -> Result<(), OfficeError> {
        let Some(file) = KeyFile::read(&self.base)? else { return Ok(()) };
        self.base.open_drawer(DrawerKey::from_bytes(&file.drawer)?);
        for office in &file.offices {
            let unlocked = self.unlock(office.no, office.kj_id.as_str(), &office.password).await;
            if let Err(error) = unlocked {
                tracing::warn!(office = %office.no, error = %error, "the office does not unlock by itself");
            }
        }
        Ok(())
    }

    /// Puts open keys into use. Keys that are in use already stay so.
    fn use_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<(), OfficeError> {
        if let Ok(open) = self.keys.of(no) {
            open.set_password(password);
            return Ok(());
        }
        let office = Arc::new(self.with_keys(no, secrets, password)?);
        self.keys.put(&self.base, &office);
        Ok(())
    }

    /// Puts keys, certificate and statement as they are kept now into the place of those in use, without a restart.
    pub(super) async fn replace_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<(), OfficeError> {
        let office = Arc::new(self.with_keys(no, secrets, password)?);
        self.keys.replace(&self.base, &office).await;
        Ok(())
    }

    fn with_keys(
        &self,
        no: OfficeNo,
        secrets: Secrets,
        password: Zeroizing<String>,
    ) -> Result<OpenOffice, OfficeError> {
        let row = self.row(no)?;
        let chain = CertificateChain::from_pem(row.chain.as_bytes()).map_err(|_| OfficeError::Damaged)?;
        let trust = Trust::from_pem(&row.root).map_err(|_| OfficeError::Damaged)?;
        let statement = verify_own(&row.statement, &trust, no).ok_or(OfficeError::Damaged)?;
        let relay = RelayAddress::new(&row.own.relay, &row.root)?;
        let client = RelayClient::of_node(&relay, &chain, &secrets.signing_key)?;
        Ok(OpenOffice {
            no,
            kj_id: row.own.kj_id,
            password: Mutex::new(password),
            secrets,
            trust,
            chain,
            statement,
            client,
            duties: Arc::<Duties>::default(),
            session: tokio::sync::Mutex::default(),
            renew_after: Mutex::new(Timestamp::MIN),
            published: Mutex::default(),
            link: watch::Sender::new(LinkState::Connecting),
            ended: watch::Sender::new(false),
        })
    }
}
