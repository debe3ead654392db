//! Following the key log: whoever hands out another key or certificate in an office's name must either show it to all,
//! that office included, or show different logs; both give him away.
//!
//! The relay chains every key statement and every certificate into one log and signs its newest hash (a *head*). A node
//! keeps a [`KeyLog`], hands it what the relay says ([`KeyLog::extend`]), and holds the heads that partners name in their
//! receipts and parcels against it ([`KeyLog::compare`]). What does not fit is an [`Alarm`]:
//!
//! | the operator | is found out by |
//! |---|---|
//! | puts a key of its own in an office's place | the office ([`Alarm::ForeignEntryForOwnOffice`]), its partners ([`Alarm::NotCosigned`]) |
//! | has a second certificate sign parcels | the office; [`KeyLog::has_certificate`] where it is in no log |
//! | shows different logs | the first parcel or receipt between those who see them ([`Alarm::Fork`]) |
//! | takes an entry back | everybody who has seen it ([`Alarm::Rollback`], [`Alarm::Fork`]) |
//!
//! Pure: the time is handed in, and what is kept is serialized by whoever keeps it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tasuki_terms::{LogEntry, LogHead, Logged, OfficeNo, Sha256Digest, SignedHead};

use crate::chain::{CertificateChain, Trust, public_key_of};
use crate::signing::{SigningError, SigningKey};
use crate::statement::{KeyStatement, SignedStatement};

/// Hashes that are kept to compare heads of partners with: a partner that has not followed for longer is caught up with
/// by its own next head.
const RECENT: usize = 10_000;

/// Something that an honest relay does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// The log is shorter than it was.
    #[error("the key log ends at {shown}, entry {held} was seen before")]
    Rollback {
        /// Newest entry that was seen.
        held: u64,
        /// Newest entry now.
        shown: u64,
    },
    /// There are two logs: one that does not continue the one that is held, or another hash for one of its entries.
    #[error("there are two key logs that differ at entry {seq} or before")]
    Fork {
        /// The first entry at which it is seen.
        seq: u64,
    },
    /// The head is not signed by a relay of this operator, or is not that of the entries.
    #[error("the head of the key log is not signed, or not that of its entries")]
    BadHead,
    /// An entry holds a statement that this office has not signed, or that says something else than the entry.
    #[error("entry {seq} of the key log holds no statement of {office}")]
    BadStatement {
        /// The office.
        office: OfficeNo,
        /// The entry.
        seq: u64,
    },
    /// The epoch of a statement is not one more than that of the one before.
    #[error("the key statements of {office} jump from epoch {before} to {epoch}")]
    EpochGap {
        /// The office.
        office: OfficeNo,
        /// The epoch before; 0 when none was seen.
        before: u32,
        /// The epoch of the statement.
        epoch: u32,
    },
    /// A statement names another one before it than the log has.
    #[error("the newest key statement of {0} does not name the one before it")]
    NotChained(OfficeNo),
    /// The key that signed the statement before has not signed this one: only a person can tell whether it is the
    /// office's.
    #[error("the key of {0} was not handed over by the one before")]
    NotCosigned(OfficeNo),
    /// A certificate that is not in the log has signed a statement, or has asked for another certificate.
    #[error("entry {seq} of the key log: a certificate of {office} is used that the log does not have")]
    UnloggedCertificate {
        /// The office.
        office: OfficeNo,
        /// The entry.
        seq: u64,
    },
    /// An entry for the own office that it has not made.
    #[error("entry {seq} of the key log is for the own office, which has not made it")]
    ForeignEntryForOwnOffice {
        /// The entry.
        seq: u64,
    },
}

/// How a head of somebody else stands to the own log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is one of this log.
    Agrees,
    /// It is of a newer entry: to be compared again once the log was extended to it.
    Ahead,
    /// It is of an older entry than hashes are kept of.
    TooOld,
}

/// How a key statement stands to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The log does not have it as the newest of its office.
    NotInLog,
    /// It is the newest of its office, and each was handed over by the one before, or a person has confirmed it.
    Trusted,
    /// It is the newest of its office, but only a person can tell whether it is the office's: see
    /// [`KeyLog::confirm`].
    Unconfirmed,
}

/// What is known of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLog {
    own: OfficeNo,
    head: LogHead,
    /// Hashes of the newest entries, that of the head last.
    recent: VecDeque<Sha256Digest>,
    offices: BTreeMap<OfficeNo, Known>,
}

/// What the log says of an office.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    newest: Option<Newest>,
    certificates: BTreeSet<Sha256Digest>,
}

