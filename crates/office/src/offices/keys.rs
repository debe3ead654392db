//! Offices whose keys are open, and their way to the relay.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tasuki_client::RelayClient;
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::office_key::OfficePublicKey;
use tasuki_identity::statement::KeyStatement;
use tasuki_identity::vault::Secrets;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{KjId, OfficeNo};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::secrets;
use crate::base::duty::{Duties, Duty, DutyStatus};
use crate::base::error::OfficeError;
use crate::base::{Base, Topic};

/// How often, and at most how many times, it is looked whether the last work with replaced keys has ended: 10 s.
const LAST_WORK_LOOK: Duration = Duration::from_millis(20);
const LAST_WORK_LOOKS: u32 = 500;

/// How the connection with the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// There.
    Online,
    /// Lost; it is tried again by itself.
    Offline,
    /// The relay refuses this office until somebody does something.
    Refused(ProblemType),
    /// There, but the office's key in the directory is none of this computer's: nothing is received until the key is
    /// brought here ([`adopt_office_key`](super::Offices::adopt_office_key)).
    NoKey,
}

/// What the directory said of the own key.
#[derive(Clone, Copy)]
pub(super) struct Published {
    pub(super) at: Timestamp,
    pub(super) is_ours: bool,
}

/// The session with the relay.
#[derive(Default)]
pub(super) struct Session {
    /// Counts log-ins: whoever was refused with an older one tries again with this.
    pub(super) generation: u64,
    /// The relay did not take the password: it is not tried again by itself, or the account would be locked.
    pub(super) refused: Option<Box<Problem>>,
}

/// An office whose keys are open, with its way to the relay.
pub struct OpenOffice {
    pub(super) no: OfficeNo,
    pub(super) kj_id: KjId,
    pub(super) password: Mutex<Zeroizing<String>>,
    pub(crate) secrets: Secrets,
    pub(crate) trust: Trust,
    pub(crate) chain: CertificateChain,
    pub(crate) statement: KeyStatement,
    pub(crate) client: RelayClient,
    pub(crate) duties: Arc<Duties>,
    pub(super) session: tokio::sync::Mutex<Session>,
    /// When the certificate may be renewed again: a failure, or a wrong clock, must not make this a busy loop.
    pub(super) renew_after: Mutex<Timestamp>,
    pub(super) published: Mutex<Option<Published>>,
    pub(super) link: watch::Sender<LinkState>,
    pub(super) ended: watch::Sender<bool>,
}

impl OpenOffice {
    /// Its number.
    pub fn no(&self) -> OfficeNo {
        self.no
    }

    /// How the connection is.
    pub fn link(&self) -> LinkState {
        *self.link.borrow()
    }

    /// How each of the things goes that it does by itself.
    pub fn duties(&self) -> Vec<(Duty, DutyStatus)> {
        Duty::ALL.iter().map(|duty| (*duty, self.duties.status(*duty))).collect()
    }

    /// Comes when other keys were put into the place of these: whatever works with them ends.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.subscribe();
        async move {
            // Without a sender nobody has these keys any more.
            drop(ended.wait_for(|ended| *ended).await);
        }
    }

    /// Whether a key is one of those that open parcels here.
    pub(crate) fn holds(&self, key: &OfficePublicKey) -> bool {
        secrets::holds(&self.secrets.office_keys, key)
    }

    pub(super) fn password(&self) -> Zeroizing<String> {
        self.password.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn renew_after(&self) -> Timestamp {
        *self.renew_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_renew_after(&self, at: Timestamp) {
        *self.renew_after.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(super) fn set_password(&self, password: Zeroizing<String>) {
        *self.password.lock().unwrap_or_else(PoisonError::into_inner) = password;
    }

    /// Tries everything again at once.
    pub fn hurry(&self) {
        for &duty in Duty::ALL {
            self.duties.ring(duty);
        }
    }

    /// Notes how the connection is; `true` when that is news.
    pub(crate) fn set_link(&self, state: LinkState) -> bool {
        self.link.send_if_modified(|known| std::mem::replace(known, state) != state)
    }
}

/// What begins with keys that were put into use: given by the roof, so that nothing here knows the link.
pub(crate) type Begin = fn(&Base, &Keys, &Arc<OpenOffice>);

/// The keys of all offices that are open. Clones are the same.
#[derive(Clone)]
pub(crate) struct Keys {
    open: Arc<RwLock<BTreeMap<OfficeNo, Arc<OpenOffice>>>>,
    begin: Begin,
}

impl Keys {
    pub(crate) fn new(begin: Begin) -> Self {
        Self { open: Arc::default(), begin }
    }

    /// The keys of an office.
    ///
    /// # Errors
    /// [`OfficeError::KeysLocked`] until its password was given.
    pub(crate) fn of(&self, office: OfficeNo) -> Result<Arc<OpenOffice>, OfficeError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(&office).cloned().ok_or(OfficeError::KeysLocked)
    }

    /// The keys of all offices that are open.
    pub(super) fn all(&self) -> Vec<Arc<OpenOffice>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Puts the keys of an office into use, unless some are already.
    pub(super) fn put(&self, base: &Base, office: &Arc<OpenOffice>) {
        let is_new = {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            let is_new = !open.contains_key(&office.no);
            open.entry(office.no).or_insert_with(|| Arc::clone(office));
            is_new
        };
        if is_new {
            base.use_duties(office.no, &office.duties);
            self.begin_work(base, office);
        }
    }

    /// Puts other keys of an office into the place of those in use, without a restart.
    pub(super) async fn replace(&self, base: &Base, office: &Arc<OpenOffice>) {
        let before = {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            open.insert(office.no, Arc::clone(office))
        };
        base.use_duties(office.no, &office.duties);
        if let Some(before) = before {
            before.ended.send_replace(true);
            wait_for_last_work(&before).await;
        }
        self.begin_work(base, office);
    }

    fn begin_work(&self, base: &Base, office: &Arc<OpenOffice>) {
        (self.begin)(base, self, office);
        base.tell(office.no, Topic::Link);
    }
}

/// What is being sealed or kept with replaced keys comes to its end before anything begins with the new.
async fn wait_for_last_work(replaced: &Arc<OpenOffice>) {
    for _ in 0..LAST_WORK_LOOKS {
        if Arc::strong_count(replaced) == 1 {
            return;
        }
        tokio::time::sleep(LAST_WORK_LOOK).await;
    }
}
