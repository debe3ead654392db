//! What goes over `/local`, as types of both sides: the node writes them, `tasuki office` and other programs read them.
//!
//! Names and codes are a promise: none is changed or taken away, some are added. What an older node does not say is read
//! as absent; what a newer one says besides is passed over. Types that may hold what concerns people have no `Debug`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasuki_protocol::receipt::SignedReceipt;
use tasuki_protocol::schema;
use tasuki_terms::{OfficeNo, ParcelId};
use utoipa::{IntoParams, ToSchema};

mod codes;

pub use codes::{ArrivalState, DutyCode, Link, ObstacleCode, ProblemCode, Ready, SendState};

/// How the node and its offices are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Status {
    /// Whether somebody of the staff has logged in since the node started: until then it takes in and shows nothing.
    pub logged_in: bool,
    /// The offices of this node.
    pub offices: Vec<Office>,
}

/// How an office of this node is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Office {
    /// Its number.
    #[schema(value_type = schema::OfficeNo)]
    pub office: OfficeNo,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// How its connection is.
    #[serde(default)]
    pub link: Link,
    /// What there is to do.
    #[serde(default)]
    pub counts: Counts,
    /// When its certificate ends. The node renews it by itself.
    #[schema(value_type = Option<schema::Time>)]
    pub certificate_until: Option<Timestamp>,
    /// What is held up that should happen by itself.
    #[serde(default)]
    pub held_up: HeldUp,
    /// How each of the things goes that it does by itself; empty while its keys are locked.
    #[serde(default)]
    pub duties: Vec<Duty>,
}

/// Numbers of what there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Counts {
    /// 未読.
    pub unread: i64,
    /// 一時保存.
    pub drafts: i64,
    /// On the list of 一括送信.
    pub batch: i64,
    /// On their way.
    pub on_the_way: i64,
    /// 送信失敗.
    pub failed: i64,
}

/// Numbers of what is held up that should happen by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HeldUp {
    /// Parcels at the relay that could not be fetched yet.
    pub delayed: i64,
    /// Arrivals whose files are not in the import folder yet.
    pub to_import: i64,
}

/// Something that an office does by itself, and how it goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Duty {
    /// What it is.
    pub duty: DutyCode,
    /// What it is, in Japanese.
    pub name: String,
    /// When it was last done without trouble.
    #[schema(value_type = Option<schema::Time>)]
    pub done_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// Since when it has been failing.
    #[schema(value_type = Option<schema::Time>)]
    pub failing_since: Option<Timestamp>,
    /// What stands in its way and what helps, in Japanese.
    pub obstacle: Option<String>,
    /// What stands in its way.
    pub obstacle_code: Option<ObstacleCode>,
}

/// A send: a draft, or what was confirmed.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Send {
    /// Its number at this node.
    pub id: i64,
    /// Its state.
    pub state: SendState,
    /// The receiver, once it is known.
    #[schema(value_type = Option<schema::OfficeNo>)]
    pub to: Option<OfficeNo>,
    /// The receiver's name, as the directory said.
    pub to_name: String,
    /// What it holds, in Japanese.
    pub contents: Vec<String>,
    /// Bytes of all files.
    pub size: u64,
    /// Number of the parcel, once it is queued.
    #[schema(value_type = Option<schema::ParcelId>)]
    pub parcel: Option<ParcelId>,
    /// Names of the files.
    pub files: Vec<String>,
    /// When it was confirmed.
    #[schema(value_type = Option<schema::Time>)]
    pub queued_at: Option<Timestamp>,
    /// When the relay had it.
    #[schema(value_type = Option<schema::Time>)]
    pub sent_at: Option<Timestamp>,
    /// Why it did not go yet, in Japanese; empty for nothing.
    pub reason: String,
    /// What must be mended before it can go.
    pub errors: Vec<Remark>,
    /// What is doubtful, and can be sent knowingly.
    pub warnings: Vec<Remark>,
    /// Whether it can go; `null` in lists of what was confirmed.
    pub ready: Option<Ready>,
}

/// Something to be said of a file or a send: what is wrong, where, and what to do.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Remark {
    /// The file; `null` for the send as a whole.
    pub file: Option<String>,
    /// Row of the file, from 1.
    pub row: Option<u64>,
    /// Column of the row, from 1.
    pub column: Option<u8>,
    /// Name of the column.
    pub field: String,
    /// What is wrong, in Japanese.
    pub message: String,
    /// What to do, in Japanese.
    pub hint: String,
}

/// What became of the files that were handed over.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Submitted {
    /// One for each receiver, and one for files whose receiver is not known.
    pub sends: Vec<Send>,
    /// How the connection of the office is: what is queued goes when it is there, and `unknown-receiver` is its doing.
    pub link: Link,
}

/// What is being put together.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Drafts {
    /// Drafts of people and of programs.
    pub drafts: Vec<Send>,
}

/// A page of what was confirmed, the newest first.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Outbox {
    /// The sends.
    pub sends: Vec<Send>,
    /// Where the next page begins (`before`); `null` for nothing more.
    pub next: Option<String>,
}

