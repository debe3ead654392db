//! Header fields that travel with a parcel's contents.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tasuki_terms::Sha256Digest;

/// Names the receiver of a parcel that is sent: its office number.
pub const TO: &str = "tasuki-to";

/// Names the epoch of the receiver's key that the parcel is sealed for.
pub const KEY_EPOCH: &str = "tasuki-key-epoch";

/// Carries the digest of the sealed bytes, as RFC 9530 writes it.
pub const DIGEST: &str = "repr-digest";

/// Says how many bytes of a parcel have arrived before and are not in the body.
pub const UPLOAD_OFFSET: &str = "upload-offset";

/// Says how long the whole of a parcel is whose body is not in the request.
pub const UPLOAD_LENGTH: &str = "upload-length";

/// Media type of sealed bytes.
pub const SEALED: &str = "application/octet-stream";

/// Media type of the table of service codes.
pub const SERVICE_CODES: &str = "text/csv; charset=utf-8";

/// A header field does not hold a SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the digest field must hold sha-256=:BASE64:")]
pub struct ParseDigestFieldError;

/// Writes the value of [`DIGEST`].
///
/// ```
/// use tasuki_protocol::header::{digest_field, parse_digest_field};
/// let digest = tasuki_terms::Sha256Digest([7; 32]);
/// assert_eq!(parse_digest_field(&digest_field(digest)), Ok(digest));
/// ```
pub fn digest_field(digest: Sha256Digest) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(digest.0))
}

/// Reads the value of [`DIGEST`]; digests of other algorithms beside it are passed over.
///
/// # Errors
/// When there is no SHA-256 digest in it.
pub fn parse_digest_field(value: &str) -> Result<Sha256Digest, ParseDigestFieldError> {
    value
        .split(',')
        .find_map(|member| member.trim().strip_prefix("sha-256=:")?.strip_suffix(':'))
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .map(Sha256Digest)
        .ok_or(ParseDigestFieldError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_algorithms_are_passed_over() {
        let digest = Sha256Digest([1; 32]);
        let value = format!("sha-512=:AAAA:, {}", digest_field(digest));
        assert_eq!(parse_digest_field(&value), Ok(digest));
    }

    proptest! {
        #[test]
        fn any_text_is_a_digest_or_refused(text: String) {
            if let Ok(digest) = parse_digest_field(&text) {
                prop_assert!(text.contains(&digest_field(digest)));
            }
        }
    }
}
