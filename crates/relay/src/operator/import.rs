//! The ministry's open data: a CSV file of all offices, its columns found by their names.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{SHIFT_JIS, UTF_8};
use tasuki_terms::{OfficeNo, ServiceType};

use super::by_operator;
use crate::store::{OfficeRecord, Store, StoreError};

/// Offices in one transaction.
const BATCH: usize = 500;

/// What was taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Offices in the directory now, new or described anew.
    pub offices: usize,
    /// Rows that were read; an office with several services has several.
    pub rows: usize,
    /// Lines that were left out because they hold no office number.
    pub skipped: Vec<u64>,
}

/// A list cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is neither UTF-8 nor MS932.
    #[error("the list is neither UTF-8 nor MS932")]
    Encoding,
    /// A column that is needed is not there.
    #[error("the list has no column {0}")]
    Column(&'static str),
    /// The list is no CSV.
    #[error("the list is no CSV")]
    Csv(#[from] csv::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The columns that are read, by the names that lists give them.
struct Columns {
    no: usize,
    name: usize,
    kana: Option<usize>,
    services: Vec<usize>,
    addresses: Vec<usize>,
    phone: Option<usize>,
    fax: Option<usize>,
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, ImportError> {
        let names: Vec<String> = header.iter().map(title).collect();
        let one = |wanted: &[&str]| wanted.iter().find_map(|w| names.iter().position(|name| name == w));
        let all =
            |wanted: &[&str]| wanted.iter().filter_map(|w| names.iter().position(|name| name == w)).collect();
        Ok(Self {
            no: one(&["事業所番号", "介護保険事業所番号"]).ok_or(ImportError::Column("事業所番号"))?,
            name: one(&["事業所名", "事業所の名称"]).ok_or(ImportError::Column("事業所名"))?,
            kana: one(&["事業所名カナ", "事業所名かな", "事業所の名称カナ"]),
            services: all(&["サービスの種類", "サービス種類", "サービス種類コード"]),
            addresses: all(&["住所", "事業所住所", "方書（ビル名等）", "方書"]),
            phone: one(&["電話番号"]),
            fax: one(&["FAX番号", "ファックス番号"]),
        })
    }
}

/// The name of a column: byte order mark, blanks and wide letters do not count.
fn title(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    text.replace("ＦＡＸ", "FAX").replace("ﾌｧｯｸｽ", "ファックス")
}

/// Takes a list over into the directory. Offices that are not in it stay.
///
/// # Errors
/// When the list is none, or the store fails. Batches before the failure are kept; the import may be repeated.
pub async fn import(store: &dyn Store, list: &[u8], now: jiff::Timestamp) -> Result<Imported, ImportError> {
    let text = decode(list).ok_or(ImportError::Encoding)?;
    let (offices, mut imported) = read(&text)?;
    imported.offices = offices.len();
    let mut batch = Vec::with_capacity(BATCH);
    for office in offices.into_values() {
        batch.push(office);
        if batch.len() == BATCH {
            store.put_offices(std::mem::take(&mut batch), by_operator(now)).await?;
        }
    }
    if !batch.is_empty() {
        store.put_offices(batch, by_operator(now)).await?;
    }
    Ok(imported)
}

fn decode(list: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    [UTF_8, SHIFT_JIS]
        .into_iter()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(list))
}

/// The offices of a list: rows of the same number are one office with several services.
fn read(text: &str) -> Result<(BTreeMap<OfficeNo, OfficeRecord>, Imported), ImportError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns = Columns::find(reader.byte_headers()?)?;
    let mut offices: BTreeMap<OfficeNo, OfficeRecord> = BTreeMap::new();
    let mut imported = Imported::default();
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row)? {
        imported.rows += 1;
        let Some(office) = office(&columns, &row) else {
            imported.skipped.push(row.position().map_or(0, csv::Position::line));
            continue;
        };
        offices
            .entry(office.no)
            .and_modify(|known| known.services.extend(&office.services))
            .or_insert(office);
    }
    Ok((offices, imported))
}

