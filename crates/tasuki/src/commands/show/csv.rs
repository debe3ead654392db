//! UTF-8 CSV with a header row; decoded codes stand behind their value.

use std::io::{self, Write};

use tasuki_standard::Layout;

use super::{Printer, ShownField};

#[derive(Default)]
pub(super) struct Csv {
    width: usize,
}

impl Printer for Csv {
    fn begin(&mut self, out: &mut dyn Write, _: &str, layout: Option<&'static Layout>) -> io::Result<()> {
        let names: Vec<_> =
            layout.iter().flat_map(|layout| layout.fields).map(|field| field.name_ja).collect();
        self.width = names.len();
        if names.is_empty() { Ok(()) } else { write_record(out, names) }
    }

    fn row(&mut self, out: &mut dyn Write, _: u64, fields: &[ShownField]) -> io::Result<()> {
        let shown = fields.iter().map(|shown| match &shown.label {
            Some(label) => format!("{} {label}", shown.value),
            None => shown.value.clone(),
        });
        let missing = std::iter::repeat_n(String::new(), self.width.saturating_sub(fields.len()));
        write_record(out, shown.chain(missing))
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn write_record(out: &mut dyn Write, fields: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    let mut line = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    line.write_record(fields).map_err(io::Error::other)?;
    let line = line.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&line)
}
