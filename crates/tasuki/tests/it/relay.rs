//! The relay as its operator has it: real processes, one folder.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::process::tasuki;

fn relay(folder: &Path, arguments: &[&str]) -> Output {
    tasuki().args(["relay", "--dir"]).arg(folder).args(arguments).output().unwrap()
}

/// What a command that must succeed has printed.
fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = relay(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must be refused has said.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = relay(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let listen = ["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0", "--dir"];
        Self::of(tasuki().args(["relay", "serve"]).args(listen).arg(folder))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> = output.lines().take(2).map(Result::unwrap).collect();
        Self { child, lines }
    }

    /// What the operator's address answers.
    fn operator(&self, path: &str) -> String {
        let address = self.lines[1].split_once("http://").unwrap().1.split('/').next().unwrap().to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks the process to stop, and gives what it logged.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_working_relay_in_one_step() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    assert!(refused(&folder, &["stats"]).contains("tasuki relay init"));
    assert!(good(&folder, &["init", "--unfetched-days", "45"]).contains("root.key"));
    assert!(refused(&folder, &["init"]).contains("すでに"));
    let serving = Serving::start(&folder);
    assert!(serving.operator("/ready").starts_with("HTTP/1.1 200"));
    assert!(serving.operator("/metrics").contains("tasuki_relay_healthy 1"));
    let log = serving.stop();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["message"]
        == "the key of the root is still on this machine: move it to a place off line"));
    assert!(lines.iter().any(|line| line["fields"]["route"] == "/metrics"));
    assert!(good(&folder, &["clock"]).contains("最後に動いた時刻"));
    assert!(good(&folder, &["clock", "--confirm"]).contains("確かめました"));
    assert!(good(&folder, &["audit", "show"]).contains("clock.confirm"));
    assert!(good(&folder, &["purge", "--older-than", "7"]).contains("--yes"));
    assert!(good(&folder, &["purge", "--older-than", "7", "--yes"]).contains("0件"));
}

#[test]
fn a_relay_asked_to_stop_as_soon_as_it_speaks_stops_in_order() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    good(&folder, &["init"]);
    for _ in 0..5 {
        Serving::start(&folder).stop();
    }
}

#[test]
fn offices_are_added_while_the_relay_serves() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    good(&folder, &["init"]);
    let _serving = Serving::start(&folder);
    assert!(refused(&folder, &["office", "add", "1370000019"]).contains("--name"));
    let added =
        good(&folder, &["office", "add", "1370000019", "--name", "みほん居宅", "--service", "43", "--json"]);
    let added: Value = serde_json::from_str(&added).unwrap();
    assert!(added["kj_id"].as_str().unwrap().starts_with("KJ"));
    assert!(refused(&folder, &["office", "add", "1370000019"]).contains("office credentials"));
    let again = good(&folder, &["office", "credentials", "1370000019", "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["kj_id"], added["kj_id"]);
    assert_eq!(again["password"], Value::Null);
    assert_ne!(again["enrolment_password"], added["enrolment_password"]);
    good(&folder, &["office", "suspend", "1370000019"]);
    good(&folder, &["office", "resume", "1370000019"]);
    assert!(refused(&folder, &["office", "suspend", "1370000027"]).contains("名簿"));
    assert!(good(&folder, &["cert", "list", "1370000019"]).contains("まだありません"));

    let log = good(&folder, &["audit", "show", "1370000019"]);
    let actions: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<&str> = actions.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["account.put", "account.put", "office.suspend", "office.resume"]);
    assert!(!log.contains(added["enrolment_password"].as_str().unwrap()));
    good(&folder, &["audit", "verify"]);
    assert_eq!(good(&folder, &["check", "--deep"]), "すべて約束どおりです。\n");
}

#[test]
fn the_ministrys_list_is_imported() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    let list = temporary.path().join("list.csv");
    good(&folder, &["init"]);
    let mut file = std::fs::File::create(&list).unwrap();
    writeln!(file, "事業所名,事業所番号,サービスの種類,住所").unwrap();
    for number in 0..12_000 {
        writeln!(file, "みほん{number},13{number:08},訪問介護,東京都").unwrap();
    }
    let path = list.to_str().unwrap();
    assert!(good(&folder, &["office", "import", path]).contains("12000 事業所"));
    assert!(good(&folder, &["office", "import", path]).contains("12000 事業所"), "it may be repeated");
    let stats: Value = serde_json::from_str(&good(&folder, &["stats", "--json"])).unwrap();
    assert_eq!(stats["offices"], 12_000);
    file.set_len(0).unwrap();
    assert!(refused(&folder, &["office", "import", path]).contains("事業所番号"));
}

#[test]
fn a_backup_is_taken_and_restored() {
    let temporary = tempfile::tempdir().unwrap();
    let (folder, copy) = (temporary.path().join("relay"), temporary.path().join("copy.db"));
    good(&folder, &["init"]);
    good(&folder, &["office", "add", "1370000019", "--name", "みほん"]);
    let copy = copy.to_str().unwrap();
    {
        let _serving = Serving::start(&folder);
        good(&folder, &["backup", copy]);
        assert!(refused(&folder, &["backup", copy]).contains("すでに"));
        assert!(refused(&folder, &["restore", copy]).contains("止め"));
    }
    good(&folder, &["office", "add", "1370000027", "--name", "あとから"]);
    for name in ["relay.db", "relay.db-wal", "relay.db-shm"] {
        drop(std::fs::remove_file(folder.join(name)));
    }
    good(&folder, &["restore", copy]);
    let stats: Value = serde_json::from_str(&good(&folder, &["stats", "--json"])).unwrap();
    assert_eq!(stats["registered"], 1);
    assert_eq!(good(&folder, &["check", "--deep"]), "すべて約束どおりです。\n");
}

