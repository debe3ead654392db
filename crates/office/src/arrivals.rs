//! What arrived: kept sealed, listed, opened for people and put into the care software's folder.

use std::io::Cursor;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tasuki_identity::chain::OfficeCertificate;
use tasuki_parcel::manifest::Manifest;
use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt, open};
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use crate::archive::Received;
use crate::audit;
use crate::error::OfficeError;
use crate::link::Duty;
use crate::node::{Node, Topic};
use crate::open_office::{OpenOffice, parse};
use crate::review::Dropped;
use crate::sends::listed;

mod acknowledge;
mod import;
mod keep;
mod mailbox;
mod state;

pub(crate) use acknowledge::Owed;
pub use import::Placed;
pub(crate) use keep::Kept;
pub use mailbox::HeldUp;
pub(crate) use mailbox::RelayList;
pub use state::ArrivalState;

/// Number of an arrival at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrivalId(pub i64);

/// What is inside an arrival, as the list shows it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ArrivedContents {
    /// What it holds, in words of the field.
    pub contents: Vec<String>,
    /// Names of the files.
    pub names: Vec<String>,
    /// Why it was refused.
    #[serde(default)]
    pub refusal: String,
}

/// An arrival.
#[derive(Clone)]
pub struct Arrival {
    /// Number.
    pub id: ArrivalId,
    /// The receiving office.
    pub office: OfficeNo,
    /// Number of the parcel.
    pub parcel: ParcelId,
    /// Who sent it.
    pub sender: OfficeNo,
    /// Its name, as the directory said.
    pub sender_name: String,
    /// State.
    pub state: ArrivalState,
    /// What is inside.
    pub inside: ArrivedContents,
    /// Months that it is about.
    pub months: Vec<ServiceMonth>,
    /// Bytes, sealed.
    pub size: u64,
    /// When the relay had it.
    pub accepted_at: Timestamp,
    /// When this node had it.
    pub received_at: Timestamp,
    /// Digest of the sealed bytes, as the relay told it.
    pub digest: Sha256Digest,
    /// Its files are still to be put into the import folder by themselves.
    pub is_import_owed: bool,
}

/// What a list of arrivals shows.
#[derive(Debug, Clone, Default)]
pub struct ArrivalFilter {
    /// Only this state.
    pub state: Option<ArrivalState>,
    /// Only from this office.
    pub sender: Option<OfficeNo>,
    /// Only about this month.
    pub month: Option<ServiceMonth>,
    /// Only older than this place of the list.
    pub before: Option<(i64, i64)>,
}

impl Arrival {
    /// Its place in lists.
    pub fn place(&self) -> (i64, i64) {
        (self.received_at.as_millisecond(), self.id.0)
    }
}

/// A parcel that was opened: what the sender signed, and the files.
pub struct Opened {
    /// What the sender signed.
    pub manifest: Manifest,
    /// The sender's certificate.
    pub signer: OfficeCertificate,
    /// The files, in the order of the manifest.
    pub files: Vec<Dropped>,
}

const COLUMNS: &str =
    "id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at, received_at,
    record ->> 'digest', import = 'owed'";

impl Node {
    /// 受信: what arrived, the newest first.
    ///
    /// # Errors
    /// When the drawer is locked.
    pub fn arrivals(
        &self,
        office: OfficeNo,
        filter: &ArrivalFilter,
        limit: u32,
    ) -> Result<Vec<Arrival>, OfficeError> {
        let (at, id) = filter.before.unwrap_or((i64::MAX, i64::MAX));
        let (state, sender, month) = (
            filter.state.map_or("", ArrivalState::as_str),
            filter.sender.map(|no| no.to_string()).unwrap_or_default(),
            filter.month.map(|month| month.to_string()).unwrap_or_default(),
        );
        let nothing_else = state.is_empty() && sender.is_empty();
        let condition = listed("received_at", "arrival_month", &month, nothing_else);
        let mut sql = format!("SELECT {COLUMNS} FROM arrival WHERE {condition}");
        sql.push_str(if state.is_empty() { " AND ?4 = ''" } else { " AND state = ?4" });
        sql.push_str(if sender.is_empty() { " AND ?5 = ''" } else { " AND sender = ?5" });
        sql.push_str(" ORDER BY received_at DESC, id DESC LIMIT ?7");
        let raw: Vec<_> = self.db().read(|db| {
            let mut statement = db.prepare_cached(&sql)?;
            let values = params![office.as_str(), at, id, state, sender, month, limit];
            statement.query_map(values, read)?.collect()
        })?;
        raw.into_iter().map(|raw| self.arrival_of(raw)).collect()
    }

