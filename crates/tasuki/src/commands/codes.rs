//! `tasuki codes`: the table of service codes of this computer, which `tasuki check` asks.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::{Timestamp, tz};
use tasuki_standard::codes::{FieldError, ImportError, ServiceCodeEntry, ServiceCodes, built_in, import};
use tasuki_standard::read::ReadError;
use tasuki_terms::ServiceMonth;

#[derive(Args)]
#[command(
    after_help = "サービスコード表は、見出しが code,name,units,per,valid_from,valid_to のCSV（UTF-8かShift-JIS）です。\n\
    取り込むと、tasuki check がサービスコードと単位数も確かめます。取り込むまで、show はごく一部のコードだけの内蔵の表を使います。\n\
    終了コード：0 できた、1 表にない、2 使い方の誤り・読み取れない"
)]
pub(crate) struct Options {
    #[command(flatten)]
    table: TableOption,
    #[command(subcommand)]
    command: Command,
}

/// Where the table of this computer is.
#[derive(Args)]
pub(crate) struct TableOption {
    /// サービスコード表の置き場所（省略時は利用者ごとのデータフォルダー）
    #[arg(long = "table", global = true, value_name = "FILE", env = "TASUKI_CODES")]
    path: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// サービスコード表を取り込む（前の表は置き換わる）
    Import {
        /// 取り込むCSVファイル
        file: PathBuf,
    },
    /// サービスコード表を表示する
    Show {
        /// サービスコード、またはその先頭（省略時はすべて）
        code: Option<String>,
        /// この年月に使えるものだけ（YYYY-MM。省略時は今月）
        #[arg(long, value_name = "YYYY-MM", value_parser = parse_month)]
        month: Option<ServiceMonth>,
    },
}

pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::Import { file } => {
            let table = read(&file)?;
            options.table.keep(&table)?;
            anstream::println!("サービスコード表を取り込みました（{}件）。", table.entries().len());
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { code, month } => {
            let table = options.table.load()?;
            let month = month.map_or_else(this_month, Ok)?;
            show(table.as_ref().unwrap_or_else(|| built_in()), code.as_deref().unwrap_or_default(), month)
        }
    }
}

impl TableOption {
    /// The table that was imported; `None` when none was.
    ///
    /// # Errors
    /// When there is one and it cannot be read: nobody should believe that it was asked.
    pub(crate) fn load(&self) -> anyhow::Result<Option<ServiceCodes>> {
        match self.path() {
            Some(path) if path.exists() || self.path.is_some() => read(&path).map(Some),
            _ => Ok(None),
        }
    }

    /// Keeps a table in the place of the one before, which stays until the new one is whole.
    fn keep(&self, table: &ServiceCodes) -> anyhow::Result<()> {
        let path = self.path().context("置き場所が分かりません。--table で指定してください")?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(table.to_csv().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("{} に書き込めません", path.display()))
    }

    fn path(&self) -> Option<PathBuf> {
        self.path.clone().or_else(|| data_folder().map(|folder| folder.join("tasuki/service-codes.csv")))
    }
}

/// Where programs keep data of this user.
fn data_folder() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return folder("LOCALAPPDATA");
    }
    folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))
}

/// Reads a table of service codes.
///
/// # Errors
/// When the file cannot be read or is none, in words that say where and what to do.
pub(crate) fn read(path: &Path) -> anyhow::Result<ServiceCodes> {
    let file = File::open(path).with_context(|| format!("{} を読み取れません", path.display()))?;
    import(file).map_err(|error| anyhow::anyhow!("{}：{}", path.display(), words(&error)))
}

fn words(error: &ImportError) -> String {
    match error {
        ImportError::Read(ReadError::Io(_) | ReadError::RowTooLong { .. }) => {
            "CSVとして読み取れません。ファイルを確かめてください。".into()
        }
        ImportError::Read(ReadError::Utf16) => {
            "文字コードがUTF-16です。UTF-8かShift-JISで保存し直してください。".into()
        }
        ImportError::TooLarge => "大きすぎます。サービスコード表か確かめてください。".into(),
        ImportError::TooMany { line } => {
            format!("{line}行目：件数が多すぎます。サービスコード表か確かめてください。")
        }
        ImportError::NoColumn { column } => {
            format!(
                "1行目の見出しに「{column}」がありません。code,name,units,per,valid_from を入れてください。"
            )
        }
        ImportError::ColumnTwice { column } => {
            format!("1行目の見出しに「{column}」が2つあります。1つにしてください。")
        }
        ImportError::FieldCount { line, found, expected } => {
            format!("{line}行目：項目が{found}個です。見出しと同じ{expected}個にしてください。")
        }
        ImportError::Field { line, column, error } => {
            format!("{line}行目の「{column}」：{}", field_words(*error))
        }
        ImportError::Overlap { line, other } => {
            format!(
                "{line}行目：同じコードが{other}行目にもあり、期間が重なっています。どちらかを直してください。"
            )
        }
        ImportError::Empty => "データの行がありません。ファイルを確かめてください。".into(),
    }
}

fn field_words(error: FieldError) -> &'static str {
    match error {
        FieldError::Code => "サービスコードは半角の数字と大文字の6文字です（例：111111）。",
        FieldError::Text => "文字として読めない部分か、改行などがあります。入れ直してください。",
        FieldError::Empty => "空です。名称を入れてください。",
        FieldError::TooLong => "長すぎます。短くしてください。",
        FieldError::Units => "単位数は半角の整数か、空にしてください。",
        FieldError::Date => "日付は半角8桁です（例：20240601）。",
        FieldError::Reversed => "終わりの日が始まりの日より前です。日付を確かめてください。",
    }
}

fn show(table: &ServiceCodes, prefix: &str, month: ServiceMonth) -> anyhow::Result<ExitCode> {
    let entries = table.starting_with(prefix).iter().filter(|entry| entry.is_valid_in(month));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut shown = 0;
    for entry in entries {
        print(&mut out, entry)?;
        shown += 1;
    }
    out.flush()?;
    if shown == 0 {
        let (year, month) = (month.year(), month.month());
        anstream::eprintln!("{prefix} で始まるコードは、{year}年{month}月のサービスコード表にありません。");
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut impl io::Write, entry: &ServiceCodeEntry) -> io::Result<()> {
    let ServiceCodeEntry { code, name, units, per, valid_from, valid_to } = entry;
    let units = units.map_or_else(|| "―".to_owned(), |units| format!("{units}単位"));
    let to = valid_to.map(|to| to.to_string()).unwrap_or_default();
    writeln!(out, "{}\t{name}\t{units}\t{per}\t{valid_from}～{to}", code.as_str())
}

fn parse_month(text: &str) -> Result<ServiceMonth, String> {
    let wrong = || "年月は「2025-10」のように入れてください".to_owned();
    text.replacen('-', "", 1).parse().map_err(|_| wrong())
}

/// The month in Japan.
fn this_month() -> anyhow::Result<ServiceMonth> {
    ServiceMonth::of(tz::offset(9).to_datetime(Timestamp::now()).date())
        .context("パソコンの日付を確かめてください")
}
