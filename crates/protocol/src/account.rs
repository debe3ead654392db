//! Enrolment, certificates, sessions and passwords.
//!
//! Types that hold a password or a token do not print them: their `Debug` says only that they are there.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{KjId, OfficeNo};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::mailbox::Life;
use crate::schema;

/// A text that must not be seen: a password or a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = Password, max_length = 256)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Shows it, to the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Body of `POST /v1/enrolments`: asks for the first certificate of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The office.
    #[schema(value_type = schema::OfficeNo)]
    pub office: OfficeNo,
    /// Its account.
    #[schema(value_type = schema::KjId)]
    pub kj_id: KjId,
    /// The one-time 証明書発行用パスワード.
    pub enrolment_password: Secret,
    /// Certificate request (PKCS #10, PEM) made on the node; the private key stays there.
    #[schema(max_length = 16384)]
    pub request_pem: String,
    /// Name of the node for the office's own list, such as 事務室のPC.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub node: String,
}

/// Body of `POST /v1/account/certificates`: renews the certificate of this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renew {
    /// Certificate request (PKCS #10, PEM) made on the node.
    #[schema(max_length = 16384)]
    pub request_pem: String,
}

/// A new certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedCertificate {
    /// The certificate, in PEM.
    pub certificate_pem: String,
    /// The certificates between it and the root, in PEM.
    pub chain_pem: String,
    /// When it ends.
    #[schema(value_type = schema::Time)]
    pub not_after: Timestamp,
}

/// A certificate in the office's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// SHA-256 of the certificate, in hexadecimal: its name here.
    pub fingerprint: String,
    /// Name of the node that holds it.
    pub node: String,
    /// Since when it is known.
    #[schema(value_type = schema::Time)]
    pub issued_at: Timestamp,
    /// When it ends.
    #[schema(value_type = schema::Time)]
    pub not_after: Timestamp,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub revoked_at: Option<Timestamp>,
    /// The certificate over which the node asked for this one, if it is a renewal: all that come from one enrolment are of
    /// one node, and are revoked together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// Body of `POST /v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account.
    #[schema(value_type = schema::KjId)]
    pub kj_id: KjId,
    /// Its password.
    pub password: Secret,
}

/// Body of `POST /v1/sessions/refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token of the session.
    pub refresh_token: Secret,
}

/// A session: bearer tokens that work only over connections with the same certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionGrant {
    /// Name of the session in the office's own list.
    pub id: String,
    /// Goes into `Authorization: Bearer …`.
    pub access_token: Secret,
    /// When the access token ends.
    #[schema(value_type = schema::Time)]
    pub access_expires_at: Timestamp,
    /// Gets new access tokens until the session ends.
    pub refresh_token: Secret,
    /// When the session ends.
    #[schema(value_type = schema::Time)]
    pub session_expires_at: Timestamp,
    /// Whether the password must be changed before anything else.
    pub password_change_required: bool,
    /// The relay's life: when it is another one than before, the relay was restored from a backup.
    #[schema(value_type = schema::Life)]
    pub life: Life,
}

/// A session in the office's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its name.
    pub id: String,
    /// The certificate that it is bound to.
    pub fingerprint: String,
    /// When it began.
    #[schema(value_type = schema::Time)]
    pub began_at: Timestamp,
    /// When it ends.
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Sessions of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// The sessions, oldest first.
    pub sessions: Vec<Session>,
}

/// The answer of `GET /v1/account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The office.
    #[schema(value_type = schema::OfficeNo)]
    pub office: OfficeNo,
    /// Its name.
    pub name: String,
    /// The account.
    #[schema(value_type = schema::KjId)]
    pub kj_id: KjId,
    /// Parcels whose contents the relay holds for this office, those that it has received and acknowledged too.
    pub mailbox_parcels: u64,
    /// Their sealed bytes.
    pub mailbox_bytes: u64,
    /// Parcels that wait for this office.
    pub waiting_parcels: u64,
    /// Their sealed bytes.
    pub waiting_bytes: u64,
    /// Parcels that this office has sent and whose receivers have not acknowledged them.
    pub outstanding_parcels: u64,
    /// Their sealed bytes.
    pub outstanding_bytes: u64,
    /// Certificates of the office's nodes.
    pub certificates: Vec<Certificate>,
}

/// Body of `PUT /v1/account/password`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password so far.
    pub current: Secret,
    /// The password from now on.
    pub new: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let log_in = LogIn { kj_id: "KJ123456789012".parse().unwrap(), password: Secret::new("hunter2") };
        assert!(!format!("{log_in:?}").contains("hunter2"));
    }
}
