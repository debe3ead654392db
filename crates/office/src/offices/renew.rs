//! The certificate that follows: renewed while it still lasts, and in use at once.

use jiff::{SignedDuration, Timestamp};
use tasuki_client::ClientError;
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::statement::SignedStatement;
use tasuki_identity::vault::Secrets;
use tasuki_protocol::account::Renew;

use super::Offices;
use super::keys::OpenOffice;
use super::secrets::{copies, copy_of_signing_key};
use super::session::with_session;
use super::statements::{began, state_after, verify_own};
use super::store::{self, OfficeRow};
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};

/// The certificate is renewed when it ends within this time.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long a renewal that failed waits for the next try.
const RENEW_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// How long after a renewal none is tried: with a wrong clock any certificate ends soon.
const RENEWED_AGAIN: SignedDuration = SignedDuration::from_hours(24);

impl Offices {
    /// Renews the certificate of an office when it ends soon, and states its key anew with it. The new certificate is
    /// in use at once. A try that fails is repeated after an hour.
    pub(crate) async fn renew_certificate(&self, office: &OpenOffice) -> Result<(), OfficeError> {
        let row = self.row(office.no())?;
        let now = self.base.now();
        let ends_soon = row.own.certificate_until.duration_since(now) < RENEW_BEFORE;
        if !ends_soon || now < office.renew_after() {
            return Ok(());
        }
        office.set_renew_after(now.saturating_add(RENEW_AGAIN).unwrap_or(Timestamp::MAX));
        let wish = Renew { request_pem: office.secrets.signing_key.request(office.no())?.0 };
        let issued = with_session(office, || office.client.renew(&wish)).await?;
        let pem = format!("{}{}", issued.certificate_pem, issued.chain_pem);
        let chain = CertificateChain::from_pem(pem.as_bytes()).map_err(|_| ClientError::Unintelligible)?;
        let statement = self.state_anew(office, &row, &chain).await?;
        self.base.write(&Actor::Node, |tx| {
            store::set_chain(tx, office.no(), &pem)?;
            store::set_statement(tx, office.no(), &statement)?;
            tx.record(Action::CertificateRenewed, office.no(), "")
        })?;
        let secrets = Secrets {
            signing_key: copy_of_signing_key(&office.secrets.signing_key)?,
            office_keys: copies(&office.secrets.office_keys)?,
        };
        let (offices, no, password) = (self.clone(), office.no(), office.password());
        let until = now.saturating_add(RENEWED_AGAIN).unwrap_or(Timestamp::MAX);
        // A task of its own: the one that renews is among those that end. The new link publishes the statement.
        tokio::spawn(async move {
            match offices.replace_keys(no, secrets, password).await {
                Ok(()) => {
                    if let Ok(open) = offices.keys.of(no) {
                        open.set_renew_after(until);
                    }
                }
                Err(error) => {
                    tracing::error!(office = %no, error = %error, "the renewed certificate is used after a restart");
                }
            }
        });
        Ok(())
    }

    /// The statement that partners believe as long as the new certificate lasts. A node without the office's key states
    /// nothing.
    async fn state_anew(
        &self,
        office: &OpenOffice,
        row: &OfficeRow,
        chain: &CertificateChain,
    ) -> Result<String, OfficeError> {
        if !self.settle_own_key(office).await? {
            return Ok(row.statement.clone());
        }
        let kept = self.row(office.no())?.statement;
        let kept = verify_own(&kept, &office.trust, office.no()).ok_or(OfficeError::Damaged)?;
        let last = Some((kept.epoch, kept.digest()));
        let statement = state_after(last, office.no(), kept.key, began(chain, self.base.now()));
        let signed = SignedStatement::sign(&statement, &office.secrets.signing_key, chain)?;
        Ok(serde_json::to_string(&signed)?)
    }
}
