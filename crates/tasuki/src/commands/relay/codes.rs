//! `tasuki relay codes`: the table of service codes, loaded once for all offices.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator;

use crate::commands::codes;

#[derive(Subcommand)]
pub(super) enum Command {
    /// サービスコード表を確かめて、すべての事業所に配る（前の表は置き換わる）
    Load {
        /// サービスコード表（見出しが code,name,units,per,valid_from,valid_to のCSV）
        file: PathBuf,
    },
}

pub(super) fn run(folder: &Folder, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Load { file } = command;
    super::ensure_is_relay(folder)?;
    let table = codes::read(file)?;
    operator::load_codes(folder, table.to_csv().as_bytes()).context("サービスコード表を置けません")?;
    anstream::println!("サービスコード表を配ります（{}件）。", table.entries().len());
    Ok(ExitCode::SUCCESS)
}
