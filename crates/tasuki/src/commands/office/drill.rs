//! `tasuki office backup --verify FILE`: would a restore bring everything back?

use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use tasuki_office::error::OfficeError;
use tasuki_office::upkeep::backup::{BackupError, Drill, DrillFault, DrillReport};

use super::upkeep::{ask, problem};

/// The passwords come from the standard input; an empty one leaves the parcels of its office closed.
pub(super) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    let told = |error: BackupError| anyhow!("{}", problem(file, &error));
    let mut drill = begin(file).map_err(told)?;
    for office in drill.offices()? {
        let password = ask(&format!("{}（{}）の事業所ユーザのパスワード：", office.name, office.no))?;
        if password.is_empty() {
            continue;
        }
        match drill.unlock(office.no, &password) {
            Err(OfficeError::Vault(_)) => bail!("{} のパスワードが違います", office.no),
            result => result?,
        }
    }
    let report = drill.run().map_err(told)?;
    tell(&report);
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(super::WAITS) })
}

/// The database is unpacked beside the backup, or, where nothing can be written, where temporary files are.
fn begin(file: &Path) -> Result<Drill, BackupError> {
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match Drill::begin(file, beside) {
        Err(BackupError::Office(OfficeError::Io(_))) => Drill::begin(file, &std::env::temp_dir()),
        result => result,
    }
}

fn tell(report: &DrillReport) {
    for found in &report.problems {
        let fault = match found.fault {
            DrillFault::Missing => "ありません",
            DrillFault::Changed => "中身が変わっています",
            DrillFault::Unopenable => "開けません",
        };
        anstream::println!("{} {}：{fault}", found.office, found.parcel);
    }
    let told = u64::try_from(report.problems.len()).unwrap_or(u64::MAX);
    if report.faulty > told {
        anstream::println!("ほか {} 件", report.faulty - told);
    }
    if report.audit_broken {
        anstream::println!("操作の記録：途中で書き換えられています");
    }
    anstream::println!("送受信したもの：{} 件", report.parcels);
    anstream::println!("　開いて確かめたもの：{} 件", report.opened);
    if report.locked > 0 {
        anstream::println!("　パスワードがないため、開かずに確かめたもの：{} 件", report.locked);
    }
    if report.refused > 0 {
        anstream::println!("　受け取らなかったもの（届いたままあります）：{} 件", report.refused);
    }
    if report.is_good() {
        anstream::println!("このバックアップから元に戻せます。");
    } else {
        anstream::println!(
            "問題が {} 件あります。別の日のバックアップも確かめてください。",
            report.faulty + u64::from(report.audit_broken)
        );
    }
}
