//! What arrived: kept sealed, listed, opened for people and put into the care software's folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tasuki_identity::chain::OfficeCertificate;
use tasuki_parcel::manifest::{FileKind, Manifest};
use tasuki_parcel::open::{Expected, OpenError, Opener, open};
use tasuki_protocol::mailbox::Life;
use tasuki_protocol::parcel::{Parcel, ParcelState};
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_standard::FileName;
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth, Sha256Digest};

use crate::archive::Received;
use crate::audit;
use crate::error::OfficeError;
use crate::folder::{TEMPORARY, write_new_durably};
use crate::link::Duty;
use crate::node::{Node, Topic};
use crate::open_office::{OpenOffice, parse};
use crate::review::{Dropped, Review, is_exchangeable, review};
use crate::sends::listed;

/// Number of an arrival at this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrivalId(pub i64);

/// State of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrivalState {
    /// 未読.
    Unread,
    /// 既読.
    Read,
    /// 取込済.
    Imported,
    /// 受取不可: it could not be verified.
    Refused,
}

impl ArrivalState {
    /// All states.
    pub const ALL: &[Self] = &[Self::Unread, Self::Read, Self::Imported, Self::Refused];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::Imported => "imported",
            Self::Refused => "refused",
        }
    }

    /// The state of a stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Name on the page.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Unread => "未読",
            Self::Read => "既読",
            Self::Imported => "取込済",
            Self::Refused => "受取不可",
        }
    }

    /// Whether a person may say so. What was imported stays imported: the sender was told. Pure.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Unread, Self::Read | Self::Imported) | (Self::Read, Self::Unread | Self::Imported)
        )
    }
}

/// The receipt that the relay is to get next, if one is owed. Pure.
pub(crate) fn owed_receipt(state: ArrivalState, acknowledged: &str) -> Option<ReceiptKind> {
    match (state, acknowledged) {
        (ArrivalState::Refused, "refused") => None,
        (ArrivalState::Refused, _) => Some(ReceiptKind::Refused),
        (_, "") => Some(ReceiptKind::Received),
        (ArrivalState::Read, "received") => Some(ReceiptKind::Opened),
        (ArrivalState::Imported, "received" | "opened") => Some(ReceiptKind::Imported),
        _ => None,
    }
}

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

/// A file that was put into the import folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub path: PathBuf,
    /// It was there already, with the same contents.
    pub was_there: bool,
}

