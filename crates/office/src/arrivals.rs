//! What arrived: kept sealed, listed, opened for people and put into the care software's folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tasuki_identity::chain::OfficeCertificate;
use tasuki_parcel::manifest::{FileKind, Manifest};
use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt, open};
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::receipt::ReceiptKind;
use tasuki_standard::FileName;
use tasuki_terms::{OfficeNo, ParcelId, ServiceMonth};

use crate::audit;
use crate::error::OfficeError;
use crate::folder::write_new_durably;
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

const COLUMNS: &str =
    "id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at, received_at";

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
        self.open_parcel(office, arrival.parcel, Opener::Receiver(office))
    }

    /// Opens this office's own copy of what it sent.
    ///
    /// # Errors
    /// As [`Node::open_arrival`].
    pub fn open_sent(&self, office: OfficeNo, parcel: ParcelId) -> Result<Opened, OfficeError> {
        self.open_parcel(office, parcel, Opener::Sender(office))
    }

    fn open_parcel(&self, office: OfficeNo, parcel: ParcelId, opener: Opener) -> Result<Opened, OfficeError> {
        let keys = self.open_office(office)?;
        let sealed = self.archive().get(office, parcel)?;
        unpack(&keys, sealed, VerifiedAt::Sealed, Expected { id: parcel, opener })
            .map_err(|_| OfficeError::Damaged)
    }

    /// Changes the state of an arrival, as a person says. What was imported does not become unread.
    ///
    /// # Errors
    /// When there is none, or it was refused.
    pub fn mark_arrival(
        &self,
        office: OfficeNo,
        by: &str,
        id: ArrivalId,
        state: ArrivalState,
    ) -> Result<(), OfficeError> {
        let changed = self.db().write(|db| {
            let changed = db.execute(
                "UPDATE arrival SET state = ?3 WHERE id = ?1 AND office = ?2
                 AND state <> 'refused' AND state <> ?3 AND NOT (state = 'imported' AND ?3 = 'read')",
                params![id.0, office.as_str(), state.as_str()],
            )?;
            if changed > 0 {
                audit::write(db, self.now(), Some(office), by, state.as_str(), &id.0.to_string())?;
            } else {
                let sql = "SELECT id FROM arrival WHERE id = ?1 AND office = ?2";
                db.query_row(sql, params![id.0, office.as_str()], |_| Ok(()))?;
            }
            Ok::<_, OfficeError>(changed > 0)
        })?;
        if changed {
            self.tell(office, Topic::Arrivals);
            if let Ok(open) = self.open_office(office) {
                open.incoming.notify_one();
            }
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

    /// Verifies a parcel that was just fetched and keeps it: durable when this returns.
    pub(crate) fn keep_arrival(
        &self,
        open: &OpenOffice,
        parcel: &Parcel,
        sender_name: &str,
        sealed: Vec<u8>,
    ) -> Result<ArrivalId, OfficeError> {
        let office = open.no();
        let expected = Expected { id: parcel.id, opener: Opener::Receiver(office) };
        self.archive().put(office, parcel.id, &sealed)?;
        let (state, inside, months) = match unpack(
            open,
            sealed,
            VerifiedAt::Accepted(parcel.accepted_at),
            expected,
        ) {
            Ok(opened) if opened.manifest.from == parcel.from && is_exchangeable(&opened.files) => {
                let names: Vec<_> = opened.files.iter().map(|file| file.name.clone()).collect();
                let files: Vec<_> = (0..).zip(opened.files).collect();
                let Review { contents, months, .. } = review(&files, parcel.from, Some(office));
                (ArrivalState::Unread, ArrivedContents { contents, names, refusal: String::new() }, months)
            }
            Ok(_) => {
                (ArrivalState::Refused, refusal("やりとりできない種類のファイルが入っています。"), vec![])
            }
            Err(OpenError::Io(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(office = %office, parcel = %parcel.id, error = %error, "an arrival is refused");
                (ArrivalState::Refused, refusal(refusal_words(&error)), vec![])
            }
        };
        let contents = self.seal_json("arrival", &inside)?;
        let record = serde_json::to_string(parcel)?;
        let months: Vec<_> = months.iter().map(ToString::to_string).collect();
        let now = self.now();
        let id = self.db().write(|db| {
            db.execute(
                "INSERT OR IGNORE INTO arrival (office, parcel, sender, sender_name, state, contents, months,
                     size, accepted_at, received_at, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    office.as_str(),
                    parcel.id.to_string(),
                    parcel.from.as_str(),
                    sender_name,
                    state.as_str(),
                    contents,
                    months.join(" "),
                    parcel.size,
                    parcel.accepted_at.as_millisecond(),
                    now.as_millisecond(),
                    record
                ],
            )?;
            audit::write(db, now, Some(office), "node", "received", &parcel.id.to_string())?;
            let sql = "SELECT id FROM arrival WHERE office = ?1 AND parcel = ?2";
            let id: i64 = db.query_row(sql, [office.as_str(), &parcel.id.to_string()], |row| row.get(0))?;
            for month in &months {
                let sql =
                    "INSERT OR IGNORE INTO arrival_month (office, month, at, id) VALUES (?1, ?2, ?3, ?4)";
                db.execute(sql, params![office.as_str(), month, now.as_millisecond(), id])?;
            }
            Ok::<_, OfficeError>(ArrivalId(id))
        })?;
        self.tell(office, Topic::Arrived);
        Ok(id)
    }

    /// Whether a parcel is in the archive already; then the relay has lost its receipt, which is owed anew.
    pub(crate) fn knows_arrival(&self, office: OfficeNo, parcel: ParcelId) -> Result<bool, OfficeError> {
        self.db().write(|db| {
            let sql = "UPDATE arrival SET acknowledged = '' WHERE office = ?1 AND parcel = ?2";
            Ok(db.execute(sql, [office.as_str(), &parcel.to_string()])? > 0)
        })
    }

    /// Receipts that are owed: the relay's record of each parcel, and the next receipt.
    pub(crate) fn owed(
        &self,
        office: OfficeNo,
        limit: u32,
    ) -> Result<Vec<(ArrivalId, Parcel, ReceiptKind)>, OfficeError> {
        let rows: Vec<(i64, String, String, String)> = self.db().read(|db| {
            // The condition is that of the index arrival_owed.
            let mut statement = db.prepare_cached(
                "SELECT id, record, state, acknowledged FROM arrival WHERE office = ?1
                 AND ((state = 'unread' AND acknowledged = '')
                   OR (state = 'read' AND acknowledged IN ('', 'received'))
                   OR (state = 'imported' AND acknowledged <> 'imported')
                   OR (state = 'refused' AND acknowledged <> 'refused'))
                 ORDER BY id LIMIT ?2",
            )?;
            let values = params![office.as_str(), limit];
            let rows = statement
                .query_map(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect()
        })?;
        let mut owed = Vec::new();
        for (id, record, state, acknowledged) in rows {
            let state = ArrivalState::parse(&state).ok_or(OfficeError::Damaged)?;
            if let Some(kind) = owed_receipt(state, &acknowledged) {
                owed.push((ArrivalId(id), serde_json::from_str(&record)?, kind));
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

    /// A cursor into the relay's lists.
    pub(crate) fn cursor(&self, office: OfficeNo, list: RelayList) -> Result<u64, OfficeError> {
        let sql = format!("SELECT {} FROM office WHERE no = ?1", list.column());
        let found: Option<i64> =
            self.db().read(|db| db.query_row(&sql, [office.as_str()], |row| row.get(0)).optional())?;
        Ok(found.and_then(|after| u64::try_from(after).ok()).unwrap_or_default())
    }

    /// Moves a cursor: what is before it is durable here.
    pub(crate) fn set_cursor(
        &self,
        office: OfficeNo,
        list: RelayList,
        after: u64,
    ) -> Result<(), OfficeError> {
        let sql = format!("UPDATE office SET {} = ?2 WHERE no = ?1", list.column());
        self.db().write(|db| {
            db.execute(&sql, params![office.as_str(), after])?;
            Ok(())
        })
    }
}

/// A list of the relay that is read with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelayList {
    Inbox,
    Sent,
}

impl RelayList {
    fn column(self) -> &'static str {
        match self {
            Self::Inbox => "inbox_after",
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
    let (manifest, signer) = (parcel.manifest().clone(), parcel.signer().clone());
    let mut files = Vec::new();
    for (index, entry) in manifest.files.iter().enumerate() {
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
        parcel.copy_file(index, &mut bytes)?;
        files.push(Dropped { name: entry.name.to_string(), bytes });
    }
    Ok(Opened { manifest, signer, files })
}

fn refusal(words: &str) -> ArrivedContents {
    ArrivedContents { refusal: words.to_owned(), ..ArrivedContents::default() }
}

fn refusal_words(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotForTheseKeys => {
            "この事業所の鍵では開けません。送信元に、もう一度送ってもらってください。"
        }
        OpenError::Signer(_) | OpenError::OtherSigner { .. } | OpenError::Signature => {
            "送信元を確かめられないため、受け取りませんでした。送信元に確かめてください。"
        }
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
