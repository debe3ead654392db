//! Running programs, seen by whoever waits.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs cargo; warnings of its documentation are errors.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new("cargo").args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Installs the package that brings a subcommand of cargo, unless it is there.
pub(crate) fn cargo_tool(subcommand: &str, package: &str) -> anyhow::Result<()> {
    let mut version = Command::new("cargo");
    version.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if version.status()?.success() { Ok(()) } else { cargo(&["install", "--locked", package]) }
}

/// Runs a program to its end; anything but success is an error.
#[expect(clippy::print_stdout, reason = "whoever waits sees what is running")]
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("+ {} {}", command.get_program().display(), words(command));
    let status =
        command.status().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    ensure!(status.success(), "{} {} failed", command.get_program().display(), words(command));
    Ok(())
}

fn words(command: &Command) -> String {
    command.get_args().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