/// A file that has been half written for so long is written by nobody.
const LEFT_BEHIND: Duration = Duration::from_mins(1);

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
        unpack(&keys, sealed, Some(arrival.accepted_at), expected).map_err(|_| OfficeError::Damaged)
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
        unpack(&keys, sealed, at, expected).map_err(|_| OfficeError::Damaged)
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

    /// Puts the files for the care software into the import folder, by sender and month. Nothing is overwritten,
    /// and no file is there by half.
    ///
    /// # Errors
    /// [`OfficeError::NoFolder`] when none is set; or it cannot be written, or the keys are locked.
    pub fn place_arrival(&self, office: OfficeNo, id: ArrivalId) -> Result<Vec<Placed>, OfficeError> {
        let folder = self.office(office)?.folders.import;
        if folder.is_empty() {
            return Err(OfficeError::NoFolder);
        }
        let opened = self.open_arrival(office, id)?;
        let files = opened.manifest.files.iter().zip(&opened.files);
        let standard = files.filter(|(entry, _)| entry.kind == FileKind::Standard);
        standard
            .map(|(_, file)| {
                place(&import_folder(Path::new(&folder), opened.manifest.from, &file.name), file)
            })
            .collect()
    }

    /// What is still to be put into the import folder by itself, the oldest first. Nothing while no folder is set.
    pub(crate) fn imports_owed(&self, office: OfficeNo) -> Result<Vec<ArrivalId>, OfficeError> {
        if self.office(office)?.folders.import.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.db().read(|db| {
            let sql = "SELECT id FROM arrival WHERE office = ?1 AND import = 'owed' ORDER BY id";
            let mut statement = db.prepare_cached(sql)?;
            statement.query_map([office.as_str()], |row| row.get(0).map(ArrivalId))?.collect()
        })?)
    }

    /// All files of an arrival are in the import folder.
    pub(crate) fn note_imported(&self, id: ArrivalId) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute("UPDATE arrival SET import = '' WHERE id = ?1", [id.0])?;
            Ok(())
        })
    }

    /// Takes away what a killed process has left behind in the import folder: half files, under names that no care
    /// software reads.
    pub(crate) fn sweep_import_folder(&self, office: OfficeNo) -> Result<(), OfficeError> {
        let folder = PathBuf::from(self.office(office)?.folders.import);
        for sender in subfolders(&folder)? {
            for month in subfolders(&sender)? {
                for entry in std::fs::read_dir(month)? {
                    let entry = entry?;
                    let is_ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
                    let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
                    if is_ours && age > LEFT_BEHIND {
                        std::fs::remove_file(entry.path())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Verifies a parcel that was just fetched and keeps it: durable when this returns. What is sealed for another key
    /// is refused only when `is_our_key` says that senders use the key of this node; otherwise nothing is kept.
    pub(crate) fn keep_arrival(
        &self,
        open: &OpenOffice,
        parcel: &Parcel,
        sender_name: &str,
        sealed: &[u8],
        is_our_key: bool,
    ) -> Result<Kept, OfficeError> {
        let office = open.no();
        let received = Received { from: parcel.from, parcel: parcel.id, digest: parcel.digest };
        let expected = Expected { id: parcel.id, opener: Opener::Receiver(office) };
        let judged = match unpack(open, sealed.to_vec(), Some(parcel.accepted_at), expected) {
            Err(OpenError::NotForTheseKeys) if !is_our_key => return Ok(Kept::NotForTheseKeys),
            opened => judge(opened, parcel, office),
        };
        self.archive().put_received(office, &received, sealed)?;
        if judged.state == ArrivalState::Refused {
            tracing::warn!(office = %office, parcel = %parcel.id, "an arrival is refused");
        }
        let contents = self.seal_json("arrival", &judged.inside)?;
        let record = serde_json::to_string(parcel)?;
        let months: Vec<_> = judged.months.iter().map(ToString::to_string).collect();
        let folders = self.office(office)?.folders;
        let is_to_import =
            folders.import_by_itself && matches!(judged.state, ArrivalState::Unread | ArrivalState::Read);
        let now = self.now();
        self.db().write(|db| {
            let inserted = db.execute(
                "INSERT OR IGNORE INTO arrival (office, parcel, sender, sender_name, state, contents, months,
                     size, accepted_at, received_at, record, import, acknowledged, refusal)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                params![
                    office.as_str(),
                    parcel.id.to_string(),
                    parcel.from.as_str(),
                    sender_name,
                    judged.state.as_str(),
                    contents,
                    months.join(" "),
                    parcel.size,
                    parcel.accepted_at.as_millisecond(),
                    now.as_millisecond(),
                    record,
                    if is_to_import { "owed" } else { "" },
                    acknowledged(parcel.state),
                    judged.reason.map(RefusalReason::as_str)
                ],
            )?;
            if inserted == 0 {
                return Ok(());
            }
            let id = db.last_insert_rowid();
            audit::write(db, now, Some(office), "node", "received", &parcel.id.to_string())?;
            for month in &months {
                let sql =
                    "INSERT OR IGNORE INTO arrival_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
                db.execute(sql, params![office.as_str(), month, now.as_millisecond(), id])?;
            }
            Ok::<_, OfficeError>(())
        })?;
        self.tell(office, Topic::Arrived);
        Ok(Kept::Arrived)
    }

    /// Whether a parcel is here already.
    pub(crate) fn has_arrival(
        &self,
        office: OfficeNo,
        sender: OfficeNo,
        parcel: ParcelId,
    ) -> Result<bool, OfficeError> {
        Ok(self.db().read(|db| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM arrival WHERE office = ?1 AND sender = ?2 AND parcel = ?3)";
            db.query_row(sql, [office.as_str(), sender.as_str(), &parcel.to_string()], |row| row.get(0))
        })?)
    }

    /// Whether a parcel is here already that waits at the relay; then the relay has lost its receipt, which is owed anew.
    pub(crate) fn owe_again(
        &self,
        office: OfficeNo,
        sender: OfficeNo,
        parcel: ParcelId,
    ) -> Result<bool, OfficeError> {
        self.db().write(|db| {
            let sql =
                "UPDATE arrival SET acknowledged = '' WHERE office = ?1 AND sender = ?2 AND parcel = ?3";
            Ok(db.execute(sql, [office.as_str(), sender.as_str(), &parcel.to_string()])? > 0)
        })
    }

    /// A parcel could not be fetched: it is tried again at a time, while others go on.
    pub(crate) fn note_delayed(
        &self,
        office: OfficeNo,
        parcel: &Parcel,
        attempts: u32,
        next_try_at: Timestamp,
    ) -> Result<(), OfficeError> {
        let record = serde_json::to_string(parcel)?;
        self.db().write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO delayed (office, sender, parcel, record, attempts, next_try_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    office.as_str(),
                    parcel.from.as_str(),
                    parcel.id.to_string(),
                    record,
                    attempts,
                    next_try_at.as_millisecond()
                ],
            )?;
            Ok::<_, OfficeError>(())
        })?;
        self.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// A parcel that was delayed has come, or is no longer there.
    pub(crate) fn note_not_delayed(&self, office: OfficeNo, parcel: &Parcel) -> Result<(), OfficeError> {
        self.db().write(|db| {
            db.execute(
                "DELETE FROM delayed WHERE office = ?1 AND sender = ?2 AND parcel = ?3",
                [office.as_str(), parcel.from.as_str(), &parcel.id.to_string()],
            )?;
            Ok::<_, OfficeError>(())
        })?;
        self.tell(office, Topic::Arrivals);
        Ok(())
    }

    /// Delayed parcels whose time has come, with the tries so far.
    pub(crate) fn due_delayed(&self, office: OfficeNo) -> Result<Vec<(Parcel, u32)>, OfficeError> {
        let now = self.now().as_millisecond();
        let rows: Vec<(String, u32)> = self.db().read(|db| {
            let sql = "SELECT record, attempts FROM delayed WHERE office = ?1 AND next_try_at <= ?2
                       ORDER BY next_try_at";
            let mut statement = db.prepare_cached(sql)?;
            let rows =
                statement.query_map(params![office.as_str(), now], |row| Ok((row.get(0)?, row.get(1)?)));
            rows?.collect()
        })?;
        rows.into_iter().map(|(record, attempts)| Ok((serde_json::from_str(&record)?, attempts))).collect()
    }

    /// What waits in the mailbox and could not be fetched, and what could not be put into the import folder yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn held_up(&self, office: OfficeNo) -> Result<HeldUp, OfficeError> {
        Ok(self.db().read(|db| {
            let count = |sql| db.query_row(sql, [office.as_str()], |row| row.get(0));
            Ok(HeldUp {
                delayed: count("SELECT count(*) FROM delayed WHERE office = ?1")?,
                to_import: count("SELECT count(*) FROM arrival WHERE office = ?1 AND import = 'owed'")?,
            })
        })?)
    }

    /// Receipts that are owed: the relay's record of each parcel, and the next receipt.
    pub(crate) fn owed(&self, office: OfficeNo, limit: u32) -> Result<Vec<Owed>, OfficeError> {
        let rows: Vec<(i64, String, String, String, Option<String>)> = self.db().read(|db| {
            // The condition is that of the index arrival_owed.
            let mut statement = db.prepare_cached(
                "SELECT id, record, state, acknowledged, refusal FROM arrival WHERE office = ?1
                 AND ((state = 'unread' AND acknowledged = '')
                   OR (state = 'read' AND acknowledged IN ('', 'received'))
                   OR (state = 'imported' AND acknowledged <> 'imported')
                   OR (state = 'refused' AND acknowledged <> 'refused'))
                 ORDER BY id LIMIT ?2",
            )?;
            let values = params![office.as_str(), limit];
            let rows = statement.query_map(values, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
            rows.collect()
        })?;
        let mut owed = Vec::new();
        for (id, record, state, acknowledged, refusal) in rows {
            let state = ArrivalState::parse(&state).ok_or(OfficeError::Damaged)?;
            if let Some(kind) = owed_receipt(state, &acknowledged) {
                let reason = refusal.as_deref().and_then(RefusalReason::parse);
                owed.push(Owed { id: ArrivalId(id), parcel: serde_json::from_str(&record)?, kind, reason });
            }
        }
        Ok(owed)
    }

    /// The relay has a receipt.
    pub(crate) fn note_acknowledged(&self, id: ArrivalId, kind: ReceiptKind) -> Result<(), OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE arrival SET acknowledged = ?2 WHERE id = ?1";
            db.execute(sql, params![id.0, kind.as_str()])?;
            Ok(())
        })
    }

    /// How far a list of the relay was read, and in which of its lives.
    pub(crate) fn reading(&self, office: OfficeNo, list: RelayList) -> Result<Reading, OfficeError> {
        let sql = format!("SELECT life, {} FROM office WHERE no = ?1", list.column());
        Ok(self.db().read(|db| {
            db.query_row(&sql, [office.as_str()], |row| {
                let life: String = row.get(0)?;
                let after: i64 = row.get(1)?;
                Ok(Reading { life: life.parse().ok(), after: u64::try_from(after).unwrap_or_default() })
            })
        })?)
    }

    /// What is before this number is durable here. It means nothing in another life of the relay than it was read in.
    pub(crate) fn note_read(
        &self,
        office: OfficeNo,
        list: RelayList,
        life: Life,
        after: u64,
    ) -> Result<(), OfficeError> {
        let sql = format!("UPDATE office SET {} = ?3 WHERE no = ?1 AND life = ?2", list.column());
        self.db().write(|db| {
            db.execute(&sql, params![office.as_str(), life.to_string(), after])?;
            Ok(())
        })
    }
}

