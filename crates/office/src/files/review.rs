//! Judging the files of a send: which may go, what is wrong with them, and what a person has to do. Pure.

use serde::{Deserialize, Serialize};
use tasuki_parcel::attachment::judge;
use tasuki_standard::FileName;
use tasuki_standard::check::{CheckedFile, Finding, Lang, Severity, check_file, check_file_by, check_units};
use tasuki_standard::codes::ServiceCodes;
use tasuki_terms::{OfficeNo, ServiceMonth};

use super::dropped::{Dropped, candidate};

/// Remarks on one file that are kept: a file that is wrong in every row says the same thousands of times.
const REMARKS_OF_A_FILE: usize = 50;

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Worth knowing.
    Info,
    /// Doubtful: can be sent knowingly.
    Warning,
    /// Must be mended before sending.
    Error,
}

/// Something to be said of a file or a send: what is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// How much it weighs.
    pub weight: Weight,
    /// Row of the file, from 1.
    pub row: Option<u64>,
    /// Column of the row, from 1.
    pub column: Option<u8>,
    /// Name of the column.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What is known of one file of a send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReview {
    /// Number of the file in the send.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// What it holds, in words of the field.
    pub kind: String,
    /// Whether it is a file of the standard, for the care software.
    pub is_standard: bool,
    /// Rows of data.
    pub rows: u64,
    /// Insured persons in it.
    pub people: u64,
    /// What is to be said of it, the heaviest first; what is said too often is cut off.
    pub remarks: Vec<Remark>,
    /// What was cut off, counted: it weighs as much as what is shown.
    #[serde(default)]
    pub hidden: Tally,
}

/// Remarks, counted by their weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Worth knowing.
    pub infos: usize,
    /// Doubtful.
    pub warnings: usize,
    /// To be mended.
    pub errors: usize,
}

impl Tally {
    /// Counts remarks.
    fn of(remarks: &[Remark]) -> Self {
        let count = |weight| remarks.iter().filter(|remark| remark.weight == weight).count();
        Self { infos: count(Weight::Info), warnings: count(Weight::Warning), errors: count(Weight::Error) }
    }

    /// How many have this weight.
    pub fn count(self, weight: Weight) -> usize {
        match weight {
            Weight::Info => self.infos,
            Weight::Warning => self.warnings,
            Weight::Error => self.errors,
        }
    }
}

/// What is known of a send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its files in the order in which they were dropped.
    pub files: Vec<FileReview>,
    /// What is to be said of all of them together.
    pub remarks: Vec<Remark>,
    /// What it holds, in words of the field: "2025年10月の利用票・別表（12名）".
    pub contents: Vec<String>,
    /// Months that it is about.
    pub months: Vec<ServiceMonth>,
    /// Bytes of all files.
    pub size: u64,
}

impl FileReview {
    /// How many remarks there are of a weight, shown or not.
    pub fn count(&self, weight: Weight) -> usize {
        Tally::of(&self.remarks).count(weight) + self.hidden.count(weight)
    }

    /// Whether something must be mended.
    pub fn has_error(&self) -> bool {
        self.count(Weight::Error) > 0
    }
}

