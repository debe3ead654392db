//! `tasuki sample`: a month as care software would export it, of made-up people.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tasuki_sample::{MAX_OFFICES, MAX_PEOPLE, OptionsError, Sample, SampleFile};
use tasuki_standard::CsvVersion;
use tasuki_terms::{OfficeNo, ServiceMonth};

/// Seed when none is given: the same month again.
const SEED: u64 = 1;

#[derive(Args)]
#[command(after_help = "フォルダーの中に、送信元の事業所番号のフォルダーを作って書き出します。\n\
    今あるファイルは上書きしません。利用者・事業所はすべて架空です。\n\
    終了コード：0 書き出した、2 使い方の誤り・書き出せない")]
pub(crate) struct Options {
    /// 書き出すフォルダー（なければ作ります）
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// 対象年月（例：202510）
    #[arg(long, value_name = "YYYYMM")]
    month: ServiceMonth,
    /// 利用者の数
    #[arg(long, value_name = "N")]
    people: u32,
    /// サービス事業所の数
    #[arg(long, value_name = "N")]
    offices: usize,
    /// 乱数の種。同じ種からは同じファイルができます
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// CSVバージョン（202407・202208）。指定しなければ対象年月に合う版
    #[arg(long)]
    version: Option<CsvVersion>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let Options { month, people, offices, seed, version, .. } = *options;
    let wanted =
        tasuki_sample::Options { version, ..tasuki_sample::Options::new(month, people, offices, seed) };
    let sample = Sample::new(wanted).map_err(|error| anyhow::anyhow!(in_japanese(&error)))?;
    let mut written: BTreeMap<OfficeNo, u64> = BTreeMap::new();
    for file in sample.files() {
        write_new(&options.out, &file)?;
        *written.entry(file.sender).or_default() += 1;
    }
    anstream::println!("{month} の見本を書き出しました（CSVバージョン {}）。", sample.version());
    for (sender, files) in written {
        let folder = options.out.join(sender.as_str());
        anstream::println!("  {}  {files} ファイル", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write_new(folder: &Path, file: &SampleFile) -> anyhow::Result<()> {
    let folder = folder.join(file.sender.as_str());
    let path = folder.join(&file.name);
    let write = || {
        fs::create_dir_all(&folder)?;
        File::create_new(&path)?.write_all(&file.bytes)
    };
    write().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("{} はすでにあります。別のフォルダーを指定してください", path.display())
        }
        _ => anyhow::Error::new(error).context(format!("{} を書き出せません", path.display())),
    })
}

fn in_japanese(error: &OptionsError) -> String {
    match error {
        OptionsError::Month(month) => {
            format!("{month} の版は分かりません。--month は 202301 から 209912 までです。")
        }
        OptionsError::Version { month, expected, wanted } => {
            format!("{month} のファイルは {expected} 版です（--version {wanted} は使えません）。")
        }
        OptionsError::People(people) => {
            format!("利用者の数は 1 から {MAX_PEOPLE} までです（--people {people}）。")
        }
        OptionsError::Offices(offices) => {
            format!("サービス事業所の数は 1 から {MAX_OFFICES} までです（--offices {offices}）。")
        }
        OptionsError::OfficeTwice(_) | OptionsError::ServiceType { .. } | OptionsError::Name(_) => {
            error.to_string()
        }
    }
}
