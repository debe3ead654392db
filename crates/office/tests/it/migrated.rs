//! A folder of an earlier version goes on working: nothing that it holds is lost on the way.

use rusqlite::Connection;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;

use tasuki_stage::world::PASSWORD;

/// What the first version wrote, in its own words.
const FIRST: &str = include_str!("../../migrations/0001_first.sql");

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
    let node = Node::open_now(folder.clone()).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
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
