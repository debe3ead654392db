//! The whole test suite, from a bare Debian with Rust on.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::fuzz;
use crate::run::{cargo, cargo_tool, run};

/// Programs that tests run or are built with, and the Debian packages they come in.
const PROGRAMS: [(&str, &str); 8] = [
    ("age", "age"),
    ("c++", "g++"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("npm", "npm"),
    ("openssl", "openssl"),
    ("strace", "strace"),
    ("unzip", "unzip"),
];

/// Debian package of a font that has the characters of names, without which pages show boxes; and where it is then.
const FONT: (&str, &str) = ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc");

/// What looks for barriers on pages, from npm.
const AXE: &str = "axe-core@4.14.1";

/// Browsers at once: more would only wait for each other.
const BROWSERS: &str = "--test-threads=2";

/// Programs from PyPI that look at the relay from outside, as strangers would.
const PYTHON_PROGRAMS: [(&str, &str); 2] = [("schemathesis", "4.32.5"), ("sslyze", "6.3.1")];

/// What is run, in this order: the quick ones first.
const STEPS: [&[&str]; 5] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["deny", "check", "bans", "licenses", "sources"],
    &["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"],
    &["test", "--workspace", "--locked", "--no-fail-fast"],
];

/// How long each fuzz target runs here: long enough for its seeds and a little chance.
const FUZZ_SECONDS: u64 = 10;

/// Installs what is missing and runs all steps; fails at the first that fails.
pub(crate) fn run_all() -> anyhow::Result<()> {
    install_programs()?;
    cargo_tool("deny", "cargo-deny")?;
    for step in STEPS {
        cargo(step)?;
    }
    // All tests, as before, and of them those with these names: another choice of crates or targets would have other features,
    // and everything would be built once more.
    let tools = ["test", "--workspace", "--locked", "--tests", "tools::", "--", "--ignored"];
    run(Command::new("cargo").args(tools).env("PATH", python_programs()?))?;
    let pages = ["test", "--workspace", "--locked", "--tests", "browser::", "--", "--ignored", BROWSERS];
    run(Command::new("cargo").args(pages).env("TASUKI_AXE", axe()?))?;
    fuzz::run_all(FUZZ_SECONDS)
}

/// Installs axe-core into a folder of its own; the path of its script.
fn axe() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.is_file() {
        std::fs::create_dir_all(&folder)?;
        let install = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        run(Command::new("npm").args(install).arg(&folder).arg(AXE))?;
    }
    Ok(script.canonicalize()?)
}

/// Installs the Python programs into a folder of their own; the search path with them.
fn python_programs() -> anyhow::Result<OsString> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python");
    let programs = folder.join("bin");
    if !PYTHON_PROGRAMS.iter().all(|(name, _)| programs.join(name).is_file()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let wanted = PYTHON_PROGRAMS.map(|(name, version)| format!("{name}=={version}"));
        run(Command::new(programs.join("pip")).args(["install", "--quiet"]).args(wanted))?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

fn install_programs() -> anyhow::Result<()> {
    let programs = PROGRAMS.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package);
    let font = Some(FONT.0).filter(|_| !Path::new(FONT.1).exists());
    let missing: Vec<_> = programs.chain(font).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let as_root = if is_root() { vec![] } else { vec!["sudo"] };
    let run_apt = |arguments: &[&str]| {
        let line = [&as_root[..], &["apt-get"], arguments].concat();
        run(Command::new(line[0]).args(&line[1..]).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    run_apt(&["update", "-qq"])?;
    run_apt(&[&["install", "-y", "-qq", "--no-install-recommends"], &missing[..]].concat())
        .with_context(|| format!("install these packages by hand: {}", missing.join(" ")))
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