/// The newest statement of an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    epoch: u32,
    digest: Sha256Digest,
    /// The key that signed it, as SubjectPublicKeyInfo DER in Base64.
    signer_key: String,
    is_trusted: bool,
}

impl KeyLog {
    /// Nothing is known yet; `own` is the office that follows.
    pub fn new(own: OfficeNo) -> Self {
        Self { own, head: LogHead::EMPTY, recent: VecDeque::new(), offices: BTreeMap::new() }
    }

    /// The newest entry that was seen: what receipts and parcels name, and what to ask the relay for entries after.
    pub fn head(&self) -> LogHead {
        self.head
    }

    /// Takes the entries after the own head and the signed head that they lead to (with no entries: the relay's newest).
    /// `is_own` says whether an entry for the own office is one that this office has made. Returns what is odd about the
    /// entries; they are taken nevertheless, because all others see them too.
    ///
    /// # Errors
    /// [`Alarm::BadHead`], [`Alarm::Rollback`] or [`Alarm::Fork`]: what the relay shows is not the log that is held. Then
    /// nothing of it is taken.
    pub fn extend(
        &mut self,
        entries: &[LogEntry],
        head: &SignedHead,
        trust: &Trust,
        now: Timestamp,
        is_own: impl Fn(&Logged) -> bool,
    ) -> Result<Vec<Alarm>, Alarm> {
        verify_head(head, trust, now)?;
        if head.head.seq < self.head.seq {
            return Err(Alarm::Rollback { held: self.head.seq, shown: head.head.seq });
        }
        let end = entries.iter().try_fold(self.head, |before, entry| {
            let is_next = entry.seq == before.seq + 1 && entry.hash == hash_after(before.hash, entry);
            if is_next { Ok(entry.head()) } else { Err(Alarm::Fork { seq: entry.seq }) }
        })?;
        if end != head.head {
            let is_other = end.seq == head.head.seq;
            return Err(if is_other { Alarm::Fork { seq: end.seq } } else { Alarm::BadHead });
        }
        let mut alarms = Vec::new();
        for entry in entries {
            self.take(entry, trust, &mut alarms);
            if entry.office == self.own && !is_own(&entry.logged) {
                alarms.push(Alarm::ForeignEntryForOwnOffice { seq: entry.seq });
            }
        }
        Ok(alarms)
    }

    /// Holds a head that somebody else has seen against this log.
    ///
    /// # Errors
    /// [`Alarm::Fork`] when it is of another log.
    pub fn compare(&self, head: LogHead) -> Result<Comparison, Alarm> {
        if head.seq > self.head.seq {
            return Ok(Comparison::Ahead);
        }
        let back = usize::try_from(self.head.seq - head.seq).unwrap_or(usize::MAX);
        let known = match head.seq {
            0 => Some(LogHead::EMPTY.hash),
            _ => self.recent.iter().rev().nth(back).copied(),
        };
        match known {
            None => Ok(Comparison::TooOld),
            Some(known) if known == head.hash => Ok(Comparison::Agrees),
            Some(_) => Err(Alarm::Fork { seq: head.seq }),
        }
    }

    /// How a key statement stands to the log: parcels are sealed only for a trusted one without asking a person.
    pub fn standing(&self, statement: &KeyStatement) -> Standing {
        let newest = self.offices.get(&statement.office).and_then(|known| known.newest.as_ref());
        match newest.filter(|newest| newest.digest == statement.digest()) {
            None => Standing::NotInLog,
            Some(newest) if newest.is_trusted => Standing::Trusted,
            Some(_) => Standing::Unconfirmed,
        }
    }

    /// Whether a certificate of an office, by the SHA-256 of its DER, is in the log.
    pub fn has_certificate(&self, office: OfficeNo, fingerprint: Sha256Digest) -> bool {
        self.offices.get(&office).is_some_and(|known| known.certificates.contains(&fingerprint))
    }

