//! The whole test suite, from a bare Debian with Rust on.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Programs that tests run, and the Debian packages they come in.
const PROGRAMS: [(&str, &str); 3] = [("age", "age"), ("openssl", "openssl"), ("unzip", "unzip")];

/// What is run, in this order: the quick ones first.
const STEPS: [&[&str]; 5] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["deny", "check", "bans", "licenses", "sources"],
    &["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"],
    &["test", "--workspace", "--locked", "--no-fail-fast"],
];

/// Installs what is missing and runs all steps; fails at the first that fails.
pub(crate) fn run_all() -> anyhow::Result<()> {
    install_programs()?;
    install_cargo_deny()?;
    for step in STEPS {
        cargo(step)?;
    }
    Ok(())
}

fn install_programs() -> anyhow::Result<()> {
    let missing: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
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

fn install_cargo_deny() -> anyhow::Result<()> {
    let mut version = Command::new("cargo");
    version.args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if version.status()?.success() { Ok(()) } else { cargo(&["install", "--locked", "cargo-deny"]) }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new("cargo").args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

#[expect(clippy::print_stdout, reason = "whoever waits sees what is running")]
fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("+ {} {}", command.get_program().display(), words(command));
    let status =
        command.status().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    ensure!(status.success(), "{} {} failed", command.get_program().display(), words(command));
    Ok(())
}

fn words(command: &Command) -> String {
    command.get_args().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
