//! How much each office may ask for at once and in a minute.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::peer::{AddressRange, Peer};
use super::refusal::{Answer, Refusal};
use crate::config::Config;

pub(crate) struct Limits {
    offices: DefaultKeyedRateLimiter<OfficeNo>,
    certificates: DefaultKeyedRateLimiter<Sha256Digest>,
    strangers: DefaultKeyedRateLimiter<AddressRange>,
    requests: Open,
    streams: Open,
    uploads: Open,
    clock: DefaultClock,
}

/// Counts what each office has open, and all of them.
struct Open {
    most: u32,
    most_of_all: u32,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    all: u32,
    offices: HashMap<OfficeNo, u32>,
}

/// A place among what an office has open, given back when dropped.
pub(crate) struct Place {
    office: OfficeNo,
    counts: Arc<Mutex<Counts>>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let per_minute = |count| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self {
            offices: RateLimiter::keyed(per_minute(config.requests_per_minute)),
            certificates: RateLimiter::keyed(per_minute(config.requests_per_minute)),
            strangers: RateLimiter::keyed(per_minute(config.anonymous_per_minute)),
            requests: Open::new(config.open_requests, u32::MAX),
            streams: Open::new(config.event_streams, u32::MAX),
            uploads: Open::new((config.uploads / 8).max(2), config.uploads),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of an office.
    pub(crate) fn request(&self, office: OfficeNo) -> Answer<Place> {
        self.offices.check_key(&office).map_err(|until| self.too_many(&until))?;
        self.requests.enter(office).ok_or_else(|| one_second(ProblemType::RateLimited))
    }

    /// Counts an event stream of an office.
    pub(crate) fn stream(&self, office: OfficeNo) -> Answer<Place> {
        self.streams.enter(office).ok_or_else(|| one_second(ProblemType::RateLimited))
    }

    /// Counts a parcel of an office that comes in. Nobody waits for a place: who would free it may be slow.
    pub(crate) fn upload(&self, office: OfficeNo) -> Answer<Place> {
        self.uploads.enter(office).ok_or_else(|| one_second(ProblemType::Unavailable))
    }

    /// Counts any request, before anything is asked for it: by its certificate, whatever that is worth, or else by its
    /// address.
    pub(crate) fn knock(&self, peer: &Peer) -> Answer<()> {
        let counted = match &peer.certificate {
            Some(certificate) => self.certificates.check_key(&certificate.fingerprint),
            None => self.strangers.check_key(&peer.address.ip().into()),
        };
        counted.map_err(|until| self.too_many(&until))
    }

    /// Forgets who has not asked for a while.
    pub(crate) fn tidy(&self) {
        self.offices.retain_recent();
        self.certificates.retain_recent();
        self.strangers.retain_recent();
    }

    fn too_many(&self, until: &governor::NotUntil<governor::clock::QuantaInstant>) -> Refusal {
        let wait = until.wait_time_from(self.clock.now());
        Problem::new(ProblemType::RateLimited).retry_after(wait.as_secs() + 1).into()
    }
}

impl Open {
    fn new(most: u32, most_of_all: u32) -> Self {
        Self { most, most_of_all, counts: Arc::default() }
    }

    fn enter(&self, office: OfficeNo) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_office = counts.offices.get(&office).copied().unwrap_or_default();
        if of_office >= self.most || counts.all >= self.most_of_all {
            return None;
        }
        counts.all += 1;
        counts.offices.insert(office, of_office + 1);
        Some(Place { office, counts: Arc::clone(&self.counts) })
    }
}

fn one_second(kind: ProblemType) -> Refusal {
    Problem::new(kind).retry_after(1).into()
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(count) = counts.offices.get_mut(&self.office) {
            *count -= 1;
            if *count == 0 {
                counts.offices.remove(&self.office);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back_and_each_office_has_its_own() {
        let config = Config { open_requests: 2, ..Config::default() };
        let limits = Limits::new(&config);
        let [one, other] = ["1370000019", "1370000027"].map(|no| no.parse().unwrap());
        let first = limits.request(one).ok().unwrap();
        let _second = limits.request(one).ok().unwrap();
        assert!(limits.request(one).is_err());
        assert!(limits.request(other).is_ok());
        drop(first);
        assert!(limits.request(one).is_ok());
    }

    #[test]
    fn no_office_takes_all_places_for_uploads() {
        let [one, other] = ["1370000019", "1370000027"].map(|no| no.parse().unwrap());
        for (uploads, of_one) in [(1, 1), (2, 2), (16, 2), (256, 32)] {
            let limits = Limits::new(&Config { uploads, ..Config::default() });
            let places: Vec<_> = std::iter::from_fn(|| limits.upload(one).ok()).collect();
            assert_eq!(places.len(), of_one, "of {uploads}");
            assert_eq!(limits.upload(other).is_ok(), uploads > 2, "of {uploads}");
        }
    }

    #[test]
    fn a_rate_says_when_to_come_back() {
        let config = Config { requests_per_minute: 1, ..Config::default() };
        let limits = Limits::new(&config);
        let office = "1370000019".parse().unwrap();
        assert!(limits.request(office).is_ok());
        let Err(Refusal(problem)) = limits.request(office) else { panic!("the second is one too many") };
        assert!(problem.retry_after_s.is_some_and(|seconds| (1..=61).contains(&seconds)));
    }
}
