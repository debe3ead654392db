//! `tasuki relay stats|check|backup|restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::json;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator;
use tasuki_relay::store::{Leap, Parcels as _, Store as _};

use super::Desk;

#[derive(Args)]
pub(super) struct Stats {
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Check {
    /// すべての内容を読み、指紋と比べる（時間がかかります）
    #[arg(long)]
    deep: bool,
}

#[derive(Args)]
pub(super) struct Clock {
    /// このパソコンの時計は正しい
    #[arg(long)]
    confirm: bool,
}

#[derive(Args)]
pub(super) struct Backup {
    /// 控えのファイル（まだないもの）
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct Restore {
    /// 控えのファイル
    file: PathBuf,
}

pub(super) async fn stats(desk: &Desk, options: &Stats) -> anyhow::Result<ExitCode> {
    let stats = desk.store.stats().await?;
    if options.json {
        let report = json!({
            "offices": stats.offices, "registered": stats.registered, "parcels": stats.parcels,
            "waiting": stats.waiting, "bytes": stats.bytes,
        });
        anstream::println!("{report}");
    } else {
        anstream::println!("名簿の事業所          {}", stats.offices);
        anstream::println!("登録した事業所        {}", stats.registered);
        anstream::println!("受け付けた連携データ  {}", stats.parcels);
        anstream::println!("受信待ち              {}", stats.waiting);
        anstream::println!("保管中                {} バイト", stats.bytes);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn check(desk: &Desk, options: &Check) -> anyhow::Result<ExitCode> {
    let violations = desk.store.check(options.deep).await?;
    if violations.is_empty() {
        anstream::println!("すべて約束どおりです。");
        return Ok(ExitCode::SUCCESS);
    }
    for violation in violations {
        anstream::println!("{}  {}", violation.invariant, violation.what);
    }
    Ok(ExitCode::FAILURE)
}

pub(super) async fn clock(desk: &Desk, options: &Clock) -> anyhow::Result<ExitCode> {
    let now = super::by_operator();
    let seen = desk.store.seen_time().await?;
    anstream::println!("このパソコンの時刻  {:.0}", now.at);
    if let Some(seen) = seen {
        anstream::println!("最後に動いた時刻    {seen:.0}");
    }
    if options.confirm {
        desk.store.confirm_time(now).await?;
        anstream::println!("時計を確かめました。期限切れの処理を続けます。");
    } else if Leap::check(seen, now.at).is_err() {
        anstream::println!(
            "1日より長く進んでいるため、期限切れの処理を止めています。時計が正しければ、--confirm を付けてください。"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn backup(folder: &Folder, options: &Backup) -> anyhow::Result<ExitCode> {
    ensure!(!options.file.exists(), "{} はすでにあります", options.file.display());
    operator::back_up(folder, &options.file).context("控えを取れません")?;
    anstream::println!("{} に控えを取りました。", options.file.display());
    anstream::println!("authority フォルダーの鍵は含みません。別に控えてください。");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(folder: &Folder, options: &Restore) -> anyhow::Result<ExitCode> {
    if let Some(file) = operator::remains(folder) {
        bail!(
            "{} がまだあります。連携基盤を止め、relay.db・relay.db-wal・relay.db-shm のうち、あるものをすべて\
             一緒に別の所へ移してから戻してください",
            file.display()
        );
    }
    operator::restore(folder, &options.file).context("戻せません")?;
    anstream::println!("{} から戻しました。", options.file.display());
    Ok(ExitCode::SUCCESS)
}
