//! The program as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, without what whoever runs the tests has set for its own.
pub(crate) fn tasuki() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TASUKI_") {
            command.env_remove(name);
        }
    }
    command
}

/// What the program says in a folder, without what the developer has imported for the own use.
pub(crate) fn tasuki_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = tasuki();
    for data in ["XDG_DATA_HOME", "LOCALAPPDATA"] {
        command.env(data, folder.join("data"));
    }
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// What `tasuki office` says of a node's folder.
pub(crate) fn office(folder: &Path, arguments: &[&str]) -> Output {
    tasuki().args(["office", "--dir"]).arg(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What was printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A process that has said what it says first, and is killed at the end.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) first_line: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let first_line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        Self { child, first_line }
    }

    pub(crate) fn node(folder: &Path) -> Self {
        Self::node_at(folder, 0)
    }

    pub(crate) fn node_at(folder: &Path, port: u16) -> Self {
        let port = port.to_string();
        Self::start(tasuki().args(["office", "serve", "--no-browser", "--port", &port, "--dir"]).arg(folder))
    }

    pub(crate) fn relay(folder: &Path, listen: &str) -> Self {
        Self::start(tasuki().args(["relay", "serve", "--listen", listen, "--dir"]).arg(folder))
    }

    /// The address that it has said, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        self.first_line.split_once('：').unwrap().1.trim_end_matches('/')
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Most memory that it ever had, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