/// What holds something up that should happen by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HeldUp {
    /// Parcels in the mailbox that could not be fetched yet.
    pub delayed: i64,
    /// Arrivals whose files are not in the import folder yet.
    pub to_import: i64,
}

/// A receipt that the relay is to get.
pub(crate) struct Owed {
    pub(crate) id: ArrivalId,
    pub(crate) parcel: Parcel,
    pub(crate) kind: ReceiptKind,
    pub(crate) reason: Option<RefusalReason>,
}

/// What became of a parcel that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is here, good or refused.
    Arrived,
    /// No key of this node opens it, and nothing was kept.
    NotForTheseKeys,
}

/// What is to be kept of a parcel. Pure.
struct Judged {
    state: ArrivalState,
    reason: Option<RefusalReason>,
    inside: ArrivedContents,
    months: Vec<ServiceMonth>,
}

/// What the office has said of a parcel before: at another computer, or before this one was restored from a backup.
fn known_state(state: ParcelState) -> ArrivalState {
    match state {
        ParcelState::Opened => ArrivalState::Read,
        ParcelState::Imported => ArrivalState::Imported,
        _ => ArrivalState::Unread,
    }
}

/// The receipt of this office that the relay has, as `acknowledged` holds it.
fn acknowledged(state: ParcelState) -> &'static str {
    match state {
        ParcelState::Received => ReceiptKind::Received.as_str(),
        ParcelState::Opened => ReceiptKind::Opened.as_str(),
        ParcelState::Imported => ReceiptKind::Imported.as_str(),
        ParcelState::Refused => ReceiptKind::Refused.as_str(),
        ParcelState::Accepted | ParcelState::Withdrawn | ParcelState::Expired => "",
    }
}

