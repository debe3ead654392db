//! A CSV file of the standard as a readable table: names of fields, codes decoded.

use askama::Template;
use tasuki_office::files::Dropped;
use tasuki_standard::explain::{explain, is_header_row, layout_for};
use tasuki_standard::read::Reader;
use tasuki_standard::{FileName, Layout};

use super::frame::Frame;
use crate::http::address::{Address, Link};

/// Rows on one page.
const ROWS: usize = 100;

/// A file as a table.
#[derive(Template)]
#[template(path = "pages/table.html")]
pub(crate) struct Table {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) total: usize,
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
    pub(crate) back: Link,
}

/// A row of the file.
pub(crate) struct Row {
    pub(crate) number: u64,
    pub(crate) cells: Vec<Cell>,
}

/// A cell of a row.
pub(crate) struct Cell {
    pub(crate) text: String,
    /// What stands in the file, where the text says more.
    pub(crate) raw: String,
}

impl Table {
    /// The rows of a file from one of them on.
    pub(crate) fn of(frame: Frame, file: Dropped, from: usize, back: Link) -> Self {
        let kind = FileName::kind_of(&file.name).map(|kind| kind.name_ja().to_owned());
        let (columns, rows, total) = read(&file, from);
        let shown = from.saturating_add(rows.len());
        Self {
            frame,
            kind: kind.unwrap_or_else(|| "CSVファイル".to_owned()),
            columns,
            first: from.saturating_add(1),
            last: shown,
            total,
            before: (from > 0).then(|| from.saturating_sub(ROWS)),
            after: (shown < total).then_some(shown),
            rows,
            back,
            name: file.name,
        }
    }
}

/// Columns that hold something, the rows of one page, and the number of all rows.
fn read(file: &Dropped, from: usize) -> (Vec<&'static str>, Vec<Row>, usize) {
    let mut reader = Reader::new(&file.bytes[..]);
    let mut layout: Option<&'static Layout> = None;
    let (mut rows, mut total, mut is_first) = (Vec::new(), 0, true);
    // What cannot be read further is shown up to there: the checker says why.
    while let Ok(Some(row)) = reader.next_row() {
        layout = layout.or_else(|| layout_for(&file.name, &row));
        if std::mem::take(&mut is_first) && is_header_row(&row) {
            continue;
        }
        if (from..from.saturating_add(ROWS)).contains(&total) {
            let cells = row.cells().enumerate().map(|(index, cell)| {
                let raw = cell.text_lossy().into_owned();
                let field = layout.and_then(|layout| layout.fields.get(index));
                match field.and_then(|field| explain(cell, field)) {
                    Some(text) if text != raw => Cell { text, raw },
                    _ => Cell { text: raw, raw: String::new() },
                }
            });
            rows.push(Row { number: row.number(), cells: cells.collect() });
        }
        total += 1;
    }
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let is_used =
        |index: usize| rows.iter().any(|row| row.cells.get(index).is_some_and(|cell| !cell.text.is_empty()));
    let used: Vec<bool> = (0..width).map(is_used).collect();
    let name_of = |index: usize| {
        layout
            .and_then(|layout| layout.fields.get(index))
            .map_or("（項目名なし）", |field| field.name_ja)
    };
    let columns = (0..width).filter(|index| used[*index]).map(name_of).collect();
    for row in &mut rows {
        let mut index = 0;
        row.cells.retain(|_| {
            index += 1;
            used[index - 1]
        });
    }
    (columns, rows, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out_and_codes_decoded() {
        let file = Dropped {
            name: "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV".into(),
            bytes: b"202407,131016,0000012345,202510\r\n202407,131016,0000012346,202510\r\n".to_vec(),
        };
        let (columns, rows, total) = read(&file, 0);
        assert_eq!((columns.len(), rows.len(), total), (4, 2, 2));
        assert_eq!((rows[1].cells[3].text.as_str(), rows[1].cells[3].raw.as_str()), ("2025年10月", "202510"));
        assert_eq!(read(&file, 1).1.len(), 1);
        let other = Dropped { name: "other.csv".into(), bytes: b"1,,2\n".to_vec() };
        assert_eq!(read(&other, 0).0, ["（項目名なし）", "（項目名なし）"]);
    }
}
