//! A node killed at each step of a parcel's way, by the system call of that step: nothing is lost, nothing doubled.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tasuki_office::offices::Folders;
use tasuki_stage::world::{CARE, World, deletion, no};

use crate::office::{count, json, until};
use crate::process::{Running, office};
use crate::sample::files;

/// The steps, in the order in which a parcel takes them: what the last system call of a killed node tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A commit: taken in, confirmed, sent, arrived, imported, receipted.
    Commit,
    /// The sealed parcel, or the one that has arrived, is written and to be synced.
    Seal,
    /// It is to get its name in the archive.
    Archive,
    /// A file for the care software is written and to be synced, or to get its name.
    Import,
}

/// How many there are.
const STEPS: usize = 4;

/// What the last line of a trace tells; nothing for calls that are no step.
fn step_of(line: &str) -> Option<Step> {
    if line.contains("node.db-wal") {
        return Some(Step::Commit);
    }
    if line.contains("/import/") {
        return Some(Step::Import);
    }
    if !line.contains("/archive/") {
        return None;
    }
    Some(if line.contains("rename") { Step::Archive } else { Step::Seal })
}

/// Watches a node, and kills it when one of its threads makes a system call for the `nth` time.
fn kill_at(node: &Running, call: &str, nth: u32, trace: &Path) -> Child {
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-y", "-s", "300", "-e", "signal=none"])
        .args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:signal=KILL:when={nth}")])
        .arg("-o")
        .arg(trace)
        .args(["-p", &node.child.id().to_string()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let traced = format!("/proc/{}/status", node.child.id());
    until("it is traced", || {
        assert!(strace.try_wait().unwrap().is_none(), "strace has ended");
        let status = std::fs::read_to_string(&traced).unwrap();
        (!status.contains("TracerPid:\t0\n")).then_some(())
    });
    strace
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_parcel_arrives_and_is_imported_once() {
    let world = World::new().await;
    let import = world.temporary.path().join("import");
    std::fs::create_dir(&import).unwrap();
    let folders =
        Folders { import: import.display().to_string(), import_by_itself: true, ..Folders::default() };
    let begin = move |node: &tasuki_office::node::Node| {
        node.offices.set_folders("hanako", no(CARE), &folders).unwrap();
        node.offices.set_self_unlock("hanako", true).unwrap();
    };
    world.enrolled_and_off_after(CARE, begin).await;
    let below = world.temporary.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let (folder, trace) = (below.join(CARE), below.join("trace"));
        let (mut steps, mut promised) = (BTreeSet::new(), 0);
        let calls = ["fsync", "/^rename"];
        // Which thread makes a call is a matter of chance: it goes on until each step was met.
        for serial in 0..40 {
            if serial >= 10 && steps.len() == STEPS {
                break;
            }
            let (call, nth) = (calls[serial as usize % 2], 1 + serial / 2 % 6);
            let mut node = Running::node(&folder);
            let before = count(&folder, "inbox", "arrivals");
            let mut strace = kill_at(&node, call, nth, &trace);
            let file = deletion(CARE, CARE, serial);
            let path = below.join(&file.name);
            std::fs::File::create(&path).unwrap().write_all(&file.bytes).unwrap();
            let sent = office(&folder, &["send", path.to_str().unwrap()]);
            promised += usize::from(sent.status.success());
            // Either it is killed, or this call is not made so often on a parcel's whole way.
            until("it is killed, or has nothing more to do", || {
                let is_killed = node.child.try_wait().unwrap().is_some();
                (is_killed || is_settled(&folder, &import, before + 1)).then_some(())
            });
            node.kill();
            strace.wait().unwrap();
            let text = std::fs::read_to_string(&trace).unwrap();
            steps.extend(text.lines().last().and_then(step_of));

            // Whatever the next start has to do is not disturbed.
            let _node = Running::node(&folder);
            let sends = until("all is received", || {
                let sends = json(&office(&folder, &["outbox", "--json"]));
                let sends = sends["sends"].as_array().unwrap().clone();
                let is_received = sends.iter().all(|send| send["state"] == "received");
                (is_received && files(&import).len() >= sends.len()).then_some(sends.len())
            });
            assert_eq!(count(&folder, "inbox", "arrivals"), sends);
            let imported = files(&import);
            assert!(imported.iter().all(|(name, bytes)| !name.contains(".tasuki-") && !bytes.is_empty()));
            assert_eq!(imported.len(), sends, "each is imported once");
            assert!(sends >= promised, "{sends} of {promised} promised");
            assert_eq!(office(&folder, &["check"]).status.code(), Some(0));
        }
        assert_eq!(steps.len(), STEPS, "{steps:?}");
    })
    .await
    .unwrap();
}

/// Whether so many have arrived, and all of them are receipted and imported. A node that is killed while it is asked has
/// not settled anything.
fn is_settled(folder: &Path, import: &Path, arrivals: usize) -> bool {
    let listed = |list: &str| {
        let output = office(folder, &[list, "--json"]);
        output.status.success().then(|| json(&output))
    };
    let (Some(sent), Some(arrived)) = (listed("outbox"), listed("inbox")) else { return false };
    arrived["arrivals"].as_array().map_or(0, Vec::len) == arrivals
        && sent["sends"].as_array().unwrap().iter().all(|send| send["state"] == "received")
        && files(import).len() == arrivals
}
