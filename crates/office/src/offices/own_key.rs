//! The key of the office itself: one for all its nodes. What the directory says of it is held against what this node
//! holds, published again where the directory has lost it, and brought here by the recovery kit.

use std::sync::PoisonError;

use jiff::SignedDuration;
use tasuki_client::ClientError;
use tasuki_identity::office_key::OfficePublicKey;
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault};
use tasuki_protocol::key::PublishedKey;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::OfficeNo;

use super::Offices;
use super::keys::{LinkState, OpenOffice, Published};
use super::sealed_drawer::seal_drawer;
use super::secrets::{copies, copy_of_signing_key, holds, make_newest};
use super::session::with_session;
use super::statements::{began, digest_of, state_after, verify_own};
use super::store;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::base::{Topic, blocking};

/// How long what the directory said of the own key is taken as it is. It is also asked at every connection.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Most statements that are published at once when the directory has fallen behind; the rest at the next connection.
const MOST_AT_ONCE: usize = 20;

/// How the directory's entry stands to what this node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The directory says what we say.
    Same,
    /// The directory is older, or has nothing: ours is to be published.
    Behind,
    /// Another node of the office has stated a key that we hold: what it says is ours too.
    Newer,
    /// The office has a key that this node has not.
    Foreign,
}

fn standing(
    directory: Option<&KeyStatement>,
    ours: &KeyStatement,
    holds: impl Fn(&OfficePublicKey) -> bool,
) -> Standing {
    let can_publish = holds(&ours.key);
    match directory {
        None if can_publish => Standing::Behind,
        None => Standing::Foreign,
        Some(directory) if directory.epoch < ours.epoch && can_publish => Standing::Behind,
        Some(directory) if !holds(&directory.key) => Standing::Foreign,
        Some(directory) if directory.epoch > ours.epoch => Standing::Newer,
        Some(_) => Standing::Same,
    }
}

