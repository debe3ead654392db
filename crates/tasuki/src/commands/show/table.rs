//! For the screen: a block for each row, a line for each field that is not empty.

use std::io::{self, Write};

use tasuki_standard::Layout;
use unicode_width::UnicodeWidthStr;

use super::{Printer, ShownField};

/// Columns that names are padded to; longer ones push their value to the right.
const NAME_WIDTH: usize = 32;

pub(super) struct Table;

impl Printer for Table {
    fn begin(&mut self, out: &mut dyn Write, name: &str, layout: Option<&'static Layout>) -> io::Result<()> {
        match layout {
            Some(layout) => writeln!(out, "{name}\n{}（{}版）", layout.kind.name_ja(), layout.version),
            None => writeln!(out, "{name}\n種類が分からないファイルです"),
        }
    }

    fn row(&mut self, out: &mut dyn Write, row: u64, fields: &[ShownField]) -> io::Result<()> {
        writeln!(out, "\n── {row}行目 ──")?;
        for shown in fields.iter().filter(|shown| !shown.value.is_empty()) {
            let name = shown.name_ja();
            let padding = " ".repeat(NAME_WIDTH.saturating_sub(name.width()));
            // Texts of several lines stay under their first line.
            let indent = format!("\n{}", " ".repeat(NAME_WIDTH + 5));
            let value = shown.value.replace("\r\n", "\n").replace(['\n', '\r'], &indent);
            let label = shown.label.as_ref().map(|label| format!("  {label}")).unwrap_or_default();
            writeln!(out, "{:>3} {name}{padding} {value}{label}", shown.no)?;
        }
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
