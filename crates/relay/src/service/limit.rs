//! How much each office may ask for at once and in a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_terms::OfficeNo;

use super::refusal::{Answer, Refusal};
use crate::config::Config;

pub(crate) struct Limits {
    offices: DefaultKeyedRateLimiter<OfficeNo>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    requests: Open,
    streams: Open,
    clock: DefaultClock,
}

/// Counts what each office has open.
struct Open {
    most: u32,
    counts: Arc<Mutex<HashMap<OfficeNo, u32>>>,
}

/// A place among what an office has open, given back when dropped.
pub(crate) struct Place {
    office: OfficeNo,
    counts: Arc<Mutex<HashMap<OfficeNo, u32>>>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let per_minute = |count| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self {
            offices: RateLimiter::keyed(per_minute(config.requests_per_minute)),
            strangers: RateLimiter::keyed(per_minute(config.anonymous_per_minute)),
            requests: Open::new(config.open_requests),
            streams: Open::new(config.event_streams),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of an office.
    pub(crate) fn request(&self, office: OfficeNo) -> Answer<Place> {
        self.offices.check_key(&office).map_err(|until| self.too_many(&until))?;
        self.requests.enter(office)
    }

    /// Counts an event stream of an office.
    pub(crate) fn stream(&self, office: OfficeNo) -> Answer<Place> {
        self.streams.enter(office)
    }

    /// Counts a request without a certificate.
    pub(crate) fn stranger(&self, address: IpAddr) -> Answer<()> {
        self.strangers.check_key(&address).map_err(|until| self.too_many(&until))
    }

    /// Forgets who has not asked for a while.
    pub(crate) fn tidy(&self) {
        self.offices.retain_recent();
        self.strangers.retain_recent();
    }

    fn too_many(&self, until: &governor::NotUntil<governor::clock::QuantaInstant>) -> Refusal {
        let wait = until.wait_time_from(self.clock.now());
        Problem::new(ProblemType::RateLimited).retry_after(wait.as_secs() + 1).into()
    }
}

impl Open {
    fn new(most: u32) -> Self {
        Self { most, counts: Arc::default() }
    }

    fn enter(&self, office: OfficeNo) -> Answer<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(office).or_default();
        if *count >= self.most {
            return Err(Problem::new(ProblemType::RateLimited).retry_after(1).into());
        }
        *count += 1;
        Ok(Place { office, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.office) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.office);
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
    fn a_rate_says_when_to_come_back() {
        let config = Config { requests_per_minute: 1, ..Config::default() };
        let limits = Limits::new(&config);
        let office = "1370000019".parse().unwrap();
        assert!(limits.request(office).is_ok());
        let Err(Refusal(problem)) = limits.request(office) else { panic!("the second is one too many") };
        assert!(problem.retry_after_s.is_some_and(|seconds| (1..=61).contains(&seconds)));
    }
}
