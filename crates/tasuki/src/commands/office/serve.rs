//! `tasuki office serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office_web::Web;

use crate::commands::browser;
use crate::commands::signal::stop_asked;

#[derive(Args)]
pub(super) struct Serve {
    /// このパソコンの中で待つポート番号
    #[arg(long, env = "TASUKI_OFFICE_PORT", default_value_t = 8600)]
    port: u16,
    /// ブラウザーを開かない
    #[arg(long)]
    no_browser: bool,
}

pub(super) fn run(dir: &Path, options: &Serve) -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TASUKI_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = stop_asked();
        let folder = Folder::create(dir).with_context(|| format!("{} を使えません", dir.display()))?;
        let _lock = match folder.lock() {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                anyhow::bail!("{} の連携クライアントは、もう動いています", dir.display())
            }
            lock => lock.with_context(|| format!("{} を使えません", dir.display()))?,
        };
        let node = Node::open_now(folder).with_context(|| format!("{} を開けません", dir.display()))?;
        let address = SocketAddr::from(([127, 0, 0, 1], options.port));
        let web = Web::listen(node.clone(), address).await.with_context(|| {
            format!("ポート {} を使えません。--port で別の番号を指定してください", options.port)
        })?;
        anstream::println!("連携クライアント：{}", web.url());
        if !options.no_browser {
            browser::open(&web.url());
        }
        tokio::spawn(node.clone().exports.watch());
        tokio::spawn(node.clone().upkeep.run_backups());
        if let Err(error) = node.offices.unlock_itself().await {
            tracing::warn!(error = %error, "the node does not unlock itself");
        }
        web.serve(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}
