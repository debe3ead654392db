//! Reading files row by row in bounded memory.
//!
//! The tokenizer is `csv-core`; what it forgives (quotes in odd places, line ends) is found again by
//! comparing its fields with the bytes they came from. A row is split before it is decoded: no second byte of
//! a Shift-JIS character is a comma, quote or line break, so this is what every reader of whole characters
//! finds too, except in texts whose characters are broken.
//!
//! ```
//! use tasuki_standard::read::Reader;
//!
//! let mut reader = Reader::new(&b"202407,\"a,b\"\r\n202407,c\r\n"[..]);
//! let row = reader.next_row()?.expect("there are two rows");
//! assert_eq!((row.number(), row.len(), row.cell(2).bytes), (1, 2, &b"a,b"[..]));
//! # Ok::<(), tasuki_standard::read::ReadError>(())
//! ```

use std::io::{self, Read};

use csv_core::ReadRecordResult;

use crate::value::{Cell, Encoding};

/// Longest row that is read, in bytes. The longest free texts of real plans are some ten thousand.
pub const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;

/// Most fields that are read in a row; the widest layout has 71.
const MAX_FIELDS: usize = 1024;

const FIRST_BUFFER_BYTES: usize = 64 * 1024;

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source failed.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// A row is longer than [`MAX_ROW_BYTES`] or has more fields than can be: a quote is not closed, or the
    /// file is not a CSV file at all.
    #[error("row {row} is longer than can be")]
    RowTooLong {
        /// Row, from 1.
        row: u64,
    },
    /// The file is UTF-16, which nobody exchanges.
    #[error("the file is UTF-16")]
    Utf16,
}

/// How a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// Carriage return and line feed, as we write.
    CrLf,
    /// Line feed only.
    Lf,
    /// Carriage return only.
    Cr,
    /// The last row without a line end.
    None,
}

/// Reads the rows of a file.
pub struct Reader<R> {
    source: R,
    core: csv_core::Reader,
    /// `buffer[start..end]` is read and not yet given out; the row given out last is `consumed` bytes of it.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed: usize,
    exhausted: bool,
    /// Contents of the last row's fields one after the other, and where each ends.
    contents: Vec<u8>,
    ends: Vec<usize>,
    preamble: Option<Preamble>,
    rows: u64,
    blank_lines_at_end: u64,
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preamble {
    /// How its characters are to be read.
    pub encoding: Encoding,
    /// Whether it starts with a byte order mark.
    pub has_bom: bool,
}

/// Where a row's contents lie in the buffers.
struct Split {
    raw_len: usize,
    contents_len: usize,
    fields: usize,
    /// Whether the input ended before the row did.
    is_unended: bool,
}

impl<R: Read> Reader<R> {
    /// A reader of the bytes of a file.
    pub fn new(source: R) -> Self {
        Self {
            source,
            core: csv_core::Reader::new(),
            buffer: vec![0; FIRST_BUFFER_BYTES],
            start: 0,
            end: 0,
            consumed: 0,
            exhausted: false,
            contents: vec![0; FIRST_BUFFER_BYTES],
            ends: vec![0; MAX_FIELDS],
            preamble: None,
            rows: 0,
            blank_lines_at_end: 0,
        }
    }

    /// What the first bytes tell; reads them when nothing has been read yet.
    ///
    /// # Errors
    /// When the source fails or the file is UTF-16.
    pub fn preamble(&mut self) -> Result<Preamble, ReadError> {
        if let Some(preamble) = self.preamble {
            return Ok(preamble);
        }
        while !self.exhausted && self.end < self.buffer.len() {
            self.fill()?;
        }
        let head = &self.buffer[..self.end];
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(ReadError::Utf16);
        }
        let has_bom = head.starts_with(UTF8_BOM);
        let is_utf8 = has_bom || is_japanese_utf8(head);
        let encoding = if is_utf8 { Encoding::Utf8 } else { Encoding::Ms932 };
        self.start = if has_bom { UTF8_BOM.len() } else { 0 };
        Ok(*self.preamble.insert(Preamble { encoding, has_bom }))
    }