    /// One arrival.
    ///
    /// # Errors
    /// When there is none of this office, or the drawer is locked.
    pub fn arrival(&self, office: OfficeNo, id: ArrivalId) -> Result<Arrival, OfficeError> {
        let raw = self.db().read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM arrival WHERE id = ?1 AND office = ?2");
            db.query_row(&sql, params![id.0, office.as_str()], read)
        })?;
        self.arrival_of(raw)
    }

    fn arrival_of(&self, (mut arrival, sealed): (Arrival, Vec<u8>)) -> Result<Arrival, OfficeError> {
        arrival.inside = self.unseal_json("arrival", &sealed)?;
        Ok(arrival)
    }

    /// Opens an arrival: verifies all of it once more and hands out the files.
    ///
    /// # Errors
    /// When the keys are locked, or the parcel in the archive is damaged.
    pub fn open_arrival(&self, office: OfficeNo, id: ArrivalId) -> Result<Opened, OfficeError> {
        let arrival = self.arrival(office, id)?;
        if arrival.state == ArrivalState::Refused {
            return Err(OfficeError::NotFound);
        }
        let keys = self.open_office(office)?;
        let received = Received { from: arrival.sender, parcel: arrival.parcel, digest: arrival.digest };
        let sealed = self.archive().received(office, &received)?;
        let expected = Expected { id: arrival.parcel, opener: Opener::Receiver(office) };
        // By the time at which the relay had it, as when it came: what was accepted once opens for ever.
        unpack(&keys, sealed, VerifiedAt::Accepted(arrival.accepted_at), expected)
            .map_err(|_| OfficeError::Damaged)
    }

    /// Opens this office's own copy of what it sent.
    ///
    /// # Errors
    /// As [`Node::open_arrival`].
    pub fn open_sent(&self, office: OfficeNo, parcel: ParcelId) -> Result<Opened, OfficeError> {
        let keys = self.open_office(office)?;
        let sealed = self.archive().sent(office, parcel)?;
        let at = self.handed_in_at(office, parcel)?;
        let expected = Expected { id: parcel, opener: Opener::Sender(office) };
        // Before the relay has accepted it, nobody knows more than the sender.
        unpack(&keys, sealed, at.map_or(VerifiedAt::Sealed, VerifiedAt::Accepted), expected)
            .map_err(|_| OfficeError::Damaged)
    }

    /// When the relay had a parcel of this office.
    fn handed_in_at(&self, office: OfficeNo, parcel: ParcelId) -> Result<Option<Timestamp>, OfficeError> {
        let at: Option<Option<i64>> = self.db().read(|db| {
            let sql = "SELECT sent_at FROM send WHERE office = ?1 AND parcel = ?2";
            db.query_row(sql, [office.as_str(), &parcel.to_string()], |row| row.get(0)).optional()
        })?;
        Ok(at.flatten().and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    /// Changes the state of an arrival, as a person says. What may not become so stays as it is
    /// ([`ArrivalState::may_become`]).
    ///
    /// # Errors
    /// When there is none.
    pub fn mark_arrival(
        &self,
        office: OfficeNo,
        by: &str,
        id: ArrivalId,
        state: ArrivalState,
    ) -> Result<(), OfficeError> {
        let changed = self.db().write(|db| {
            let sql = "SELECT state FROM arrival WHERE id = ?1 AND office = ?2";
            let now: String = db.query_row(sql, params![id.0, office.as_str()], |row| row.get(0))?;
            let now = ArrivalState::parse(&now).ok_or(OfficeError::Damaged)?;
            if !now.may_become(state) {
                return Ok(false);
            }
            let sql = "UPDATE arrival SET state = ?2 WHERE id = ?1";
            db.execute(sql, params![id.0, state.as_str()])?;
            audit::write(db, self.now(), Some(office), by, state.as_str(), &id.0.to_string())?;
            Ok::<_, OfficeError>(true)
        })?;
        if changed {
            self.tell(office, Topic::Arrivals);
            self.ring(office, Duty::Acknowledge);
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Arrival, Vec<u8>)> {
    let (state, months): (String, String) = (row.get(5)?, row.get(7)?);
    let time = |column| row.get(column).map(|at| Timestamp::from_millisecond(at).unwrap_or_default());
    let arrival = Arrival {
        id: ArrivalId(row.get(0)?),
        office: parse(row, 1)?,
        parcel: parse(row, 2)?,
        sender: parse(row, 3)?,
        sender_name: row.get(4)?,
        state: ArrivalState::parse(&state).unwrap_or(ArrivalState::Refused),
        inside: ArrivedContents::default(),
        months: months.split(' ').filter_map(|month| month.parse().ok()).collect(),
        size: row.get(8)?,
        accepted_at: time(9)?,
        received_at: time(10)?,
        digest: parse(row, 11)?,
        is_import_owed: row.get(12)?,
    };
    Ok((arrival, row.get(6)?))
}

fn unpack(
    open_office: &OpenOffice,
    sealed: Vec<u8>,
    at: VerifiedAt,
    expected: Expected,
) -> Result<Opened, OpenError> {
    let keys = &open_office.secrets.office_keys;
    let mut parcel = open(Cursor::new(sealed), keys, &open_office.trust, at, Some(expected))?;
    parcel.check_epoch(&open_office.statement)?;
    let (manifest, signer) = (parcel.manifest().clone(), parcel.signer().clone());
    let mut files = Vec::new();
    for (index, entry) in manifest.files.iter().enumerate() {
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
        parcel.copy_file(index, &mut bytes)?;
        files.push(Dropped { name: entry.name.to_string(), bytes });
    }
    Ok(Opened { manifest, signer, files })
}
