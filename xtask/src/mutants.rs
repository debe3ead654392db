//! Mutants: the files that decide, changed by one operator, arm or result at a time; some test must notice each change.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::run::{cargo_tool, run};

/// The report, which names every mutant that may survive, with the reason.
const REPORT: &str = "docs/mutants.md";

/// Files that decide, and the tests that hold them.
struct Decisions {
    package: &'static str,
    files: &'static [&'static str],
    /// What follows `cargo test`.
    tests: &'static [&'static str],
}

const DECISIONS: &[Decisions] = &[
    Decisions {
        package: "tasuki-office",
        files: &[
            "crates/office/src/arrivals/state.rs",
            "crates/office/src/base/lockout.rs",
            "crates/office/src/exports/look.rs",
            "crates/office/src/files/readiness.rs",
            "crates/office/src/files/review.rs",
            "crates/office/src/partners/pin.rs",
            "crates/office/src/sends/retry.rs",
            "crates/office/src/sends/state.rs",
        ],
        tests: &["--lib", "--", "--skip", "record::", "--skip", "strangers::"],
    },
    Decisions {
        package: "tasuki-parcel",
        files: &["crates/parcel/src/open.rs"],
        tests: &[
            "--lib",
            "--test",
            "it",
            "--",
            "--skip",
            "memory::",
            "--skip",
            "vectors::",
            "--skip",
            "every_",
        ],
    },
];

/// Tries all mutants; fails when one survives that the report does not explain.
pub(crate) fn run_all() -> anyhow::Result<()> {
    cargo_tool("mutants", "cargo-mutants")?;
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let report = std::fs::read_to_string(root.join(REPORT)).context(REPORT)?;
    let mut explained: Vec<_> = report.lines().filter_map(explained).collect();
    let mut unexplained = Vec::new();
    for decisions in DECISIONS {
        for survivor in survivors(&root, decisions)? {
            match explained.iter().position(|name| *name == survivor) {
                Some(at) => drop(explained.swap_remove(at)),
                None => unexplained.push(survivor),
            }
        }
    }
    ensure!(unexplained.is_empty(), "mutants that no test notices:\n{}", unexplained.join("\n"));
    Ok(())
}

/// The mutant that a line of the report explains: "* `FILE: CHANGE`: reason".
fn explained(line: &str) -> Option<&str> {
    line.strip_prefix("* `crates/").and_then(|_| line.split('`').nth(1))
}

/// Mutants that no test noticed, without their place in the file, which every edit changes.
fn survivors(root: &Path, decisions: &Decisions) -> anyhow::Result<Vec<String>> {
    let out = root.join("target/mutants").join(decisions.package);
    std::fs::create_dir_all(&out)?;
    let mut mutants = Command::new("cargo");
    // A copy of the source is changed, and built apart: whoever works meanwhile is not disturbed.
    mutants.current_dir(root).env("CARGO_TARGET_DIR", root.join("target/mutants/build"));
    mutants.args(["mutants", "--package", decisions.package, "--output"]).arg(&out);
    mutants.args(decisions.files.iter().flat_map(|file| ["--file", file])).arg("--").args(decisions.tests);
    let ended = run(&mut mutants);
    let mut survivors = Vec::new();
    for list in ["missed.txt", "timeout.txt"] {
        let text = std::fs::read_to_string(out.join("mutants.out").join(list)).unwrap_or_default();
        survivors.extend(text.lines().map(without_place));
    }
    // It ends in error when there are survivors, and also when it could not try.
    if survivors.is_empty() { ended.map(|()| survivors) } else { Ok(survivors) }
}

/// `a.rs:1:2: replace …` without `:1:2`.
fn without_place(line: &str) -> String {
    match line.splitn(4, ':').collect::<Vec<_>>()[..] {
        [file, _, _, change] => format!("{file}:{change}"),
        _ => line.to_owned(),
    }
}