fn judge(opened: Result<Opened, OpenError>, parcel: &Parcel, office: OfficeNo) -> Judged {
    let refused = |words: &str, reason| Judged {
        state: ArrivalState::Refused,
        reason,
        inside: ArrivedContents { refusal: words.to_owned(), ..ArrivedContents::default() },
        months: Vec::new(),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return refused(refusal_words(&error), refusal_reason(&error)),
    };
    if opened.manifest.from != parcel.from {
        return refused(FORGED, Some(RefusalReason::Sender));
    }
    if !is_exchangeable(&opened.files) {
        let words = "やりとりできない種類のファイルが入っています。";
        return refused(words, Some(RefusalReason::Contents));
    }
    let names: Vec<_> = opened.files.iter().map(|file| file.name.clone()).collect();
    let files: Vec<_> = (0..).zip(opened.files).collect();
    let Review { contents, months, .. } = review(&files, parcel.from, Some(office));
    let inside = ArrivedContents { contents, names, refusal: String::new() };
    Judged { state: known_state(parcel.state), reason: None, inside, months }
}

/// How far a list of the relay was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The life of the relay in which the number is true; `None` before the first time.
    pub(crate) life: Option<Life>,
    pub(crate) after: u64,
}

/// A list of the relay that is read with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelayList {
    /// What waits for this office.
    Inbox,
    /// What this office has acknowledged and the relay still holds.
    Kept,
    /// What this office sent.
    Sent,
}

