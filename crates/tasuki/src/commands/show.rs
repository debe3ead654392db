//! `tasuki show`: a file with names of fields and decoded codes. Whatever can be decoded is shown.

mod csv;
mod json;
mod table;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tasuki_standard::explain::{explain, is_header_row, layout_for};
use tasuki_standard::read::{Reader, Row};
use tasuki_standard::{Field, Layout};

#[derive(Args)]
#[command(after_help = "終了コード：0 表示した、2 使い方の誤り・読み取れない")]
pub(crate) struct Options {
    /// 表示するCSVファイル
    file: PathBuf,
    /// 表示の形
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// 表示の形
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 画面で読む表（空の項目は出しません）
    Table,
    /// UTF-8のCSV（項目名の見出し付き）
    Csv,
    /// JSON
    Json,
}

/// How a format is written: a head, the rows, a tail.
trait Printer {
    fn begin(&mut self, out: &mut dyn Write, name: &str, layout: Option<&'static Layout>) -> io::Result<()>;
    fn row(&mut self, out: &mut dyn Write, row: u64, fields: &[ShownField]) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// A field as it is shown.
struct ShownField {
    no: usize,
    /// `None` for a field beyond the layout, or in a file of unknown kind.
    field: Option<&'static Field>,
    value: String,
    label: Option<String>,
}

impl ShownField {
    fn name_ja(&self) -> &'static str {
        self.field.map_or("（不明な項目）", |field| field.name_ja)
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut printer: Box<dyn Printer> = match options.format {
        Format::Table => Box::new(table::Table),
        Format::Csv => Box::new(csv::Csv::default()),
        Format::Json => Box::new(json::Json::default()),
    };
    show(&options.file, &mut *printer)
        .with_context(|| format!("{} を表示できません", options.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn show(path: &Path, printer: &mut dyn Printer) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut reader = Reader::new(File::open(path)?);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut layout = None;
    let mut begun = false;
    while let Some(row) = reader.next_row()? {
        if !begun && row.number() == 1 && is_header_row(&row) {
            continue;
        }
        if !begun {
            layout = layout_for(&name, &row);
            printer.begin(&mut out, &name, layout)?;
            begun = true;
        }
        printer.row(&mut out, row.number(), &shown_fields(&row, layout))?;
    }
    if !begun {
        printer.begin(&mut out, &name, layout)?;
    }
    printer.end(&mut out)?;
    Ok(out.flush()?)
}

fn shown_fields(row: &Row<'_>, layout: Option<&'static Layout>) -> Vec<ShownField> {
    let fields = layout.map_or(&[][..], |layout| layout.fields);
    let shown = row.cells().enumerate().map(|(index, cell)| {
        let field = fields.get(index);
        let label = field.and_then(|field| explain(cell, field));
        ShownField { no: index + 1, field, value: cell.text_lossy().into_owned(), label }
    });
    shown.collect()
}