    /// The next row; `None` at the end. Blank lines are passed over.
    ///
    /// # Errors
    /// When the source fails, a row is longer than can be, or the file is UTF-16.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        let Preamble { encoding, .. } = self.preamble()?;
        self.start += std::mem::take(&mut self.consumed);
        let blank_lines = self.skip_blank_lines()?;
        let Some(split) = self.split_row()? else {
            self.blank_lines_at_end += blank_lines;
            return Ok(None);
        };
        let line_end = if split.is_unended { LineEnd::None } else { self.line_end(split.raw_len)? };

        let with_end = &self.buffer[self.start..self.start + split.raw_len];
        let raw = with_end.strip_suffix(line_end.last_byte()).unwrap_or(with_end);
        self.consumed = split.raw_len + usize::from(line_end == LineEnd::CrLf);
        self.rows += 1;
        Ok(Some(Row {
            number: self.rows,
            blank_lines,
            encoding,
            line_end,
            raw,
            contents: &self.contents[..split.contents_len],
            ends: &self.ends[..split.fields],
        }))
    }

    /// Blank lines after the last row; known once all rows are read.
    pub fn blank_lines_at_end(&self) -> u64 {
        self.blank_lines_at_end
    }

    fn skip_blank_lines(&mut self) -> Result<u64, ReadError> {
        let mut lines = 0;
        loop {
            if self.start == self.end && !self.exhausted {
                self.fill()?;
            }
            match self.buffer[self.start..self.end].first() {
                Some(b'\n') => lines += 1,
                Some(b'\r') => {}
                _ if self.start == self.end && !self.exhausted => continue,
                _ => return Ok(lines),
            }
            self.start += 1;
        }
    }

    /// Splits the row at `start`. A row that is not whole in the buffer is split again when more was read.
    fn split_row(&mut self) -> Result<Option<Split>, ReadError> {
        loop {
            let input = &self.buffer[self.start..self.end];
            let (mut result, raw_len, mut contents_len, mut fields) =
                self.core.read_record(input, &mut self.contents, &mut self.ends);
            let is_unended = result == ReadRecordResult::InputEmpty && self.exhausted;
            if is_unended {
                let (at_end, _, more_contents, more_fields) =
                    self.core.read_record(&[], &mut self.contents[contents_len..], &mut self.ends[fields..]);
                (result, contents_len, fields) = (at_end, contents_len + more_contents, fields + more_fields);
            }
            match result {
                ReadRecordResult::Record => {
                    return Ok(Some(Split { raw_len, contents_len, fields, is_unended }));
                }
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::InputEmpty => self.fill()?,
                ReadRecordResult::OutputFull if self.contents.len() < 2 * MAX_ROW_BYTES => {
                    self.contents.resize(self.contents.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(self.row_too_long());
                }
            }
            self.core.reset();
        }
    }

    /// How the row of `raw_len` bytes at `start` ends; after a carriage return this needs one byte more.
    fn line_end(&mut self, raw_len: usize) -> Result<LineEnd, ReadError> {
        match self.buffer[self.start..self.start + raw_len].last() {
            Some(b'\n') => Ok(LineEnd::Lf),
            Some(b'\r') => {
                while self.start + raw_len == self.end && !self.exhausted {
                    self.fill()?;
                }
                let next = self.buffer[..self.end].get(self.start + raw_len);
                Ok(if next == Some(&b'\n') { LineEnd::CrLf } else { LineEnd::Cr })
            }
            _ => Ok(LineEnd::None),
        }
    }

    /// Reads more behind what is there, moving it to the front or growing the buffer when there is no room.
    fn fill(&mut self) -> Result<(), ReadError> {
        if self.start > 0 && self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.buffer.len() >= MAX_ROW_BYTES {
                return Err(self.row_too_long());
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end += read;
        self.exhausted = read == 0;
        Ok(())
    }

    fn row_too_long(&self) -> ReadError {
        ReadError::RowTooLong { row: self.rows + 1 }
    }
}

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// Whether bytes are UTF-8 and contain Japanese characters. Shift-JIS text practically never is both.
fn is_japanese_utf8(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    valid.chars().any(|character| matches!(character, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'))
}

impl LineEnd {
    fn last_byte(self) -> &'static [u8] {
        match self {
            Self::CrLf | Self::Cr => b"\r",
            Self::Lf => b"\n",
            Self::None => b"",
        }
    }
}

/// A row of a file.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    number: u64,
    blank_lines: u64,
    encoding: Encoding,
    line_end: LineEnd,
    raw: &'a [u8],
    contents: &'a [u8],
    ends: &'a [usize],
}

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Without quotes.
    Bare,
    /// In quotes, rightly.
    Quoted,
    /// With quotes where none belong: inside a bare field, after the closing one, or never closed.
    Broken,
}

