//! The table of service codes: loaded by the relay's operator, fetched and kept by nodes, asked of files that are to be sent.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tasuki_office::digest_of;
use tasuki_office::files::{Dropped, Weight};
use tasuki_office::folder::{Folder, write_durably};
use tasuki_office::link::{Duty, DutyStatus, Obstacle};
use tasuki_office::node::Node;
use tasuki_office::sends::{Landed, Tray};
use tasuki_relay::operator;
use tasuki_standard::check::{Code, Lang, check_file_by};
use tasuki_standard::codes;

use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, no, until};

/// Has other codes of the same service than the file.
const WITHOUT: &str = "code,name,units,per,valid_from\n111112,b,305,,20240601\n";
/// Has the code of the file, with its units.
const WITH: &str = "code,name,units,per,valid_from\n111111,a,244,,20240601\n";
/// Has the code of the file, with other units.
const OTHER_UNITS: &str = "code,name,units,per,valid_from\n111111,a,250,,20240601\n";

/// A file with the service 111111 of 244 units.
fn detail(serial: u32) -> Dropped {
    let row = "202407,131016,0000012345,20250920,202510,\"\",1370000027,,111111,,,\"\",244,,,5,1220,1220,,,0,\
        1220,11.05,13481,90,12132,,1349,0,,,,0,9999999999,,1370000019,\r\n";
    let name = format!("UPSIKYU_202510_{CARE}_43_{VISITS}_11_20251001{serial:06}.CSV");
    Dropped { name, bytes: row.into() }
}

/// What the draft of such a file says of its service codes; it must be what the checker finds by the table.
fn said(node: &Node, serial: u32, table: &str) -> Vec<(Code, Weight)> {
    let file = detail(serial);
    let table = codes::import(table.as_bytes()).unwrap();
    let found = check_file_by(&file.name, &file.bytes[..], &table).unwrap();
    let landed = node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![file]).unwrap();
    let Landed::One(id) = landed else { panic!("one destination") };
    let review = node.sends.get(no(CARE), id).unwrap().review;
    let is_of_table = |code| matches!(code, Code::ServiceCodeUnknown | Code::ServiceUnitsDiffer);
    let weight_of = |message: &str| {
        let remarks = &review.files[0].remarks;
        remarks.iter().find(|remark| remark.message == message).map(|remark| remark.weight)
    };
    let mut said = Vec::new();
    for finding in found.findings().iter().filter(|finding| is_of_table(finding.code)) {
        said.extend(weight_of(&finding.message(Lang::Ja)).map(|weight| (finding.code, weight)));
    }
    said
}

const UNKNOWN: (Code, Weight) = (Code::ServiceCodeUnknown, Weight::Warning);
const DIFFERS: (Code, Weight) = (Code::ServiceUnitsDiffer, Weight::Info);

fn load(world: &World, table: &str) {
    operator::load_codes(&world.relay_folder(), table.as_bytes()).unwrap();
}

fn kept(world: &World) -> PathBuf {
    world.temporary.path().join(CARE).join("service-codes")
}

fn kept_as(table: &str) -> Vec<u8> {
    format!("{}\n{table}", digest_of(table.as_bytes())).into_bytes()
}

async fn until_kept(world: &World, table: &str) {
    until("the table", || (fs::read(kept(world)).ok()? == kept_as(table)).then_some(())).await;
}

fn status(node: &Node) -> DutyStatus {
    let duties = node.offices.open_office(no(CARE)).unwrap().duties();
    duties.into_iter().find(|(duty, _)| *duty == Duty::Codes).unwrap().1
}

async fn until_done(node: &Node, since: Timestamp) {
    until("the duty is done", || status(node).done_at.filter(|at| *at >= since)).await;
}

fn hurry(node: &Node) {
    node.offices.open_office(no(CARE)).unwrap().hurry();
}

