//! The backups on the page of the settings.

use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::upkeep::backup::restore;

use crate::Served;
use tasuki_stage::world::{CARE, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_backup_is_chosen_told_of_and_ended() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    let settings = format!("/{CARE}/settings");
    let csrf = served.csrf(&settings, &cookie).await;
    let page = || async { served.get(&settings, &cookie).await.text().await.unwrap() };
    assert!(page().await.contains("まだ決まっていません"));
    let folder = world.temporary.path().join("backups");
    let path = folder.to_str().unwrap();
    let action = format!("{settings}/backup");
    let post = |to: &str, what: &str| {
        let fields = [("csrf", csrf.clone()), ("folder", to.to_owned()), ("do", what.to_owned())];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        let (served, action, cookie) = (&served, &action, &cookie);
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            served.post(action, cookie, &fields).await.status().as_u16()
        }
    };
    assert_eq!(post("backups", "daily").await, 422, "nobody knows where that is");
    assert_eq!(post(path, "daily").await, 303);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "the first one at once");
    let html = page().await;
    assert!(html.contains("最後のバックアップ：今日") && html.contains("同じディスク"), "{html}");
    let once = world.temporary.path().join("once");
    assert_eq!(post(once.to_str().unwrap(), "now").await, 303);
    assert_eq!(std::fs::read_dir(&once).unwrap().count(), 1);
    assert!(page().await.contains("毎日のバックアップが"), "and the daily ones go on");
    assert_eq!(post("", "stop").await, 303);
    assert!(page().await.contains("まだ決まっていません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_node_says_so_until_an_administrator_has_seen_it() {
    let world = World::new().await;
    let backup = world.temporary.path().join("backup.zip");
    world.node(CARE).await.upkeep.back_up("hanako", &backup).unwrap();
    let folder = Folder::create(world.temporary.path().join("new")).unwrap();
    restore(&backup, &folder).unwrap();
    let served = Served::start(Node::open_now(folder).unwrap(), None).await;
    let cookie = served.log_in().await;
    let settings = format!("/{CARE}/settings");
    let csrf = served.csrf(&settings, &cookie).await;
    assert!(
        served.get(&settings, &cookie).await.text().await.unwrap().contains("元に戻した連携クライアント")
    );
    assert!(served.node.upkeep.waits_after_restore().unwrap());
    let answer = served.post(&format!("{settings}/restore-seen"), &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(answer.status(), 303);
    assert!(!served.node.upkeep.waits_after_restore().unwrap());
    assert!(!served.get(&settings, &cookie).await.text().await.unwrap().contains("元に戻した連携"));
}
