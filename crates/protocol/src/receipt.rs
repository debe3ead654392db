//! Receipts: what a receiver signs about a parcel, kept as evidence of its delivery.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_terms::{LogHead, OfficeNo, ParcelId, Sha256Digest};
use utoipa::ToSchema;

use crate::schema;

/// What a receiver says about a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptKind {
    /// It is durable in the archive.
    Received,
    /// A person has opened it.
    Opened,
    /// It was taken over into the care software.
    Imported,
    /// It cannot be opened, or is not wanted.
    Refused,
}

impl ReceiptKind {
    /// All of them, for tables.
    pub const ALL: &[Self] = &[Self::Received, Self::Opened, Self::Imported, Self::Refused];

    /// The name on the wire, in the signed text and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Opened => "opened",
            Self::Imported => "imported",
            Self::Refused => "refused",
        }
    }

    /// The kind that a name stands for.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// Why a receiver refuses. The words are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefusalReason {
    /// This node has no key that opens it. The relay does not take this as a refusal: another node of the office may
    /// have the key, and what is refused is final for the sender.
    Key,
    /// Its bytes are no parcel, or broken.
    Damaged,
    /// It is not signed by the office that it says it is from.
    Sender,
    /// It holds what is not exchanged, or not wanted.
    Contents,
}

impl RefusalReason {
    /// All of them, for tables.
    pub const ALL: &[Self] = &[Self::Key, Self::Damaged, Self::Sender, Self::Contents];

    /// The name on the wire, in the signed text and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Damaged => "damaged",
            Self::Sender => "sender",
            Self::Contents => "contents",
        }
    }

    /// The reason that a name stands for.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

/// What the receiver signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The parcel.
    #[schema(value_type = schema::ParcelId)]
    pub parcel: ParcelId,
    /// The office that sent it.
    #[schema(value_type = schema::OfficeNo)]
    pub from: OfficeNo,
    /// The office that signs.
    #[schema(value_type = schema::OfficeNo)]
    pub to: OfficeNo,
    /// SHA-256 of the sealed bytes that it has.
    #[schema(value_type = schema::Sha256Digest)]
    pub digest: Sha256Digest,
    /// What it says.
    pub kind: ReceiptKind,
    /// Why it refuses; only with [`ReceiptKind::Refused`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// When, by the receiver's clock.
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
    /// The newest head of the key log that the receiver has seen, if it follows it: the sender holds it against its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::LogHead>)]
    pub log_head: Option<LogHead>,
}

impl Receipt {
    /// Whether the relay may take it: what it says fits together, and is for the office as a whole to say.
    pub fn is_takeable(&self) -> bool {
        match self.reason {
            None => true,
            Some(RefusalReason::Key) => false,
            Some(_) => self.kind == ReceiptKind::Refused,
        }
    }

    /// The text that is signed: one line for each member, in this order, each ended by a line feed. A reason and a
    /// head of the key log (`head 12 HASH`) are the last lines, and only there if they are given.
    ///
    /// ```
    /// use tasuki_protocol::receipt::Receipt;
    /// let receipt: Receipt = serde_json::from_str(r#"{
    ///     "parcel": "0199c0de-0000-7000-8000-000000000001", "from": "1370000019", "to": "1370000027",
    ///     "digest": "aa00000000000000000000000000000000000000000000000000000000000000",
    ///     "kind": "received", "at": "2026-04-01T00:00:00Z" }"#)?;
    /// assert_eq!(receipt.signed_text(), "\
    /// tasuki receipt 2
    /// parcel 0199c0de-0000-7000-8000-000000000001
    /// from 1370000019
    /// to 1370000027
    /// digest aa00000000000000000000000000000000000000000000000000000000000000
    /// kind received
    /// at 2026-04-01T00:00:00Z
    /// ");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn signed_text(&self) -> String {
        let mut text = String::from("tasuki receipt 2\n");
        let members: [(&str, &dyn std::fmt::Display); 6] = [
            ("parcel", &self.parcel),
            ("from", &self.from),
            ("to", &self.to),
            ("digest", &self.digest),
            ("kind", &self.kind.as_str()),
            ("at", &self.at),
        ];
        for (name, value) in members {
            writeln!(text, "{name} {value}").expect("writing to a String cannot fail");
        }
        if let Some(reason) = self.reason {
            writeln!(text, "reason {}", reason.as_str()).expect("writing to a String cannot fail");
        }
        if let Some(head) = self.log_head {
            writeln!(text, "head {head}").expect("writing to a String cannot fail");
        }
        text
    }
}

/// Body of `POST /v1/parcels/{id}/receipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostReceipt {
    /// What is signed.
    pub receipt: Receipt,
    /// Signature over [`Receipt::signed_text`] with the key of the certificate of this connection, in
    /// Base64.
    #[schema(max_length = 1024)]
    pub signature: String,
}

/// A receipt as the relay keeps it: with all that a third party needs to verify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedReceipt {
    /// What was signed.
    pub receipt: Receipt,
    /// Signature over [`Receipt::signed_text`], in Base64.
    pub signature: String,
    /// Certificate whose key signed, in PEM.
    pub certificate_pem: String,
    /// When the relay had it durably.
    #[schema(value_type = schema::Time)]
    pub accepted_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_on_the_wire() {
        for &kind in ReceiptKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(ReceiptKind::parse(kind.as_str()), Some(kind));
        }
        for &reason in RefusalReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(RefusalReason::parse(reason.as_str()), Some(reason));
        }
    }

    #[test]
    fn a_reason_is_signed_and_belongs_to_a_refusal() {
        let mut receipt: Receipt = serde_json::from_value(serde_json::json!({
            "parcel": "0199c0de-0000-7000-8000-000000000001", "from": "1370000019", "to": "1370000027",
            "digest": "00".repeat(32), "kind": "refused", "at": "2026-04-01T00:00:00Z",
        }))
        .unwrap();
        let without = receipt.signed_text();
        assert!(receipt.is_takeable() && !without.contains("reason"));
        receipt.reason = Some(RefusalReason::Damaged);
        assert_eq!(receipt.signed_text(), format!("{without}reason damaged\n"));
        assert!(receipt.is_takeable());
        receipt.log_head = Some(LogHead::EMPTY);
        assert_eq!(receipt.signed_text(), format!("{without}reason damaged\nhead {}\n", LogHead::EMPTY));
        receipt.kind = ReceiptKind::Received;
        assert!(!receipt.is_takeable());
        let missing_key = Receipt { kind: ReceiptKind::Refused, reason: Some(RefusalReason::Key), ..receipt };
        assert!(!missing_key.is_takeable());
    }
}
