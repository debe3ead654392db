//! Whether this node's folder is where it was made: a restored or copied node does not know what the first one did after.
//!
//! A random word lies in the file `node.id`, which no backup holds, and in the database. Where they differ, the database
//! came from elsewhere. A copy of the whole folder brings the word along: it is noticed by the machine only, by
//! `/etc/machine-id` on Linux and the computer's name on Windows. A copy on the same machine, a clone of a virtual machine,
//! and the node that was copied *from* are not noticed.

use jiff::Timestamp;

use super::part::Upkeep;
use crate::base::digest_of;
use crate::base::error::OfficeError;
use crate::base::folder::write_durably;
use crate::base::record::{Action, Actor};
use crate::base::{set, setting};
use crate::staff;

/// Name of the file; a restore writes [`RESTORED`] into it.
pub(super) const FILE: &str = "node.id";
pub(super) const RESTORED: &[u8] = b"restored";

const ID: &str = "node-id";
const MACHINE: &str = "node-machine";
const RESTORED_AT: &str = "restored-at";
const SEEN: &str = "restore-seen";

/// What a node is, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It is where it was.
    Here,
    /// Nothing was noted yet.
    New,
    /// It was restored, or copied from elsewhere.
    Elsewhere,
}

/// What is known of a node: words of its folder, its database, this machine and the machine it was on.
#[derive(Debug, Clone, Copy)]
struct Traits<'a> {
    has_staff: bool,
    folder: Option<&'a str>,
    db: Option<&'a str>,
    machine: Option<&'a str>,
    machine_before: Option<&'a str>,
}

impl Traits<'_> {
    /// Pure.
    fn origin(self) -> Origin {
        let is_moved =
            self.machine.is_some() && self.machine_before.is_some() && self.machine != self.machine_before;
        match (self.folder, self.db) {
            // A node of an earlier version, or of nobody: there is nothing yet to be sent twice.
            (None, None) => Origin::New,
            (folder, db) if folder != db || is_moved => {
                if self.has_staff {
                    Origin::Elsewhere
                } else {
                    Origin::New
                }
            }
            _ if self.machine != self.machine_before && self.machine.is_some() => Origin::New,
            _ => Origin::Here,
        }
    }
}

impl Upkeep {
    /// Looks whether this node was restored or copied since the last start, and notes it.
    pub(crate) fn notice_origin(&self) -> Result<(), OfficeError> {
        let path = self.0.folder().path().join(FILE);
        let folder = std::fs::read(&path).ok().map(|word| String::from_utf8_lossy(&word).into_owned());
        let machine_before = self.0.setting(MACHINE)?.filter(|word| !word.is_empty());
        let (db, machine) = (self.0.setting(ID)?, machine());
        let origin = Traits {
            has_staff: self.0.read(staff::store::has_members)?,
            folder: folder.as_deref(),
            db: db.as_deref(),
            machine: machine.as_deref(),
            machine_before: machine_before.as_deref(),
        }
        .origin();
        if origin == Origin::Here {
            return Ok(());
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        let word = data_encoding::HEXLOWER.encode(&bytes);
        self.0.write(&Actor::Node, |tx| {
            set(tx, ID, &word)?;
            set(tx, MACHINE, machine.as_deref().unwrap_or_default())?;
            if origin == Origin::Elsewhere {
                set(tx, RESTORED_AT, &tx.now().to_string())?;
                tx.record(Action::Restored, None, "")?;
            }
            Ok::<_, OfficeError>(())
        })?;
        // After a crash before this line it is noticed once more.
        write_durably(&path, word.as_bytes())?;
        if origin == Origin::Elsewhere {
            tracing::warn!("this node was restored or copied: export folders wait for a person");
        }
        Ok(())
    }

    /// When it was noticed that this node was restored or copied, until a person has seen it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn restored_at(&self) -> Result<Option<Timestamp>, OfficeError> {
        let restored = self.0.setting(RESTORED_AT)?;
        if restored == self.0.setting(SEEN)? {
            return Ok(None);
        }
        Ok(restored.map(|at| at.parse().unwrap_or_default()))
    }

    /// Whether this node was restored or copied and no person has seen it yet. Until then nothing may be sent without a
    /// person: what the export folders still hold may have gone out after the backup.
    ///
    /// # Errors
    /// When the database fails.
    pub fn waits_after_restore(&self) -> Result<bool, OfficeError> {
        Ok(self.restored_at()?.is_some())
    }

    /// A person has seen that this node was restored, and lets it go on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_restore_seen(&self, by: impl Into<Actor>) -> Result<(), OfficeError> {
        self.0.write(&by.into(), |tx| {
            if let Some(restored) = setting(tx, RESTORED_AT)? {
                set(tx, SEEN, &restored)?;
                tx.record(Action::RestoreSeen, None, "")?;
            }
            Ok(())
        })
    }

    /// A short word for this node, in the names of its backups.
    pub(super) fn short_id(&self) -> Result<String, OfficeError> {
        Ok(self.0.setting(ID)?.unwrap_or_default().chars().take(8).collect())
    }
}

/// A word for this machine, from which its own id is not to be found; `None` where there is nothing that lasts.
fn machine() -> Option<String> {
    let id = if cfg!(target_os = "linux") {
        std::fs::read("/etc/machine-id").ok()?
    } else if cfg!(windows) {
        std::env::var("COMPUTERNAME").ok()?.into_bytes()
    } else {
        return None;
    };
    let id = id.trim_ascii();
    let is_set = !id.is_empty() && id != b"uninitialized";
    is_set.then(|| digest_of(&[b"tasuki node\n", id].concat()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_came_from_elsewhere_is_noticed() {
        let a = Some("a");
        let b = Some("b");
        for (has_staff, folder, db, machine, before, expected) in [
            (true, a, a, a, a, Origin::Here),
            (true, a, a, None, None, Origin::Here),
            (true, a, a, None, a, Origin::Here),
            // Earlier versions noted nothing.
            (true, None, None, a, None, Origin::New),
            (true, a, a, a, None, Origin::New),
            // Restored, or the database alone copied.
            (true, b, a, a, a, Origin::Elsewhere),
            (true, Some("restored"), None, a, None, Origin::Elsewhere),
            (true, None, a, a, a, Origin::Elsewhere),
            // The whole folder copied to another machine.
            (true, a, a, b, a, Origin::Elsewhere),
            // Nobody's node has sent nothing.
            (false, b, a, a, a, Origin::New),
            (false, None, None, None, None, Origin::New),
            (false, a, a, a, a, Origin::Here),
        ] {
            let traits = Traits { has_staff, folder, db, machine, machine_before: before };
            assert_eq!(traits.origin(), expected, "{traits:?}");
        }
    }
}
