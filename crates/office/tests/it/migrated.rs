//! A folder of an earlier version goes on working: nothing that it holds is lost on the way.

use data_encoding::HEXLOWER;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;

use tasuki_stage::world::PASSWORD;

/// What the first version wrote, in its own words.
const FIRST: &str = include_str!("../../migrations/0001_first.sql");

/// Two entries of the record, as the first version wrote them.
fn write_chain(db: &Connection) {
    let mut before = String::new();
    for (seq, who, action) in [(1, "local", "queued"), (2, "node", "sent")] {
        let text = format!(r#"["{before}",{seq},{seq}000,"1370000019","{who}","{action}","7"]"#);
        before = HEXLOWER.encode(&Sha256::digest(text));
        db.execute(
            "INSERT INTO audit (seq, at, office, who, action, subject, hash)
             VALUES (?1, ?1 * 1000, '1370000019', ?2, ?3, '7', ?4)",
            rusqlite::params![seq, who, action, before],
        )
        .unwrap();
    }
}

#[test]
fn arrivals_and_their_months_survive() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::create(temporary.path().join("node")).unwrap();
    let record = r#"{"digest":"00000000000000000000000000000000000000000000000000000000000000aa"}"#;
    {
        let db = Connection::open(folder.db()).unwrap();
        db.execute_batch(FIRST).unwrap();
        db.execute_batch(
            "PRAGMA application_id = 0x54534b4f; PRAGMA user_version = 1; PRAGMA foreign_keys = 1",
        )
        .unwrap();
        for id in 1..=3 {
            db.execute(
                "INSERT INTO arrival (id, office, parcel, sender, sender_name, state, contents, months, size,
                     accepted_at, received_at, record, acknowledged)
                 VALUES (?1, '1370000019', printf('%d', ?1), '1370000027', 'x', 'read', x'00', '202510', 1, 1, ?1,
                     ?2, 'received')",
                rusqlite::params![id, record],
            )
            .unwrap();
            db.execute(
                "INSERT INTO arrival_month (office, month, at, id) VALUES ('1370000019', '202510', ?1, ?1)",
                [id],
            )
            .unwrap();
        }
    }
    write_chain(&Connection::open(folder.db()).unwrap());
    let node = Node::open_now(folder.clone()).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    assert_eq!(node.upkeep.verify_audit().unwrap(), None, "the record goes on");
    assert_eq!(node.upkeep.audit(None, 10).unwrap().len(), 3);
    drop(node);
    let db = Connection::open(folder.db()).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM arrival WHERE state = 'read' AND acknowledged = 'received'"), 3);
    assert_eq!(count("SELECT count(*) FROM arrival_month JOIN arrival USING (id)"), 3);
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let number_twice = "INSERT INTO arrival (office, parcel, sender, sender_name, state, contents, months, size,
        accepted_at, received_at, record) SELECT office, parcel, '1370000035', sender_name, state, contents, months,
        size, accepted_at, received_at, record FROM arrival WHERE id = 1";
    assert_eq!(db.execute(number_twice, []).unwrap(), 1, "another sender has numbers of its own");
}
