//! The node's own record of who did what. Each entry holds the hash of the one before it, so that a change of an
//! old entry shows. It holds numbers and ids, no names and no contents.
//!
//! The words of [`Actor`] and [`Action`] stand in the chains of all nodes: they stay what they are.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use tasuki_terms::{KjId, OfficeNo, Sha256Digest};

use super::Base;
use super::error::OfficeError;

/// Entries that are verified at once: between them others read.
const PAGE: usize = 500;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A member of the staff, by 個人ID.
    Member(String),
    /// The node, from an export folder.
    Folder,
    /// A program of this machine.
    Program,
    /// The node by itself.
    Node,
    /// Whoever has the recovery kit.
    Recovery,
    /// Whoever has the account of an office at the relay.
    Account(KjId),
    /// Nobody knows who.
    Nobody,
}

impl Actor {
    /// The word in the record.
    pub fn word(&self) -> &str {
        match self {
            Self::Member(login) => login,
            Self::Folder => "folder",
            Self::Program => "local",
            Self::Node => "node",
            Self::Recovery => "recovery",
            Self::Account(kj_id) => kj_id.as_str(),
            Self::Nobody => "",
        }
    }

    /// Who is meant by a word of the record.
    pub fn parse(word: &str) -> Self {
        let others = [Self::Folder, Self::Program, Self::Node, Self::Recovery, Self::Nobody];
        match others.into_iter().find(|other| other.word() == word) {
            Some(other) => other,
            None => word.parse().map_or_else(|_| Self::Member(word.to_owned()), Self::Account),
        }
    }

    /// Whether a 個人ID would be taken for somebody else, however it is written.
    pub(crate) fn is_taken(login: &str) -> bool {
        let is_of_another = |login: &str| !matches!(Self::parse(login), Self::Member(_));
        is_of_another(&login.to_ascii_lowercase()) || is_of_another(&login.to_ascii_uppercase())
    }

    /// Whether nobody of the staff is meant: what it puts together goes only as long as nobody has touched it.
    pub fn is_automatic(&self) -> bool {
        matches!(self, Self::Folder | Self::Program)
    }
}

/// A member of the staff by 個人ID.
impl From<&str> for Actor {
    fn from(login: &str) -> Self {
        Self::Member(login.to_owned())
    }
}

/// A member of the staff by 個人ID.
impl From<&String> for Actor {
    fn from(login: &String) -> Self {
        Self::Member(login.clone())
    }
}

/// A member of the staff by 個人ID.
impl From<String> for Actor {
    fn from(login: String) -> Self {
        Self::Member(login)
    }
}

