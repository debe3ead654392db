//! Every limit of the API, in one place: the node checks them before it sends, the relay always.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Files of one parcel before sealing, in bytes: 10 MiB.
pub const CONTENTS_BYTES: u64 = 10 * 1024 * 1024;

/// One sealed parcel, in bytes: the files at their limit plus 1 MiB for manifest, certificate, message and
/// encryption. Files that do not compress must still fit.
pub const PARCEL_BYTES: u64 = CONTENTS_BYTES + 1024 * 1024;

/// Body of any request that is not a parcel, in bytes.
pub const JSON_BYTES: usize = 64 * 1024;

/// Head of a request (request line and fields), in bytes.
pub const HEAD_BYTES: usize = 16 * 1024;

/// Offices in one look-up, and destinations of one batch.
pub const LOOKUP_OFFICES: usize = 50;

/// Entries on one page of a list.
pub const PAGE_ENTRIES: u32 = 500;

/// Entries on one page when the request does not say.
pub const PAGE_ENTRIES_DEFAULT: u32 = 100;

/// Characters of a search text.
pub const SEARCH_CHARS: usize = 100;

/// Characters of a password: the least, for a login that also needs a certificate.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// Characters of a password: the most.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// Characters of a name for a node or of a reason in a receipt.
pub const TEXT_CHARS: usize = 200;

/// Bytes of a PEM document in a request.
pub const PEM_BYTES: usize = 16 * 1024;

/// Bytes of a key statement.
pub const KEY_STATEMENT_BYTES: usize = 16 * 1024;

/// Bytes of the table of service codes.
pub const SERVICE_CODES_BYTES: u64 = 16 * 1024 * 1024;

/// Life of an access token.
pub const ACCESS_LIFE: Duration = Duration::from_hours(1);

/// Life of a session: after it, the password is asked again.
pub const SESSION_LIFE: Duration = Duration::from_hours(8);

/// Sessions that one account may have open at once; the oldest ends when another begins.
pub const SESSIONS: u32 = 20;

/// Time between two signs of life on an event stream.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// A TLS handshake must be done within this time.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Whoever asks must take something of the answer within this time, again and again.
pub const WRITE_TIME: Duration = Duration::from_mins(1);

/// A connection without a certificate ends after this time: an enrolment takes seconds.
pub const STRANGER_TIME: Duration = Duration::from_mins(2);

/// A connection with a certificate may be idle so long, its next head included: nodes that ask every minute keep theirs.
pub const IDLE_TIME: Duration = Duration::from_secs(90);

/// The head of a request must be there within this time.
pub const HEAD_TIME: Duration = Duration::from_secs(15);

/// The next piece of a body must come within this time.
pub const BODY_IDLE_TIME: Duration = Duration::from_secs(15);

/// A JSON body must be there within this time.
pub const JSON_TIME: Duration = Duration::from_secs(30);

/// The least that a parcel must come in with, in bytes a second: 100 kbit/s. Slower lines than any in use; a place is
/// held by one parcel for 16 minutes at most.
pub const UPLOAD_RATE: u64 = 12_500;

/// How long a parcel may come in slower than that at first.
pub const UPLOAD_GRACE: Duration = Duration::from_secs(10);

/// Parcels of more than this many bytes can be gone on with when the line was cut; smaller ones begin anew.
pub const RESUMABLE_BYTES: usize = 256 * 1024;

/// Whether an upload comes too slowly: what has arrived of it, in bytes, and since when.
///
/// ```
/// use std::time::Duration;
/// use tasuki_protocol::limits::is_too_slow;
/// assert!(!is_too_slow(0, Duration::from_secs(10)));
/// assert!(is_too_slow(0, Duration::from_secs(11)));
/// assert!(!is_too_slow(1_125_000, Duration::from_secs(100)));
/// assert!(is_too_slow(1_124_999, Duration::from_secs(100)));
/// ```
pub fn is_too_slow(arrived: u64, since: Duration) -> bool {
    let expected = since.saturating_sub(UPLOAD_GRACE).as_millis() * u128::from(UPLOAD_RATE) / 1000;
    u128::from(arrived) < expected
}

/// The answer of `GET /v1/limits`: what a node must know before it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Files of one parcel before sealing, in bytes.
    pub contents_bytes: u64,
    /// One sealed parcel, in bytes.
    pub parcel_bytes: u64,
    /// Offices in one look-up and one batch.
    pub lookup_offices: u64,
    /// Entries on one page of a list.
    pub page_entries: u32,
    /// Days until a parcel that nobody fetched expires.
    pub unfetched_days: u32,
    /// Days that the contents of an acknowledged parcel are kept.
    pub acknowledged_days: u32,
    /// Bytes that may wait in one mailbox.
    pub mailbox_bytes: u64,
    /// Parcels of one office that may wait in all mailboxes.
    pub outstanding_parcels: u32,
    /// Bytes of one office that may wait in all mailboxes.
    pub outstanding_bytes: u64,
    /// Requests that one office may have open at once, event streams not counted.
    pub open_requests: u32,
    /// Requests that one office may make in a minute.
    pub requests_per_minute: u32,
}
