//! The directory and the keys in it.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use tasuki_protocol::directory::{Office, OfficeSearch, Offices as FoundOffices, Participation};
use tasuki_protocol::key::PublishedKey;
use tasuki_protocol::mailbox::Cursor;
use tasuki_terms::OfficeNo;
use unicode_normalization::UnicodeNormalization as _;

use super::writer::Tx;
use super::{SqliteStore, audit, key_log, row};
use crate::store::{By, KeyLog, KeyOutcome, NewKey, OPERATOR_CHAIN, OfficeRecord, Offices, StoreError};

/// Words of a search that count; what comes after them is ignored.
const SEARCH_WORDS: usize = 10;

const COLUMNS: &str = "no, name, kana, address, phone, fax, suspended, registered, key_epoch";

/// A text as it is compared: half and full width, capitals and small letters, both kana are the same.
fn fold(text: &str) -> String {
    let to_katakana = |character| match character {
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
        other => other,
    };
    text.nfkc().flat_map(char::to_lowercase).map(to_katakana).collect()
}

fn put(tx: &Tx<'_>, offices: &[OfficeRecord], by: &By) -> rusqlite::Result<()> {
    for office in offices {
        put_one(tx, office)?;
    }
    changed(tx, by)?;
    audit::append(tx, OPERATOR_CHAIN, "office.put", &offices.len().to_string(), by)
}

fn put_one(tx: &Tx<'_>, office: &OfficeRecord) -> rusqlite::Result<()> {
    let OfficeRecord { no, name, kana, address, phone, fax, services } = office;
    let folded = fold(&format!("{name}\n{kana}\n{address}\n{no}"));
    tx.prepare_cached(
        "INSERT INTO office (no, name, kana, address, phone, fax, folded, prefecture)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET name = ?2, kana = ?3, address = ?4, phone = ?5, fax = ?6, folded = ?7",
    )?
    .execute(params![no.as_str(), name, kana, address, phone, fax, folded, no.prefecture()])?;
    tx.prepare_cached("DELETE FROM office_service WHERE no = ?1")?.execute([no.as_str()])?;
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO office_service VALUES (?1, ?2)")?;
    for service in services {
        insert.execute([no.as_str(), service.as_str()])?;
    }
    Ok(())
}

/// Notes that the directory is another than before.
pub(super) fn changed(tx: &Tx<'_>, by: &By) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE total SET directory_changed_at = max(directory_changed_at + 1, ?1)")?
        .execute([row::millis(by.at)])?;
    Ok(())
}

fn by_numbers(db: &Connection, numbers: &[OfficeNo]) -> rusqlite::Result<Vec<Office>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM office WHERE no = ?1"))?;
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut found = Vec::new();
    for no in sorted {
        let office = query.query_row([no.as_str()], |row| office(db, row)).optional()?;
        found.extend(office);
    }
    Ok(found)
}

fn office(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Office> {
    let no: OfficeNo = row::word(row, 0)?;
    let epoch: Option<u32> = row.get(8)?;
    let participation = match (row.get(6)?, row.get(7)?, epoch) {
        (true, _, _) => Participation::Suspended,
        (false, _, Some(_)) => Participation::Active,
        (false, true, None) => Participation::Registered,
        (false, false, None) => Participation::Listed,
    };
    let services = db
        .prepare_cached("SELECT service FROM office_service WHERE no = ?1 ORDER BY service")?
        .query_map([no.as_str()], |row| row::word(row, 0))?
        .collect::<Result<_, _>>()?;
    Ok(Office {
        no,
        name: row.get(1)?,
        kana: row.get(2)?,
        address: row.get(3)?,
        phone: row.get(4)?,
        fax: row.get(5)?,
        services,
        participation,
        key: epoch.map(|epoch| key(db, no, epoch)).transpose()?,
    })
}

fn key(db: &Connection, office: OfficeNo, epoch: u32) -> rusqlite::Result<PublishedKey> {
    db.prepare_cached("SELECT statement, seq FROM key_log WHERE office = ?1 AND epoch = ?2")?
        .query_row(params![office.as_str(), epoch], |row| {
            Ok(PublishedKey { epoch, statement: row.get(0)?, log_seq: row.get(1)? })
        })
}

fn search(db: &Connection, search: &OfficeSearch, limit: u32) -> rusqlite::Result<FoundOffices> {
    let mut sql = format!("SELECT {COLUMNS} FROM office WHERE no > ?");
    let mut values = vec![search.after.map_or(String::new(), |after| after.to_string())];
    if let Some(prefecture) = search.prefecture {
        sql.push_str(" AND prefecture = CAST(? AS INTEGER)");
        values.push(prefecture.to_string());
    }
    if let Some(service) = search.service {
        sql.push_str(" AND no IN (SELECT no FROM office_service WHERE service = ?)");
        values.push(service.to_string());
    }
    if search.active {
        sql.push_str(" AND key_epoch IS NOT NULL AND NOT suspended");
    }
    for word in fold(&search.q).split_whitespace().take(SEARCH_WORDS) {
        sql.push_str(" AND instr(folded, ?) > 0");
        values.push(word.to_owned());
    }
    // One more than asked for tells whether there is more.
    sql.push_str(" ORDER BY no LIMIT CAST(? AS INTEGER)");
    values.push((u64::from(limit) + 1).to_string());
    let mut offices = db
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| office(db, row))?
        .collect::<Result<Vec<_>, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = offices.len() > limit;
    offices.truncate(limit);
    Ok(FoundOffices { offices, more })
}

