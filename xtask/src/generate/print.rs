//! Prints the generated Rust files.

use std::fmt::Write as _;

use super::model::{Field, Table, Tables, camel_case};

const HEAD: &str = "// Made by `cargo xtask generate` from the tables in `layout/`. Do not edit.\n\n";

/// `layout/tables.rs`: the static layouts.
pub(crate) fn layouts(tables: &Tables) -> String {
    let mut code = format!(
        "{HEAD}#[rustfmt::skip]\nmod rows {{\nuse super::super::{{Choice, Content as C, Field, Layout, \
         Requirement::{{self, Expected, Optional, Required, RequiredInServices}}}};\nuse crate::{{CsvVersion, FileKind}};\n\n\
         const fn field(\n    no: u8,\n    name_ja: &'static str,\n    name_en: &'static str,\n    max_len: u8,\n    \
         requirement: Requirement,\n    content: C,\n) -> Field {{\n    \
         let max_len = if max_len == 0 {{ None }} else {{ Some(max_len) }};\n    \
         Field {{ no, name_ja, name_en, max_len, requirement, content }}\n}}\n\n\
         const fn choice(code: &'static str, label_ja: &'static str, name_en: &'static str) -> Choice {{\n    \
         Choice {{ code, label_ja, name_en }}\n}}\n\n"
    );
    choice_lists(&mut code, tables);
    code.push_str("pub(in super::super) static LAYOUTS: &[Layout] = &[\n");
    for table in &tables.layouts {
        layout(&mut code, tables, table);
    }
    code.push_str("];\n}\n\npub(super) use rows::LAYOUTS;\n");
    code
}

fn choice_lists(code: &mut String, tables: &Tables) {
    let flag = "1=該当/applicable;0=非該当/not_applicable";
    let lists = tables.enums.iter().map(|known| (const_name(&known.name), known.list.as_str()));
    for (name, list) in lists.chain([("FLAG".to_owned(), flag)]) {
        let _ = writeln!(code, "static {name}: &[Choice] = &[");
        for (value, label, english) in split(list) {
            let _ = writeln!(code, "    choice({value:?}, {label:?}, {english:?}),");
        }
        code.push_str("];\n");
    }
    code.push('\n');
}

fn layout(code: &mut String, tables: &Tables, table: &Table) {
    let (kind, version) = (table.kind, table.version);
    let _ =
        writeln!(code, "    Layout {{ kind: FileKind::{kind}, version: CsvVersion::V{version}, fields: &[");
    for field in &table.fields {
        let Field { no, name_ja, name_en, max_len, .. } = field;
        let list = tables.enum_of(field).map(const_name);
        let content = match field.variant() {
            "Choice" => {
                format!("C::Choice({})", list.unwrap_or_else(|| unreachable!("every list is collected")))
            }
            "Flag" => "C::Flag(FLAG)".to_owned(),
            variant => format!("C::{variant}"),
        };
        let (len, requirement) = (max_len.unwrap_or(0), table.requirement(field));
        let _ =
            writeln!(code, "        field({no}, {name_ja:?}, {name_en:?}, {len}, {requirement}, {content}),");
    }
    code.push_str("    ] },\n");
}

/// `value/choices.rs`: an enum for each closed list.
pub(crate) fn choices(tables: &Tables) -> String {
    let mut code = format!("{HEAD}use super::choice::choice_enum;\n");
    for choice_enum in &tables.enums {
        let (name, field) = (&choice_enum.name, &choice_enum.field_ja);
        let _ = write!(code, "\nchoice_enum! {{\n    /// {field}.\n    {name} {{\n");
        for (value, label, english) in split(&choice_enum.list) {
            let variant = camel_case(english);
            let _ =
                writeln!(code, "        /// `{value}` {label}.\n        {variant} = {value:?} {label:?},");
        }
        code.push_str("    }\n}\n");
    }
    code
}

/// `record/tables.rs`: a typed record for each layout.
pub(crate) fn records(tables: &Tables) -> String {
    let mut code = format!(
        "{HEAD}use super::record;\n#[allow(clippy::wildcard_imports, reason = \"records use nearly all of them\")]\nuse crate::value::*;\n"
    );
    for table in tables.newest() {
        let (prefix, record, kind) = (table.prefix, table.record, table.kind);
        let _ = write!(
            code,
            "\nrecord! {{\n    /// A row of `{prefix}`: see [`FileKind::{kind}`](crate::FileKind::{kind}).\n    \
             {record}, {kind} {{\n"
        );
        for field in &table.fields {
            record_field(&mut code, tables, table, field);
        }
        code.push_str("    }\n}\n");
    }
    code
}

fn record_field(code: &mut String, tables: &Tables, table: &Table, field: &Field) {
    let Field { no, name_ja, name_en, note, .. } = field;
    let mut value = match field.variant() {
        "Version" => "CsvVersion",
        "Date" => "Date",
        "DateOrZero" => "OrZero<Date>",
        "Month" => "ServiceMonth",
        "MonthOrZero" => "OrZero<ServiceMonth>",
        "Choice" => tables.enum_of(field).unwrap_or_else(|| unreachable!("every list is collected")),
        "Flag" => "Flag",
        "Text" | "ImageName" => "Text",
        "Postal" => "PostalCode",
        "Integer" => "Integer",
        "Time" => "TimeOfDay",
        other => other,
    }
    .to_owned();
    if table.requirement(field) != "Required" {
        value = format!("Option<{value}>");
    }
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    let _ = writeln!(code, "        /// No. {no} {name_ja}{note}.\n        {name_en}: {value},");
}

/// `CareLevel` → `CARE_LEVEL`.
fn const_name(camel: &str) -> String {
    let mut name = String::new();
    for (i, letter) in camel.char_indices() {
        if i > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// Splits `code=日本語/english;…`.
fn split(list: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    list.split(';').filter_map(|choice| {
        let (code, names) = choice.split_once('=')?;
        let (label, english) = names.split_once('/')?;
        Some((code, label, english))
    })
}
