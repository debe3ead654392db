//! The directory: what it says of other offices is kept for when the line is down.

use jiff::{SignedDuration, Timestamp};
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_protocol::directory::{Office, OfficeSearch, Offices};
use tasuki_protocol::limits::LOOKUP_OFFICES;
use tasuki_terms::OfficeNo;

use super::partner::{Partner, PartnerKeys};
use super::pin::{Verified, follow, key_of};
use super::store;
use crate::base::Base;
use crate::base::error::OfficeError;
use crate::base::record::{Action, Actor};
use crate::files::Standing;
use crate::offices::session::with_session;
use crate::offices::{Keys, OpenOffice};

/// How long what the directory said is taken as it is.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Other offices, as the directory knows them.
#[derive(Clone)]
pub struct Directory {
    base: Base,
    keys: Keys,
}

impl Directory {
    pub(crate) fn new(base: &Base, keys: &Keys) -> Self {
        Self { base: base.clone(), keys: keys.clone() }
    }

    /// What is known here of an office, without asking anybody.
    ///
    /// # Errors
    /// When the database fails.
    pub fn known(&self, office: OfficeNo, no: OfficeNo) -> Result<Option<Partner>, OfficeError> {
        self.base.read(|db| store::one(db, office, no))
    }

    /// Numbers and names of all offices that are known here, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn names(&self, office: OfficeNo) -> Result<Vec<(OfficeNo, String)>, OfficeError> {
        self.base.read(|db| store::names(db, office))
    }

    /// Looks offices up in the directory, where what is known of them is not fresh. What the relay cannot be asked
    /// stays as it was known.
    ///
    /// # Errors
    /// When the database fails, the keys are locked, or the relay cannot be asked.
    pub async fn look_up(&self, office: OfficeNo, numbers: &[OfficeNo]) -> Result<(), OfficeError> {
        let mut wanted = Vec::new();
        for &no in numbers {
            let known = self.known(office, no)?;
            let is_fresh = known.is_some_and(|known| is_fresh(&known, self.base.now()));
            if !is_fresh && !wanted.contains(&no) {
                wanted.push(no);
            }
        }
        let open = self.keys.of(office)?;
        for some in wanted.chunks(LOOKUP_OFFICES) {
            self.ask(&open, some).await?;
        }
        Ok(())
    }

    /// Asks the directory and keeps what it says.
    pub(crate) async fn ask(&self, open: &OpenOffice, numbers: &[OfficeNo]) -> Result<(), OfficeError> {
        let found = with_session(open, || open.client.look_up(numbers.to_vec())).await?.offices;
        for &no in numbers {
            self.keep(open, no, found.iter().find(|office| office.no == no))?;
        }
        Ok(())
    }

    fn keep(&self, open: &OpenOffice, no: OfficeNo, found: Option<&Office>) -> Result<(), OfficeError> {
        let signed = found.and_then(|office| office.key.as_ref()).map(|key| key.statement.as_str());
        let stated = signed.and_then(|text| Some((text, self.verify(open, text)?)));
        let stated = stated.map(|(text, statement)| (text, statement.key.to_string(), statement.epoch));
        let verified = stated.as_ref().map(|(text, key, epoch)| Verified { text, key, epoch: *epoch });
        self.base.keep(|tx| {
            let (pinned, before) = follow(store::pinned(tx, open.no(), no)?, verified);
            store::keep(tx, open.no(), no, found, (&pinned, before.as_deref()))
        })
    }

    /// The keys of a partner, as this node has verified them.
    ///
    /// # Errors
    /// When the partner is not known, or the database fails.
    pub fn keys(&self, office: OfficeNo, no: OfficeNo) -> Result<PartnerKeys, OfficeError> {
        let found = self.base.read(|db| store::statement_and_key_before(db, office, no))?;
        let (statement, before) = found.ok_or(OfficeError::NotFound)?;
        let now = statement.as_deref().and_then(key_of).unwrap_or_default();
        Ok(PartnerKeys { now, before: before.unwrap_or_default() })
    }

    /// A person has asked a partner whether its changed key is its own, and it is: the key that was `compared`, and no
    /// other that may have come since.
    ///
    /// # Errors
    /// [`OfficeError::Changed`] when another key is used by now; when the partner is not known, or the database fails.
    pub fn confirm_key(
        &self,
        by: impl Into<Actor>,
        office: OfficeNo,
        no: OfficeNo,
        compared: &str,
    ) -> Result<(), OfficeError> {
        self.base.write(&by.into(), |tx| {
            let used = store::statement_and_key_before(tx, office, no)?.ok_or(OfficeError::NotFound)?.0;
            if used.as_deref().and_then(key_of).as_deref() != Some(compared) {
                return Err(OfficeError::Changed);
            }
            store::confirm_key(tx, office, no)?;
            tx.record(Action::PartnerKeyConfirmed, office, no.as_str())
        })
    }

    /// The key of a partner that was verified and kept; [`OfficeError::KeyBehind`] while the directory names an older
    /// one, as after a restore of the relay.
    pub(crate) fn key_of(
        &self,
        open: &OpenOffice,
        no: OfficeNo,
    ) -> Result<Option<KeyStatement>, OfficeError> {
        let known = self.base.read(|db| store::believed(db, open.no(), no))?;
        if let Some((_, true)) = known {
            return Err(OfficeError::KeyBehind);
        }
        let statement = known.and_then(|(text, _)| text).and_then(|text| self.verify(open, &text));
        Ok(statement.filter(|statement| statement.office == no))
    }

    /// Certificates are judged by the time of the statement where the node's clock is behind it: a wrong clock
    /// must not stop the work.
    fn verify(&self, open: &OpenOffice, text: &str) -> Option<KeyStatement> {
        let signed: SignedStatement = serde_json::from_str(text).ok()?;
        let said = signed.statement.lines().find_map(|line| line.strip_prefix("issued ")?.parse().ok())?;
        signed.verify(&open.trust, self.base.now().max(said)).ok()
    }

    /// Searches the directory (事業所検索).
    ///
    /// # Errors
    /// When the keys are locked or the relay cannot be asked.
    pub async fn search(&self, office: OfficeNo, search: &OfficeSearch) -> Result<Offices, OfficeError> {
        let open = self.keys.of(office)?;
        Ok(with_session(&open, || open.client.search(search)).await?)
    }
}

fn is_fresh(known: &Partner, now: Timestamp) -> bool {
    known.standing() == Standing::Active && now.duration_since(known.seen_at).abs() < FRESH
}
