//! Other offices: what the directory says of them, kept for when the line is down, and the key last seen of each.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use tasuki_identity::statement::{KeyStatement, SignedStatement};
use tasuki_protocol::directory::{Office, OfficeSearch, Offices, Participation};
use tasuki_protocol::limits::LOOKUP_OFFICES;
use tasuki_terms::OfficeNo;

use crate::audit;
use crate::error::OfficeError;
use crate::link;
use crate::node::Node;
use crate::open_office::{OpenOffice, parse};

/// How long what the directory said is taken as it is.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// An office as this node knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Its number.
    pub no: OfficeNo,
    /// What the directory said; `None` when it knows no such office.
    pub found: Option<Office>,
    /// When that was.
    pub seen_at: Timestamp,
    /// When its key changed, if it did since it was first seen.
    pub key_changed_at: Option<Timestamp>,
    /// The change that a person has confirmed last.
    #[serde(default)]
    pub key_confirmed_at: Option<Timestamp>,
}

/// The keys of a partner, for a person to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerKeys {
    /// The one that is used now; empty when none is known.
    pub now: String,
    /// The one that was trusted before the last change; empty when it has never changed.
    pub before: String,
}

impl Partner {
    /// Its name; empty when it is unknown.
    pub fn name(&self) -> &str {
        self.found.as_ref().map_or("", |office| &office.name)
    }

    /// Whether its key has changed and nobody has confirmed yet, by asking the office, that this was itself.
    pub fn has_unconfirmed_key(&self) -> bool {
        self.key_changed_at.is_some_and(|changed| self.key_confirmed_at < Some(changed))
    }

    /// Whether it can be sent to.
    pub fn takes_part(&self) -> bool {
        self.found.as_ref().is_some_and(|office| office.participation == Participation::Active)
    }
}

impl Node {
    /// What is known here of an office, without asking anybody.
    ///
    /// # Errors
    /// When the database fails.
    pub fn known_partner(&self, office: OfficeNo, no: OfficeNo) -> Result<Option<Partner>, OfficeError> {
        Ok(self.db().read(|db| read_partner(db, office, no))?)
    }