impl RelayList {
    fn column(self) -> &'static str {
        match self {
            Self::Inbox => "inbox_after",
            Self::Kept => "kept_after",
            Self::Sent => "sent_after",
        }
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
    at: Option<Timestamp>,
    expected: Expected,
) -> Result<Opened, OpenError> {
    let keys = &open_office.secrets.office_keys;
    let mut parcel = open(Cursor::new(sealed), keys, &open_office.trust, at, Some(expected))?;
    let (manifest, signer) = (parcel.manifest().clone(), parcel.signer().clone());
    let mut files = Vec::new();
    for (index, entry) in manifest.files.iter().enumerate() {
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
        parcel.copy_file(index, &mut bytes)?;
        files.push(Dropped { name: entry.name.to_string(), bytes });
    }
    Ok(Opened { manifest, signer, files })
}

/// What the sender is told. That this node has no key for it is no reason of the parcel.
fn refusal_reason(error: &OpenError) -> Option<RefusalReason> {
    match error {
        OpenError::NotForTheseKeys => None,
        OpenError::Signer(_) | OpenError::OtherSigner { .. } | OpenError::Signature => {
            Some(RefusalReason::Sender)
        }
        _ => Some(RefusalReason::Damaged),
    }
}

const FORGED: &str = "送信元を確かめられないため、受け取りませんでした。送信元に確かめてください。";

/// The folders in a folder, if it is there at all.
fn subfolders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn refusal_words(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotForTheseKeys => {
            "この事業所の鍵では開けません。送信元に、もう一度送ってもらってください。"
        }
        OpenError::Signer(_) | OpenError::OtherSigner { .. } | OpenError::Signature => FORGED,
        OpenError::OtherParcel { .. } | OpenError::OtherReceiver { .. } | OpenError::OtherSender { .. } => {
            "あて先か番号が違うため、受け取りませんでした。送信元に、もう一度送ってもらってください。"
        }
        _ => "内容が壊れているため、受け取りませんでした。送信元に、もう一度送ってもらってください。",
    }
}

/// `FOLDER/1370000019/202510`.
fn import_folder(folder: &Path, sender: OfficeNo, name: &str) -> PathBuf {
    let month = name.parse::<FileName>().ok().and_then(|name| name.service_month());
    let month = month.map_or_else(|| "月なし".to_owned(), |month| month.to_string());
    folder.join(sender.as_str()).join(month)
}

/// Puts a file into a folder under its own name, or the next one that is free.
fn place(folder: &Path, file: &Dropped) -> Result<Placed, OfficeError> {
    std::fs::create_dir_all(folder)?;
    let (stem, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    for number in 1.. {
        let name = if number == 1 { file.name.clone() } else { format!("{stem} ({number}).{ending}") };
        let path = folder.join(name);
        match write_new_durably(&path, &file.bytes) {
            Ok(()) => return Ok(Placed { path, was_there: false }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if std::fs::read(&path)? == file.bytes {
                    return Ok(Placed { path, was_there: true });
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(OfficeError::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_follow_the_state_and_end() {
        for &state in ArrivalState::ALL {
            let (mut acknowledged, mut posted) = (String::new(), Vec::new());
            while let Some(kind) = owed_receipt(state, &acknowledged) {
                acknowledged = kind.as_str().to_owned();
                posted.push(kind.as_str());
            }
            let expected: &[&str] = match state {
                ArrivalState::Unread => &["received"],
                ArrivalState::Read => &["received", "opened"],
                ArrivalState::Imported => &["received", "imported"],
                ArrivalState::Refused => &["refused"],
            };
            assert_eq!(posted, expected, "{state:?}");
        }
        assert_eq!(owed_receipt(ArrivalState::Unread, "opened"), None, "marked as unread again");
        assert_eq!(owed_receipt(ArrivalState::Imported, "opened"), Some(ReceiptKind::Imported));
    }

    #[test]
    fn what_a_person_may_say_of_an_arrival() {
        use ArrivalState as S;
        let allowed =
            [(S::Unread, S::Read), (S::Unread, S::Imported), (S::Read, S::Unread), (S::Read, S::Imported)];
        for &now in S::ALL {
            for &next in S::ALL {
                assert_eq!(now.may_become(next), allowed.contains(&(now, next)), "{now:?} → {next:?}");
            }
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = |bytes: &[u8]| Dropped { name: "A.CSV".into(), bytes: bytes.to_vec() };
        let first = place(folder.path(), &file(b"1")).unwrap();
        assert!(!first.was_there);
        assert!(place(folder.path(), &file(b"1")).unwrap().was_there);
        let second = place(folder.path(), &file(b"2")).unwrap();
        assert!(second.path.ends_with("A (2).CSV"));
        assert_eq!(std::fs::read(first.path).unwrap(), b"1");
    }
}