/// A send, with the evidence of its delivery.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SendWithReceipts {
    /// The send.
    #[serde(flatten)]
    pub send: Send,
    /// The receiver's signed receipts.
    pub receipts: Vec<SignedReceipt>,
}

/// Something that arrived.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Arrival {
    /// Its number at this node.
    pub id: i64,
    /// Its state.
    #[serde(default)]
    pub state: ArrivalState,
    /// Who sent it.
    #[schema(value_type = schema::OfficeNo)]
    pub from: OfficeNo,
    /// The sender's name, as the directory said.
    #[serde(default)]
    pub from_name: String,
    /// What it holds, in Japanese.
    #[serde(default)]
    pub contents: Vec<String>,
    /// Names of the files, in the order of their numbers from 0.
    #[serde(default)]
    pub files: Vec<String>,
    /// Months that it is about, such as `202510`.
    #[serde(default)]
    pub months: Vec<String>,
    /// Number of the parcel.
    #[schema(value_type = Option<schema::ParcelId>)]
    pub parcel: Option<ParcelId>,
    /// Bytes, sealed.
    #[serde(default)]
    pub size: u64,
    /// When the relay had it.
    #[schema(value_type = Option<schema::Time>)]
    pub accepted_at: Option<Timestamp>,
    /// When this node had it.
    #[schema(value_type = Option<schema::Time>)]
    pub received_at: Option<Timestamp>,
}

/// A page of what arrived, the newest first.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Inbox {
    /// The arrivals.
    pub arrivals: Vec<Arrival>,
    /// Where the next page begins (`before`); `null` for nothing more.
    pub next: Option<String>,
}

/// Something that arrived, opened.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenedArrival {
    /// What arrived.
    #[serde(flatten)]
    pub arrival: Arrival,
    /// メッセージ.
    #[serde(default)]
    pub message: String,
    /// Name of the person who sent it.
    #[serde(default)]
    pub staff: String,
}

/// Why something was not done. Nothing is half done.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Problem {
    /// Why.
    pub error: ProblemCode,
    /// What is wrong and what to do, in Japanese.
    pub message: String,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only this state; empty for all.
    pub state: String,
    /// Only what is older than this: `next` of the page before; empty for the newest.
    pub before: String,
}

/// The state that an arrival is to have.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Mark {
    /// `unread`, `read` or `imported`.
    #[param(required = true)]
    pub state: String,
}

/// The files of one call, as `multipart/form-data`.
#[derive(ToSchema)]
pub struct Submission {
    /// The files, each a part of its own with its file name.
    #[schema(value_type = Vec<String>, format = Binary)]
    pub files: Vec<Vec<u8>>,
    /// The receiver, where no file is of the standard: its name says the receiver.
    #[schema(value_type = Option<schema::OfficeNo>)]
    pub to: Option<OfficeNo>,
    /// メッセージ for every receiver.
    pub message: Option<String>,
    /// Anything but nothing: the warnings were seen, and are no reason to wait.
    #[schema(example = "1")]
    pub accept_warnings: Option<String>,
    /// Anything but nothing: what is ready is sent. Otherwise all stays as drafts.
    #[schema(example = "1")]
    pub confirm: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(value: &impl Serialize) -> BTreeSet<String> {
        serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    fn expected(names: &str) -> BTreeSet<String> {
        names.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn names_are_a_promise() {
        let send =
            "contents errors files id parcel queued_at ready reason sent_at size state to to_name warnings";
        assert_eq!(names(&Send::default()), expected(send));
        assert_eq!(names(&SendWithReceipts::default()), expected(&format!("{send} receipts")));
        assert_eq!(names(&Remark::default()), expected("column field file hint message row"));
        assert_eq!(names(&Counts::default()), expected("batch drafts failed on_the_way unread"));
        assert_eq!(names(&HeldUp::default()), expected("delayed to_import"));
        let duty = "done_at duty failing_since failures name obstacle obstacle_code";
        assert_eq!(names(&Duty::default()), expected(duty));
        assert_eq!(names(&Problem::default()), expected("error message"));
    }

    #[test]
    fn older_and_newer_nodes_are_understood() {
        let older: Office = serde_json::from_str(r#"{"office":"1370000019"}"#).unwrap();
        assert_eq!((older.held_up, older.duties.len()), (HeldUp::default(), 0));
        let newer = r#"{"id":3,"state":"resting","from":"1370000019","colour":"blue"}"#;
        let newer: Arrival = serde_json::from_str(newer).unwrap();
        assert_eq!(newer.state, ArrivalState::Other("resting".into()));
        assert_eq!(serde_json::to_value(&newer).unwrap()["state"], "resting", "passed on as it came");
    }

    #[test]
    fn every_state_of_the_node_has_its_code() {
        use tasuki_office::{arrivals, sends};
        let sends: Vec<_> = sends::SendState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(sends, SendState::ALL);
        let arrivals: Vec<_> = arrivals::ArrivalState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(arrivals, ArrivalState::ALL);
    }
}
