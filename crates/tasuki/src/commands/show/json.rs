//! JSON: `{"format":1,"name","kind","version","rows":[{"row","fields":[{"no","name","name_en","value","label"}]}]}`.
//! Absent values are null.

use std::io::{self, Write};

use serde_json::json;
use tasuki_standard::Layout;

use super::{Printer, ShownField};

#[derive(Default)]
pub(super) struct Json {
    rows: u64,
}

impl Printer for Json {
    fn begin(&mut self, out: &mut dyn Write, name: &str, layout: Option<&'static Layout>) -> io::Result<()> {
        let kind = json!(layout.map(|layout| layout.kind.prefix()));
        let version = json!(layout.map(|layout| layout.version.as_str()));
        let name = json!(name);
        write!(out, r#"{{"format":1,"name":{name},"kind":{kind},"version":{version},"rows":["#)
    }

    fn row(&mut self, out: &mut dyn Write, row: u64, fields: &[ShownField]) -> io::Result<()> {
        let fields: Vec<_> = fields.iter().map(field_output).collect();
        let separator = if self.rows == 0 { "\n" } else { ",\n" };
        self.rows += 1;
        write!(out, "{separator}{}", json!({ "row": row, "fields": fields }))
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n]}}")
    }
}

fn field_output(shown: &ShownField) -> serde_json::Value {
    json!({
        "no": shown.no,
        "name": shown.field.map(|field| field.name_ja),
        "name_en": shown.field.map(|field| field.name_en),
        "value": shown.value,
        "label": shown.label,
    })
}
