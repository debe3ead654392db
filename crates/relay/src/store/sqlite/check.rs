//! The invariants of the architecture, held against the whole file, and numbers for the operator.

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use tasuki_identity::key_log::hash_after;
use tasuki_protocol::limits::PAGE_ENTRIES;
use tasuki_protocol::mailbox::Cursor;
use tasuki_terms::Sha256Digest;

use super::{audit, key_log, row};
use crate::store::{Stats, Violation};

/// Queries that must find nothing; each names what it finds in its first column.
const MUST_FIND_NOTHING: [(&str, &str); 12] = [
    (
        "I1",
        "SELECT 'parcel ' || hex(id) || ' waits without contents' FROM parcel
         WHERE state = 'accepted' AND contents IS NULL",
    ),
    (
        "I1",
        "SELECT 'the contents of parcel ' || hex(parcel.id) || ' are not there' FROM parcel
         LEFT JOIN contents ON contents.id = parcel.contents
         WHERE parcel.contents IS NOT NULL AND contents.id IS NULL",
    ),
    (
        "I1",
        "SELECT 'the contents of parcel ' || hex(parcel.id) || ' have another size' FROM parcel
         JOIN contents ON contents.id = parcel.contents WHERE length(contents.bytes) <> parcel.size",
    ),
    (
        "I4",
        "SELECT 'parcel ' || hex(id) || ' is ' || state || ' and has contents' FROM parcel
         WHERE state IN ('withdrawn', 'expired') AND contents IS NOT NULL",
    ),
    (
        "I4",
        "SELECT 'parcel ' || hex(id) || ' is in an unknown state' FROM parcel WHERE state NOT IN
         ('accepted', 'received', 'opened', 'imported', 'refused', 'withdrawn', 'expired')",
    ),
    (
        "I4",
        "SELECT 'parcel ' || hex(id) || ' was taken after its sender had taken it back' FROM withdrawn_ahead
         JOIN parcel USING (sender, id)",
    ),
    (
        "I5",
        "SELECT 'contents ' || id || ' belong to no parcel' FROM contents
         WHERE id NOT IN (SELECT contents FROM parcel WHERE contents IS NOT NULL)",
    ),
    (
        "I8",
        "SELECT 'mailbox ' || office || ' does not hold what it counts' FROM mailbox
         WHERE (parcels, bytes) <> (SELECT count(contents), coalesce(sum(size) FILTER
             (WHERE contents IS NOT NULL), 0) FROM parcel WHERE receiver = office)",
    ),
    (
        "I8",
        "SELECT 'mailbox ' || office || ' does not count what waits for it' FROM mailbox
         WHERE (waiting_parcels, waiting_bytes) <> (SELECT count(*), coalesce(sum(size), 0) FROM parcel
             WHERE receiver = office AND state = 'accepted')",
    ),
    (
        "I8",
        "SELECT 'mailbox ' || office || ' does not count what it has sent and nobody has fetched' FROM mailbox
         WHERE (outstanding_parcels, outstanding_bytes) <> (SELECT count(*), coalesce(sum(size), 0) FROM parcel
             WHERE sender = office AND state = 'accepted')",
    ),
    (
        "I8",
        "SELECT 'mailbox ' || office || ' has a number beyond its counter' FROM mailbox
         WHERE seq < (SELECT coalesce(max(max(seq, inbox_change)), 0) FROM parcel WHERE receiver = office)
            OR seq < (SELECT coalesce(max(sent_change), 0) FROM parcel WHERE sender = office)",
    ),
    (
        "I8",
        "SELECT 'the number of all parcels is wrong' FROM total
         WHERE parcels <> (SELECT count(*) FROM parcel)",
    ),
];

pub(super) fn violations(db: &Connection, deep: bool) -> rusqlite::Result<Vec<Violation>> {
    let mut found = Vec::new();
    for (invariant, sql) in MUST_FIND_NOTHING {
        let mut statement = db.prepare(sql)?;
        for what in statement.query_map([], |row| row.get(0))? {
            found.push(Violation { invariant, what: what? });
        }
    }
    if deep {
        check_digests(db, &mut found)?;
    }
    check_audit(db, &mut found)?;
    check_key_log(db, &mut found)?;
    Ok(found)
}

fn check_digests(db: &Connection, found: &mut Vec<Violation>) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT parcel.id, digest, bytes FROM parcel JOIN contents ON contents.id = parcel.contents",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let digest = Sha256Digest(Sha256::digest(row.get_ref(2)?.as_blob()?).into());
        if digest != row::digest(row, 1)? {
            let what = format!("the contents of parcel {} are others", row::parcel_id(row, 0)?);
            found.push(Violation { invariant: "I1", what });
        }
    }
    Ok(())
}

fn check_audit(db: &Connection, found: &mut Vec<Violation>) -> rusqlite::Result<()> {
    for report in audit::verify(db)? {
        if let Some(seq) = report.broken_at {
            let what = format!("the audit chain {} is broken at {seq}", report.chain);
            found.push(Violation { invariant: "I6", what });
        }
    }
    Ok(())
}

fn check_key_log(db: &Connection, found: &mut Vec<Violation>) -> rusqlite::Result<()> {
    let mut cursor = Cursor { after: 0, limit: PAGE_ENTRIES };
    let mut before = Sha256Digest([0; 32]);
    loop {
        let page = key_log::page(db, cursor)?;
        for entry in &page.entries {
            if entry.seq != cursor.after + 1 || entry.hash != hash_after(before, entry) {
                let what = format!("the key log is broken at {}", entry.seq);
                found.push(Violation { invariant: "I6", what });
                return Ok(());
            }
            (cursor.after, before) = (entry.seq, entry.hash);
        }
        if !page.more {
            return Ok(());
        }
    }
}

pub(super) fn stats(db: &Connection) -> rusqlite::Result<Stats> {
    db.query_row(
        "SELECT (SELECT count(*) FROM office), (SELECT count(*) FROM office WHERE registered),
             (SELECT parcels FROM total), (SELECT coalesce(sum(waiting_parcels), 0) FROM mailbox),
             (SELECT coalesce(sum(bytes), 0) FROM mailbox)",
        [],
        |row| {
            Ok(Stats {
                offices: row.get(0)?,
                registered: row.get(1)?,
                parcels: row.get(2)?,
                waiting: row.get(3)?,
                bytes: row.get(4)?,
            })
        },
    )
}
