//! `tasuki check`: files, folders and zip archives through the checker.

mod human;
mod json;

use std::io::{BufWriter, Read, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasuki_standard::check::{
    CheckedFile, Lang, Severity, UnitReport, catalogue, check_file, check_file_by, check_units,
};
use tasuki_standard::codes::ServiceCodes;

use super::codes::TableOption;
use crate::input::{self, Visitor};

#[derive(Args)]
#[command(
    after_help = "終了コード：0 誤りなし、1 誤りあり（--strict では警告も）、2 使い方の誤り・読み取れないものあり・確かめるファイルがない"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Options {
    /// 確かめるファイル・フォルダー・zip（いくつでも）
    #[arg(required_unless_present = "codes")]
    paths: Vec<PathBuf>,
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
    /// JSONに、標準仕様の名前だけでなくフォルダー名などもそのまま載せる（利用者の名前が入っていることがあります）
    #[arg(long, requires = "json")]
    full_paths: bool,
    /// 表示の言葉
    #[arg(long, value_enum, default_value_t = super::Lang::Ja)]
    lang: super::Lang,
    /// 警告があっても終了コードを1にする
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    table: TableOption,
    /// すべての指摘の一覧（Markdown）を出力して終わる
    #[arg(long, conflicts_with_all = ["paths", "json", "strict"])]
    codes: bool,
}

/// All that was found.
struct Results {
    /// Files with the path to show.
    files: Vec<(String, CheckedFile)>,
    units: Vec<UnitReport>,
    skipped: u64,
    unreadable: bool,
}

impl Results {
    fn count(&self, severity: Severity) -> u64 {
        let in_files: u64 = self.files.iter().map(|(_, file)| file.count(severity)).sum();
        let in_units = self.units.iter().flat_map(|unit| &unit.findings);
        in_files + in_units.filter(|finding| finding.severity() == severity).count() as u64
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let lang = Lang::from(options.lang);
    if options.codes {
        anstream::print!("{}", catalogue(lang));
        return Ok(ExitCode::SUCCESS);
    }
    let table = options.table.load()?;
    let results = check(&options.paths, table.as_ref());
    if options.json {
        json::print(&results, lang, options.full_paths)?;
    } else {
        let mut out = BufWriter::new(anstream::stdout().lock());
        human::print(&mut out, &results, lang)?;
        out.flush()?;
    }
    Ok(exit_code(&results, options.strict))
}

fn check(paths: &[PathBuf], table: Option<&ServiceCodes>) -> Results {
    let mut collector = Collector { table, files: Vec::new(), skipped: 0, unreadable: false };
    for path in paths {
        input::visit(path, &mut collector);
    }
    let (paths, files): (Vec<_>, Vec<_>) = collector.files.into_iter().unzip();
    let units = check_units(&files);
    let files = paths.into_iter().zip(files).collect();
    Results { files, units, skipped: collector.skipped, unreadable: collector.unreadable }
}

fn exit_code(results: &Results, strict: bool) -> ExitCode {
    let failed = results.count(Severity::Error) > 0 || strict && results.count(Severity::Warning) > 0;
    // Nothing that was checked is nothing that was found good.
    let is_trouble = results.unreadable || results.files.is_empty();
    ExitCode::from(if is_trouble { 2 } else { u8::from(failed) })
}

struct Collector<'a> {
    table: Option<&'a ServiceCodes>,
    files: Vec<(String, CheckedFile)>,
    skipped: u64,
    unreadable: bool,
}

impl Visitor for Collector<'_> {
    fn visit(&mut self, path: &str, name: &str, contents: &mut dyn Read) -> anyhow::Result<()> {
        let file = match self.table {
            Some(table) => check_file_by(name, contents, table)?,
            None => check_file(name, contents)?,
        };
        self.files.push((path.to_owned(), file));
        Ok(())
    }

    fn skip(&mut self) {
        self.skipped += 1;
    }

    fn fail(&mut self, error: &anyhow::Error) {
        anstream::eprintln!("tasuki: {error:#}");
        self.unreadable = true;
    }
}
