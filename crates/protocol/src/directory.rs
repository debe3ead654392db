//! The directory of offices.

use serde::{Deserialize, Serialize};
use tasuki_terms::{OfficeNo, ServiceType};
use utoipa::{IntoParams, ToSchema};

use crate::key::PublishedKey;
use crate::schema;

/// Whether an office takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Participation {
    /// Known from the ministry's list only: sending needs paper.
    Listed,
    /// Registered, but has no key to seal for yet.
    Registered,
    /// Takes part: parcels can be sent.
    Active,
    /// Suspended by the operator.
    Suspended,
}

/// An office as other offices see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Office {
    /// Its number (事業所番号).
    #[schema(value_type = schema::OfficeNo)]
    pub no: OfficeNo,
    /// Its name (事業所名).
    pub name: String,
    /// Its name in kana (事業所名カナ).
    pub kana: String,
    /// Its address (住所).
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// Fax number.
    pub fax: String,
    /// Kinds of service that it gives.
    #[schema(value_type = Vec<schema::ServiceType>)]
    pub services: Vec<ServiceType>,
    /// Whether it takes part.
    pub participation: Participation,
    /// Its current key statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublishedKey>,
}

/// What to search for; every given member must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfficeSearch {
    /// Part of the name, the kana, the address or the number; several words by spaces must all occur.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: String,
    /// Prefecture, 1 (Hokkaido) to 47 (Okinawa).
    #[serde(default)]
    #[param(minimum = 1, maximum = 47)]
    pub prefecture: Option<u8>,
    /// Kind of service.
    #[serde(default)]
    #[param(value_type = Option<schema::ServiceType>)]
    pub service: Option<ServiceType>,
    /// Only offices to which parcels can be sent.
    #[serde(default)]
    pub active: bool,
    /// The last number already known.
    #[serde(default)]
    #[param(value_type = Option<schema::OfficeNo>)]
    pub after: Option<OfficeNo>,
}

/// Offices found, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offices {
    /// The offices.
    pub offices: Vec<Office>,
    /// Whether there are more.
    pub more: bool,
}

/// Body of `POST /v1/offices/lookup`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Up to 50 office numbers; unknown ones are missing in the answer.
    #[schema(value_type = Vec<schema::OfficeNo>, max_items = 50)]
    pub numbers: Vec<OfficeNo>,
}