impl From<&Self> for Actor {
    fn from(actor: &Self) -> Self {
        actor.clone()
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in the record.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

actions! {
    /// An account was made.
    StaffAdded = "staff-added",
    /// What a member may do was changed.
    StaffChanged = "staff-changed",
    /// An account was closed.
    StaffDisabled = "staff-disabled",
    /// A member has a new password.
    PasswordSet = "password-set",
    /// Somebody logged in.
    LoggedIn = "login",
    /// Somebody logged out.
    LoggedOut = "logout",
    /// A password was wrong.
    LoginFailed = "login-failed",
    /// It was wrong too often.
    LoginLocked = "login-locked",
    /// 利用開始.
    Enrolled = "enrolled",
    /// 事業所ユーザログイン.
    Unlocked = "unlocked",
    /// It failed.
    UnlockFailed = "unlock-failed",
    /// The office has a new password.
    OfficePasswordChanged = "office-password-changed",
    /// The keys have a new password by the recovery code.
    OfficeRecovered = "office-recovered",
    /// The key of the office was brought here.
    OfficeKeyAdopted = "office-key-adopted",
    /// The certificate was renewed.
    CertificateRenewed = "certificate-renewed",
    /// The folders for the care software were changed.
    FoldersChanged = "folders-changed",
    /// The node is to unlock itself.
    SelfUnlockOn = "self-unlock-on",
    /// It is not to any more.
    SelfUnlockOff = "self-unlock-off",
    /// A person has made sure of a partner's changed key.
    PartnerKeyConfirmed = "partner-key-confirmed",
    /// A draft was thrown away.
    DraftDeleted = "draft-deleted",
    /// A send was confirmed.
    Queued = "queued",
    /// The relay has it.
    Sent = "sent",
    /// It needs a person.
    SendFailed = "send-failed",
    /// It was taken back (取消).
    TakenBack = "taken-back",
    /// The relay will never deliver it.
    Withdrawn = "withdrawn",
    /// The relay was restored from an older backup.
    RelayRestored = "relay-restored",
    /// Something arrived.
    Received = "received",
    /// An arrival was marked as 未読.
    MarkedUnread = "unread",
    /// As 既読.
    MarkedRead = "read",
    /// As 取込済.
    MarkedImported = "imported",
    /// A backup was made.
    BackedUp = "backup",
    /// The folder for backups was chosen.
    BackupFolderChosen = "backup-folder",
    /// The node noticed that it was restored or copied.
    Restored = "restored",
    /// A person has seen that.
    RestoreSeen = "restore-seen",
}

/// An entry of the record.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Of which office; empty for the node as a whole.
    pub office: String,
    /// The word of who did it ([`Actor::word`]).
    pub who: String,
    /// What was done, as a stable word ([`Action::word`]).
    pub action: String,
    /// To what: an id or a number.
    pub subject: String,
}

/// The newest entries before a number, the last first.
pub(crate) fn read(db: &Connection, before: Option<i64>, limit: u32) -> rusqlite::Result<Vec<AuditEntry>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, at, office, who, action, subject FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    statement.query_map(params![before.unwrap_or(i64::MAX), limit], entry)?.collect()
}

/// The number of the first entry whose hash is wrong, if one is. Others read and write meanwhile: what is written behind
/// the end is verified too.
pub(crate) fn verify(base: &Base) -> Result<Option<i64>, OfficeError> {
    let mut chain = Chain::default();
    loop {
        let page = base.read(|db| next_page(db, chain.seq))?;
        for (entry, found) in &page {
            if !chain.follows(entry, found) {
                return Ok(Some(chain.seq + 1));
            }
        }
        if page.len() < PAGE {
            return Ok(None);
        }
    }
}

/// How far a chain was followed.
#[derive(Default)]
struct Chain {
    seq: i64,
    hash: String,
}

impl Chain {
    /// Whether an entry is the next one as it was written; then it is the last one now.
    fn follows(&mut self, entry: &AuditEntry, found: &str) -> bool {
        let is_next = entry.seq == self.seq + 1 && hash(&self.hash, entry) == found;
        if is_next {
            *self = Self { seq: entry.seq, hash: found.to_owned() };
        }
        is_next
    }
}

fn next_page(db: &Connection, after: i64) -> rusqlite::Result<Vec<(AuditEntry, String)>> {
    let sql = "SELECT seq, at, office, who, action, subject, hash FROM audit WHERE seq > ?1
               ORDER BY seq LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![after, PAGE], |row| Ok((entry(row)?, row.get(6)?)))?.collect()
}

/// Writes an entry as part of the transaction that does what it tells.
pub(super) fn write(
    db: &Connection,
    at: Timestamp,
    office: Option<OfficeNo>,
    who: &Actor,
    action: Action,
    subject: &str,
) -> Result<(), OfficeError> {
    let last = db.query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    });
    let (seq, before) = match last {
        Err(rusqlite::Error::QueryReturnedNoRows) => (0, String::new()),
        result => result?,
    };
    let entry = AuditEntry {
        seq: seq + 1,
        at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
        office: office.map(|office| office.to_string()).unwrap_or_default(),
        who: who.word().to_owned(),
        action: action.word().to_owned(),
        subject: subject.to_owned(),
    };
    db.execute(
        "INSERT INTO audit (seq, at, office, who, action, subject, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            entry.seq,
            entry.at.as_millisecond(),
            entry.office,
            entry.who,
            entry.action,
            entry.subject,
            hash(&before, &entry)
        ],
    )?;
    Ok(())
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
        office: row.get(2)?,
        who: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
    })
}

