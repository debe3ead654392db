//! Numbers for Prometheus: no label tells who asked.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::store::{Health, Stats};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Histogram,
    pub(crate) connections: Gauge,
    pub(crate) clock_leapt: Gauge,
    pub(crate) turned_away: Counter,
    offices: Gauge,
    registered: Gauge,
    parcels: Gauge,
    waiting: Gauge,
    bytes: Gauge,
    healthy: Gauge,
    log_bytes: Gauge,
    disk_at_reserve: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("tasuki_relay"),
            requests: Family::default(),
            // From 1 ms to 16 s.
            durations: Histogram::new(exponential_buckets(0.001, 2.0, 15)),
            connections: Gauge::default(),
            clock_leapt: Gauge::default(),
            turned_away: Counter::default(),
            offices: Gauge::default(),
            registered: Gauge::default(),
            parcels: Gauge::default(),
            waiting: Gauge::default(),
            bytes: Gauge::default(),
            healthy: Gauge::default(),
            log_bytes: Gauge::default(),
            disk_at_reserve: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register("request_seconds", "Time to answer", self.durations.clone());
        let refused = "Connections for which there was no place";
        registry.register("connections_turned_away", refused, self.turned_away.clone());
        let gauges = [
            ("connections", "Connections that are open", &self.connections),
            ("clock_leapt", "1 while nothing expires because the clock leapt", &self.clock_leapt),
            ("offices", "Offices in the directory", &self.offices),
            ("registered_offices", "Offices that have an account", &self.registered),
            ("parcels", "Parcels ever accepted", &self.parcels),
            ("waiting_parcels", "Parcels that wait to be fetched", &self.waiting),
            ("held_bytes", "Sealed bytes held", &self.bytes),
            ("healthy", "1 while nothing is wrong", &self.healthy),
            ("log_bytes", "Bytes of the store's log that are still to be carried over", &self.log_bytes),
            ("disk_at_reserve", "1 while there is no space for new parcels", &self.disk_at_reserve),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        self
    }

    pub(crate) fn count(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let answered = Answered { method, route: route.to_owned(), status };
        self.requests.get_or_create(&answered).inc();
        self.durations.observe(took.as_secs_f64());
    }

    pub(crate) fn write(&self, stats: &Stats, health: &Health) -> String {
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.offices, stats.offices);
        set(&self.registered, stats.registered);
        set(&self.parcels, stats.parcels);
        set(&self.waiting, stats.waiting);
        set(&self.bytes, stats.bytes);
        set(&self.healthy, u64::from(health.ailment().is_none()));
        set(&self.log_bytes, health.log_bytes);
        set(&self.disk_at_reserve, u64::from(health.disk_at_reserve));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String cannot fail");
        text
    }
}