/// Reviews the files of a send. `own` is the sending office, `receiver` the one that the send is for. Service codes are
/// compared with the table, if there is one.
pub fn review(
    files: &[(i64, Dropped)],
    own: OfficeNo,
    receiver: Option<OfficeNo>,
    table: Option<&ServiceCodes>,
) -> Review {
    let candidates: Vec<_> = files.iter().map(|(_, file)| candidate(file)).collect();
    let verdict = judge(&candidates);
    let mut checked = Vec::new();
    let mut review = Review::default();
    for (index, (id, file)) in files.iter().enumerate() {
        let refusal = verdict.refused.iter().find(|(at, _)| *at == index);
        let mut remarks: Vec<_> =
            refusal.map(|(_, refusal)| Remark::error(refusal.message(&file.name))).into_iter().collect();
        let check = is_of_the_standard(&file.name).then(|| checked_file(file, table)).flatten();
        if let Some(check) = &check {
            remarks.extend(office_remarks(check, own, receiver));
        }
        let hidden = check.as_ref().map(|check| add_findings(&mut remarks, check)).unwrap_or_default();
        review.size += file.bytes.len() as u64;
        review.files.push(FileReview {
            id: *id,
            name: file.name.clone(),
            size: file.bytes.len() as u64,
            kind: kind_name(&file.name),
            is_standard: check.is_some(),
            rows: check.as_ref().map_or(0, |check| check.rows),
            people: check.as_ref().map_or(0, |check| check.people),
            remarks,
            hidden,
        });
        checked.extend(check);
    }
    review.remarks.extend(verdict.together.map(|refusal| Remark::error(refusal.message())));
    let mut contents: Vec<(Option<&str>, Option<ServiceMonth>, u64)> = Vec::new();
    for unit in check_units(&checked) {
        review.remarks.extend(unit.findings.iter().map(Remark::of));
        let members = checked.iter().filter(|file| unit.files.contains(&file.given_name));
        let people = members.clone().map(|file| file.people).max().unwrap_or_default();
        let month = members.clone().find_map(|file| file.name.as_ref()?.service_month());
        let name = unit.unit.map(|unit| unit.name(Lang::Ja));
        // The plans of many persons are many units, and one thing to a person.
        match contents.iter_mut().find(|(known, at, _)| (*known, *at) == (name, month)) {
            Some((_, _, sum)) => *sum += people,
            None => contents.push((name, month, people)),
        }
        review.months.extend(month.filter(|month| !review.months.contains(month)));
    }
    review.contents =
        contents.into_iter().map(|(unit, month, people)| contents_of(unit, month, people)).collect();
    let others = review.files.iter().filter(|file| !file.is_standard).count();
    if others > 0 {
        review.contents.push(format!("添付ファイル {others} 個"));
    }
    review.months.sort();
    review
}

/// Adds what the checker found, the heaviest first, and counts what is not shown.
fn add_findings(remarks: &mut Vec<Remark>, check: &CheckedFile) -> Tally {
    let mut findings: Vec<_> = check.findings().iter().map(Remark::of).collect();
    findings.sort_by_key(|remark| std::cmp::Reverse(remark.weight));
    findings.truncate(REMARKS_OF_A_FILE);
    let shown = Tally::of(&findings);
    let hidden =
        |severity, shown| usize::try_from(check.count(severity)).unwrap_or(usize::MAX).saturating_sub(shown);
    remarks.extend(findings);
    Tally {
        infos: hidden(Severity::Info, shown.infos),
        warnings: hidden(Severity::Warning, shown.warnings),
        errors: hidden(Severity::Error, shown.errors),
    }
}

fn contents_of(unit: Option<&str>, month: Option<ServiceMonth>, people: u64) -> String {
    let unit = unit.unwrap_or("標準仕様のファイル");
    let month = month.map(|month| format!("{}年{}月の", month.year(), month.month())).unwrap_or_default();
    let people = if people > 0 { format!("（{people}名）") } else { String::new() };
    format!("{month}{unit}{people}")
}

/// CSV files are meant to be of the standard, whatever their names; images only by name.
fn is_of_the_standard(name: &str) -> bool {
    let is_csv = name.len() >= 4 && name.is_char_boundary(name.len() - 4);
    (is_csv && name[name.len() - 4..].eq_ignore_ascii_case(".csv")) || name.parse::<FileName>().is_ok()
}

fn checked_file(file: &Dropped, table: Option<&ServiceCodes>) -> Option<CheckedFile> {
    let checked = match table {
        Some(table) => check_file_by(&file.name, &file.bytes[..], table),
        None => check_file(&file.name, &file.bytes[..]),
    };
    // Reading from memory does not fail.
    checked.ok()
}

