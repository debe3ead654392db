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
