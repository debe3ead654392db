//! How our certificates name offices and times.
//!
//! The subject of an office's certificate is `OU=office, CN=<office number>`, that of a relay `OU=relay,
//! CN=<host name>`, those of the authorities `O=<operator>, CN=<operator> root|issuing`. Only the office form is
//! ever read back, and only from certificates whose chain and usage (client authentication) were verified.

use jiff::Timestamp;
use rcgen::{DistinguishedName, DnType};
use tasuki_terms::OfficeNo;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

const OFFICE_UNIT: &str = "office";
const RELAY_UNIT: &str = "relay";

pub(crate) fn office_subject(office: OfficeNo) -> DistinguishedName {
    subject(DnType::OrganizationalUnitName, OFFICE_UNIT, office.as_str())
}

pub(crate) fn relay_subject(host: &str) -> DistinguishedName {
    subject(DnType::OrganizationalUnitName, RELAY_UNIT, host)
}

pub(crate) fn authority_subject(operator: &str, role: &str) -> DistinguishedName {
    subject(DnType::OrganizationName, operator, &format!("{operator} {role}"))
}

fn subject(group_type: DnType, group: &str, name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(group_type, group);
    subject.push(DnType::CommonName, name);
    subject
}

/// The office that a certificate names, and the certificate's serial number.
pub(crate) fn read_office(der: &[u8]) -> Option<(OfficeNo, Vec<u8>)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let only = |values: Vec<&str>| match values[..] {
        [value] => Some(value.to_owned()),
        _ => None,
    };
    let unit = only(subject.iter_organizational_unit().filter_map(|value| value.as_str().ok()).collect())?;
    let name = only(subject.iter_common_name().filter_map(|value| value.as_str().ok()).collect())?;
    let office = name.parse().ok().filter(|_| unit == OFFICE_UNIT)?;
    Some((office, certificate.raw_serial().to_vec()))
}

/// A certificate's serial number.
pub(crate) fn read_serial(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.raw_serial().to_vec())
}

/// First and last second of a certificate's validity, as Unix times.
pub(crate) fn read_validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let timestamp = |seconds| Timestamp::from_second(seconds).ok();
    Some((timestamp(validity.not_before.timestamp())?, timestamp(validity.not_after.timestamp())?))
}

/// The public key of a certificate, as SubjectPublicKeyInfo DER.
pub(crate) fn read_public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.public_key().raw.to_vec())
}

/// The time as `rcgen` takes it. Times of certificates are near ours, which both types hold.
pub(crate) fn offset_time(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
