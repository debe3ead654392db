//! Who is logged in. Sessions live in memory: after a restart everybody logs in again, which opens the drawer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tasuki_office::staff::StaffId;
use tasuki_terms::OfficeNo;
use tokio::sync::watch;

/// A page that nobody touches for so long is locked.
const IDLE: SignedDuration = SignedDuration::from_mins(60);

/// A session ends after so long, whatever happens.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Sessions at once; the oldest goes.
const MOST: usize = 200;

/// A token and a value that pages carry, both random.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) staff: StaffId,
    pub(crate) csrf: String,
    /// The recovery files of offices that were begun in it: they open nothing without the code, and go with it.
    kits: Vec<(OfficeNo, Vec<u8>)>,
    began: Timestamp,
    seen: Timestamp,
}

pub(crate) struct Sessions {
    by_token: Mutex<HashMap<[u8; 32], Session>>,
    stopping: watch::Sender<bool>,
    /// Stirs when sessions are ended by somebody.
    ended: watch::Sender<()>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            by_token: Mutex::default(),
            stopping: watch::Sender::new(false),
            ended: watch::Sender::new(()),
        }
    }
}

impl Sessions {
    /// Begins a session and returns its token. `None` when the system gives no random numbers.
    pub(crate) fn begin(&self, staff: StaffId, now: Timestamp) -> Option<String> {
        let (token, csrf) = (random()?, random()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.is_alive(now));
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.seen).map(|(token, _)| *token);
            oldest.map(|token| sessions.remove(&token));
        }
        sessions.insert(hash(&token), Session { staff, csrf, kits: Vec::new(), began: now, seen: now });
        Some(token)
    }

    /// The session of a token, if it has not ended. `touched` says that a person did something.
    pub(crate) fn find(&self, token: &str, now: Timestamp, touched: bool) -> Option<Session> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash(token)).filter(|session| session.is_alive(now))?;
        if touched {
            session.seen = now;
        }
        Some(session.clone())
    }

    /// Keeps a recovery file for whoever has just begun with an office.
    pub(crate) fn keep_kit(&self, token: &str, office: OfficeNo, file: Vec<u8>) {
        if let Some(session) = self.lock().get_mut(&hash(token)) {
            session.kits.retain(|(kept, _)| *kept != office);
            session.kits.push((office, file));
        }
    }

    pub(crate) fn end(&self, token: &str) {
        self.lock().remove(&hash(token));
        self.ended.send_replace(());
    }

    /// Ends all sessions of a member but one.
    pub(crate) fn end_all_of(&self, staff: StaffId, but: Option<&str>) {
        let kept = but.map(hash);
        self.lock().retain(|token, session| session.staff != staff || Some(*token) == kept);
        self.ended.send_replace(());
    }

    /// Hears when sessions are ended, so that open pages are locked at once.
    pub(crate) fn ended(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// How many sessions a member has.
    pub(crate) fn count_of(&self, staff: StaffId, now: Timestamp) -> usize {
        self.lock().values().filter(|session| session.staff == staff && session.is_alive(now)).count()
    }

    /// Ends event streams, so that the program can end.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// The recovery file of an office that was begun in this session.
    pub(crate) fn kit(&self, office: OfficeNo) -> Option<Vec<u8>> {
        self.kits.iter().find(|(kept, _)| *kept == office).map(|(_, file)| file.clone())
    }

    fn is_alive(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.began) < LONGEST
    }
}

pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// Tokens are looked up by their hashes: how long a look-up takes tells nothing of a token.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_file_belongs_to_its_session_and_goes_with_it() {
        let (sessions, start) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let (office, other) = ("1370000019".parse().unwrap(), "1370000027".parse().unwrap());
        let token = sessions.begin(StaffId(1), start).unwrap();
        let elsewhere = sessions.begin(StaffId(1), start).unwrap();
        sessions.keep_kit(&token, office, b"old".to_vec());
        sessions.keep_kit(&token, office, b"new".to_vec());
        let kit = |token: &str, office| sessions.find(token, start, true).and_then(|found| found.kit(office));
        assert_eq!(kit(&token, office), Some(b"new".to_vec()));
        assert_eq!((kit(&token, other), kit(&elsewhere, office)), (None, None));
        sessions.end(&token);
        sessions.keep_kit(&token, office, b"late".to_vec());
        assert_eq!(kit(&token, office), None);
    }

    #[test]
    fn sessions_end_by_idleness_age_and_wish() {
        let sessions = Sessions::default();
        let start = Timestamp::UNIX_EPOCH;
        let at = |minutes| start + SignedDuration::from_mins(minutes);
        let token = sessions.begin(StaffId(1), start).unwrap();
        assert!(sessions.find(&token, at(59), false).is_some());
        assert!(sessions.find(&token, at(61), false).is_none(), "nobody has touched it");
        let mut minute = 0;
        while minute < 12 * 60 {
            assert!(sessions.find(&token, at(minute), true).is_some(), "{minute}");
            minute += 50;
        }
        assert!(sessions.find(&token, at(12 * 60), true).is_none(), "however busy");
        let other = sessions.begin(StaffId(2), start).unwrap();
        sessions.end_all_of(StaffId(2), Some(&other));
        assert!(sessions.find(&other, start, true).is_some());
        sessions.end_all_of(StaffId(2), None);
        assert!(sessions.find(&other, start, true).is_none());
        assert!(sessions.find("guess", start, true).is_none());
    }
}
