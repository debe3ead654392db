//! `tasuki demo`: a relay and four offices on this machine, to play a month with.

mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::browser;
use super::signal::stop_asked;

#[derive(Args)]
pub(crate) struct Options {
    /// 使うフォルダー（なければ一時的なフォルダーを使い、終わると消します）
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 最初の事業所のポート番号（あとの事業所は続きの番号）
    #[arg(long, default_value_t = 8600)]
    port: u16,
    /// 機械で読める形（JSON、1行）で出力する
    #[arg(long)]
    json: bool,
    /// ブラウザーを開かない
    #[arg(long)]
    no_browser: bool,
}

/// An office of the demonstration, as it is told to the person.
#[derive(Serialize)]
struct Player {
    office: String,
    name: String,
    url: String,
    login: String,
    password: String,
    kj_id: String,
    kj_password: String,
    recovery_code: String,
    node: PathBuf,
    export: PathBuf,
    import: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(play(options))
}

async fn play(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = stop_asked();
    // Kept until the end: it removes itself.
    let temporary = if options.dir.is_none() { Some(tempfile::tempdir()?) } else { None };
    let dir = match (&options.dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => anyhow::bail!("フォルダーがありません"),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("{} を作れません", dir.display()))?;
    let dir = dir.canonicalize()?;
    let world = world::World::start(&dir, options.port).await?;
    if options.json {
        let line = serde_json::json!({ "dir": dir, "relay": world.relay.url(), "offices": world.players });
        anstream::println!("{line}");
    } else {
        tell(&world);
    }
    if !options.no_browser
        && !options.json
        && let Some(first) = world.players.first()
    {
        browser::open(&first.url);
    }
    stop.await;
    world.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn tell(world: &world::World) {
    anstream::println!("Tasuki を試しに動かしています（終わるには Ctrl-C）。\n");
    for player in &world.players {
        anstream::println!("● {}（{}）", player.name, player.office);
        anstream::println!("    画面              {}", player.url);
        anstream::println!("    個人ID            {}    パスワード  {}", player.login, player.password);
        anstream::println!("    事業所ユーザID    {}    パスワード  {}", player.kj_id, player.kj_password);
        anstream::println!("    介護ソフトの出力  {}", player.export.display());
        anstream::println!("    介護ソフトの取込  {}\n", player.import.display());
    }
    anstream::println!(
        "最初の事業所（居宅介護支援）でログインし、出力フォルダーのCSVを「一括送信」に入れてみてください。"
    );
}
