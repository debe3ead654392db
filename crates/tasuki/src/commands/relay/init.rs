//! `tasuki relay init`: a working relay in one step.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use tasuki_relay::folder::{Folder, FolderError};
use tasuki_relay::operator;

use super::serve;

#[derive(Args)]
pub(super) struct Options {
    /// 運営者の名前（認証局の名前になります）
    #[arg(long, default_value = "Tasuki")]
    operator: String,
    #[command(flatten)]
    settings: serve::Settings,
}

pub(super) fn run(folder: &Folder, options: Options) -> anyhow::Result<ExitCode> {
    let config = options.settings.over(tasuki_relay::config::Config::default()).checked()?;
    match folder.create(&options.operator, &config, Timestamp::now()) {
        Err(FolderError::Exists(path)) => {
            anyhow::bail!("{} にはすでに連携基盤があります。別のフォルダーを指定してください", path.display())
        }
        result => result.context("連携基盤のフォルダーを作れません")?,
    }
    drop(operator::open_store(folder, 0).context("保存ファイルを作れません")?);
    anstream::println!("連携基盤を {} に作りました。次にすること：", folder.path().display());
    anstream::println!("  1. {} をUSBメモリーなどに移し、鍵のかかる所にしまう", folder.root_key().display());
    anstream::println!("  2. {} を事業所に渡せるようにする", folder.root().display());
    anstream::println!("  3. tasuki relay --dir {} serve で動かす", folder.path().display());
    Ok(ExitCode::SUCCESS)
}
