//! What an operator can set. Every value has a default; a file, the environment and flags go before it, the last
//! most.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tasuki_protocol::limits::{self, Limits};

use crate::store::Usage;

/// Name of the file in the relay's folder.
pub const FILE: &str = "relay.toml";

/// The configuration of a relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where offices connect (TLS).
    pub listen: SocketAddr,
    /// Where `/metrics`, `/health` and `/ready` are served without TLS; nowhere if absent. Keep it on the machine.
    pub operator_listen: Option<SocketAddr>,
    /// Names and addresses under which offices reach the relay: they go into its certificate.
    pub hosts: Vec<String>,
    /// PEM files of other authorities whose client certificates may connect, once registered for an office.
    pub trusted_authorities: Vec<PathBuf>,
    /// Days until a parcel that nobody fetched expires.
    pub unfetched_days: u32,
    /// Days that the contents of an acknowledged parcel are kept.
    pub acknowledged_days: u32,
    /// Days before it expires that both sides are told.
    pub warning_days: u32,
    /// Bytes that may wait in one mailbox.
    pub mailbox_bytes: u64,
    /// Parcels of one office that may wait in all mailboxes.
    pub outstanding_parcels: u32,
    /// Bytes of one office that may wait in all mailboxes.
    pub outstanding_bytes: u64,
    /// Requests that one office may make in a minute.
    pub requests_per_minute: u32,
    /// Requests that one office may have open at once, event streams not counted.
    pub open_requests: u32,
    /// Event streams that one office may have open at once.
    pub event_streams: u32,
    /// Requests without a certificate, of any kind, that one IPv4 address or /56 of IPv6 may make in a minute.
    pub anonymous_per_minute: u32,
    /// Connections that may be open at once: an eighth of them without a certificate, a quarter in their handshake.
    pub connections: u32,
    /// Connections that one IPv4 address or /56 of IPv6 may have open at once: all offices behind one router.
    pub connections_per_address: u32,
    /// Parcels that may come in at once. One office may take an eighth of these places, and two at least.
    pub uploads: u32,
    /// Bytes of the disk that new contents leave free.
    pub reserve_bytes: u64,
    /// Had a meaning in older versions: read, so that their files stay good, and not written any more.
    #[serde(skip_serializing)]
    pub upload_memory_bytes: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8443)),
            operator_listen: None,
            hosts: vec!["localhost".into(), "127.0.0.1".into()],
            trusted_authorities: Vec::new(),
            unfetched_days: 90,
            acknowledged_days: 30,
            warning_days: 7,
            mailbox_bytes: 10 * 1024 * 1024 * 1024,
            outstanding_parcels: 1000,
            outstanding_bytes: 1024 * 1024 * 1024,
            requests_per_minute: 1200,
            open_requests: 32,
            event_streams: 20,
            anonymous_per_minute: 600,
            connections: 20_000,
            connections_per_address: 256,
            uploads: 256,
            reserve_bytes: 256 * 1024 * 1024,
            upload_memory_bytes: None,
        }
    }
}

/// The configuration cannot be read or makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML or names something unknown.
    #[error("{path} is not a configuration")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value is too small, or a list empty.
    #[error("{0} is too small or empty")]
    TooSmall(&'static str),
}

impl Config {
    /// Reads the file; without one, all values are the defaults.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
    }

    /// Checks that every value makes sense.
    ///
    /// # Errors
    /// Names the first that does not.
    pub fn checked(self) -> Result<Self, ConfigError> {
        let counts = [
            ("unfetched_days", self.unfetched_days),
            ("acknowledged_days", self.acknowledged_days),
            ("outstanding_parcels", self.outstanding_parcels),
            ("requests_per_minute", self.requests_per_minute),
            ("open_requests", self.open_requests),
            ("event_streams", self.event_streams),
            ("anonymous_per_minute", self.anonymous_per_minute),
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("uploads", self.uploads),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(ConfigError::TooSmall(name));
        }
        if self.hosts.is_empty() {
            return Err(ConfigError::TooSmall("hosts"));
        }
        Ok(self)
    }

    /// What nodes are told.
    pub fn limits(&self) -> Limits {
        Limits {
            contents_bytes: limits::CONTENTS_BYTES,
            parcel_bytes: limits::PARCEL_BYTES,
            lookup_offices: limits::LOOKUP_OFFICES as u64,
            page_entries: limits::PAGE_ENTRIES,
            unfetched_days: self.unfetched_days,
            acknowledged_days: self.acknowledged_days,
            mailbox_bytes: self.mailbox_bytes,
            outstanding_parcels: self.outstanding_parcels,
            outstanding_bytes: self.outstanding_bytes,
            open_requests: self.open_requests,
            requests_per_minute: self.requests_per_minute,
        }
    }

    /// What of one sender may wait.
    pub fn outstanding(&self) -> Usage {
        Usage { parcels: self.outstanding_parcels.into(), bytes: self.outstanding_bytes }
    }

    /// How long a parcel waits.
    pub fn unfetched(&self) -> SignedDuration {
        days(self.unfetched_days)
    }

    /// How long contents are kept after the first receipt.
    pub fn acknowledged(&self) -> SignedDuration {
        days(self.acknowledged_days)
    }

    /// How long before expiry both sides are told.
    pub fn warning(&self) -> SignedDuration {
        days(self.warning_days)
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(Config::read(&path).unwrap(), Config::default());
        let config = Config { unfetched_days: 5, hosts: vec!["relay.example".into()], ..Config::default() };
        crate::folder::write_new(&path, toml::to_string(&config).unwrap().as_bytes()).unwrap();
        assert_eq!(Config::read(&path).unwrap(), config);
    }

    #[test]
    fn a_file_of_an_older_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        crate::folder::write_new(&path, b"upload_memory_bytes = 268435456\n").unwrap();
        let config = Config::read(&path).unwrap();
        assert!(!toml::to_string(&config).unwrap().contains("upload_memory_bytes"));
    }

    #[test]
    fn a_misspelt_name_and_a_zero_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        crate::folder::write_new(&path, b"unfetched_day = 5\n").unwrap();
        assert!(matches!(Config::read(&path), Err(ConfigError::Parse { .. })));
        let zero = Config { open_requests: 0, ..Config::default() };
        assert!(matches!(zero.checked(), Err(ConfigError::TooSmall("open_requests"))));
    }
}