fn kind_name(name: &str) -> String {
    if let Some(kind) = FileName::kind_of(name) {
        return kind.name_ja().to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_uppercase());
    ending.unwrap_or_else(|| "ファイル".to_owned())
}

/// What the name says against this send: another sender, another receiver.
fn office_remarks(file: &CheckedFile, own: OfficeNo, receiver: Option<OfficeNo>) -> Vec<Remark> {
    let Some(name) = &file.name else { return Vec::new() };
    let mut remarks = Vec::new();
    if name.sender != own {
        remarks.push(Remark {
            hint:
                "この事業所が送信元になるように、介護ソフトの事業所番号を確かめて、もう一度出力してください。"
                    .into(),
            ..Remark::error(format!(
                "送信元の事業所番号が {} です。この事業所（{own}）のファイルではありません。",
                name.sender
            ))
        });
    }
    if let Some(receiver) = receiver
        && name.receiver != receiver
    {
        remarks.push(Remark {
            hint: "このファイルを除くか、送信先ごとに分けてください。".into(),
            ..Remark::error(format!(
                "送信先の事業所番号が {} です。この送信の相手（{receiver}）と違います。",
                name.receiver
            ))
        });
    }
    remarks
}

impl Remark {
    /// Something that must be mended.
    pub fn error(message: String) -> Self {
        Self {
            weight: Weight::Error,
            row: None,
            column: None,
            field: String::new(),
            message,
            hint: String::new(),
        }
    }

    fn of(finding: &Finding) -> Self {
        Self {
            weight: match finding.severity() {
                Severity::Info => Weight::Info,
                Severity::Warning => Weight::Warning,
                Severity::Error => Weight::Error,
            },
            row: finding.row,
            column: finding.field.map(|field| field.no),
            field: finding.field.map(|field| field.name_ja.to_owned()).unwrap_or_default(),
            message: finding.message(Lang::Ja),
            hint: finding.hint(Lang::Ja),
        }
    }

    /// Where it is: "3行目・5列目「要介護状態区分」".
    pub fn place(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.row.map(|row| format!("{row}行目")));
        parts.extend(self.column.map(|column| format!("{column}列目「{}」", self.field)));
        parts.join("・")
    }
}

