//! A restore that is tried without restoring: is everything in the backup that its database names, and does it open?

use std::io::Cursor;
use std::path::Path;

use jiff::Timestamp;
use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::vault::Vault;
use tasuki_parcel::open::{Expected, OpenError, Opener, VerifiedAt, open};
use tasuki_terms::{OfficeNo, ParcelId};
use tempfile::TempDir;

use super::read::Backup;
use super::{ARCHIVE, BackupError};
use crate::base::archive::{Side, places};
use crate::base::error::OfficeError;
use crate::base::folder::Folder;
use crate::upkeep::store::{Kept, kept_parcels};

use crate::base::record;
use crate::base::{Base, digest_of};
use crate::offices::{self, OwnOffice};

/// Problems that are told one by one; all are counted.
const TOLD: usize = 100;

/// A backup that is being tried. Its database is unpacked beside it for as long as this lives.
pub struct Drill {
    backup: Backup,
    base: Base,
    keys: Vec<OfficeKeys>,
    _scratch: TempDir,
}

struct OfficeKeys {
    no: OfficeNo,
    keys: Vec<OfficeKey>,
    trust: Trust,
}

/// What is wrong with a parcel of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillFault {
    /// It is not there.
    Missing,
    /// It has other bytes than it travelled with.
    Changed,
    /// It is as it travelled, and the keys of its office do not open it, or its seal or signature is wrong.
    Unopenable,
}

/// A parcel that a restore would not bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrillProblem {
    /// Of which office.
    pub office: OfficeNo,
    /// Number of the parcel.
    pub parcel: ParcelId,
    /// What is wrong.
    pub fault: DrillFault,
}

/// What a drill has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrillReport {
    /// Parcels that the database names.
    pub parcels: u64,
    /// Those that were opened and verified.
    pub opened: u64,
    /// Those that are there as they travelled, and whose office's password was not given.
    pub locked: u64,
    /// Those that were refused when they arrived: they are there as they travelled, and never opened.
    pub refused: u64,
    /// Parcels with a problem.
    pub faulty: u64,
    /// The first of the problems.
    pub problems: Vec<DrillProblem>,
    /// The record of who did what was changed.
    pub audit_broken: bool,
}

impl DrillReport {
    /// Whether a restore would bring everything back.
    pub fn is_good(&self) -> bool {
        self.faulty == 0 && !self.audit_broken
    }
}

impl Drill {
    /// Opens a backup and its database, as a restore would.
    ///
    /// # Errors
    /// When it is no backup, its database is damaged or newer, or `scratch` has no space for the database.
    pub fn begin(file: &Path, scratch: &Path) -> Result<Self, BackupError> {
        let mut backup = Backup::open(file)?;
        let (db, folder) = backup.open_db(scratch)?;
        let base = Base::new(db, Folder::create(folder.path())?, std::sync::Arc::new(jiff::Timestamp::now));
        Ok(Self { backup, base, keys: Vec::new(), _scratch: folder })
    }

    /// The offices of the backup.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn offices(&self) -> Result<Vec<OwnOffice>, OfficeError> {
        Ok(self.base.read(offices::store::all)?.into_iter().map(|row| row.own).collect())
    }

    /// Opens the keys of an office that the backup holds.
    ///
    /// # Errors
    /// [`OfficeError::Vault`] when the password is wrong.
    pub fn unlock(&mut self, no: OfficeNo, password: &str) -> Result<(), OfficeError> {
        let row = self.base.read(|db| offices::store::one(db, no))?;
        let secrets = Vault::from_bytes(&row.vault)?.open(password)?;
        let trust = Trust::from_pem(&row.root).map_err(|_| OfficeError::Damaged)?;
        self.keys.push(OfficeKeys { no, keys: secrets.office_keys, trust });
        Ok(())
    }

    /// Looks for every parcel, one after another.
    ///
    /// # Errors
    /// When the file or the database cannot be read at all.
    pub fn run(&mut self) -> Result<DrillReport, BackupError> {
        let audit_broken = record::verify(&self.base)?.is_some();
        let mut report = DrillReport { audit_broken, ..DrillReport::default() };
        for kept in self.base.read(kept_parcels)? {
            report.parcels += 1;
            match self.look_at(&kept)? {
                Ok(Looked::Opened) => report.opened += 1,
                Ok(Looked::Locked) => report.locked += 1,
                Ok(Looked::Refused) => report.refused += 1,
                Err(fault) => {
                    report.faulty += 1;
                    if report.problems.len() < TOLD {
                        let (office, parcel) = (kept.office, kept.side.parcel());
                        report.problems.push(DrillProblem { office, parcel, fault });
                    }
                }
            }
        }
        Ok(report)
    }

    fn look_at(&mut self, kept: &Kept) -> Result<Result<Looked, DrillFault>, BackupError> {
        let mut sealed = None;
        for place in places(kept.office, &kept.side) {
            let name = format!("{ARCHIVE}/{}", place.to_string_lossy().replace('\\', "/"));
            sealed = match self.backup.contents(&name) {
                Ok(None) => continue,
                Ok(sealed) => sealed,
                Err(BackupError::Damaged) => return Ok(Err(DrillFault::Changed)),
                Err(error) => return Err(error),
            };
            break;
        }
        let Some(sealed) = sealed else { return Ok(Err(DrillFault::Missing)) };
        if digest_of(&sealed) != kept.digest {
            return Ok(Err(DrillFault::Changed));
        }
        if kept.is_refused {
            return Ok(Ok(Looked::Refused));
        }
        let Some(keys) = self.keys.iter().find(|keys| keys.no == kept.office) else {
            return Ok(Ok(Looked::Locked));
        };
        let opener = match kept.side {
            Side::Sent(_) => Opener::Sender(kept.office),
            Side::Received(_) => Opener::Receiver(kept.office),
        };
        let expected = Expected { id: kept.side.parcel(), opener };
        let at = kept.accepted_at.and_then(|at| Timestamp::from_millisecond(at).ok());
        let at = at.map_or(VerifiedAt::Sealed, VerifiedAt::Accepted);
        match open(Cursor::new(sealed), &keys.keys, &keys.trust, at, Some(expected)) {
            Ok(_) => Ok(Ok(Looked::Opened)),
            Err(OpenError::Io(error)) => Err(error.into()),
            Err(_) => Ok(Err(DrillFault::Unopenable)),
        }
    }
}

/// A parcel that is as it should be.
enum Looked {
    Opened,
    Locked,
    Refused,
}
