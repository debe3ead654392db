//! `tasuki check` and `tasuki show` as a vendor uses them: the real program on real files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::{tasuki, tasuki_in, text};

const PLAN: &str = "UPPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV";

const GOOD_ROW: &str = "202407,131016,0000012345,20250920,202510,1370000019,\"計画 太郎\",250,0,20251001,,0900,\
                        1000,1,111111,,,\"\",,1370000027,\"たすき訪問介護\",,0,1370000019,\r\n";

/// A folder with a plan of these rows, written as Shift-JIS.
fn folder_with(rows: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let (bytes, _, unmappable) = encoding_rs::SHIFT_JIS.encode(rows);
    assert!(!unmappable);
    put(&folder.path().join(PLAN), &bytes);
    folder
}

fn put(path: &Path, bytes: &[u8]) {
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// A plan with three faults in its second row.
fn faulty() -> TempDir {
    let second = GOOD_ROW.replace("131016", "13101").replace("20251001,,0900", "20251101,,9:00");
    folder_with(&format!("{GOOD_ROW}{second}"))
}

#[test]
fn people_read_what_is_wrong_where_and_what_to_do() {
    let output = tasuki_in(faulty().path(), &["check", "."]);
    insta::assert_snapshot!(text(&output.stdout));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn english_is_spoken_too() {
    let output = tasuki_in(faulty().path(), &["check", "--lang", "en", "."]);
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn machines_read_json() {
    let output = tasuki_in(faulty().path(), &["check", "--json", "."]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!(json);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_exit_status_tells_errors_from_warnings_from_trouble() {
    // A plan without its other files is worth a warning.
    let alone = folder_with(GOOD_ROW);
    assert_eq!(tasuki_in(alone.path(), &["check", "."]).status.code(), Some(0));
    assert_eq!(tasuki_in(alone.path(), &["check", "--strict", "."]).status.code(), Some(1));
    assert_eq!(tasuki_in(alone.path(), &["check", PLAN, "missing"]).status.code(), Some(2));
    assert_eq!(tasuki_in(alone.path(), &["check"]).status.code(), Some(2));
    assert_eq!(tasuki_in(alone.path(), &["check", "--format", "x", "."]).status.code(), Some(2));
}

#[test]
fn nothing_that_was_checked_is_no_pass() {
    let folder = TempDir::new().unwrap();
    put(&folder.path().join("案内.docx"), b"PK");
    for options in [&["check", "."][..], &["check", "--json", "."], &["check", "--strict", "."]] {
        assert_eq!(tasuki_in(folder.path(), options).status.code(), Some(2), "{options:?}");
    }
}

/// `tasuki check … | head`: nobody is told of a broken pipe.
#[test]
fn who_wants_no_more_of_the_output_hears_nothing() {
    let second = GOOD_ROW.replace("131016", "13101");
    let folder = folder_with(&second.repeat(2000));
    for options in [&["check", "."][..], &["check", "--json", "."], &["show", PLAN]] {
        let mut command = tasuki();
        command.args(options).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)), "{options:?}");
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_checked() {
    let folder = faulty();
    put(&folder.path().join("broken.zip"), b"no archive");
    let output = tasuki_in(folder.path(), &["check", "missing.CSV", "."]);
    let complaints = text(&output.stderr);
    assert!(complaints.contains("missing.CSV") && complaints.contains("broken.zip"), "{complaints}");
    assert!(text(&output.stdout).contains("F404"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn archives_and_folders_in_folders_are_searched() {
    let folder = faulty();
    let bytes = fs::read(folder.path().join(PLAN)).unwrap();
    let inner = folder.path().join("care").join("export");
    fs::create_dir_all(&inner).unwrap();
    put(&inner.join(PLAN), &bytes);
    put(&inner.join("memo.txt"), b"none of the standard");

    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("month.ZIP")).unwrap());
    archive.start_file(format!("export/{PLAN}"), zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&bytes).unwrap();
    archive.finish().unwrap();

    let output = tasuki_in(folder.path(), &["check", "--json", "--full-paths", "."]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths: Vec<_> =
        json["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [&format!("./{PLAN}"), &format!("./care/export/{PLAN}"), &format!("./month.ZIP/export/{PLAN}")]
    );
    // Nine errors in the files, and one because the same file is there three times.
    assert!(json["summary"]["errors"].as_u64().unwrap() > 9, "{}", json["summary"]);
}

#[test]
fn a_file_is_shown_with_names_and_meanings() {
    let folder = folder_with(GOOD_ROW);
    insta::assert_snapshot!(text(&tasuki_in(folder.path(), &["show", PLAN]).stdout));
    insta::assert_snapshot!(
        "shown_as_csv",
        text(&tasuki_in(folder.path(), &["show", PLAN, "--format", "csv"]).stdout)
    );

    let output = tasuki_in(folder.path(), &["show", PLAN, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = &json["rows"][0]["fields"][14];
    assert_eq!((&code["name_en"], &code["label"]), (&"service_code".into(), &"訪問介護".into()));
}

#[test]
fn whatever_can_be_decoded_is_shown() {
    let folder = TempDir::new().unwrap();
    // UTF-8, with a header row, one field too many, and a name of no standard.
    put(&folder.path().join("memo.csv"), "見出し,名前\r\n202407,計画 太郎\r\n".as_bytes());
    put(&folder.path().join(PLAN), "CSVバージョン,保険者番号\r\n202407,131016,x\r\n".as_bytes());
    let memo = tasuki_in(folder.path(), &["show", "memo.csv"]);
    assert!(text(&memo.stdout).contains("計画 太郎"));
    let plan = text(&tasuki_in(folder.path(), &["show", PLAN, "--format", "csv"]).stdout);
    assert!(plan.lines().nth(1).unwrap().starts_with("202407,131016,x"), "{plan}");

    let missing = tasuki_in(folder.path(), &["show", "missing.CSV"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("missing.CSV"));
}

#[test]
fn the_page_of_findings_is_that_of_the_code() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings.md");
    let expected = text(&tasuki_in(Path::new("."), &["check", "--codes"]).stdout);
    assert_eq!(
        fs::read_to_string(page).unwrap_or_default(),
        expected,
        "run tasuki check --codes > docs/findings.md"
    );
}

const DETAIL: &str = "UPSIKYU_202510_1370000019_43_1370000027_11_20251001090000.CSV";

/// A service of table 7 and its grand total.
const GOOD_DETAIL: &str = "202407,131016,0000012345,20250920,202510,\"たすき訪問介護\",1370000027,,111111,,,\"\",244,,,5,1220,1220,,,0,\
     1220,11.05,13481,90,12132,,1349,0,,,,0,9999999999,,1370000019,\r\n\
     202407,131016,0000012345,20250920,202510,\"\",9999999999,,999999,,,\"\",0,,,0,1220,1220,,,0,\
     1220,,13481,,12132,,1349,0,,,,0,9999999999,,1370000019,\r\n";

/// The limit is on all data that the program asks for, more than what it really uses; its own code does not count.
#[test]
#[cfg(target_os = "linux")]
fn ten_megabytes_are_checked_in_less_than_fifty() {
    for (name, rows, people) in [(PLAN, GOOD_ROW, 70_000), (DETAIL, GOOD_DETAIL, 40_000)] {
        let row = |number: u64| rows.replace("0000012345", &format!("{number:010}"));
        let all: String = (0..people).map(row).collect();
        let folder = folder_with("");
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&all);
        assert!(bytes.len() > 10_000_000, "{}", bytes.len());
        put(&folder.path().join(name), &bytes);
        let line = format!("ulimit -d 50000 && exec {} check --json {name}", env!("CARGO_BIN_EXE_tasuki"));
        let output = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        assert_eq!(report["files"][0]["people"], people);
        assert_eq!(report["files"][0]["findings"], serde_json::json!([]));
    }
}

#[test]
fn a_report_for_machines_holds_no_names_of_persons_that_stand_in_paths() {
    let folder = folder_with(GOOD_ROW);
    let of_person = folder.path().join("見本花子様");
    fs::create_dir(&of_person).unwrap();
    fs::copy(folder.path().join(PLAN), of_person.join(PLAN)).unwrap();
    put(&of_person.join("見本花子.csv"), b"x");
    let output = tasuki_in(folder.path(), &["check", "--json", "見本花子様"]);
    let report = text(&output.stdout);
    assert!(!report.contains("見本花子"), "{report}");
    let json: serde_json::Value = serde_json::from_str(&report).unwrap();
    let paths = json["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap());
    assert_eq!(paths.collect::<Vec<_>>(), [PLAN, "#2"], "the second is 見本花子.csv");
}

#[test]
fn an_imported_table_of_service_codes_is_shown_and_asked() {
    let folder = folder_with(GOOD_ROW);
    let codes = |lines: &str| {
        put(&folder.path().join("table.csv"), format!("code,name,units,per,valid_from\n{lines}").as_bytes());
    };
    let found = || {
        let output = tasuki_in(folder.path(), &["check", "--json", "."]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = json["files"][0]["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(), Vec::<String>::new());

    for (lines, wanted) in [
        ("111111,身体介護１,244,1回につき,20240601\n", &["M555"][..]),
        ("111111,身体介護１,250,1回につき,20240601\n", &[]),
        ("111112,身体介護１・夜,305,1回につき,20240601\n", &["M554"]),
        ("151111,通所介護,1,1回につき,20240601\n", &[]),
    ] {
        codes(lines);
        let output = tasuki_in(folder.path(), &["codes", "import", "table.csv"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(found(), wanted, "{lines}");
    }

    let output = tasuki_in(folder.path(), &["codes", "show", "15"]);
    assert!(text(&output.stdout).starts_with("151111\t通所介護\t1単位"), "{}", text(&output.stdout));
    let before = tasuki_in(folder.path(), &["codes", "show", "15", "--month", "2024-05"]);
    assert_eq!((before.status.code(), text(&before.stdout)), (Some(1), String::new()));
}

#[test]
fn a_wrong_table_is_refused_with_its_line_and_the_one_before_stays() {
    let folder = folder_with(GOOD_ROW);
    put(&folder.path().join("good.csv"), "code,name,units,per,valid_from\n111111,a,1,,20240601\n".as_bytes());
    put(&folder.path().join("bad.csv"), "code,name,units,per,valid_from\n111111,a,1,,2024\n".as_bytes());
    assert_eq!(tasuki_in(folder.path(), &["codes", "import", "good.csv"]).status.code(), Some(0));
    let refused = tasuki_in(folder.path(), &["codes", "import", "bad.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("2行目の「valid_from」"), "{}", text(&refused.stderr));
    assert_eq!(text(&tasuki_in(folder.path(), &["codes", "show"]).stdout).lines().count(), 1);

    let missing = tasuki_in(folder.path(), &["check", "--table", "no.csv", "."]);
    assert_eq!(
        missing.status.code(),
        Some(2),
        "nobody shall believe that a table was asked which is not there"
    );
}