fn office(columns: &Columns, row: &ByteRecord) -> Option<OfficeRecord> {
    // The text was decoded: its bytes are UTF-8.
    let cell = |index: usize| std::str::from_utf8(row.get(index)?).ok().map(|text| text.trim().to_owned());
    let optional = |index: Option<usize>| index.and_then(cell).unwrap_or_default();
    let no = cell(columns.no)?;
    // Spreadsheets drop zeros at the beginning.
    let no: OfficeNo = format!("{no:0>10}").parse().ok().filter(|_| no.len() >= 9)?;
    let services = columns.services.iter().filter_map(|index| service(&cell(*index)?)).collect();
    let addresses = columns.addresses.iter().filter_map(|index| cell(*index));
    Some(OfficeRecord {
        no,
        name: cell(columns.name)?,
        kana: optional(columns.kana),
        address: addresses.collect::<Vec<_>>().join(" ").trim().to_owned(),
        phone: optional(columns.phone),
        fax: optional(columns.fax),
        services,
    })
}

/// A kind of service, by its code or by the name that the ministry's lists use.
fn service(text: &str) -> Option<ServiceType> {
    let name = |wanted: &&(&str, &str)| wanted.0 == text;
    SERVICES.iter().find(name).map_or(text, |(_, code)| code).parse().ok()
}

/// Kinds of service by name.
const SERVICES: &[(&str, &str)] = &[
    ("訪問介護", "11"),
    ("訪問入浴介護", "12"),
    ("訪問看護", "13"),
    ("訪問リハビリテーション", "14"),
    ("通所介護", "15"),
    ("通所リハビリテーション", "16"),
    ("福祉用具貸与", "17"),
    ("短期入所生活介護", "21"),
    ("短期入所療養介護", "22"),
    ("居宅療養管理指導", "31"),
    ("認知症対応型共同生活介護", "32"),
    ("特定施設入居者生活介護", "33"),
    ("居宅介護支援", "43"),
    ("介護老人福祉施設", "51"),
    ("介護老人保健施設", "52"),
    ("介護医療院", "55"),
    ("夜間対応型訪問介護", "71"),
    ("認知症対応型通所介護", "72"),
    ("小規模多機能型居宅介護", "73"),
    ("定期巡回・随時対応型訪問介護看護", "76"),
    ("看護小規模多機能型居宅介護", "77"),
    ("複合型サービス（看護小規模多機能型居宅介護）", "77"),
    ("地域密着型通所介護", "78"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "都道府県コード又は市町村コード,事業所番号,事業所名,事業所名カナ,サービスの種類,住所,電話番号,FAX番号\r\n\
        131016,1370000019,\"みほん,訪問介護\",ミホン,訪問介護,東京都千代田区,03-0000-0000,03-0000-0001\r\n\
        131016,1370000019,\"みほん,訪問介護\",ミホン,通所介護,東京都千代田区,03-0000-0000,\r\n\
        011002,170000035,きた居宅,キタ,居宅介護支援,北海道札幌市,,\r\n\
        ,,合計,,,,,\r\n";

    #[test]
    fn columns_are_found_by_name_in_both_encodings() {
        let (ms932, _, _) = SHIFT_JIS.encode(LIST);
        let with_mark = format!("\u{feff}{LIST}");
        for bytes in [LIST.as_bytes(), &ms932, with_mark.as_bytes()] {
            let text = decode(bytes).unwrap();
            let (offices, imported) = read(&text).unwrap();
            assert_eq!((imported.rows, imported.skipped.len(), offices.len()), (4, 1, 2));
            let first = &offices[&"1370000019".parse().unwrap()];
            assert_eq!(first.name, "みほん,訪問介護");
            assert_eq!(first.services, ["11".parse().unwrap(), "15".parse().unwrap()]);
            assert!(offices.contains_key(&"0170000035".parse().unwrap()), "the lost zero is put back");
        }
    }

    #[test]
    fn a_list_without_numbers_is_none() {
        assert!(matches!(read("名前,住所\na,b\n"), Err(ImportError::Column("事業所番号"))));
        assert!(decode(b"\xff\xfe\x00").is_none());
    }
}