    /// Numbers and names of all offices that are known here, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn partner_names(&self, office: OfficeNo) -> Result<Vec<(OfficeNo, String)>, OfficeError> {
        Ok(self.db().read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT no, details ->> 'name' AS name FROM partner
                 WHERE office = ?1 AND name IS NOT NULL ORDER BY name, no",
            )?;
            statement.query_map([office.as_str()], |row| Ok((parse(row, 0)?, row.get(1)?)))?.collect()
        })?)
    }

    /// Looks offices up in the directory, where what is known of them is not fresh. What the relay cannot be asked
    /// stays as it was known.
    ///
    /// # Errors
    /// When the database fails, the keys are locked, or the relay cannot be asked.
    pub async fn look_up(&self, office: OfficeNo, numbers: &[OfficeNo]) -> Result<(), OfficeError> {
        let mut wanted = Vec::new();
        for &no in numbers {
            let known = self.known_partner(office, no)?;
            let is_fresh = known.is_some_and(|known| {
                known.takes_part() && self.now().duration_since(known.seen_at).abs() < FRESH
            });
            if !is_fresh && !wanted.contains(&no) {
                wanted.push(no);
            }
        }
        let open = self.open_office(office)?;
        for some in wanted.chunks(LOOKUP_OFFICES) {
            self.ask_directory(&open, some).await?;
        }
        Ok(())
    }

    /// Asks the directory and keeps what it says.
    pub(crate) async fn ask_directory(
        &self,
        open: &OpenOffice,
        numbers: &[OfficeNo],
    ) -> Result<Vec<Office>, OfficeError> {
        let found = link::with_session(open, || open.client.look_up(numbers.to_vec())).await?.offices;
        for &no in numbers {
            let office = found.iter().find(|office| office.no == no);
            self.keep_partner(open, no, office)?;
        }
        Ok(found)
    }

    fn keep_partner(
        &self,
        open: &OpenOffice,
        no: OfficeNo,
        found: Option<&Office>,
    ) -> Result<(), OfficeError> {
        let signed = found.and_then(|office| office.key.as_ref()).map(|key| key.statement.clone());
        let verified = signed.as_deref().and_then(|text| self.verify_statement(open, text));
        let named_epoch = found.and_then(|office| office.key.as_ref()).map(|key| key.epoch);
        let now = self.now();
        // The statement has a column of its own.
        let details = found.map(|office| Office { key: None, ..office.clone() });
        self.db().write(|db| {
            let known: Option<(Option<String>, i64)> = db
                .query_row(
                    "SELECT statement, epoch FROM partner WHERE office = ?1 AND no = ?2",
                    [open.no().as_str(), no.as_str()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let (mut statement, mut epoch) = known.clone().unwrap_or((None, 0));
            let (mut changed_at, mut before) = (None, None);
            // A key is only ever followed by one of a higher epoch: an older one, or another one of the same
            // epoch, is not believed, whoever hands it out.
            if let Some(verified) = &verified
                && i64::from(verified.epoch) > epoch
            {
                before = statement.as_deref().and_then(key_of);
                let is_new = statement.is_some() && before != Some(verified.key.to_string());
                changed_at = is_new.then_some(now.as_millisecond());
                before = before.filter(|_| is_new);
                epoch = i64::from(verified.epoch);
                statement.clone_from(&signed);
            }
            db.execute(
                "INSERT INTO partner (office, no, details, statement, epoch, key_changed_at, seen_at,
                     directory_epoch, key_before)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (office, no) DO UPDATE SET details = excluded.details,
                     statement = excluded.statement, epoch = excluded.epoch, seen_at = excluded.seen_at,
                     key_changed_at = coalesce(excluded.key_changed_at, key_changed_at),
                     directory_epoch = excluded.directory_epoch,
                     key_before = iif(excluded.key_before IS NOT NULL
                         AND coalesce(key_confirmed_at >= key_changed_at, key_changed_at IS NULL),
                         excluded.key_before, key_before)",
                params![
                    open.no().as_str(),
                    no.as_str(),
                    serde_json::to_string(&details)?,
                    statement,
                    epoch,
                    changed_at,
                    now.as_millisecond(),
                    named_epoch,
                    before
                ],
            )?;
            Ok(())
        })
    }

    /// The keys of a partner, as this node has verified them.
    ///
    /// # Errors
    /// When the partner is not known, or the database fails.
    pub fn partner_keys(&self, office: OfficeNo, no: OfficeNo) -> Result<PartnerKeys, OfficeError> {
        let (statement, before): (Option<String>, Option<String>) = self.db().read(|db| {
            let sql = "SELECT statement, key_before FROM partner WHERE office = ?1 AND no = ?2";
            db.query_row(sql, [office.as_str(), no.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        })?;
        let now = statement.as_deref().and_then(key_of).unwrap_or_default();
        Ok(PartnerKeys { now, before: before.unwrap_or_default() })
    }

    /// A person has asked a partner whether its changed key is its own, and it is.
    ///
    /// # Errors
    /// When the partner is not known, or the database fails.
    pub fn confirm_partner_key(&self, by: &str, office: OfficeNo, no: OfficeNo) -> Result<(), OfficeError> {
        let now = self.now();
        self.db().write(|db| {
            let sql = "UPDATE partner SET key_confirmed_at = key_changed_at WHERE office = ?1 AND no = ?2";
            if db.execute(sql, [office.as_str(), no.as_str()])? == 0 {
                return Err(OfficeError::NotFound);
            }
            audit::write(db, now, Some(office), by, "partner-key-confirmed", no.as_str())
        })
    }

    /// The key of a partner that was verified and kept; [`OfficeError::KeyBehind`] while the directory names an older
    /// one, as after a restore of the relay.
    pub(crate) fn partner_key(
        &self,
        open: &OpenOffice,
        no: OfficeNo,
    ) -> Result<Option<KeyStatement>, OfficeError> {
        let known: Option<(Option<String>, bool)> = self.db().read(|db| {
            let sql = "SELECT statement, coalesce(directory_epoch < epoch, 0) FROM partner
                       WHERE office = ?1 AND no = ?2";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            db.query_row(sql, [open.no().as_str(), no.as_str()], read).optional()
        })?;
        if let Some((_, true)) = known {
            return Err(OfficeError::KeyBehind);
        }
        let statement = known.and_then(|(text, _)| text).and_then(|text| self.verify_statement(open, &text));
        Ok(statement.filter(|statement| statement.office == no))
    }

    /// Certificates are judged by the time of the statement where the node's clock is behind it: a wrong clock
    /// must not stop the work.
    fn verify_statement(&self, open: &OpenOffice, text: &str) -> Option<KeyStatement> {
        let signed: SignedStatement = serde_json::from_str(text).ok()?;
        let said = signed.statement.lines().find_map(|line| line.strip_prefix("issued ")?.parse().ok())?;
        signed.verify(&open.trust, self.now().max(said)).ok()
    }

    /// Searches the directory (事業所検索).
    ///
    /// # Errors
    /// When the keys are locked or the relay cannot be asked.
    pub async fn search_offices(
        &self,
        office: OfficeNo,
        search: &OfficeSearch,
    ) -> Result<Offices, OfficeError> {
        let open = self.open_office(office)?;
        Ok(link::with_session(&open, || open.client.search(search)).await?)
    }
}

/// What is kept of an office.
pub(crate) fn read_partner(
    db: &Connection,
    office: OfficeNo,
    no: OfficeNo,
) -> rusqlite::Result<Option<Partner>> {
    let sql = "SELECT details, seen_at, key_changed_at, key_confirmed_at FROM partner
               WHERE office = ?1 AND no = ?2";
    db.query_row(sql, [office.as_str(), no.as_str()], |row| {
        let details: String = row.get(0)?;
        let time = |at: Option<i64>| at.and_then(|at| Timestamp::from_millisecond(at).ok());
        Ok(Partner {
            no,
            found: serde_json::from_str(&details).ok().flatten(),
            seen_at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
            key_changed_at: time(row.get(2)?),
            key_confirmed_at: time(row.get(3)?),
        })
    })
    .optional()
}

/// The key in a signed statement that was verified before.
fn key_of(signed: &str) -> Option<String> {
    let signed: SignedStatement = serde_json::from_str(signed).ok()?;
    signed.statement.lines().find_map(|line| line.strip_prefix("key ").map(str::to_owned))
}
