//! How the shared words look in the OpenAPI description.
//!
//! The types of `tasuki-terms` know no protocol; these stand for them where a schema is generated.

use utoipa::ToSchema;

/// Number of an office (事業所番号).
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9A-Z]{10}$", example = "1370000019")]
pub struct OfficeNo(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Name of an office account (KJ ID).
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^KJ[0-9]{12}$", example = "KJ137000001900")]
pub struct KjId(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Kind of service (サービス種類コード).
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9A-Z]{2}$", example = "11")]
pub struct ServiceType(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Number of a parcel: a UUIDv7 in lower case.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    example = "0199c0de-0000-7000-8000-000000000001"
)]
pub struct ParcelId(#[expect(dead_code, reason = "stands for its schema only")] String);

/// SHA-256, 64 lower-case hexadecimal digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct Sha256Digest(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Name of the relay's life: another one after every restore from a backup.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{32}$")]
pub struct Life(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Time in UTC (RFC 3339).
#[derive(ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-04-01T00:00:00Z")]
pub struct Time(#[expect(dead_code, reason = "stands for its schema only")] String);

/// A place in the key log and the hash there.
#[derive(ToSchema)]
pub struct LogHead {
    /// Number of the newest entry; 0 for a log without entries.
    pub seq: u64,
    /// Its hash; zeros for a log without entries.
    #[schema(value_type = Sha256Digest)]
    pub hash: String,
}

/// An entry of the key log: each hashes the one before it.
#[derive(ToSchema)]
pub struct LogEntry {
    /// Place in the log, from 1 without gaps.
    pub seq: u64,
    /// The office.
    #[schema(value_type = OfficeNo)]
    pub office: String,
    /// `key`: the office has stated a key. `certificate`: it was given one.
    #[schema(pattern = "^(key|certificate)$")]
    pub kind: String,
    /// With `key`: epoch of the key.
    pub epoch: Option<u32>,
    /// With `key`: the signed statement, as it was published.
    pub statement: Option<String>,
    /// With `key`: SHA-256 of these bytes.
    #[schema(value_type = Option<Sha256Digest>)]
    pub statement_digest: Option<String>,
    /// With `certificate`: SHA-256 of its DER.
    #[schema(value_type = Option<Sha256Digest>)]
    pub fingerprint: Option<String>,
    /// With `certificate`: that of the one which asked for it.
    #[schema(value_type = Option<Sha256Digest>)]
    pub parent: Option<String>,
    /// When the relay had it durably.
    #[schema(value_type = Time)]
    pub at: String,
    /// SHA-256 over the 32 bytes of the hash before (zeros for the first entry) and one line, ended by a line feed:
    /// `SEQ OFFICE EPOCH STATEMENT-DIGEST AT` or `SEQ OFFICE certificate FINGERPRINT PARENT|- AT`.
    #[schema(value_type = Sha256Digest)]
    pub hash: String,
}

/// The head of the key log, signed by the relay.
#[derive(ToSchema)]
pub struct SignedHead {
    /// The newest entry.
    pub head: LogHead,
    /// When it was signed.
    #[schema(value_type = Time)]
    pub at: String,
    /// Signature over three lines, each ended by a line feed: `tasuki key log head 1`, `head SEQ HASH`, `at AT`; ECDSA P-256
    /// with SHA-256, ASN.1 DER, in Base64.
    pub signature: String,
    /// The relay's certificate, then its issuers up to but without the root, PEM.
    pub certificates: String,
}
