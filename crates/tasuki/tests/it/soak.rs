//! The soak with nodes, for a few seconds: kills, a line that breaks, and every export once.

use crate::process::tasuki;

#[test]
fn exports_arrive_once_whoever_is_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let output = tasuki()
        .args(["bench", "soak", "--nodes", "--minutes", "0.2", "--kill-every", "2", "--seed", "3", "--dir"])
        .arg(temporary.path())
        .output()
        .unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{error}");
    assert!(out.contains("失われず、重ならず届きました。"), "{out}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "nothing is left behind");
}
