//! Fuzzing: each target of `fuzz/` for some time, from its seeds.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo_tool, run};

/// Targets with their seeds, folders from the root.
const TARGETS: [(&str, &str); 4] = [
    ("name", "fuzz/seeds/name"),
    ("reader", "crates/standard/tests/corpus"),
    ("checker", "crates/standard/tests/corpus"),
    ("parcel", "fuzz/seeds/parcel"),
];

/// Runs every target for this many seconds; fails at the first input that breaks a promise.
pub(crate) fn run_all(seconds: u64) -> anyhow::Result<()> {
    cargo_tool("fuzz", "cargo-fuzz")?;
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    for (target, seeds) in TARGETS {
        run_target(&root, target, seeds, seconds)?;
    }
    Ok(())
}

fn run_target(root: &Path, target: &str, seeds: &str, seconds: u64) -> anyhow::Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    std::fs::create_dir_all(root.join(&corpus))?;
    // Without a sanitizer the stable compiler does; there is no `unsafe` for one to watch.
    let mut fuzz = Command::new("cargo");
    fuzz.current_dir(root).args(["fuzz", "run", "--sanitizer", "none", target, &corpus, seeds, "--"]);
    run(fuzz.args([&format!("-max_total_time={seconds}"), "-verbosity=0", "-print_final_stats=1"]))
}
