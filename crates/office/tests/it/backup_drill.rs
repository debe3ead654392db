//! A restore that is tried without restoring.

use std::fs::File;

use tasuki_office::error::OfficeError;
use tasuki_office::folder::write_durably;
use tasuki_office::upkeep::backup::{Drill, DrillFault};
use zip::ZipArchive;

use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, deletion, no, send, until_arrived, until_state};

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_opens_every_parcel_and_tells_what_a_restore_would_lack() {
    let world = World::new().await;
    let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
    for serial in 1..=2 {
        let id = send(&care, CARE, vec![deletion(CARE, VISITS, serial)]);
        until_state(&care, CARE, id, "received").await;
    }
    send(&visits, VISITS, vec![deletion(VISITS, CARE, 3)]);
    until_arrived(&care, CARE, 1).await;
    let backup = world.temporary.path().join("backup.zip");
    care.upkeep.back_up("hanako", &backup).unwrap();
    let scratch = world.temporary.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    {
        let mut drill = Drill::begin(&backup, &scratch).unwrap();
        assert_eq!(drill.offices().unwrap().len(), 1);
        let report = drill.run().unwrap();
        assert_eq!((report.parcels, report.locked, report.opened, report.is_good()), (3, 3, 0, true));
        assert!(matches!(drill.unlock(no(CARE), "wrong"), Err(OfficeError::Vault(_))));
        drill.unlock(no(CARE), PASSWORD).unwrap();
        let report = drill.run().unwrap();
        assert_eq!((report.parcels, report.locked, report.opened, report.is_good()), (3, 0, 3, true));
    }
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0, "nothing is left");
    // One parcel has other bytes, another is not there.
    let mut paths: Vec<_> = ZipArchive::new(File::open(&backup).unwrap())
        .unwrap()
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .filter(|name| name.starts_with("archive/"))
        .collect();
    paths.sort();
    std::fs::remove_file(care.folder().path().join(&paths[0])).unwrap();
    let other = care.folder().path().join(&paths[1]);
    let mut bytes = std::fs::read(&other).unwrap();
    bytes[300] ^= 1;
    write_durably(&other, &bytes).unwrap();
    let bad = world.temporary.path().join("bad.zip");
    care.upkeep.back_up("hanako", &bad).unwrap();
    let mut drill = Drill::begin(&bad, &scratch).unwrap();
    drill.unlock(no(CARE), PASSWORD).unwrap();
    let report = drill.run().unwrap();
    let mut faults: Vec<_> = report.problems.iter().map(|problem| problem.fault).collect();
    faults.sort_by_key(|fault| *fault == DrillFault::Changed);
    assert_eq!(faults, [DrillFault::Missing, DrillFault::Changed]);
    assert_eq!((report.parcels, report.opened, report.faulty, report.is_good()), (3, 1, 2, false));
    assert_eq!(care.upkeep.check().unwrap().len(), 2);
}
