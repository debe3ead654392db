//! What arrived reaches the import folder: whatever was away in between, and once.

use std::path::{Path, PathBuf};

use tasuki_office::offices::Folders;

use tasuki_stage::world::{CARE, VISITS, World, deletion, no, send, until, until_arrived, until_state};

fn folders(import: &Path) -> Folders {
    Folders { import: import.to_str().unwrap().into(), import_by_itself: true, ..Folders::default() }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_folder_that_was_away_gets_everything_when_it_is_back() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = world.node(VISITS).await;
    // A network drive that is not there: its place is taken by a file, so that it cannot be made either.
    let import = world.temporary.path().join("drive");
    std::fs::File::create(&import).unwrap();
    care.offices.set_folders("hanako", no(CARE), &folders(&import)).unwrap();
    let first = send(&visits, VISITS, vec![deletion(VISITS, CARE, 1)]);
    send(&visits, VISITS, vec![deletion(VISITS, CARE, 2)]);
    let arrived = until_arrived(&care, CARE, 2).await;
    assert!(arrived.iter().all(|arrival| arrival.is_import_owed));
    // The sender does not wait for the drive.
    until_state(&visits, VISITS, first, "received").await;
    assert_eq!(care.inbox.held_up(no(CARE)).unwrap().to_import, 2);
    let told = || {
        let duties = care.offices.open_office(no(CARE)).unwrap().duties();
        duties.into_iter().find(|(duty, status)| duty.name_ja().contains("取込") && status.failures > 0)
    };
    let (_, status) = until("it is told", told).await;
    assert!(status.obstacle.unwrap().0.words().contains("フォルダー"));

    std::fs::remove_file(&import).unwrap();
    until("imported", || (care.inbox.held_up(no(CARE)).unwrap().to_import == 0).then_some(())).await;
    assert_eq!(files(&import).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_node_owed_is_done_by_the_next_one() {
    let world = World::new().await;
    let import = world.temporary.path().join("import");
    let owed = folders(&import);
    world
        .enrolled_and_off_after(CARE, move |node| {
            node.offices.set_folders("hanako", no(CARE), &owed).unwrap();
        })
        .await;
    let visits = world.node(VISITS).await;
    // Half a file of a process that was killed long ago, and one of the care software.
    let month = import.join(VISITS).join("202510");
    std::fs::create_dir_all(&month).unwrap();
    let half = std::fs::File::create(month.join(".tasuki-half")).unwrap();
    half.set_modified(std::time::UNIX_EPOCH).unwrap();
    std::fs::File::create(month.join("theirs.csv")).unwrap();
    send(&visits, VISITS, vec![deletion(VISITS, CARE, 1)]);
    let care = world.switched_on(CARE).await;
    until_arrived(&care, CARE, 1).await;
    until("imported", || (care.inbox.held_up(no(CARE)).unwrap().to_import == 0).then_some(())).await;
    let mut names: Vec<_> =
        files(&import).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, [deletion(VISITS, CARE, 1).name, "theirs.csv".to_owned()]);
}