impl<'a> Row<'a> {
    /// Row, from 1; a header row counts.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Blank lines before the row.
    pub fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// How the row ends.
    pub fn line_end(&self) -> LineEnd {
        self.line_end
    }

    /// Number of fields.
    #[expect(clippy::len_without_is_empty, reason = "a row has at least one field")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of the row as they stand in the file, without the line end.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The field with a number from 1; empty when the row is shorter.
    pub fn cell(&self, no: u8) -> Cell<'a> {
        self.at(usize::from(no).wrapping_sub(1))
    }

    fn at(&self, index: usize) -> Cell<'a> {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        let bytes = self.ends.get(index).map_or(&[][..], |&end| &self.contents[start..end]);
        Cell { bytes, encoding: self.encoding }
    }

    /// All fields in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'a>> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// All fields in order with the way they are written.
    pub fn written_cells(&self) -> WrittenCells<'a> {
        self.written_cells_from(CellPosition::default())
    }

    /// The fields from a position on, which must be one that [`WrittenCells::position`] gives for this row.
    pub(crate) fn written_cells_from(&self, position: CellPosition) -> WrittenCells<'a> {
        WrittenCells { row: *self, position }
    }
}

/// A field and how it is written.
#[derive(Clone, Copy)]
pub struct WrittenCell<'a> {
    /// Which field of the row, from 0.
    pub index: usize,
    /// The field.
    pub cell: Cell<'a>,
    /// How it is quoted.
    pub quoting: Quoting,
    /// Its first byte in the row, from 1.
    pub column: usize,
}

/// Between two fields of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CellPosition {
    /// Index of the next field, from 0.
    pub(crate) index: usize,
    /// Its first byte in the row, from 0; one past the row's end behind the last field.
    pub(crate) offset: usize,
}

/// The fields of a row, one after the other. See [`Row::written_cells`].
pub struct WrittenCells<'a> {
    row: Row<'a>,
    position: CellPosition,
}

impl WrittenCells<'_> {
    pub(crate) fn position(&self) -> CellPosition {
        self.position
    }
}

impl<'a> Iterator for WrittenCells<'a> {
    type Item = WrittenCell<'a>;

    fn next(&mut self) -> Option<WrittenCell<'a>> {
        let CellPosition { index, offset } = self.position;
        if index == self.row.len() {
            return None;
        }
        let cell = self.row.at(index);
        let rest = self.row.raw.get(offset..).unwrap_or_default();
        let (quoting, length) = quoting(rest, cell.bytes);
        self.position = CellPosition { index: index + 1, offset: offset + length + 1 };
        Some(WrittenCell { index, cell, quoting, column: offset + 1 })
    }
}

/// How the first field of `raw` is written when its content is `content`, and how many bytes it takes.
fn quoting(raw: &[u8], content: &[u8]) -> (Quoting, usize) {
    let ends_at = |length: usize| matches!(raw.get(length), None | Some(b','));
    if raw.first() != Some(&b'"') {
        let is_bare = ends_at(content.len()) && memchr::memchr(b'"', content).is_none();
        return if is_bare { (Quoting::Bare, content.len()) } else { (Quoting::Broken, broken_length(raw)) };
    }
    let length = content.len() + 2 + memchr::memchr_iter(b'"', content).count();
    let is_quoted = raw.get(length - 1) == Some(&b'"') && ends_at(length);
    if is_quoted { (Quoting::Quoted, length) } else { (Quoting::Broken, broken_length(raw)) }
}

