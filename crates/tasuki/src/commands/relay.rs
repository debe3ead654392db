//! `tasuki relay`: what the operator does.

mod audit;
mod cert;
mod codes;
mod init;
mod office;
mod purge;
mod serve;
mod upkeep;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator;
use tasuki_relay::store::By;
use tasuki_relay::store::sqlite::SqliteStore;
use tasuki_terms::OfficeNo;

#[derive(Args)]
#[command(
    after_help = "設定の優先順位：オプション、環境変数（TASUKI_RELAY_…）、フォルダーの relay.toml、既定値の順です。\n\
    serve のほかは、連携基盤が動いている間も使えます（restore を除く）。\n\
    終了コード：0 できた、1 問題が見つかった（check・audit verify）、2 使い方の誤り・できない"
)]
pub(crate) struct Options {
    /// 連携基盤のフォルダー
    #[arg(long, global = true, value_name = "DIR", env = "TASUKI_RELAY_DIR", default_value = "relay")]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 空のフォルダーに、認証局と設定を作る
    Init(init::Options),
    /// 連携基盤を動かす（Ctrl-C で止める）
    Serve(serve::Settings),
    /// 事業所の登録・取り込み・利用停止
    #[command(subcommand)]
    Office(office::Command),
    /// 電子証明書の一覧・失効・登録
    #[command(subcommand)]
    Cert(cert::Command),
    /// 監査記録を見る・確かめる
    #[command(subcommand)]
    Audit(audit::Command),
    /// 事業所に配るサービスコード表
    #[command(subcommand)]
    Codes(codes::Command),
    /// 事業所と連携データの数を表示する
    Stats(upkeep::Stats),
    /// 保存されたものが約束どおりかを確かめる
    Check(upkeep::Check),
    /// 動かしたまま控えを取る
    Backup(upkeep::Backup),
    /// 控えから戻す（連携基盤を止めてから）
    Restore(upkeep::Restore),
    /// 時計が大きく進んで止まっている期限切れの処理を、確かめて再開する
    Clock(upkeep::Clock),
    /// 受信確認が済んだ連携データの内容を、保管期間より早く消す
    Purge(purge::Options),
    /// APIの説明（OpenAPI 3.1）を出力する
    Openapi,
}

pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let folder = Folder::new(options.dir);
    let runtime = tokio::runtime::Runtime::new().context("処理を始められません")?;
    match options.command {
        Command::Init(options) => init::run(&folder, options),
        Command::Serve(options) => runtime.block_on(serve::run(folder, options)),
        Command::Office(command) => runtime.block_on(office::run(&Desk::open(&folder)?, command)),
        Command::Cert(command) => runtime.block_on(cert::run(&Desk::open(&folder)?, command)),
        Command::Audit(command) => runtime.block_on(audit::run(&Desk::open(&folder)?, command)),
        Command::Stats(options) => runtime.block_on(upkeep::stats(&Desk::open(&folder)?, &options)),
        Command::Check(options) => runtime.block_on(upkeep::check(&Desk::open(&folder)?, &options)),
        Command::Clock(options) => runtime.block_on(upkeep::clock(&Desk::open(&folder)?, &options)),
        Command::Codes(command) => codes::run(&folder, &command),
        Command::Purge(options) => runtime.block_on(purge::run(&Desk::open(&folder)?, &options)),
        Command::Backup(options) => upkeep::backup(&folder, &options),
        Command::Restore(options) => upkeep::restore(&folder, &options),
        Command::Openapi => {
            anstream::println!("{}", tasuki_relay::service::openapi().to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The operator's place of work: an open store.
struct Desk {
    folder: Folder,
    store: Arc<SqliteStore>,
}

impl Desk {
    fn open(folder: &Folder) -> anyhow::Result<Self> {
        ensure_is_relay(folder)?;
        let store = operator::open_store(folder, 0).context("保存ファイルを開けません")?;
        Ok(Self { folder: folder.clone(), store })
    }

    /// The address under which offices reach the relay, as its configuration has it.
    fn url(&self) -> anyhow::Result<String> {
        let config = self.folder.read_config().context("relay.toml を読めません")?;
        let host = config.hosts.first().context("relay.toml に hosts がありません")?;
        Ok(format!("https://{host}:{}", config.listen.port()))
    }
}

fn ensure_is_relay(folder: &Folder) -> anyhow::Result<()> {
    anyhow::ensure!(
        folder.config().exists(),
        "{} は連携基盤のフォルダーではありません。--dir で指定するか、tasuki relay init で作ってください",
        folder.path().display()
    );
    Ok(())
}

/// The operator as the one who acts, now.
fn by_operator() -> By {
    operator::by_operator(Timestamp::now())
}

fn unknown(office: OfficeNo) -> anyhow::Error {
    anyhow::anyhow!("事業所 {office} は名簿にありません。番号を確かめてください")
}
