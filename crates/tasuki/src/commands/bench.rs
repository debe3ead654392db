//! `tasuki bench`: how fast a relay is on this machine, and whether it keeps its promises for long.

mod baseline;
mod exports;
mod figures;
mod node;
mod nodes;
mod relay;
mod soak;
mod world;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 連携基盤の速さを、同じ量をただ書き込む速さと比べて測る
    Relay(relay::Options),
    /// 連携基盤（--nodes なら連携クライアントと回線も）をときどき強制終了しながら、失われず・重ならず・順番どおり届くことを確かめ続ける
    Soak(soak::Options),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("処理を始められません")?;
    match command {
        Command::Relay(options) => runtime.block_on(relay::run(options)),
        Command::Soak(options) if options.with_nodes() => runtime.block_on(nodes::run(options)),
        Command::Soak(options) => runtime.block_on(soak::run(options)),
    }
}