impl Offices {
    /// Whether the key that others seal for is one that this node holds. What does not open here is not fetched: another
    /// node of the office can open it. The directory is asked at most once in ten minutes.
    ///
    /// # Errors
    /// When the relay cannot be asked and was not before, or the database fails.
    pub(crate) async fn holds_published_key(&self, open: &OpenOffice) -> Result<bool, OfficeError> {
        let known = *open.published.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some(known) if self.base.now().duration_since(known.at).abs() < FRESH => Ok(known.is_ours),
            _ => self.settle_own_key(open).await,
        }
    }

    /// Asks the directory for the office's own key, and publishes it again where the directory has lost it or has an
    /// older one, as after a restore of the relay. Returns whether the directory's key is one that this node holds.
    ///
    /// # Errors
    /// When the relay cannot be asked or does not take the key, or the database fails.
    pub(crate) async fn settle_own_key(&self, open: &OpenOffice) -> Result<bool, OfficeError> {
        let no = open.no();
        let found = with_session(open, || open.client.look_up(vec![no])).await?.offices;
        let entry = found.into_iter().find(|office| office.no == no).and_then(|office| office.key);
        let row = self.row(no)?;
        let ours = verify_own(&row.statement, &open.trust, no).ok_or(OfficeError::Damaged)?;
        let stated = entry.as_ref().and_then(|entry| verify_own(&entry.statement, &open.trust, no));
        let is_ours = match standing(stated.as_ref(), &ours, |key| open.holds(key)) {
            Standing::Same => true,
            Standing::Foreign => false,
            Standing::Newer => {
                let text = entry.as_ref().map(|entry| entry.statement.as_str()).unwrap_or_default();
                self.keep_statement(no, text)?;
                true
            }
            Standing::Behind => {
                self.publish_again(open, &row.statement, &ours, entry.as_ref()).await?;
                true
            }
        };
        *open.published.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Published { at: self.base.now(), is_ours });
        let shown = match (open.link(), is_ours) {
            (LinkState::Online, false) => LinkState::NoKey,
            (LinkState::NoKey, true) => LinkState::Online,
            (state, _) => state,
        };
        if open.set_link(shown) {
            self.base.tell(no, Topic::Link);
        }
        Ok(is_ours)
    }

    /// Publishes the statement that is kept; where the relay does not take it (the certificate that signed it is not
    /// known any more, or has ended), a new one of a higher epoch, so that partners who saw the old one follow.
    async fn publish_again(
        &self,
        open: &OpenOffice,
        kept: &str,
        ours: &KeyStatement,
        entry: Option<&PublishedKey>,
    ) -> Result<(), OfficeError> {
        tracing::warn!(office = %open.no(), epoch = ours.epoch, "the directory has lost the key of the office: published again");
        let published = entry.and_then(|entry| Some((entry.epoch, digest_of(&entry.statement)?)));
        let epoch = published.map_or(0, |(epoch, _)| epoch);
        let signed: SignedStatement = serde_json::from_str(kept)?;
        if epoch < ours.epoch {
            match with_session(open, || open.client.publish_key(&signed)).await {
                Ok(_) => return Ok(()),
                Err(ClientError::Problem(problem))
                    if problem.kind() == Some(ProblemType::KeyStatementRejected) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The relay takes one epoch after the other, and partners believe only one that is newer than what they saw.
        let wanted = epoch.max(ours.epoch).saturating_add(1);
        let mut before = published.or(Some((ours.epoch, ours.digest())));
        for _ in 0..MOST_AT_ONCE {
            let issued_at = began(&open.chain, self.base.now());
            let statement = state_after(before, open.no(), ours.key.clone(), issued_at);
            let signed = SignedStatement::sign(&statement, &open.secrets.signing_key, &open.chain)?;
            let is_last = statement.epoch >= wanted;
            if is_last {
                self.keep_statement(open.no(), &serde_json::to_string(&signed)?)?;
            }
            with_session(open, || open.client.publish_key(&signed)).await?;
            if is_last {
                break;
            }
            before = Some((statement.epoch, statement.digest()));
        }
        Ok(())
    }

    fn keep_statement(&self, no: OfficeNo, text: &str) -> Result<(), OfficeError> {
        self.base.keep(|tx| Ok(store::set_statement(tx, no, text)?))
    }

    /// Brings the key of an office to a further computer: with the recovery file that was kept at the first, and its
    /// code, which from now on is the recovery code here too. Keys that are here already are kept.
    ///
    /// # Errors
    /// [`OfficeError::NotThisKey`] when the kit is not of the key that the office has in the directory, and nothing is
    /// changed then; when code and file do not fit together, the office's password was not given, or the relay cannot
    /// be asked.
    pub async fn adopt_office_key(
        &self,
        by: impl Into<Actor>,
        office: OfficeNo,
        recovery_file: &[u8],
        code: &RecoveryCode,
    ) -> Result<(), OfficeError> {
        let open = self.keys.of(office)?;
        let found = with_session(&open, || open.client.look_up(vec![office])).await?.offices;
        let entry = found.into_iter().next().and_then(|found| found.key);
        let (text, statement) = match entry {
            Some(entry) => {
                let stated = verify_own(&entry.statement, &open.trust, office);
                (entry.statement, stated.ok_or(OfficeError::NotThisKey)?)
            }
            None => (self.row(office)?.statement, open.statement.clone()),
        };
        let (file, code) = (Vault::from_bytes(recovery_file)?, RecoveryCode::parse(&code.to_text()));
        let code = code.map_err(|_| OfficeError::Damaged)?;
        let (keys, signing_key) =
            (copies(&open.secrets.office_keys)?, copy_of_signing_key(&open.secrets.signing_key)?);
        let password = open.password();
        let drawer = seal_drawer(&*self.base.drawer()?, &statement)?;
        drop(open);
        let (secrets, vault, password) = blocking(move || {
            let mut office_keys = keys;
            let brought = file.recover(&code)?.office_keys;
            if !holds(&brought, &statement.key) {
                return Err(OfficeError::NotThisKey);
            }
            for key in brought {
                if !holds(&office_keys, &key.public()) {
                    office_keys.push(key);
                }
            }
            make_newest(&mut office_keys, &statement.key)?;
            let secrets = Secrets { signing_key, office_keys };
            let vault = Vault::lock(&secrets, &password, &code)?;
            Ok::<_, OfficeError>((secrets, vault, password))
        })
        .await?;
        self.base.write(&by.into(), |tx| {
            // From the beginning: what another node has received in the meantime is fetched here too.
            store::read_anew(tx, office)?;
            store::set_vault(tx, office, &vault.to_bytes())?;
            store::set_statement(tx, office, &text)?;
            store::set_drawer(tx, office, &drawer)?;
            tx.record(Action::OfficeKeyAdopted, office, "")
        })?;
        self.replace_keys(office, secrets, password).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use tasuki_identity::office_key::OfficeKey;
    use tasuki_terms::Sha256Digest;

    #[test]
    fn the_directory_is_followed_or_set_right() {
        let (mine, other) = (OfficeKey::generate().public(), OfficeKey::generate().public());
        let say = |key: &OfficePublicKey, epoch: u32| {
            let before = (epoch > 1).then_some((epoch - 1, Sha256Digest([7; 32])));
            state_after(before, "1370000019".parse().unwrap(), key.clone(), Timestamp::UNIX_EPOCH)
        };
        let holds = |key: &OfficePublicKey| *key == mine;
        for (directory, ours, expected) in [
            (None, say(&mine, 2), Standing::Behind),
            (None, say(&other, 2), Standing::Foreign),
            (Some(say(&mine, 2)), say(&mine, 2), Standing::Same),
            (Some(say(&mine, 1)), say(&mine, 2), Standing::Behind),
            (Some(say(&other, 1)), say(&mine, 2), Standing::Behind),
            (Some(say(&other, 1)), say(&other, 2), Standing::Foreign),
            (Some(say(&mine, 3)), say(&mine, 2), Standing::Newer),
            (Some(say(&mine, 3)), say(&other, 2), Standing::Newer),
            (Some(say(&other, 2)), say(&mine, 2), Standing::Foreign),
            (Some(say(&other, 3)), say(&mine, 2), Standing::Foreign),
        ] {
            assert_eq!(standing(directory.as_ref(), &ours, holds), expected, "{directory:?} {ours:?}");
        }
    }
}
