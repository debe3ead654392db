//! Stable codes. A program decides by them; words for people stand beside them or belong to the program.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A list of codes. One that this version does not know is kept as it came, so that an older program can read and pass on
/// what a newer node says.
macro_rules! codes {
    ($(#[doc = $about:literal])+ $name:ident { $(#[doc = $meaning:literal] $code:ident = $text:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $(#[doc = $meaning] $code,)+
            /// A code of a newer version; empty when there is none.
            Other(String),
        }

        impl $name {
            /// Every code that this version knows.
            pub const ALL: &[&str] = &[$($text),+];

            /// The code itself.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$code => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$code,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.as_str().to_owned()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let about = concat!($($about, "\n",)+ $("\n* `", $text, "`:", $meaning,)+);
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(Self::ALL.iter().copied()))
                    .description(Some(about.trim()))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

codes! {
    /// How the connection of an office with the relay is.
    Link {
        /// 事業所ユーザログイン has not been done since the node started.
        Locked = "locked",
        /// It is being made.
        Connecting = "connecting",
        /// It is there.
        Online = "online",
        /// It is lost; the node tries again by itself.
        Offline = "offline",
        /// The relay refuses this office until somebody does something.
        Refused = "refused",
        /// This computer does not have the office's present key: it sends, and cannot receive.
        NoKey = "no-key",
    }
}

codes! {
    /// State of a send.
    SendState {
        /// 一時保存: being put together, or waiting for a person.
        Draft = "draft",
        /// 送信待ち: confirmed, waits for its turn.
        Queued = "queued",
        /// 送信中: being handed to the relay.
        Sending = "sending",
        /// 送信中断: goes on by itself.
        Interrupted = "interrupted",
        /// 送信失敗: needs a person.
        Failed = "failed",
        /// 送信済: durable at the relay.
        Sent = "sent",
        /// 受信済: durable at the receiver.
        Received = "received",
        /// 開封済: somebody at the receiver has looked at it.
        Opened = "opened",
        /// 取込済: in the receiver's care software.
        Imported = "imported",
        /// 受取不可: the receiver could not accept it.
        Refused = "refused",
        /// 取消の確認待ち: taken back, and the relay has not confirmed it yet.
        Withdrawing = "withdrawing",
        /// 取消済.
        Withdrawn = "withdrawn",
        /// 期限切れ: nobody fetched it in time.
        Expired = "expired",
    }
}

codes! {
    /// State of what arrived.
    ArrivalState {
        /// 未読.
        Unread = "unread",
        /// 既読.
        Read = "read",
        /// 取込済.
        Imported = "imported",
        /// 受取不可: it could not be verified, and cannot be opened.
        Refused = "refused",
    }
}

codes! {
    /// Whether a draft can go.
    Ready {
        /// It can.
        Yes = "yes",
        /// It can, once somebody has accepted the warnings.
        Warnings = "warnings",
        /// It cannot, until what `errors` says is mended.
        No = "no",
        /// It has no file.
        Empty = "empty",
        /// The directory could not be asked yet whether the receiver takes part.
        UnknownReceiver = "unknown-receiver",
    }
}

codes! {
    /// Something that an office does by itself.
    DutyCode {
        /// Listening for news of the relay.
        Follow = "follow",
        /// Working off the queue of sends.
        Send = "send",
        /// Having withdrawals confirmed.
        Withdraw = "withdraw",
        /// Fetching what arrived.
        Fetch = "fetch",
        /// Putting what arrived into the import folder.
        Import = "import",
        /// Posting receipts.
        Acknowledge = "acknowledge",
        /// Learning what became of what was sent.
        Progress = "progress",
        /// Renewing the certificate.
        Renew = "renew",
        /// Fetching the table of service codes.
        Codes = "codes",
    }
}

codes! {
    /// What stands in the way of a duty.
    ObstacleCode {
        /// The relay cannot be reached.
        Line = "line",
        /// The relay refuses.
        Relay = "relay",
        /// This computer does not have the key of the office.
        NoKey = "no-key",
        /// The disk is full.
        DiskFull = "disk-full",
        /// A folder cannot be read or written.
        Folder = "folder",
        /// The table of service codes that the relay hands out cannot be read.
        ServiceCodes = "service-codes",
        /// The node failed.
        Node = "node",
    }
}

codes! {
    /// Why something was not done.
    ProblemCode {
        /// The token is missing or wrong.
        Token = "token",
        /// This node has no such office.
        Office = "office",
        /// Somebody has to log in first.
        Locked = "locked",
        /// This computer does not have the key of the office.
        NoOfficeKey = "no-office-key",
        /// There is no such thing.
        NotFound = "not-found",
        /// Somebody changed it in the meantime.
        Changed = "changed",
        /// It may not be sent as it is.
        NotReady = "not-ready",
        /// The request cannot be read.
        Request = "request",
        /// The request holds no file.
        NoFiles = "no-files",
        /// More bytes than are taken in one request.
        TooLarge = "too-large",
        /// `to` is no number of an office.
        To = "to",
        /// `state` is none of the states.
        State = "state",
        /// `before` is no place that an answer gave as `next`.
        Before = "before",
        /// The disk is full.
        DiskFull = "disk-full",
        /// The relay refused.
        RelayRefused = "relay-refused",
        /// The relay cannot be reached.
        RelayUnreachable = "relay-unreachable",
        /// The node failed.
        Failed = "failed",
    }
}