fn set_suspended(tx: &Tx<'_>, office: OfficeNo, suspended: bool, by: &By) -> rusqlite::Result<bool> {
    let known = tx
        .prepare_cached("UPDATE office SET suspended = ?2 WHERE no = ?1")?
        .execute(params![office.as_str(), suspended])?;
    if known == 0 {
        return Ok(false);
    }
    if suspended {
        tx.prepare_cached(
            "DELETE FROM session WHERE kj_id IN (SELECT kj_id FROM account WHERE office = ?1)",
        )?
        .execute([office.as_str()])?;
    }
    changed(tx, by)?;
    let action = if suspended { "office.suspend" } else { "office.resume" };
    audit::append(tx, office.as_str(), action, office.as_str(), by)?;
    Ok(true)
}

fn publish(tx: &Tx<'_>, new: &NewKey, by: &By) -> rusqlite::Result<KeyOutcome> {
    let current: Option<u32> = tx
        .prepare_cached("SELECT key_epoch FROM office WHERE no = ?1")?
        .query_row([new.office.as_str()], |row| row.get(0))?;
    if let Some(epoch) = current {
        let same = epoch == new.epoch && key(tx, new.office, epoch)?.statement == new.statement;
        if same {
            return Ok(KeyOutcome::Same);
        }
        if new.epoch <= epoch {
            return Ok(KeyOutcome::NotNewer);
        }
        let said = key_log::said(tx, new.office, epoch)?;
        if epoch + 1 != new.epoch || said.is_some_and(|said| new.before != Some(said)) {
            return Ok(KeyOutcome::NotNext);
        }
    }
    key_log::append_key(tx, new, by)?;
    tx.prepare_cached("UPDATE office SET key_epoch = ?2 WHERE no = ?1")?
        .execute(params![new.office.as_str(), new.epoch])?;
    changed(tx, by)?;
    audit::append(tx, new.office.as_str(), "key.publish", &new.epoch.to_string(), by)?;
    Ok(KeyOutcome::Published)
}

#[async_trait]
impl Offices for SqliteStore {
    async fn put_offices(&self, offices: Vec<OfficeRecord>, by: By) -> Result<(), StoreError> {
        self.write(0, move |tx| put(tx, &offices, &by)).await
    }

    async fn offices(&self, numbers: &[OfficeNo]) -> Result<Vec<Office>, StoreError> {
        let numbers = numbers.to_vec();
        self.read(move |db| by_numbers(db, &numbers)).await
    }

    async fn search(&self, wanted: OfficeSearch, limit: u32) -> Result<FoundOffices, StoreError> {
        // Each looks at all offices: the readers are not all theirs.
        let _turn = self.searches.acquire().await.map_err(|_| StoreError::Unavailable)?;
        self.read(move |db| search(db, &wanted, limit)).await
    }

    async fn set_suspended(&self, office: OfficeNo, suspended: bool, by: By) -> Result<bool, StoreError> {
        self.write(0, move |tx| set_suspended(tx, office, suspended, &by)).await
    }

    async fn publish_key(&self, key: NewKey, by: By) -> Result<KeyOutcome, StoreError> {
        self.write(key.statement.len(), move |tx| publish(tx, &key, &by)).await
    }

    async fn key_log(&self, cursor: Cursor) -> Result<KeyLog, StoreError> {
        self.read(move |db| key_log::page(db, cursor)).await
    }

    async fn directory_version(&self) -> Result<Timestamp, StoreError> {
        self.read(|db| db.query_row("SELECT directory_changed_at FROM total", [], |row| row::time(row, 0)))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn what_people_type_is_what_is_found() {
        assert_eq!(fold("みほん"), fold("ミホン"));
        assert_eq!(fold("ﾐﾎﾝ"), fold("ミホン"));
        assert_eq!(fold("ＡＢＣ１"), fold("abc1"));
    }
}