#[test]
fn a_restore_does_not_meet_what_a_killed_relay_left() {
    let temporary = tempfile::tempdir().unwrap();
    let (folder, copy) = (temporary.path().join("relay"), temporary.path().join("copy.db"));
    good(&folder, &["init"]);
    {
        let _killed = Serving::start(&folder);
        good(&folder, &["backup", copy.to_str().unwrap()]);
        good(&folder, &["office", "add", "1370000019", "--name", "みほん"]);
    }
    assert!(folder.join("relay.db-wal").exists());
    std::fs::rename(folder.join("relay.db"), temporary.path().join("damaged.db")).unwrap();
    let restore = ["restore", copy.to_str().unwrap()];
    assert!(refused(&folder, &restore).contains("relay.db-wal"));
    std::fs::rename(folder.join("relay.db-wal"), temporary.path().join("damaged.db-wal")).unwrap();
    std::fs::rename(folder.join("relay.db-shm"), temporary.path().join("damaged.db-shm")).unwrap();
    good(&folder, &restore);
    assert_eq!(good(&folder, &["check", "--deep"]), "すべて約束どおりです。\n");
    let stats: Value = serde_json::from_str(&good(&folder, &["stats", "--json"])).unwrap();
    assert_eq!(stats["offices"], 0);
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    let init = |dir: &str, flag: Option<&str>| {
        let folder = folder.join(dir);
        let mut command = tasuki();
        command.args(["relay", "--dir"]).arg(&folder).arg("init").env("TASUKI_RELAY_UNFETCHED_DAYS", "40");
        if let Some(days) = flag {
            command.args(["--unfetched-days", days]);
        }
        assert!(command.output().unwrap().status.success());
        std::fs::read_to_string(folder.join("relay.toml")).unwrap()
    };
    std::fs::create_dir_all(&folder).unwrap();
    assert!(init("environment", None).contains("unfetched_days = 40"));
    assert!(init("flag", Some("41")).contains("unfetched_days = 41"));
    let file = folder.join("flag/relay.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("unfetched_days", "unfetched_day");
    std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
    let output = relay(&folder.join("flag"), &["serve"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("unfetched_day"));
}

#[test]
fn nothing_is_lost_doubled_or_reordered_while_the_relay_is_killed() {
    let output = tasuki()
        .args(["bench", "soak", "--minutes", "0.15", "--offices", "4", "--kill-every", "1.5"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let sent: u64 = text.split(['信', '、']).find_map(|word| word.trim().parse().ok()).unwrap();
    assert!(sent > 50, "only {sent} parcels: {text}");
}

#[test]
fn a_measurement_prints_its_figures() {
    let output = tasuki()
        .args(["bench", "relay", "--offices", "3", "--connections", "4", "--size", "2000"])
        .args(["--seconds", "1", "--warm-up", "0", "--rate", "20", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["calls"].as_array().unwrap().len(), 6);
    assert!(report["sends_to_baseline"].as_f64().unwrap() > 0.0);
    assert!(report["memory_mib"].as_u64().unwrap() > 0);
}

#[test]
fn a_table_of_service_codes_is_checked_before_it_is_handed_out() {
    let temporary = tempfile::TempDir::new().unwrap();
    let folder = temporary.path().join("relay");
    let table = temporary.path().join("table.csv");
    let write = |lines: &str| {
        let mut file = std::fs::File::create(&table).unwrap();
        write!(file, "code,name,units,per,valid_from\n{lines}").unwrap();
    };
    let load = ["codes", "load", table.to_str().unwrap()];
    write("111111,身体介護１,244,1回につき,20240601\n");
    assert!(refused(&folder, &load).contains("連携基盤のフォルダーではありません"));
    good(&folder, &["init"]);
    assert!(good(&folder, &load).contains("1件"));
    let kept = std::fs::read_to_string(folder.join("service-codes.csv")).unwrap();
    assert_eq!(kept, "code,name,units,per,valid_from,valid_to\n111111,身体介護１,244,1回につき,20240601,\n");
    write("11111,x,1,,20240601\n");
    assert!(refused(&folder, &load).contains("2行目の「code」"));
    assert_eq!(std::fs::read_to_string(folder.join("service-codes.csv")).unwrap(), kept);
}

#[cfg(target_os = "linux")]
#[test]
fn a_relay_may_open_as_many_files_as_the_system_lets_it() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("relay");
    good(&folder, &["init"]);
    let script = "ulimit -Sn 64 && exec \"$0\" relay serve --listen 127.0.0.1:0 --operator-listen 127.0.0.1:0 --dir \"$1\"";
    let serving =
        Serving::of(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_tasuki")]).arg(&folder));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> = files.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers[0], numbers[1], "{files}");
}
