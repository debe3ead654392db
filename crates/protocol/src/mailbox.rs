//! What waits, what became of what was sent, and the events in between.
//!
//! Every office has one counter. Whatever happens in its mailbox — an arrival, a receipt for something it
//! sent — takes the next number in the same transaction. A cursor is such a number: asking for what comes
//! *after* it never skips an entry and never depends on a clock.

use serde::{Deserialize, Serialize};
use tasuki_terms::ParcelId;
use utoipa::{IntoParams, ToSchema};

use crate::limits::{PAGE_ENTRIES, PAGE_ENTRIES_DEFAULT};
use crate::parcel::{Parcel, ParcelState};
use crate::schema;

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
    /// The entries.
    pub entries: Vec<Entry>,
    /// What to ask for next as `after`.
    pub next_after: u64,
    /// Whether there is more now.
    pub more: bool,
}

impl Page {
    /// Makes a page of `limit` entries from up to one more than that.
    pub fn new(mut entries: Vec<Entry>, cursor: Cursor) -> Self {
        let limit = usize::try_from(cursor.limit).unwrap_or(usize::MAX);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next_after = entries.last().map_or(cursor.after, |entry| entry.seq);
        Self { entries, next_after, more }
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
        let page = Page::new(vec![entry(8), entry(9), entry(12)], cursor);
        assert_eq!((page.entries.len(), page.next_after, page.more), (2, 9, true));
        let page = Page::new(vec![entry(12)], cursor);
        assert_eq!((page.next_after, page.more), (12, false));
        let page = Page::new(vec![], cursor);
        assert_eq!((page.next_after, page.more), (7, false));
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
