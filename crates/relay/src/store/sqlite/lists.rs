//! Lists with cursors, and events.

use rusqlite::{Connection, OptionalExtension as _, params};
use tasuki_protocol::mailbox::{Cursor, Entry, Event, Life, Page, Side};
use tasuki_terms::OfficeNo;

use super::row::{self, parcel_columns};

fn page(db: &Connection, sql: &str, life: Life, office: OfficeNo, cursor: Cursor) -> rusqlite::Result<Page> {
    let entries = db
        .prepare_cached(sql)?
        // One more than asked for tells whether there is more.
        .query_map(params![office.as_str(), cursor.after, cursor.limit + 1], |row| {
            Ok(Entry { seq: row.get(10)?, parcel: row::parcel(row)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Page::new(life, entries, cursor))
}

pub(super) fn inbox(db: &Connection, life: Life, office: OfficeNo, cursor: Cursor) -> rusqlite::Result<Page> {
    const SQL: &str = concat!(
        "SELECT ",
        parcel_columns!(),
        ", seq FROM parcel INDEXED BY parcel_waiting
         WHERE receiver = ?1 AND seq > ?2 AND state = 'accepted' ORDER BY seq LIMIT ?3"
    );
    page(db, SQL, life, office, cursor)
}

pub(super) fn kept(db: &Connection, life: Life, office: OfficeNo, cursor: Cursor) -> rusqlite::Result<Page> {
    const SQL: &str = concat!(
        "SELECT ",
        parcel_columns!(),
        ", seq FROM parcel INDEXED BY parcel_kept
         WHERE receiver = ?1 AND seq > ?2 AND contents IS NOT NULL AND state <> 'accepted' ORDER BY seq LIMIT ?3"
    );
    page(db, SQL, life, office, cursor)
}

pub(super) fn sent(db: &Connection, life: Life, office: OfficeNo, cursor: Cursor) -> rusqlite::Result<Page> {
    const SQL: &str = concat!(
        "SELECT ",
        parcel_columns!(),
        ", sent_change FROM parcel WHERE sender = ?1 AND sent_change > ?2 ORDER BY sent_change LIMIT ?3"
    );
    page(db, SQL, life, office, cursor)
}

pub(super) fn events(
    db: &Connection,
    office: OfficeNo,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    const SQL: &str = "
        SELECT * FROM (
            SELECT inbox_change AS change, 0, id, state, expires_soon FROM parcel
            WHERE receiver = ?1 AND inbox_change > ?2 ORDER BY inbox_change LIMIT ?3)
        UNION ALL
        SELECT * FROM (
            SELECT sent_change, 1, id, state, expires_soon FROM parcel
            WHERE sender = ?1 AND sent_change > ?2 ORDER BY sent_change LIMIT ?3)
        ORDER BY change LIMIT ?3";
    db.prepare_cached(SQL)?
        .query_map(params![office.as_str(), after, limit], |row| {
            Ok(Event {
                seq: row.get(0)?,
                side: if row.get(1)? { Side::Sent } else { Side::Inbox },
                parcel: row::parcel_id(row, 2)?,
                state: row::state(row, 3)?,
                expires_soon: row.get(4)?,
            })
        })?
        .collect()
}

pub(super) fn last_seq(db: &Connection, office: OfficeNo) -> rusqlite::Result<u64> {
    let seq = db
        .prepare_cached("SELECT seq FROM mailbox WHERE office = ?1")?
        .query_row([office.as_str()], |row| row.get(0))
        .optional()?;
    Ok(seq.unwrap_or(0))
}
