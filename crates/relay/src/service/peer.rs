//! The other end of a connection.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use tasuki_identity::chain::{CertificateChain, OfficeCertificate};
use tasuki_terms::Sha256Digest;

/// The other end of a connection, as TLS knows it.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Option<Arc<PeerCertificate>>,
}

/// A certificate that an authority we trust has signed.
pub(crate) struct PeerCertificate {
    pub(crate) fingerprint: Sha256Digest,
    pub(crate) chain: CertificateChain,
    /// What it says, if our own authority issued it.
    pub(crate) office: Option<OfficeCertificate>,
    pub(crate) not_after: Timestamp,
}

/// The addresses among which one caller may choose: one of IPv4, a /56 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AddressRange(IpAddr);

/// The bits of an IPv6 address by which ranges differ.
const RANGE: u128 = !0 << (128 - 56);

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & RANGE)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_one_caller_may_have() {
        let range = |address: &str| AddressRange::from(address.parse::<IpAddr>().unwrap());
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:0:1200::1", "2001:db8:0:12ff:ffff::1", true),
            ("2001:db8:0:1200::1", "2001:db8:0:1300::1", false),
        ] {
            assert_eq!(range(one) == range(other), same, "{one} {other}");
        }
    }
}
