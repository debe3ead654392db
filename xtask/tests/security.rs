//! `docs/security.md` names a test for each thing that it says: each is there.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of all functions in a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn each_line_names_tests_that_are_there() {
    let mut known = BTreeSet::new();
    functions(&root().join("crates"), &mut known);
    functions(&root().join("xtask/tests"), &mut known);
    let page = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut lines = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")) {
        lines += 1;
        let tests = line.trim_end_matches(" |").rsplit("| ").next().unwrap();
        for test in tests.split_whitespace().map(|test| test.trim_matches('`')) {
            assert!(known.contains(test), "no test is called {test}: {line}");
        }
    }
    assert!(lines > 20, "{lines} lines with tests");
}