impl Review {
    /// How many remarks there are of a weight, on files and on the whole.
    pub fn count(&self, weight: Weight) -> usize {
        let of_files: usize = self.files.iter().map(|file| file.count(weight)).sum();
        of_files + Tally::of(&self.remarks).count(weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::readiness::{Readiness, Standing};

    const OWN: &str = "1370000019";
    const NAME: &str = "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV";

    fn file(name: &str, bytes: &[u8]) -> Dropped {
        Dropped { name: name.into(), bytes: bytes.to_vec() }
    }

    fn reviewed(files: &[Dropped], receiver: Option<&str>) -> Review {
        let files: Vec<_> = (1..).zip(files.iter().cloned()).collect();
        review(&files, OWN.parse().unwrap(), receiver.map(|no| no.parse().unwrap()), None)
    }

    #[test]
    fn a_good_file_is_ready_and_says_what_it_holds() {
        let good = file(NAME, b"202407,131016,0000012345,202510\r\n");
        let review = reviewed(&[good], Some("1370000027"));
        assert_eq!(review.count(Weight::Error), 0, "{review:?}");
        assert_eq!(review.contents, ["2025年10月の利用票の削除（1名）"]);
        let receiver = Some("1370000027".parse().unwrap());
        assert_eq!(review.readiness(receiver, Some(Standing::Active), false).0, Readiness::Ready);
        assert_eq!(review.readiness(receiver, None, false).0, Readiness::Unasked);
        assert_eq!(review.readiness(None, None, false).0, Readiness::Blocked);
        for standing in [Standing::Unknown, Standing::NotYet, Standing::Suspended] {
            let (readiness, remark) = review.readiness(receiver, Some(standing), true);
            assert_eq!(readiness, Readiness::Blocked);
            assert!(!remark.unwrap().hint.is_empty());
        }
    }

    #[test]
    fn files_of_others_or_for_others_are_told() {
        let foreign = file(&NAME.replace("1370000019", "1370000035"), b"202407,131016,0000012345,202510\r\n");
        let review = reviewed(&[foreign], None);
        assert!(review.files[0].remarks[0].message.contains("送信元の事業所番号が 1370000035"));
        assert_eq!(review.files[0].remarks.len(), 1, "nobody has said for whom it is");
        assert!(!review.files[0].remarks[0].hint.is_empty());
        let elsewhere = file(NAME, b"202407,131016,0000012345,202510\r\n");
        let review = reviewed(&[elsewhere], Some("1370000035"));
        assert!(review.files[0].remarks[0].message.contains("送信先の事業所番号が 1370000027"));
        assert!(!review.files[0].remarks[0].hint.is_empty());
    }

    #[test]
    fn errors_have_a_place_and_advice() {
        let bad = file(NAME, b"202407,13101,0000012345,202510\r\n");
        let review = reviewed(&[bad], Some("1370000027"));
        let remark = review.files[0].remarks.iter().find(|remark| remark.weight == Weight::Error).unwrap();
        assert!(remark.place().starts_with("1行目・2列目「"), "{}", remark.place());
        assert!(!remark.hint.is_empty());
    }

    #[test]
    fn a_table_of_service_codes_adds_what_the_checker_finds_by_it() {
        let row = "202407,131016,0000012345,20250920,202510,\"\",1370000027,,111111,,,\"\",244,,,5,1220,1220,,,0,\
            1220,11.05,13481,90,12132,,1349,0,,,,0,9999999999,,1370000019,\r\n";
        let file = file(&NAME.replace("DLTPLAN", "UPSIKYU"), row.as_bytes());
        let by = |table: Option<&ServiceCodes>| {
            let review = review(&[(1, file.clone())], OWN.parse().unwrap(), None, table);
            review.files[0].remarks.clone()
        };
        let without = by(None);
        for (line, weight) in
            [("111112,a,1,,20240601", Weight::Warning), ("111111,a,1,,20240601", Weight::Info)]
        {
            let csv = format!("code,name,units,per,valid_from\n{line}\n");
            let table = tasuki_standard::codes::import(csv.as_bytes()).unwrap();
            let mut with = by(Some(&table));
            with.retain(|remark| !without.contains(remark));
            assert_eq!(with.iter().map(|remark| remark.weight).collect::<Vec<_>>(), [weight], "{line}");
        }
    }

    #[test]
    fn all_errors_count_and_some_are_shown() {
        let rows = (1..=300).map(|_| "202407,13101,0000012345,202510\r\n");
        let bad = file(NAME, rows.collect::<String>().as_bytes());
        let review = reviewed(&[bad], Some("1370000027"));
        let file = &review.files[0];
        assert!(file.remarks.len() <= REMARKS_OF_A_FILE);
        assert_eq!(file.remarks[0].weight, Weight::Error);
        assert!(file.has_error() && review.count(Weight::Error) >= 300, "{:?}", file.hidden);
        let hidden = Tally { errors: 1, ..Tally::default() };
        let only_hidden = FileReview { remarks: vec![], hidden, ..file.clone() };
        assert!(only_hidden.has_error());
    }

    #[test]
    fn what_a_send_holds_is_counted() {
        let row = |person: u32| format!("202407,131016,{person:010},202510\r\n");
        let two = format!("{}{}", row(1), row(2));
        let later = NAME.replace("_202510_", "_202511_").replace("20251001090000", "20251001080000");
        let again = NAME.replace("20251001090000", "20251001090002");
        let files = [
            file(&later, row(3).replace("202510", "202511").as_bytes()),
            file(NAME, two.as_bytes()),
            file(&again, row(4).as_bytes()),
            file("名簿.pdf", b"%PDF-1.7 text"),
        ];
        let review = reviewed(&files, Some("1370000027"));
        assert_eq!(
            review.contents,
            ["2025年11月の利用票の削除（1名）", "2025年10月の利用票の削除（3名）", "添付ファイル 1 個"]
        );
        let months: Vec<_> = review.months.iter().map(|month| (month.year(), month.month())).collect();
        assert_eq!(months, [(2025, 10), (2025, 11)], "each once, in their order");
        assert_eq!(review.size, files.iter().map(|file| file.bytes.len() as u64).sum::<u64>());
        let known =
            |file: &FileReview| (file.id, file.is_standard, file.rows, file.people, file.kind.clone());
        assert_eq!(known(&review.files[1]), (2, true, 2, 2, "サービス利用票（第6表）予定の削除".into()));
        assert_eq!(known(&review.files[3]), (4, false, 0, 0, "PDF".into()));
    }

    #[test]
    fn remarks_are_counted_by_their_weight() {
        let remark = |weight| Remark { weight, ..Remark::error("x".into()) };
        let shown =
            [Weight::Info, Weight::Warning, Weight::Warning, Weight::Error, Weight::Error, Weight::Error];
        let shown: Vec<_> = shown.into_iter().map(remark).collect();
        let tally = Tally::of(&shown);
        assert_eq!(tally, Tally { infos: 1, warnings: 2, errors: 3 });
        let counts =
            |count: &dyn Fn(Weight) -> usize| [Weight::Info, Weight::Warning, Weight::Error].map(count);
        assert_eq!(counts(&|weight| tally.count(weight)), [1, 2, 3]);
        let hidden = Tally { infos: 10, warnings: 20, errors: 30 };
        let good = reviewed(&[file("名簿.pdf", b"%PDF-1.7 text")], None).files.remove(0);
        let file = FileReview { remarks: shown.clone(), hidden, ..good.clone() };
        assert_eq!(counts(&|weight| file.count(weight)), [11, 22, 33]);
        assert!(file.has_error() && !good.has_error());
        let review = Review { files: vec![file.clone(), file], remarks: shown, ..Review::default() };
        assert_eq!(counts(&|weight| review.count(weight)), [23, 46, 69]);
    }

    #[test]
    fn csv_files_and_named_images_are_of_the_standard() {
        let image = "UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0001.jpg";
        for (name, is) in [
            (NAME, true),
            (image, true),
            (".csv", true),
            ("あ.Csv", true),
            ("csv", false),
            ("acsv", false),
            ("xxcsv.pdf", false),
            ("家族.jpg", false),
            ("あ", false),
            ("", false),
        ] {
            assert_eq!(is_of_the_standard(name), is, "{name}");
        }
        assert_eq!([kind_name("名簿.xlsx"), kind_name("名簿")], ["XLSX", "ファイル"]);
    }

    #[test]
    fn contents_and_places_are_said_in_words() {
        let month = Some("202510".parse().unwrap());
        for (unit, month, people, words) in [
            (Some("実績"), month, 2, "2025年10月の実績（2名）"),
            (Some("実績"), None, 1, "実績（1名）"),
            (None, None, 0, "標準仕様のファイル"),
        ] {
            assert_eq!(contents_of(unit, month, people), words);
        }
        let place = |row, column| {
            Remark { row, column, field: "氏名".into(), ..Remark::error(String::new()) }.place()
        };
        assert_eq!(place(None, None), "");
        assert_eq!(place(Some(3), None), "3行目");
        assert_eq!(place(Some(3), Some(5)), "3行目・5列目「氏名」");
    }

    #[test]
    fn what_may_not_be_sent_is_refused() {
        let review = reviewed(&[file("手順.docm", b"PK"), file("名簿.pdf", b"%PDF-1.7 text")], None);
        assert!(review.files[0].remarks[0].message.contains("送れない種類"));
        assert!(review.files[1].remarks.is_empty());
        let large = file("大.txt", &vec![b'a'; 10 * 1024 * 1024 + 1]);
        assert!(reviewed(&[large], None).remarks[0].message.contains("10 MB"));
    }
}
