//! `tasuki relay purge`: room on the disk before its time.

use std::process::ExitCode;

use clap::Args;
use jiff::SignedDuration;
use tasuki_relay::store::Parcels as _;

use super::Desk;

/// Parcels at once: sends are not held up by more.
const ROUND: u32 = 200;

#[derive(Args)]
pub(super) struct Options {
    /// 最初の受信確認から、この日数が過ぎたもの
    #[arg(long, value_name = "DAYS")]
    older_than: u16,
    /// 実際に消す（付けなければ、数を表示するだけ）
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(desk: &Desk, options: &Options) -> anyhow::Result<ExitCode> {
    let by = super::by_operator();
    let before = by.at.saturating_sub(SignedDuration::from_hours(24 * i64::from(options.older_than)))?;
    if !options.yes {
        let found = desk.store.purgeable(before).await?;
        anstream::println!("消せる内容  {}件（{} バイト）", found.parcels, found.bytes);
        anstream::println!(
            "消すには --yes を付けてください。受信待ちのもの、状態と受信確認の記録は消えません。"
        );
        anstream::println!("消したあとは、控えから戻した連携クライアントが取り寄せ直すことはできません。");
        return Ok(ExitCode::SUCCESS);
    }
    let (mut parcels, mut bytes) = (0, 0);
    loop {
        let purged = desk.store.purge(before, ROUND, by.clone()).await?;
        if purged.parcels == 0 {
            break;
        }
        parcels += purged.parcels;
        bytes += purged.bytes;
    }
    anstream::println!("{parcels}件の内容（{bytes} バイト）を消しました。");
    Ok(ExitCode::SUCCESS)
}