/// Bytes up to the comma that ends a wrongly quoted field: one outside a pair of quotes that the field starts
/// with.
fn broken_length(raw: &[u8]) -> usize {
    let mut inside = raw.first() == Some(&b'"');
    let mut at = usize::from(inside);
    while let Some(&byte) = raw.get(at) {
        match byte {
            b'"' if inside && raw.get(at + 1) == Some(&b'"') => at += 1,
            b'"' => inside = false,
            b',' if !inside => return at,
            _ => {}
        }
        at += 1;
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::Quoting::{Bare, Broken, Quoted};
    use super::*;
    use proptest::prelude::*;

    /// Hands out its bytes in pieces, as a slow disk would.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn rows(bytes: &[u8], piece: usize) -> Vec<(u64, LineEnd, Vec<Vec<u8>>)> {
        let mut reader = Reader::new(Pieces(bytes, piece));
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            let cells = row.cells().map(|cell| cell.bytes.to_vec()).collect();
            rows.push((row.number(), row.line_end(), cells));
        }
        rows
    }

    #[test]
    fn rows_know_their_number_and_end() {
        let text = b"a,b\r\n\r\n\"x\ny\",z\nlast";
        let cell = |text: &[u8]| text.to_vec();
        let expected = [
            (1, LineEnd::CrLf, vec![cell(b"a"), cell(b"b")]),
            (2, LineEnd::Lf, vec![cell(b"x\ny"), cell(b"z")]),
            (3, LineEnd::None, vec![cell(b"last")]),
        ];
        for piece in [1, 2, 3, 100] {
            assert_eq!(rows(text, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn fields_know_how_they_were_written() {
        let written = |text: &[u8]| {
            let mut reader = Reader::new(text);
            let row = reader.next_row().unwrap().unwrap();
            row.written_cells().map(|written| (written.quoting, written.column)).collect::<Vec<_>>()
        };
        assert_eq!(written(b"a,\"b,\"\"c\",,\"\""), [(Bare, 1), (Quoted, 3), (Bare, 11), (Quoted, 12)]);
        assert_eq!(written(b"a\"b,\"c\"d,e"), [(Broken, 1), (Broken, 5), (Bare, 10)]);
        assert_eq!(written(b"\"a,b"), [(Broken, 1)]);
        assert_eq!(written(b"\"a\"\",b"), [(Broken, 1)]);
    }

    #[test]
    fn the_encoding_is_recognised() {
        let preamble = |bytes: &[u8]| Reader::new(bytes).preamble().unwrap();
        let ms932 = Preamble { encoding: Encoding::Ms932, has_bom: false };
        let utf8 = Preamble { encoding: Encoding::Utf8, has_bom: false };
        assert_eq!(preamble(b"202407,1"), ms932);
        assert_eq!(preamble(&crate::ms932::encode("山田,太郎").unwrap()), ms932);
        assert_eq!(preamble("山田,太郎".as_bytes()), utf8);
        assert_eq!(preamble(b"\xef\xbb\xbf1"), Preamble { has_bom: true, ..utf8 });
        assert!(matches!(Reader::new(&b"\xff\xfea\0"[..]).preamble(), Err(ReadError::Utf16)));
    }

    #[test]
    fn a_quote_that_never_closes_does_not_fill_the_memory() {
        let endless = [&b"1,\""[..], &vec![b'x'; 2 * MAX_ROW_BYTES]].concat();
        let mut reader = Reader::new(&endless[..]);
        assert!(matches!(reader.next_row(), Err(ReadError::RowTooLong { row: 1 })));
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_csv_crate(text in "[a\",\r\n]{0,60}", piece in 1_usize..9) {
            let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<Vec<u8>>> = csv
                .byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            let found: Vec<_> = rows(text.as_bytes(), piece).into_iter().map(|row| row.2).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn columns_add_up_to_the_row(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes[..]);
            while let Ok(Some(row)) = reader.next_row() {
                for WrittenCell { cell, quoting, column, .. } in row.written_cells() {
                    if quoting == Quoting::Bare {
                        prop_assert!(row.raw()[column - 1..].starts_with(cell.bytes));
                    }
                }
            }
        }
    }
}
