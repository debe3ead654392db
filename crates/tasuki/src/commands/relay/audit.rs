//! `tasuki relay audit …`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use tasuki_relay::store::{Audit as _, OPERATOR_CHAIN};
use tasuki_terms::OfficeNo;

use super::Desk;

/// Entries that are read at once.
const PAGE: u32 = 1000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// 記録を古い順に、1行ずつJSONで出力する
    Show {
        /// 事業所番号（なければ、運営者の記録）
        office: Option<OfficeNo>,
        /// この番号より後だけ
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// 記録が書き換えられていないことを確かめる
    Verify,
}

pub(super) async fn run(desk: &Desk, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { office, after } => show(desk, office, after).await,
        Command::Verify => verify(desk).await,
    }
}

async fn show(desk: &Desk, office: Option<OfficeNo>, mut after: u64) -> anyhow::Result<ExitCode> {
    let chain = office.map_or(OPERATOR_CHAIN.to_owned(), |office| office.to_string());
    loop {
        let entries = desk.store.audit(&chain, after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(ExitCode::SUCCESS) };
        after = last.seq;
        for entry in entries {
            let line = json!({
                "chain": entry.chain, "seq": entry.seq, "at": entry.at.to_string(), "who": entry.who,
                "address": entry.address, "action": entry.action, "subject": entry.subject,
                "hash": entry.hash.to_string(),
            });
            anstream::println!("{line}");
        }
    }
}

async fn verify(desk: &Desk) -> anyhow::Result<ExitCode> {
    let mut sound = true;
    for report in desk.store.verify_audit().await? {
        match report.broken_at {
            None => anstream::println!("{}  {} 件  {}", report.chain, report.entries, report.head),
            Some(seq) => {
                sound = false;
                anstream::println!("{}  {seq} 件目から、記録が変えられているか欠けています", report.chain);
            }
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
