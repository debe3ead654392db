//! `tasuki office`: the node of an office, and what care software calls.

mod ask;
mod drill;
mod serve;
mod upkeep;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tasuki_terms::OfficeNo;

/// Something waits for a person: findings, or drafts that were not sent.
pub(super) const WAITS: u8 = 1;
/// The node does not run.
const NOT_RUNNING: u8 = 3;
/// Somebody has to log in first.
const LOCKED: u8 = 4;

#[derive(Args)]
#[command(
    after_help = "終了コード：0 できた、1 人の確認を待つものがある・問題が見つかった、2 使い方の誤り・できない、\
    3 連携クライアントが動いていない、4 ログインが必要"
)]
pub(crate) struct Options {
    /// 連携クライアントのフォルダー
    #[arg(long, global = true, value_name = "DIR", env = "TASUKI_OFFICE_DIR", default_value = "office")]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 連携クライアントを動かす（Ctrl-C で止める）
    Serve(serve::Serve),
    /// 状態を表示する
    Status(ask::Plain),
    /// ファイルを入れ、送信する
    Send(ask::SendFiles),
    /// 一時保存と、一括送信に並んでいるもの
    Drafts(ask::Plain),
    /// 送信状況
    Outbox(ask::List),
    /// 受信したものの一覧
    Inbox(ask::List),
    /// 受信したもののファイルを取り出す
    Fetch(ask::Fetch),
    /// 受信したものを、既読・取込済にする
    Receipt(ask::Receipt),
    /// 保存してあるものがすべてそろっているか確かめる
    Check,
    /// バックアップを作る（動いている間も使えます）
    Backup {
        /// 作るファイル
        file: PathBuf,
        /// 作らずに、このバックアップから元に戻せるか試す。事業所ユーザのパスワードを標準入力から読み、すべて開けてみる
        #[arg(long)]
        verify: bool,
    },
    /// バックアップから、空のフォルダーに戻す
    Restore {
        /// バックアップのファイル
        file: PathBuf,
    },
    /// 復元コードで、職員に新しいパスワードを付ける
    Rescue {
        /// 事業所番号
        office: OfficeNo,
        /// 個人ID
        login: String,
    },
}

pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let result = run_command(&options.dir, options.command);
    // Whoever asked was told already why it ends like this.
    match result.as_ref().err().and_then(|error| error.downcast_ref()) {
        Some(ask::Ended(code)) => Ok(ExitCode::from(*code)),
        None => result,
    }
}

fn run_command(dir: &Path, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => serve::run(dir, &serve),
        Command::Status(plain) => ask::status(dir, &plain),
        Command::Send(send) => ask::send(dir, &send),
        Command::Drafts(plain) => ask::drafts(dir, &plain),
        Command::Outbox(list) => ask::outbox(dir, &list),
        Command::Inbox(list) => ask::inbox(dir, &list),
        Command::Fetch(fetch) => ask::fetch(dir, &fetch),
        Command::Receipt(receipt) => ask::receipt(dir, &receipt),
        Command::Check => upkeep::check(dir),
        Command::Backup { file, verify: false } => upkeep::backup(dir, &file),
        Command::Backup { file, verify: true } => drill::run(&file),
        Command::Restore { file } => upkeep::restore(dir, &file),
        Command::Rescue { office, login } => upkeep::rescue(dir, office, &login),
    }
}
