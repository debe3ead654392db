//! An office node in a process of its own, and how the bench speaks with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tasuki_office::node::Node;
use tasuki_office::offices::Folders;
use tasuki_office_web::LocalAccess;
use tasuki_relay::operator::NewCredentials;
use tasuki_stage::enrolling::{Person, enrol_and_close, enrolment};

/// The password that everybody here chooses.
const PASSWORD: &str = "kaze-to-tsuki 31 yama";

/// How long one answer of a node may take.
const ANSWER: Duration = Duration::from_secs(20);

pub(super) struct NodeProcess {
    pub(super) office: String,
    pub(super) dir: PathBuf,
    child: Child,
    client: reqwest::Client,
}

impl NodeProcess {
    /// Starts the node of a folder in which an office has enrolled.
    pub(super) fn start(office: &str, dir: &Path) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER).build()?;
        Ok(Self { office: office.to_owned(), dir: dir.to_owned(), child: serve(dir)?, client })
    }

    /// Ends it at once, as a power cut would.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again. It is not waited for: the next kill may come while it starts, too.
    pub(super) fn start_again(&mut self) -> anyhow::Result<()> {
        self.child = serve(&self.dir)?;
        Ok(())
    }

    /// All lines of a list that the node tells programs of this machine.
    pub(super) async fn list(&self, list: &str, member: &str) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut before) = (Vec::new(), String::new());
        loop {
            let bytes = std::fs::read(self.dir.join("local.json"))?;
            let access: LocalAccess = serde_json::from_slice(&bytes)?;
            let url = format!("{}/local/{}/{list}?state=&before={before}", access.url, self.office);
            let answer = self.client.get(url).bearer_auth(access.token).send().await?.error_for_status()?;
            let mut answer: Value = answer.json().await?;
            if let Some(lines) = answer[member].as_array_mut() {
                all.append(lines);
            }
            match answer["next"].as_str() {
                Some(next) => next.clone_into(&mut before),
                None => return Ok(all),
            }
        }
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // It is thrown away with its folder.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(dir: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["office", "serve", "--no-browser", "--port", "0", "--dir"]).arg(dir);
    let log = std::fs::File::options().create(true).append(true).open(dir.with_extension("log"))?;
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?)
}

/// What a command of `tasuki` said: its exit status and its output.
pub(super) struct Said {
    pub(super) status: Option<i32>,
    pub(super) text: String,
}

/// Runs `tasuki` with arguments. Whoever has not answered by the end of the time is ended.
pub(super) fn tasuki(arguments: &[&str], time: Duration) -> anyhow::Result<Said> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let (mut child, start) = (command.spawn()?, Instant::now());
    while child.try_wait()?.is_none() && start.elapsed() < time {
        std::thread::sleep(Duration::from_millis(20));
    }
    // One that has ended already is not there to be killed.
    drop(child.kill());
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Said { status: output.status.code(), text })
}

/// How an office begins: it enrols, sets its folders, and unlocks itself from then on.
pub(super) async fn enrol(
    dir: &Path,
    relay: String,
    root_pem: Vec<u8>,
    credentials: &NewCredentials,
    folders: Folders,
) -> anyhow::Result<()> {
    let person = Person { login: "hanako", name: "見本 花子", password: PASSWORD };
    let (office, login) = (credentials.office, person.login);
    let wish = enrolment(relay, root_pem, credentials, PASSWORD, login);
    let then = move |node: &Node| {
        node.offices.set_folders(login, office, &folders)?;
        Ok(node.offices.set_self_unlock(login, true)?)
    };
    enrol_and_close(dir, person, wish, then).await?;
    Ok(())
}