fn hash(before: &str, entry: &AuditEntry) -> String {
    let AuditEntry { seq, at, office, who, action, subject } = entry;
    let fields = (before, seq, at.as_millisecond(), office, who, action, subject);
    let text = serde_json::to_vec(&fields).expect("texts and numbers have a JSON form");
    Sha256Digest(Sha256::digest(text).into()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Deed;
    use crate::base::db::Db;
    use crate::base::folder::Folder;

    fn empty() -> (tempfile::TempDir, Base) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::create(temporary.path()).unwrap();
        let db = Db::open(&folder.db()).unwrap();
        (temporary, Base::new(db, folder, std::sync::Arc::new(|| Timestamp::UNIX_EPOCH)))
    }

    /// They stand in the chains of all nodes.
    #[test]
    fn words_of_actors_and_actions_are_stable() {
        let kj_id: KjId = "KJ137000001900".parse().unwrap();
        for (actor, word) in [
            (Actor::Member("hanako".into()), "hanako"),
            (Actor::Folder, "folder"),
            (Actor::Program, "local"),
            (Actor::Node, "node"),
            (Actor::Recovery, "recovery"),
            (Actor::Account(kj_id), "KJ137000001900"),
            (Actor::Nobody, ""),
        ] {
            assert_eq!(actor.word(), word);
            assert_eq!(Actor::parse(word), actor);
            assert_eq!(Actor::is_taken(word), !matches!(actor, Actor::Member(_)), "{word}");
        }
        assert!(Actor::is_taken("Node") && Actor::is_taken("kj137000001900") && Actor::is_taken("LOCAL"));
        let words: Vec<_> = Action::ALL.iter().map(|action| action.word()).collect();
        assert_eq!(
            words.join(" "),
            "staff-added staff-changed staff-disabled password-set login logout login-failed login-locked \
             enrolled unlocked unlock-failed office-password-changed office-recovered office-key-adopted \
             certificate-renewed folders-changed self-unlock-on self-unlock-off partner-key-confirmed \
             draft-deleted queued sent send-failed taken-back withdrawn relay-restored received unread read \
             imported backup backup-folder restored restore-seen"
        );
    }

    /// As the first version wrote it.
    #[test]
    fn hashes_are_stable() {
        let entry = AuditEntry {
            seq: 1,
            at: Timestamp::from_millisecond(1_760_000_000_123).unwrap(),
            office: "1370000019".into(),
            who: Actor::Program.word().into(),
            action: Action::Queued.word().into(),
            subject: "7".into(),
        };
        let text = r#"["",1,1760000000123,"1370000019","local","queued","7"]"#;
        assert_eq!(hash("", &entry), Sha256Digest(Sha256::digest(text).into()).to_string());
    }

    #[test]
    fn a_long_chain_is_followed_over_its_pages() {
        let (_temporary, base) = empty();
        let last = i64::try_from(2 * PAGE + 7).unwrap();
        let write_all = |tx: &Deed<'_>| {
            (0..last).try_for_each(|number| tx.record(Action::Queued, None, &number.to_string()))
        };
        base.write(&Actor::Node, write_all).unwrap();
        assert_eq!(verify(&base).unwrap(), None);
        let page = i64::try_from(PAGE).unwrap();
        for changed in [last, 2 * page, page + 1, page, 1] {
            let change = "UPDATE audit SET who = who || 'x' WHERE seq = ?1";
            base.keep(|tx| Ok::<_, OfficeError>(tx.execute(change, [changed])?)).unwrap();
            assert_eq!(verify(&base).unwrap(), Some(changed));
        }
    }

    #[test]
    #[should_panic(expected = "is not written down")]
    fn what_somebody_does_is_written_down() {
        let (_temporary, base) = empty();
        let forget = |tx: &Deed<'_>| {
            tx.execute("INSERT INTO setting (name, value) VALUES ('x', 'y')", [])?;
            Ok::<_, OfficeError>(())
        };
        drop(base.write(&Actor::Member("hanako".into()), forget));
    }
}
