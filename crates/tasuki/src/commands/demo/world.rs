//! What the demonstration runs on: a relay with its authority, four nodes, and a month of exports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::Enrolment;
use tasuki_office::offices::Folders;
use tasuki_office_web::Web;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder as RelayFolder;
use tasuki_relay::operator;
use tasuki_relay::store::{OfficeRecord, Offices as _};
use tasuki_sample::{Office, Options, Sample, ServiceOffice};
use tasuki_stage::enrolling::{Person, enrol_and_close, enrolment};
use tasuki_stage::registry;
use tasuki_stage::relay::LocalRelay;
use tasuki_terms::{ServiceMonth, ServiceType};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use super::Player;

/// Number, name, kana, service type and person of each office; the first plans the care.
const OFFICES: [(&str, &str, &str, &str, &str, &str); 4] = [
    (
        "1370000019",
        "たすき居宅介護支援事業所",
        "タスキキョタクカイゴシエンジギョウショ",
        "43",
        "keikaku",
        "計画 太郎",
    ),
    ("1370000027", "たすき訪問介護", "タスキホウモンカイゴ", "11", "houmon", "訪問 花子"),
    ("1370000035", "ひばりデイサービス", "ヒバリデイサービス", "15", "hibari", "通所 次郎"),
    ("1370000043", "みどり福祉用具", "ミドリフクシヨウグ", "17", "midori", "用具 三郎"),
];

/// How long requests that are under way may take at the end.
const PATIENCE: Duration = Duration::from_secs(3);

/// People in the month.
const PEOPLE: u32 = 12;

pub(super) struct World {
    pub(super) relay: LocalRelay,
    pub(super) players: Vec<Player>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    watching: Vec<AbortHandle>,
    _locks: Vec<std::fs::File>,
}

impl World {
    pub(super) async fn start(dir: &Path, port: u16) -> anyhow::Result<Self> {
        let relay_dir = RelayFolder::new(dir.join("relay"));
        let is_new = !relay_dir.config().exists();
        // An address that stays: nodes of an earlier demonstration in this folder know it.
        let config = if is_new {
            let listen = SocketAddr::from(([127, 0, 0, 1], 0));
            let config = Config { listen, reserve_bytes: 0, ..Config::default() };
            relay_dir.create("Tasuki demo", &config, Timestamp::now())?;
            config
        } else {
            relay_dir.read_config()?
        };
        let port_file = dir.join("relay.port");
        let known = std::fs::read_to_string(&port_file).ok().and_then(|text| text.trim().parse().ok());
        let config = Config { listen: SocketAddr::from(([127, 0, 0, 1], known.unwrap_or(0))), ..config };
        let relay = LocalRelay::serve(relay_dir, config).await?;
        let served_at = relay.address().port().to_string();
        tasuki_office::folder::write_durably(&port_file, served_at.as_bytes())?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();

        let mut players = Vec::new();
        if is_new {
            export_month(dir)?;
            players = enrol_all(dir, &relay).await?;
            let text = serde_json::to_vec(&players.iter().map(Secrets::of).collect::<Vec<_>>())?;
            tasuki_office::folder::write_durably(&dir.join("demo.json"), &text)?;
        } else {
            let secrets: Vec<Secrets> = serde_json::from_slice(&std::fs::read(dir.join("demo.json"))?)?;
            players
                .extend(secrets.into_iter().enumerate().map(|(index, secrets)| secrets.player(dir, index)));
        }
        let (mut locks, mut watching) = (Vec::new(), Vec::new());
        for (index, player) in (0..).zip(&mut players) {
            let folder = Folder::create(&player.node)?;
            locks.push(folder.lock().context("このフォルダーのデモは、もう動いています")?);
            let node = Node::open_now(folder)?;
            let address =
                SocketAddr::from(([127, 0, 0, 1], if port == 0 { 0 } else { port.saturating_add(index) }));
            let web = match Web::listen(node.clone(), address).await {
                Ok(web) => web,
                // The port is in use: any other does as well.
                Err(_) => Web::listen(node.clone(), SocketAddr::from(([127, 0, 0, 1], 0))).await?,
            };
            player.url = web.url();
            watching.push(tokio::spawn(node.exports.watch()).abort_handle());
            let stopped = stopped.clone();
            tasks.push(tokio::spawn(async move {
                drop(web.serve(until(stopped)).await);
            }));
        }
        Ok(Self { relay, players, stop, tasks, watching, _locks: locks })
    }

