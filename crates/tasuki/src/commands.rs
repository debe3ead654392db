//! The subcommands, one file each.

mod bench;
mod browser;
mod check;
mod codes;
mod demo;
mod office;
mod open;
mod relay;
mod sample;
mod show;
mod signal;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use tasuki_standard::check as standard;

/// What `tasuki` can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// 試しに動かす：連携基盤と4つの事業所、1か月分の見本（Ctrl-C で終わる）
    Demo(demo::Options),
    /// 事業所の連携クライアント
    Office(office::Options),
    /// 標準仕様のCSVファイルを確かめ、誤りと直し方を示す
    Check(check::Options),
    /// サービスコード表を取り込む・表示する
    Codes(codes::Options),
    /// CSVファイルの内容を、項目名とコードの意味を付けて表示する
    Show(show::Options),
    /// 介護ソフトが書き出すような1か月分のファイルを、架空の利用者で作る
    Sample(sample::Options),
    /// 受け取った荷物を開き、だれが・いつ・何に署名したかを確かめる
    Open(open::Options),
    /// 連携基盤を作る・動かす・世話する（運営者）
    Relay(relay::Options),
    /// 速さと確かさを測る
    #[command(subcommand)]
    Bench(bench::Command),
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(options) => demo::run(&options),
            Self::Office(options) => office::run(options),
            Self::Check(options) => check::run(&options),
            Self::Codes(options) => codes::run(options),
            Self::Show(options) => show::run(&options),
            Self::Sample(options) => sample::run(&options),
            Self::Open(options) => open::run(&options),
            Self::Relay(options) => relay::run(options),
            Self::Bench(command) => bench::run(&command),
        }
    }
}

/// 表示の言葉
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 日本語
    Ja,
    /// English
    En,
}

impl From<Lang> for standard::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
}
