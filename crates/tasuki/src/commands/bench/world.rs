//! A relay in a process of its own, with offices that take part.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use jiff::Timestamp;
use tasuki_client::RelayAddress;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_stage::bare::BareOffice;
use tasuki_stage::registry::{record, register};
use tasuki_terms::OfficeNo;
use tempfile::TempDir;

/// The password that every office here chooses.
const PASSWORD: &str = "kaze-to-tsuki 31";

/// No office is held up by its own limits while it is measured.
const UNLIMITED: u32 = 100_000_000;

pub(super) struct World {
    folder: Folder,
    child: Child,
    pub(super) address: RelayAddress,
    port: u16,
    temporary: TempDir,
}

impl World {
    /// Makes a relay below a folder and starts it.
    pub(super) fn start(below: Option<&PathBuf>) -> anyhow::Result<Self> {
        let temporary = match below {
            Some(folder) => TempDir::new_in(folder)?,
            None => TempDir::new()?,
        };
        let folder = Folder::new(temporary.path().join("relay"));
        let config = Config {
            requests_per_minute: UNLIMITED,
            anonymous_per_minute: UNLIMITED,
            open_requests: UNLIMITED,
            event_streams: UNLIMITED,
            outstanding_parcels: UNLIMITED,
            outstanding_bytes: u64::MAX,
            connections_per_address: UNLIMITED,
            ..Config::default()
        };
        folder.create("Bench", &config, Timestamp::now())?;
        let (child, port) = serve(&folder, 0)?;
        let root = std::fs::read(folder.root())?;
        let address = RelayAddress::new(&format!("https://127.0.0.1:{port}"), &root)?;
        Ok(Self { folder, child, address, port, temporary })
    }

    /// Offices that have enrolled, chosen a password, and published a key.
    pub(super) async fn offices(&self, count: usize) -> anyhow::Result<Vec<BareOffice>> {
        let mut offices = Vec::with_capacity(count);
        for index in 0..count {
            let no: OfficeNo = format!("13{index:08}").parse()?;
            let credentials = self.register(no, format!("みほん事業所{index}")).await?;
            offices.push(BareOffice::enrol(&self.address, &credentials, PASSWORD).await?);
        }
        Ok(offices)
    }

    /// Puts an office into the directory, and gives what it needs to enrol.
    pub(super) async fn register(&self, no: OfficeNo, name: String) -> anyhow::Result<NewCredentials> {
        let store = operator::open_store(&self.folder, 0)?;
        register(&*store, record(no, name)).await
    }

    /// The certificate that nodes trust.
    pub(super) fn root_pem(&self) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.folder.root())?)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Ends the relay at once, as a power cut would, and starts it again.
    pub(super) fn kill_and_start(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        (self.child, _) = serve(&self.folder, self.port)?;
        Ok(())
    }

    /// What the relay's invariants say.
    pub(super) async fn violations(&self) -> anyhow::Result<Vec<String>> {
        use tasuki_relay::store::Store as _;
        let store = operator::open_store(&self.folder, 0)?;
        let found = store.check(true).await?;
        Ok(found.into_iter().map(|violation| format!("{} {}", violation.invariant, violation.what)).collect())
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// From now on the folder stays when the world ends.
    pub(super) fn keep(&mut self) -> std::path::PathBuf {
        self.temporary.disable_cleanup(true);
        self.temporary.path().to_owned()
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.temporary.path()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It is thrown away with its folder.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(folder: &Folder, port: u16) -> anyhow::Result<(Child, u16)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["relay", "serve", "--listen", &format!("127.0.0.1:{port}"), "--dir"])
        .arg(folder.path())
        .env("TASUKI_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("連携基盤の出力を読めません")?;
    for line in BufReader::new(output).lines() {
        if let Some((_, port)) = line?.rsplit_once("127.0.0.1:") {
            return Ok((child, port.parse()?));
        }
    }
    anyhow::bail!("連携基盤が始まりません")
}
