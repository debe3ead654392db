//! The key of the office itself: one for all its nodes. What the directory says of it is held against what this node
//! holds, published again where the directory has lost it, and brought here by the recovery kit.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use tasuki_client::ClientError;
use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_identity::vault::{Secrets, Vault};
use tasuki_parcel::manifest::FORMAT;
use tasuki_protocol::key::PublishedKey;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::{OfficeNo, Sha256Digest};

use crate::audit;
use crate::enrolment::began;
use crate::error::OfficeError;
use crate::link;
use crate::node::{Node, Topic};
use crate::open_office::{LinkState, OpenOffice, blocking};

/// How long what the directory said of the own key is taken as it is. It is also asked at every connection.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Most statements that are published at once when the directory has fallen behind; the rest at the next connection.
const MOST_AT_ONCE: usize = 20;

/// What the directory said of the own key.
#[derive(Clone, Copy)]
pub(crate) struct Published {
    at: Timestamp,
    is_ours: bool,
}

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

impl Node {
    /// Whether the key that others seal for is one that this node holds. What does not open here is not fetched: another
    /// node of the office can open it. The directory is asked at most once in ten minutes.
    ///
    /// # Errors
    /// When the relay cannot be asked and was not before, or the database fails.
    pub async fn holds_published_key(&self, open: &OpenOffice) -> Result<bool, OfficeError> {
        let known = *open.published.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some(known) if self.now().duration_since(known.at).abs() < FRESH => Ok(known.is_ours),
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
        let found = link::with_session(open, || open.client.look_up(vec![no])).await?.offices;
        let entry = found.into_iter().find(|office| office.no == no).and_then(|office| office.key);
        let row = self.office_row(no)?;
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
            Some(Published { at: self.now(), is_ours });
        let shown = match (open.link(), is_ours) {
            (LinkState::Online, false) => LinkState::NoKey,
            (LinkState::NoKey, true) => LinkState::Online,
            (state, _) => state,
        };
        if open.set_link(shown) {
            self.tell(no, Topic::Link);
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
            match link::with_session(open, || open.client.publish_key(&signed)).await {
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
            let statement = state_after(before, open.no(), ours.key.clone(), began(&open.chain, self.now()));
            let signed = SignedStatement::sign(&statement, &open.secrets.signing_key, &open.chain)?;
            let is_last = statement.epoch >= wanted;
            if is_last {
                self.keep_statement(open.no(), &serde_json::to_string(&signed)?)?;
            }
            link::with_session(open, || open.client.publish_key(&signed)).await?;
            if is_last {
                break;
            }
            before = Some((statement.epoch, statement.digest()));
        }
        Ok(())
    }

    fn keep_statement(&self, no: OfficeNo, text: &str) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("UPDATE office SET statement = ?2 WHERE no = ?1", params![no.as_str(), text])?;
            Ok(())
        })
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
        by: &str,
        office: OfficeNo,
        recovery_file: &[u8],
        code: &RecoveryCode,
    ) -> Result<(), OfficeError> {
        let open = self.open_office(office)?;
        let found = link::with_session(&open, || open.client.look_up(vec![office])).await?.offices;
        let entry = found.into_iter().next().and_then(|found| found.key);
        let (text, statement) = match entry {
            Some(entry) => {
                let stated = verify_own(&entry.statement, &open.trust, office);
                (entry.statement, stated.ok_or(OfficeError::NotThisKey)?)
            }
            None => (self.office_row(office)?.statement, open.statement.clone()),
        };
        let (file, code) = (Vault::from_bytes(recovery_file)?, RecoveryCode::parse(&code.to_text()));
        let code = code.map_err(|_| OfficeError::Damaged)?;
        let (keys, signing_key) =
            (copies(&open.secrets.office_keys)?, copy_of_signing_key(&open.secrets.signing_key)?);
        let password = open.password();
        let drawer = crate::enrolment::seal_drawer(&*self.drawer()?, &statement)?;
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
        let now = self.now();
        self.db().write(|db| {
            // From the beginning: what another node has received in the meantime is fetched here too.
            let sql = "UPDATE office SET vault = ?2, vault_next = NULL, statement = ?3, drawer = ?4,
                           inbox_after = 0, sent_after = 0 WHERE no = ?1";
            db.execute(sql, params![office.as_str(), vault.to_bytes(), text, drawer])?;
            audit::write(db, now, Some(office), by, "office-key-adopted", "")
        })?;
        self.replace_keys(office, secrets, password).await
    }
}

/// The statement after the one of an epoch and digest; the first one without.
pub(crate) fn state_after(
    before: Option<(u32, Sha256Digest)>,
    office: OfficeNo,
    key: OfficePublicKey,
    issued_at: Timestamp,
) -> KeyStatement {
    KeyStatement {
        office,
        key,
        epoch: before.map_or(1, |(epoch, _)| epoch.saturating_add(1)),
        before: before.map(|(_, digest)| digest),
        formats: ParcelFormats::only(FORMAT),
        issued_at,
    }
}

/// Digest of what a published statement says, whether or not it is believed.
pub(crate) fn digest_of(text: &str) -> Option<Sha256Digest> {
    serde_json::from_str(text).ok().map(|signed: SignedStatement| signed.digest())
}

/// What the office itself has stated, judged by the time when it was: it stays ours after its certificate has ended.
pub(crate) fn verify_own(text: &str, trust: &Trust, office: OfficeNo) -> Option<KeyStatement> {
    let signed: SignedStatement = serde_json::from_str(text).ok()?;
    let said = signed.statement.lines().find_map(|line| line.strip_prefix("issued ")?.parse().ok())?;
    signed.verify(trust, said).ok().filter(|statement| statement.office == office)
}

pub(crate) fn holds(keys: &[OfficeKey], key: &OfficePublicKey) -> bool {
    keys.iter().any(|held| held.public() == *key)
}

/// Moves a key behind the others.
pub(crate) fn make_newest(keys: &mut Vec<OfficeKey>, key: &OfficePublicKey) -> Result<(), OfficeError> {
    let at = keys.iter().position(|held| held.public() == *key).ok_or(OfficeError::NotThisKey)?;
    let newest = keys.remove(at);
    keys.push(newest);
    Ok(())
}

pub(crate) fn copies(keys: &[OfficeKey]) -> Result<Vec<OfficeKey>, OfficeError> {
    use age::secrecy::ExposeSecret as _;
    let copies = keys.iter().map(|key| OfficeKey::from_secret(key.to_secret().expose_secret()));
    copies.collect::<Result<_, _>>().map_err(|_| OfficeError::Damaged)
}

pub(crate) fn copy_of_signing_key(key: &SigningKey) -> Result<SigningKey, OfficeError> {
    SigningKey::from_pkcs8(&key.to_pkcs8()).map_err(|_| OfficeError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

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
