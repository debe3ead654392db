//! What waits, what became of what was sent, and the events in between.
//!
//! Every office has one counter. Whatever happens in its mailbox — an arrival, a receipt for something it
//! sent — takes the next number in the same transaction. A cursor is such a number: asking for what comes
//! *after* it never skips an entry and never depends on a clock.
//!
//! A relay that is restored from a backup counts on from an older number. Its [`Life`] is then another one, and what a
//! node remembers of numbers, or of what the relay holds, is no longer true.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tasuki_terms::ParcelId;
use utoipa::{IntoParams, ToSchema};

use crate::limits::{PAGE_ENTRIES, PAGE_ENTRIES_DEFAULT};
use crate::parcel::{Parcel, ParcelState};
use crate::schema;

/// The name of a relay's life: random, the same for as long as it keeps what it has promised, and another one after
/// every restore from a backup. A node that sees another life than it knew must start over: read its lists from 0,
/// hand in again what the relay no longer knows, and take back again what it has taken back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Life(u128);

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Life({self})")
    }
}

/// The text names no life: it is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a life has 32 hexadecimal digits")]
pub struct ParseLifeError;

impl FromStr for Life {
    type Err = ParseLifeError;

    fn from_str(text: &str) -> Result<Self, ParseLifeError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(ParseLifeError);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| ParseLifeError)
    }
}

impl TryFrom<String> for Life {
    type Error = ParseLifeError;

    fn try_from(text: String) -> Result<Self, ParseLifeError> {
        text.parse()
    }
}

impl From<Life> for String {
    fn from(life: Life) -> Self {
        life.to_string()
    }
}

/// Where a page begins and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The last number already known; 0 to begin.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub after: u64,
    /// Entries on the page, at most.
    #[serde(default = "default_entries")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: u32,
}

fn default_entries() -> u32 {
    PAGE_ENTRIES_DEFAULT
}

impl Default for Cursor {
    fn default() -> Self {
        Self { after: 0, limit: PAGE_ENTRIES_DEFAULT }
    }
}

impl Cursor {
    /// The largest number that JSON readers keep exactly.
    pub const LAST: u64 = (1 << 53) - 1;

    /// The name of the member that is out of its range, if one is.
    pub fn wrong_member(&self) -> Option<&'static str> {
        if !(1..=PAGE_ENTRIES).contains(&self.limit) {
            Some("limit")
        } else if self.after > Self::LAST {
            Some("after")
        } else {
            None
        }
    }
}

/// A parcel in a list, with its place there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Number in this mailbox: in the inbox that of the arrival, in the sent list that of the last change.
    pub seq: u64,
    /// The parcel.
    pub parcel: Parcel,
}

/// One page of the inbox or the sent list, oldest number first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// The relay's life in which the numbers are true.
    #[schema(value_type = schema::Life)]
    pub life: Life,
    /// The entries.
    pub entries: Vec<Entry>,
    /// What to ask for next as `after`.
    pub next_after: u64,
    /// Whether there is more now.
    pub more: bool,
}

impl Page {
    /// Makes a page of `limit` entries from up to one more than that.
    pub fn new(life: Life, mut entries: Vec<Entry>, cursor: Cursor) -> Self {
        let limit = usize::try_from(cursor.limit).unwrap_or(usize::MAX);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next_after = entries.last().map_or(cursor.after, |entry| entry.seq);
        Self { life, entries, next_after, more }
    }
}

/// On which side of a parcel an event's office stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// It is for this office.
    Inbox,
    /// This office sent it.
    Sent,
}

/// One event on the stream of `GET /v1/events`: that something changed, and what. Its number is the
/// stream's `id`, so that `Last-Event-ID` resumes after it.
///
/// A stream that resumes gets the newest change of each parcel, not every one in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Number in this mailbox.
    pub seq: u64,
    /// On which side this office stands.
    pub side: Side,
    /// The parcel.
    #[schema(value_type = schema::ParcelId)]
    pub parcel: ParcelId,
    /// Where it stands now.
    pub state: ParcelState,
    /// Whether it expires soon without having been fetched.
    pub expires_soon: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PAGE_ENTRIES;

    fn entry(seq: u64) -> Entry {
        let json = serde_json::json!({
            "id": "0199c0de-0000-7000-8000-000000000001", "from": "1370000019", "to": "1370000027",
            "size": 1, "digest": "00".repeat(32), "key_epoch": 1, "state": "accepted",
            "accepted_at": "2026-04-01T00:00:00Z", "expires_at": "2026-06-30T00:00:00Z",
            "expires_soon": false,
        });
        Entry { seq, parcel: serde_json::from_value(json).unwrap() }
    }

    #[test]
    fn a_page_says_whether_there_is_more_and_where_to_go_on() {
        let cursor = Cursor { after: 7, limit: 2 };
        let life = Life(7);
        let page = Page::new(life, vec![entry(8), entry(9), entry(12)], cursor);
        assert_eq!((page.entries.len(), page.next_after, page.more), (2, 9, true));
        let page = Page::new(life, vec![entry(12)], cursor);
        assert_eq!((page.next_after, page.more), (12, false));
        let page = Page::new(life, vec![], cursor);
        assert_eq!((page.next_after, page.more), (7, false));
    }

    #[test]
    fn a_life_is_read_as_it_is_written() {
        let life: Life = "00ff00000000000000000000000000aa".parse().unwrap();
        assert_eq!(life.to_string(), "00ff00000000000000000000000000aa");
        assert_eq!(serde_json::from_value::<Life>(serde_json::to_value(life).unwrap()).unwrap(), life);
        for wrong in ["", "ff", "00FF00000000000000000000000000AA", "+0ff00000000000000000000000000aa"] {
            assert_eq!(wrong.parse::<Life>(), Err(ParseLifeError), "{wrong}");
        }
    }

    #[test]
    fn cursors_out_of_range_name_the_member() {
        let wrong = |after, limit| Cursor { after, limit }.wrong_member();
        assert_eq!(wrong(0, 1), None);
        assert_eq!(wrong(Cursor::LAST, PAGE_ENTRIES), None);
        assert_eq!(wrong(0, 0), Some("limit"));
        assert_eq!(wrong(0, PAGE_ENTRIES + 1), Some("limit"));
        assert_eq!(wrong(Cursor::LAST + 1, 1), Some("after"));
    }
}