/// A node whose clock goes ahead by hours that the test tells.
async fn with_hours(world: &World) -> (Node, Arc<AtomicI64>) {
    let hours = Arc::new(AtomicI64::new(0));
    let ahead = Arc::clone(&hours);
    let clock = move || Timestamp::now() + SignedDuration::from_hours(ahead.load(Ordering::Relaxed));
    let folder = Folder::create(world.temporary.path().join(CARE)).unwrap();
    let node = Node::open(folder, Arc::new(clock)).unwrap();
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(CARE).await;
    node.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    (node, hours)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_asked_of_files_and_another_one_the_next_day() {
    let world = World::new().await;
    load(&world, WITHOUT);
    let (node, hours) = with_hours(&world).await;
    until_kept(&world, WITHOUT).await;
    assert_eq!(said(&node, 1, WITHOUT), [UNKNOWN]);
    until_done(&node, Timestamp::MIN).await;

    load(&world, OTHER_UNITS);
    hours.store(23, Ordering::Relaxed);
    let later = node.now();
    hurry(&node);
    until_done(&node, later).await;
    assert_eq!(fs::read(kept(&world)).unwrap(), kept_as(WITHOUT), "the day is not over");
    hours.store(25, Ordering::Relaxed);
    hurry(&node);
    until_kept(&world, OTHER_UNITS).await;
    assert_eq!(said(&node, 2, OTHER_UNITS), [DIFFERS]);
    assert_eq!(said(&node, 3, WITHOUT), [], "the table before is not asked any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_is_an_obstacle_and_the_one_before_stays() {
    let world = World::new().await;
    load(&world, WITHOUT);
    let (node, hours) = with_hours(&world).await;
    until_kept(&world, WITHOUT).await;
    until_done(&node, Timestamp::MIN).await;

    load(&world, "code,name\n");
    hours.store(25, Ordering::Relaxed);
    hurry(&node);
    let obstacle = |status: DutyStatus| status.obstacle.map(|(obstacle, _)| obstacle);
    let failed = async |times: u32| {
        until("it fails", || Some(status(&node)).filter(|status| status.failures >= times)).await
    };
    let first = failed(1).await;
    assert_eq!(obstacle(first), Some(Obstacle::ServiceCodes));
    hurry(&node);
    let again = failed(first.failures + 1).await;
    assert_eq!(obstacle(again), Some(Obstacle::ServiceCodes), "the relay has it still");
    assert_eq!(fs::read(kept(&world)).unwrap(), kept_as(WITHOUT));
    assert_eq!(said(&node, 1, WITHOUT), [UNKNOWN]);

    load(&world, WITH);
    hurry(&node);
    until_kept(&world, WITH).await;
    until("nothing is in its way", || status(&node).obstacle.is_none().then_some(())).await;
    assert_eq!(said(&node, 2, WITHOUT), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_table_nothing_is_said() {
    let world = World::new().await;
    let node = world.node(CARE).await;
    until_done(&node, Timestamp::MIN).await;
    assert_eq!(status(&node).obstacle, None);
    assert_eq!(said(&node, 1, WITHOUT), []);
    assert!(!kept(&world).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_table_is_asked_after_a_restart_without_the_relay_and_a_damaged_one_is_not() {
    let mut world = World::new().await;
    world.enrolled_and_off(CARE).await;
    world.stop_relay().await;
    let switched_on = || {
        let node = world.empty_node(CARE);
        node.staff.log_in("hanako", PASSWORD).unwrap();
        node
    };
    write_durably(&kept(&world), &kept_as(WITHOUT)).unwrap();
    assert_eq!(said(&switched_on(), 1, WITHOUT), [UNKNOWN]);

    let damaged = [kept_as(WITHOUT), b"111113,c,1,,20240601\n".to_vec()].concat();
    write_durably(&kept(&world), &damaged).unwrap();
    assert_eq!(said(&switched_on(), 2, WITHOUT), []);
    world.start_relay().await;
    load(&world, WITHOUT);
    let node = world.switched_on(CARE).await;
    until_kept(&world, WITHOUT).await;
    assert_eq!(said(&node, 3, WITHOUT), [UNKNOWN]);
}