    pub(super) async fn stop(mut self) {
        self.stop.send_replace(true);
        self.watching.iter().for_each(AbortHandle::abort);
        for mut task in self.tasks {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
        // What takes longer ends with the process.
        drop(tokio::time::timeout(PATIENCE, self.relay.stop()).await);
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // Without a sender nobody can wish otherwise.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// What a folder of an earlier demonstration has to remember.
#[derive(serde::Serialize, serde::Deserialize)]
struct Secrets {
    password: String,
    kj_id: String,
    kj_password: String,
    recovery_code: String,
}

impl Secrets {
    fn of(player: &Player) -> Self {
        Self {
            password: player.password.clone(),
            kj_id: player.kj_id.clone(),
            kj_password: player.kj_password.clone(),
            recovery_code: player.recovery_code.clone(),
        }
    }

    fn player(self, dir: &Path, index: usize) -> Player {
        let (no, name, _, _, login, _) = OFFICES[index];
        Player {
            office: no.into(),
            name: name.into(),
            url: String::new(),
            login: login.into(),
            password: self.password,
            kj_id: self.kj_id,
            kj_password: self.kj_password,
            recovery_code: self.recovery_code,
            node: dir.join("office").join(no),
            export: care_software(dir, no, "export"),
            import: care_software(dir, no, "import"),
        }
    }
}

fn care_software(dir: &Path, office: &str, folder: &str) -> PathBuf {
    dir.join("care-software").join(office).join(folder)
}

/// Registers all offices at the relay, as an operator does, and begins with each, as an office does.
async fn enrol_all(dir: &Path, relay: &LocalRelay) -> anyhow::Result<Vec<Player>> {
    // An office that is in the list and does not take part yet.
    let later = record(("1370000050", "さくら訪問看護", "サクラホウモンカンゴ", "13", "", ""))?;
    relay.store().put_offices(vec![later], operator::by_operator(Timestamp::now())).await?;
    let tasks = (0..OFFICES.len()).map(|index| enrol(dir, relay, index));
    futures_util::future::try_join_all(tasks).await
}

fn record(office: (&str, &str, &str, &str, &str, &str)) -> anyhow::Result<OfficeRecord> {
    let (no, name, kana, service, ..) = office;
    Ok(OfficeRecord {
        kana: kana.into(),
        address: "東京都千代田区霞が関1-2-3".into(),
        phone: "03-0000-0000".into(),
        fax: "03-0000-0001".into(),
        services: vec![service.parse()?],
        ..registry::record(no.parse()?, name)
    })
}

async fn enrol(dir: &Path, relay: &LocalRelay, index: usize) -> anyhow::Result<Player> {
    let (_, name, _, _, login, person) = OFFICES[index];
    let credentials = registry::register(&**relay.store(), record(OFFICES[index])?).await?;
    let password = tasuki_relay::password::generate()?.to_string();
    let kj_password = tasuki_relay::password::generate()?.to_string();
    let secrets =
        Secrets { password, kj_id: credentials.kj_id.to_string(), kj_password, recovery_code: String::new() };
    let mut player = secrets.player(dir, index);
    for folder in [&player.export, &player.import] {
        std::fs::create_dir_all(folder)?;
    }
    let person = Person { login, name: person, password: &player.password };
    let wish = enrolment(relay.url(), relay.root_pem()?, &credentials, &player.kj_password, login);
    let folders = Folders { import: player.import.display().to_string(), ..Folders::default() };
    let then = move |node: &Node| Ok(node.offices.set_folders(login, credentials.office, &folders)?);
    let wish = Enrolment { name: name.to_owned(), ..wish };
    let kit = enrol_and_close(&player.node, person, wish, then).await?;
    let kit = kit.context("the office is new: its key is made here")?;
    player.recovery_code = kit.code.to_string();
    Ok(player)
}

/// Lays the month's exports out as a care software does: plans at the first office, actuals at the others.
fn export_month(dir: &Path) -> anyhow::Result<()> {
    let office = |no: &str, name: &str| -> anyhow::Result<Office> {
        Ok(Office { number: no.parse()?, name: name.to_owned() })
    };
    let mut service_offices = Vec::new();
    for (no, name, _, service, ..) in &OFFICES[1..] {
        let service_type: ServiceType = service.parse()?;
        service_offices.push(ServiceOffice { office: office(no, name)?, service_type });
    }
    let month = ServiceMonth::of(jiff::tz::Offset::constant(9).to_datetime(Timestamp::now()).date())?;
    let options = Options {
        care_office: office(OFFICES[0].0, OFFICES[0].1)?,
        service_offices,
        ..Options::new(month, PEOPLE, 0, 7)
    };
    for file in Sample::new(options)?.files() {
        let folder = care_software(dir, file.sender.as_str(), "export");
        std::fs::create_dir_all(&folder)?;
        // Whoever plays may lose these: they are made again.
        let mut out = std::fs::File::create(folder.join(&file.name))?;
        std::io::Write::write_all(&mut out, &file.bytes)?;
    }
    // A week's plan on paper, as it goes along with tables 1 and 2.
    let pdf = care_software(dir, OFFICES[0].0, "export").join("週間サービス計画表.pdf");
    std::io::Write::write_all(&mut std::fs::File::create(pdf)?, WEEK_PDF)?;
    Ok(())
}

/// A page with one line, small enough to be read here.
const WEEK_PDF: &[u8] = b"%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F1 18 Tf 60 780 Td (Weekly plan) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF
";
