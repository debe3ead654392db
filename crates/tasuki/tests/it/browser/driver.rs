//! What drives the browsers: one program for all tests of this process.

use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// Ends with this process, however that ends: then nobody holds its input any more.
const RUN: &str = "exec 3<&0; (read -r _ <&3; kill $$) >/dev/null & exec chromedriver --port=0";

struct Driver {
    url: String,
    _child: Child,
}

static DRIVER: LazyLock<Driver> = LazyLock::new(Driver::start);

/// Where the driver listens; it is started when the first browser is wanted.
pub(crate) fn url() -> &'static str {
    &DRIVER.url
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("sh")
            .args(["-c", RUN])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines();
        let port = loop {
            let line = lines.next().expect("chromedriver is installed").unwrap();
            if let Some((_, port)) = line.split_once("on port ").filter(|_| line.contains("success")) {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // It stops when nobody reads what it says.
        std::thread::spawn(move || lines.for_each(drop));
        Self { url: format!("http://127.0.0.1:{port}"), _child: child }
    }
}
