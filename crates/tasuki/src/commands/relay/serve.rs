//! `tasuki relay serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use tasuki_relay::clock::Clock;
use tasuki_relay::config::Config;
use tasuki_relay::folder::Folder;
use tasuki_relay::operator;
use tasuki_relay::service::{Relay, raise_file_limit};
use tracing_subscriber::EnvFilter;

use crate::commands::signal::stop_asked;

/// What may be said by flag or environment; the file says the rest.
#[derive(Args)]
pub(super) struct Settings {
    /// 事業所からの接続を待つアドレス
    #[arg(long, value_name = "ADDRESS", env = "TASUKI_RELAY_LISTEN")]
    listen: Option<SocketAddr>,
    /// /metrics・/health・/ready を出すアドレス（TLSなし。この機械の中だけにしてください）
    #[arg(long, value_name = "ADDRESS", env = "TASUKI_RELAY_OPERATOR_LISTEN")]
    operator_listen: Option<SocketAddr>,
    /// 事業所が使う、連携基盤の名前かアドレス（いくつでも）
    #[arg(long = "host", value_name = "HOST", env = "TASUKI_RELAY_HOSTS", value_delimiter = ',')]
    hosts: Vec<String>,
    /// ほかの認証局の証明書（PEM）。この認証局の証明書は、事業所ごとに登録すれば接続に使えます
    #[arg(
        long = "trusted-authority",
        value_name = "FILE",
        env = "TASUKI_RELAY_TRUSTED_AUTHORITIES",
        value_delimiter = ','
    )]
    trusted_authorities: Vec<PathBuf>,
    /// 受け取られない連携データを保管する日数
    #[arg(long, value_name = "DAYS", env = "TASUKI_RELAY_UNFETCHED_DAYS")]
    unfetched_days: Option<u32>,
    /// 受け取られた連携データの内容を保管する日数
    #[arg(long, value_name = "DAYS", env = "TASUKI_RELAY_ACKNOWLEDGED_DAYS")]
    acknowledged_days: Option<u32>,
    /// 事業所ごとの、1分あたりの要求の数
    #[arg(long, value_name = "N", env = "TASUKI_RELAY_REQUESTS_PER_MINUTE")]
    requests_per_minute: Option<u32>,
}

impl Settings {
    /// These values over those of a configuration.
    pub(super) fn over(self, config: Config) -> Config {
        let or = |given: Vec<String>, known: Vec<String>| if given.is_empty() { known } else { given };
        Config {
            listen: self.listen.unwrap_or(config.listen),
            operator_listen: self.operator_listen.or(config.operator_listen),
            hosts: or(self.hosts, config.hosts),
            trusted_authorities: if self.trusted_authorities.is_empty() {
                config.trusted_authorities
            } else {
                self.trusted_authorities
            },
            unfetched_days: self.unfetched_days.unwrap_or(config.unfetched_days),
            acknowledged_days: self.acknowledged_days.unwrap_or(config.acknowledged_days),
            requests_per_minute: self.requests_per_minute.unwrap_or(config.requests_per_minute),
            ..config
        }
    }
}

pub(super) async fn run(folder: Folder, settings: Settings) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        folder.config().exists(),
        "{} は連携基盤のフォルダーではありません。tasuki relay init で作ってください",
        folder.path().display()
    );
    let stop = stop_asked();
    let filter = EnvFilter::try_from_env("TASUKI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let config = folder.read_config().context("relay.toml を読めません")?;
    let config = settings.over(config).checked()?;
    let files = raise_file_limit();
    if files.is_some_and(|files| files < u64::from(config.connections)) {
        tracing::warn!(files, connections = config.connections, "fewer files may be open than connections");
    }
    let store = operator::open_store(&folder, config.reserve_bytes).context("保存ファイルを開けません")?;
    if folder.root_key().exists() {
        let path = folder.root_key().display().to_string();
        tracing::warn!(path, "the key of the root is still on this machine: move it to a place off line");
    }
    let relay = Relay::new(store, folder, config, Clock::system()).context("認証局の鍵を読めません")?;
    let listening = relay.listen().await.context("接続を待てません")?;
    let address = listening.address()?;
    tracing::info!(%address, at = %Timestamp::now(), "serving");
    anstream::println!("連携基盤が動いています：https://{address}");
    if let Some(address) = listening.operator_address() {
        anstream::println!("運営者用：http://{address}/metrics");
    }
    listening.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}