    /// A person has asked the office whether this statement is its own, and it is. Whether it is still the newest one.
    pub fn confirm(&mut self, statement: &KeyStatement) -> bool {
        let newest = self.offices.get_mut(&statement.office).and_then(|known| known.newest.as_mut());
        match newest.filter(|newest| newest.digest == statement.digest()) {
            Some(newest) => {
                newest.is_trusted = true;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, entry: &LogEntry, trust: &Trust, alarms: &mut Vec<Alarm>) {
        self.head = entry.head();
        self.recent.push_back(entry.hash);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let (office, seq) = (entry.office, entry.seq);
        let known = self.offices.entry(office).or_default();
        match &entry.logged {
            Logged::Certificate { fingerprint, parent } => {
                if parent.is_some_and(|parent| !known.certificates.contains(&parent)) {
                    alarms.push(Alarm::UnloggedCertificate { office, seq });
                }
                known.certificates.insert(*fingerprint);
            }
            Logged::Key { epoch, statement, .. } => match read_statement(entry, *epoch, statement, trust) {
                None => alarms.push(Alarm::BadStatement { office, seq }),
                Some(stated) => known.state(&stated, seq, alarms),
            },
        }
    }
}

impl Known {
    /// Takes note of a statement of this office. Any doubt stays until a person has confirmed a later statement.
    fn state(&mut self, stated: &Stated, seq: u64, alarms: &mut Vec<Alarm>) {
        let before = alarms.len();
        let KeyStatement { office, epoch, .. } = stated.statement;
        if !self.certificates.contains(&stated.signer) {
            alarms.push(Alarm::UnloggedCertificate { office, seq });
        }
        let known_epoch = self.newest.as_ref().map_or(0, |newest| newest.epoch);
        if known_epoch.checked_add(1) != Some(epoch) {
            alarms.push(Alarm::EpochGap { office, before: known_epoch, epoch });
        }
        if let Some(newest) = &self.newest {
            if epoch <= newest.epoch {
                return;
            }
            let is_next = newest.epoch + 1 == epoch;
            if is_next && stated.statement.before != Some(newest.digest) {
                alarms.push(Alarm::NotChained(office));
            }
            let key = BASE64.decode(newest.signer_key.as_bytes()).unwrap_or_default();
            if !stated.signed.is_handed_over_by(&key) {
                alarms.push(Alarm::NotCosigned(office));
            }
        }
        let was_trusted = self.newest.as_ref().is_none_or(|newest| newest.is_trusted);
        self.newest = Some(Newest {
            epoch,
            digest: stated.statement.digest(),
            signer_key: BASE64.encode(&stated.signer_key),
            is_trusted: was_trusted && alarms.len() == before,
        });
    }
}

/// A statement of the log that its office has signed.
struct Stated {
    signed: SignedStatement,
    statement: KeyStatement,
    /// Fingerprint of the certificate that signed it.
    signer: Sha256Digest,
    signer_key: Vec<u8>,
}

/// The certificate must have been valid when the statement was logged: it may have ended since.
fn read_statement(entry: &LogEntry, epoch: u32, text: &str, trust: &Trust) -> Option<Stated> {
    let Logged::Key { statement_digest, .. } = entry.logged else { return None };
    if Sha256Digest(Sha256::digest(text).into()) != statement_digest {
        return None;
    }
    let signed: SignedStatement = serde_json::from_str(text).ok()?;
    let (statement, signer) = signed.verify_with_signer(trust, entry.at).ok()?;
    if statement.office != entry.office || statement.epoch != epoch {
        return None;
    }
    let signer_key = public_key_of(signer.der())?;
    Some(Stated { signed, statement, signer: Sha256Digest(Sha256::digest(signer.der()).into()), signer_key })
}

fn verify_head(signed: &SignedHead, trust: &Trust, now: Timestamp) -> Result<(), Alarm> {
    let verify = || {
        let chain = CertificateChain::from_pem(signed.certificates.as_bytes()).ok()?;
        let relay = trust.verify_relay(&chain, now).ok()?;
        let signature = BASE64.decode(signed.signature.as_bytes()).ok()?;
        let text = SignedHead::text(signed.head, signed.at);
        relay.verify_signature(text.as_bytes(), &signature).ok()
    };
    verify().ok_or(Alarm::BadHead)
}

/// Signs a head with the key of a relay's certificate.
///
/// # Errors
/// When the system gives no random numbers.
pub fn sign_head(
    head: LogHead,
    at: Timestamp,
    key: &SigningKey,
    chain: &CertificateChain,
) -> Result<SignedHead, SigningError> {
    let signature = BASE64.encode(&key.sign(SignedHead::text(head, at).as_bytes())?);
    Ok(SignedHead { head, at, signature, certificates: chain.to_pem() })
}

/// The hash that an entry of the key log must have after another.
pub fn hash_after(before: Sha256Digest, entry: &LogEntry) -> Sha256Digest {
    let hash = Sha256::new_with_prefix(before.0).chain_update(entry.hashed_text());
    Sha256Digest(hash.finalize().into())
}
