//! `tasuki sample` and the samples of this repository, before `tasuki check`: the real program on real files.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::process::{tasuki_in, text};

/// All files below a folder with their paths in it.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

const SMALL: [&str; 7] = ["sample", "--month", "202510", "--people", "3", "--offices", "2"];

fn make(options: &[&str]) -> (TempDir, Output) {
    let folder = TempDir::new().unwrap();
    let output = tasuki_in(folder.path(), &[options, &["--out", "month"]].concat());
    (folder, output)
}

#[test]
fn each_office_has_a_folder_with_what_it_sends() {
    let (folder, output) = make(&SMALL);
    assert_eq!(text(&output.stderr), "");
    let names: Vec<_> = files(&folder.path().join("month")).into_iter().map(|(name, _)| name).collect();
    for name in &names {
        let (office, file) = name.split_once('/').unwrap();
        let sender = file.split('_').find(|part| part.len() == 10 && part.starts_with("13")).unwrap();
        assert_eq!(office, sender, "{name}");
    }
    for kind in ["UP1KYO", "UP2KYO", "UP3KYO", "UPPLAN", "UPSIKYU", "UPHOSOKU"] {
        assert!(names.iter().any(|name| name.starts_with(&format!("1370000019/{kind}_"))), "{kind}");
    }
    for office in ["1370000027", "1370000035"] {
        assert!(names.iter().any(|name| name.starts_with(&format!("{office}/UPJSK_202510_"))), "{office}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let made = |seed| files(&make(&[&SMALL[..], &["--seed", seed]].concat()).0.path().join("month"));
    assert_eq!(made("5"), made("5"));
    assert_ne!(made("5"), made("6"));
}

#[test]
fn nothing_is_overwritten() {
    let (folder, _) = make(&SMALL);
    let before = files(folder.path());
    let again = tasuki_in(folder.path(), &[&SMALL[..], &["--seed", "9", "--out", "month"]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("すでにあります"), "{}", text(&again.stderr));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn what_cannot_be_made_is_said() {
    let cases = [
        (["202207", "1", "1"], "202301"),
        (["202510", "0", "1"], "--people 0"),
        (["202510", "10001", "1"], "10000"),
        (["202510", "1", "201"], "--offices 201"),
        (["202513", "1", "1"], "--month"),
    ];
    for ([month, people, offices], said) in cases {
        let options = ["sample", "--month", month, "--people", people, "--offices", offices];
        let (folder, output) = make(&options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
        assert_eq!(files(folder.path()), []);
    }
}

/// Ten thousand files of several seeds, of both versions.
#[test]
fn ten_thousand_files_check_without_an_error_or_warning() {
    let months = [
        ["202503", "420", "12", "1"],
        ["202503", "300", "30", "2"],
        ["202510", "400", "12", "3"],
        ["202602", "300", "40", "4"],
        ["202404", "200", "8", "5"],
    ];
    let mut checked = 0;
    for [month, people, offices, seed] in months {
        let (folder, output) =
            make(&["sample", "--month", month, "--people", people, "--offices", offices, "--seed", seed]);
        assert_eq!(text(&output.stderr), "");
        let output = tasuki_in(folder.path(), &["check", "--json", "--strict", "month"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["summary"], serde_json::json!({ "errors": 0, "warnings": 0 }), "{month} {seed}");
        assert_eq!(output.status.code(), Some(0));
        checked += report["files"].as_array().unwrap().len();
    }
    assert!(checked >= 10_000, "{checked}");
}

#[test]
fn the_samples_of_the_repository_show_what_the_checker_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let clean = tasuki_in(&root, &["check", "--strict", "samples/clean"]);
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean.stdout));
    let all = tasuki_in(&root, &["check", "samples"]);
    assert_eq!(all.status.code(), Some(1));
    insta::assert_snapshot!(text(&all.stdout));
}
