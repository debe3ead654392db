//! The catalogue of findings: code, severity, sentences and an example of each.
//!
//! Texts in braces are filled in by the finding. They are never a person's data: only names of fields, sizes,
//! office numbers, months and codes of characters.

use std::fmt::Write as _;

use super::severity::{Lang, Severity};

/// One entry of the catalogue.
#[derive(Debug)]
pub struct CodeInfo {
    /// The stable code, such as `F401`: a letter for the depth (N name, B bytes, S structure, F fields,
    /// M meaning, U across files) and a number.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, Japanese and English.
    pub message: [&'static str; 2],
    /// What to do, Japanese and English.
    pub hint: [&'static str; 2],
    /// What gives this finding.
    pub example: &'static str,
}

macro_rules! codes {
    ($(
        $name:ident $code:literal $severity:ident
        $ja:literal => $ja_hint:literal
        $en:literal => $en_hint:literal
        eg $example:literal
    )*) => {
        /// What a finding can be. Its stable name is in [`Code::info`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "` ", $en)] $name,)*
        }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The entry of the catalogue.
            pub fn info(self) -> &'static CodeInfo {
                match self {
                    $(Self::$name => &CodeInfo {
                        code: $code,
                        severity: Severity::$severity,
                        message: [$ja, $en],
                        hint: [$ja_hint, $en_hint],
                        example: $example,
                    },)*
                }
            }
        }
    };
}

impl Code {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.info().code
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        self.info().severity
    }
}

/// The catalogue as a Markdown page.
pub fn catalogue(lang: Lang) -> String {
    let [title, head] = match lang {
        Lang::Ja => ["# 指摘の一覧", "| コード | 重さ | 内容 | 直し方 | 例 |"],
        Lang::En => ["# Findings", "| code | severity | what is wrong | what to do | example |"],
    };
    let mut page = format!("{title}\n\n{head}\n|---|---|---|---|---|\n");
    for code in Code::ALL {
        let CodeInfo { code, severity, message, hint, example } = code.info();
        let (message, hint) = (lang.pick(*message), lang.pick(*hint));
        let severity = severity.name(lang);
        let _ = writeln!(page, "| {code} | {severity} | {message} | {hint} | `{example}` |");
    }
    page
}

codes! {
    NameUnknown "N101" Error
        "ファイル名が標準仕様のものではありません。" => "介護ソフトの「ケアプランデータ連携」用の出力で作ったファイルか確かめ、名前を変えずに入れてください。"
        "The file name is not one of the standard." => "Use a file made by the care-plan exchange export of the care software and do not rename it."
        eg "DLTBET_202510.CSV"
    NamePartCount "N102" Error
        "ファイル名の「_」で区切られた部分の数が違います。" => "名前を変えていないか確かめ、介護ソフトからもう一度出力してください。"
        "The file name has a wrong number of parts between `_`." => "Check that the file was not renamed, and export it again."
        eg "UPPLAN_202510_1370000019_43.CSV"
    NamePartEmpty "N103" Error
        "ファイル名の「{part}」が空です。" => "介護ソフトの設定を確かめ、もう一度出力してください。"
        "The {part} in the file name is empty." => "Check the settings of the care software and export again."
        eg "UPPLAN__1370000019_43_1370000027_11_20251001090000.CSV"
    NamePartForm "N104" Error
        "ファイル名の「{part}」が正しくありません（例：{form}）。" => "名前を変えていないか確かめ、介護ソフトからもう一度出力してください。"
        "The {part} in the file name is not of its form (such as {form})." => "Check that the file was not renamed, and export it again."
        eg "UPPLAN_202513_1370000019_43_1370000027_11_20251001090000.CSV"
    NameReceiverEmpty "N105" Error
        "ファイル名に送信先の事業所番号がありません。" => "介護ソフトで送信先の事業所番号を登録して、もう一度出力してください。"
        "The file name lacks the receiver's office number." => "Register the receiver's office number in the care software and export again."
        eg "UPPLAN_202510_1370000019_43__11_20251001090000.CSV"
    NameKindNotInVersion "N106" Error
        "この種類のファイルは、2025年3月以前の形式（202208版）のファイル名では使えません。" => "介護ソフトを新しい版（202407版）に対応させて、もう一度出力してください。"
        "This kind of file has no names of version 202208." => "Export with a care software that writes version 202407."
        eg "UP3KYO_1370000019_1370000027_20251001090000.CSV"
    NameEndingCase "N110" Info
        "拡張子が大文字の「.CSV」ではありません。" => "このままでも読めます。取り込めないソフトがあれば「.CSV」に変えてください。"
        "The ending is not in capitals (.CSV)." => "It can be read; change it to .CSV where a care software fails on it."
        eg "UP1KYO_1370000019_43_1370000027_11_20251001090000.csv"
    NameLowerCase "N111" Info
        "ファイル名の識別子が大文字ではありません。" => "このままでも読めます。取り込めないソフトがあれば大文字に変えてください。"
        "The prefix of the file name is not in capitals." => "It can be read; change it to capitals where a care software fails on it."
        eg "upplan_202510_1370000019_43_1370000027_11_20251001090000.CSV"
    NameNeedlessMonth "N112" Warning
        "対象年月のない種類のファイル名に「000000」が入っています。" => "取り込めないソフトがあります。「_000000」を除いた名前で出力してください。"
        "The name of a kind without a month contains 000000." => "Some care software fails on it; export with a name without it."
        eg "UPKIHON_000000_1370000019_43_1370000027_11_20251001090000.CSV"
    NameSerialNoTime "N113" Warning
        "ファイル名のファイル連番が、実際の日時（年月日時分秒）になっていません。" => "取り込みの順番は文字の順で決まります。順番が正しいか確かめてください。"
        "The serial in the file name is not a real time." => "Units are imported in the order of this text: check that the order is right."
        eg "UP1KYO_1370000019_43_1370000027_11_20251399999999.CSV"
    Utf8 "B201" Error
        "文字コードがUTF-8です。標準仕様はShift-JISです。" => "介護ソフトの出力を文字コード「Shift-JIS」にしてください。表計算ソフトで開いて保存し直したときは、元のファイルを使ってください。"
        "The file is UTF-8; the standard asks for Shift-JIS." => "Export as Shift-JIS. If the file was saved from a spreadsheet, use the original."
        eg "a file saved as UTF-8"
    ByteOrderMark "B202" Error
        "ファイルの先頭にBOM（UTF-8の印）があります。標準仕様はShift-JISです。" => "介護ソフトの出力を文字コード「Shift-JIS」にしてください。表計算ソフトで開いて保存し直したときは、元のファイルを使ってください。"
        "The file starts with a byte order mark of UTF-8; the standard asks for Shift-JIS." => "Export as Shift-JIS. If the file was saved from a spreadsheet, use the original."
        eg "EF BB BF at the start"
    Utf16 "B203" Error
        "文字コードがUTF-16です。読み取れません。" => "介護ソフトの出力を文字コード「Shift-JIS」にしてください。"
        "The file is UTF-16 and cannot be read." => "Export as Shift-JIS."
        eg "FF FE at the start"
    InvalidBytes "B204" Error
        "文字として読めない部分があります（{column}バイト目）。" => "文字が途中で切れています。介護ソフトでこの項目を入力し直して、もう一度出力してください。"
        "There are bytes that are no character (byte {column})." => "A character is cut or damaged: enter the field again and export again."
        eg "83 at the end of a name"
    PrivateUse "B205" Error
        "外字が使われています（文字コード{character}、{column}バイト目）。相手のパソコンでは別の字になります。" => "介護ソフトで外字を普通の字に変えてください。似た字がなければ、かなか「{replacement}」にしてください。"
        "There is a private-use character (code {character}, byte {column}); others see another one." => "Replace it by an ordinary character, by kana, or by {replacement}."
        eg "F040"
    NotInMs932 "B206" Error
        "Shift-JISにない文字が使われています（{character}、{column}バイト目）。" => "「{replacement}」に変えてください。"
        "There is a character that Shift-JIS does not have ({character}, byte {column})." => "Replace it by {replacement}."
        eg "U+20BB7 in a UTF-8 file"
    Nul "B207" Error
        "文字ではない値（NUL）が入っています（{column}バイト目）。" => "ファイルが壊れています。介護ソフトからもう一度出力してください。"
        "There is a NUL byte (byte {column})." => "The file is damaged: export it again."
        eg "00"
    Control "B208" Warning
        "画面に見えない制御文字が入っています（{column}バイト目）。" => "介護ソフトでこの項目を入力し直してください。"
        "There is an invisible control character (byte {column})." => "Enter the field again."
        eg "1B"
    LineFeedOnly "B209" Info
        "行の終わりがCRLFではなくLFです。" => "このままでも読めます。取り込めないソフトがあればCRLFで出力してください。"
        "Rows end with LF instead of CRLF." => "It can be read; export with CRLF where a care software fails on it."
        eg "0A"
    CarriageReturnOnly "B210" Warning
        "行の終わりがCRLFではなくCRです。" => "取り込めないソフトがあります。CRLFで出力してください。"
        "Rows end with CR instead of CRLF." => "Some care software fails on it: export with CRLF."
        eg "0D"
    BlankLine "B211" Warning
        "空の行があります。" => "取り込めないソフトがあります。空の行を除いて出力してください。"
        "There is a blank line." => "Some care software fails on it: export without blank lines."
        eg "a line of nothing"
    BrokenQuotes "B212" Error
        "引用符「\"」の使い方が正しくありません（{column}バイト目からの項目）。" => "項目の中の「\"」は2つ重ね、項目全体を「\"」で囲んで出力してください。"
        "Quotes are not used rightly (field from byte {column})." => "Double the quotes inside a field and enclose the whole field in quotes."
        eg "\"A\"B\","
    RowTooLong "B213" Error
        "行が長すぎます。引用符「\"」が閉じられていないか、CSVファイルではありません。" => "介護ソフトからもう一度出力してください。"
        "The row is too long: a quote is not closed, or this is not a CSV file." => "Export the file again."
        eg "a row of over 4 MB"
    QuotedCode "B214" Info
        "フリーテキスト以外の項目が引用符「\"」で囲まれています。" => "このままでも読めます。取り込めないソフトがあれば、囲まずに出力してください。"
        "A field that is not free text is quoted." => "It can be read; export it bare where a care software fails on it."
        eg "\"202407\","
    BareText "B215" Info
        "フリーテキストの項目が引用符「\"」で囲まれていません。" => "このままでも読めます。取り込めないソフトがあれば、囲んで出力してください。"
        "A free text is not quoted." => "It can be read; export it quoted where a care software fails on it."
        eg "たすき 花子,"
    EndOfFileMark "B216" Warning
        "ファイルの終わりに古い終端記号（1A）が付いています。" => "取り込めないソフトがあります。終端記号を付けずに出力してください。"
        "The file ends with an old end-of-file mark (1A)." => "Some care software fails on it: export without the mark."
        eg "1A"
    EmptyFile "S301" Error
        "ファイルにデータの行がありません。" => "介護ソフトで対象の利用者と月を確かめ、もう一度出力してください。"
        "The file has no rows of data." => "Check the chosen persons and month and export again."
        eg "a file of 0 bytes"
    HeaderRow "S302" Error
        "1行目に項目名の見出しがあります。標準仕様のファイルに見出しはありません。" => "見出しを付けない設定で、もう一度出力してください。"
        "The first row holds names of fields; files of the standard have no header row." => "Export without a header row."
        eg "CSVバージョン,保険者番号,…"
    FieldCount "S303" Error
        "項目の数が{found}個です。この種類のファイルは{expected}個です。" => "対象年月に合った版（2025年4月分からは202407版）で出力しているか確かめてください。別の古い形式のファイルは使えません。"
        "The row has {found} fields; this kind of file has {expected}." => "Check that the export is of the version for the month (202407 from April 2025); older formats cannot be used."
        eg "a row of 24 fields in UPPLAN"
    MixedVersions "S304" Error
        "CSVバージョンが1行目と違います。" => "1つのファイルは1つの版にしてください。介護ソフトからもう一度出力してください。"
        "The CSV version differs from that of the first row." => "A file must have one version: export it again."
        eg "202407 and 202208 in one file"
    VersionUnknown "S305" Error
        "CSVバージョン「{value}」は標準仕様にありません。" => "2025年3月分までは「202208」、4月分からは「202407」です。介護ソフトの版を確かめてください。"
        "The standard has no CSV version {value}." => "It is 202208 up to March 2025 and 202407 from April 2025: check the care software's version."
        eg "202599"
    Version202410 "S306" Warning
        "CSVバージョンが「202410」です。標準仕様（第4.1版）の値は「202407」です。" => "取り込めないソフトがあります。介護ソフトの更新を確かめてください。"
        "The CSV version is 202410; standard 4.1 has the value 202407." => "Some care software fails on it: look for an update of the care software."
        eg "202410"
    VersionNotSupported "S307" Error
        "CSVバージョン「{value}」は古い版か、使われなかった版で、扱えません。" => "2025年3月分までは「202208」、4月分からは「202407」で出力してください。"
        "CSV version {value} is an old or never used one and not supported." => "Export as 202208 up to March 2025 and as 202407 from April 2025."
        eg "202504"
    VersionHasNoKind "S308" Error
        "この種類のファイルは、CSVバージョン「{value}」にはありません。" => "「202407」版で出力してください。"
        "CSV version {value} does not have this kind of file." => "Export as version 202407."
        eg "202208 in UP3KYO"
    VersionDisagreesWithName "S309" Error
        "CSVバージョン（{value}）がファイル名の形（{expected}版）と合いません。" => "ファイル名を変えていないか確かめ、介護ソフトからもう一度出力してください。"
        "The CSV version ({value}) does not agree with the shape of the file name ({expected})." => "Check that the file was not renamed, and export it again."
        eg "202208 in UPPLAN_202510_…_43_…_11_….CSV"
    ImageNotJpeg "S310" Error
        "画像ファイルの中身がJPEGではありません。" => "JPEG形式の画像にしてください。拡張子だけを変えても使えません。"
        "The image is not a JPEG picture." => "Use a JPEG picture; renaming another one does not help."
        eg "a PNG named .jpg"
    Missing "F401" Error
        "「{field}」が空です。必ず入力する項目です。" => "介護ソフトで入力して、もう一度出力してください。"
        "{field} is empty, but required." => "Enter it and export again."
        eg "insurer_no ="
    MissingExpected "F402" Warning
        "「{field}」が空です。" => "多くのソフトが必要とする項目です。できれば入力してください。"
        "{field} is empty." => "Many importers need it: enter it if you can."
        eg "user_name ="
    TooLong "F403" Error
        "「{field}」が{found}文字あります。{max}文字までです。" => "短くしてください。"
        "{field} has {found} characters; at most {max} are allowed." => "Make it shorter."
        eg "units = 1234567"
    WrongLength "F404" Error
        "「{field}」が{found}文字です。{expected}文字でなければなりません。" => "桁数を確かめてください。先頭の0が落ちていないかも見てください。"
        "{field} has {found} characters instead of {expected}." => "Check the digits; leading zeros may be lost."
        eg "insurer_no = 13101"
    Form "F405" Error
        "「{field}」の形が正しくありません（例：{form}）。" => "例の形に直してください。"
        "{field} is not of its form (such as {form})." => "Enter it in that form."
        eg "user_postal_code = 1000001"
    FullWidth "F406" Error
        "「{field}」に全角の文字が入っています。" => "半角の英数字で入力してください。"
        "{field} contains full-width characters." => "Enter it in half-width letters and digits."
        eg "insured_no = １２３４５６７８９０"
    Padded "F407" Error
        "「{field}」の前か後ろに空白があります。" => "空白を除いてください。"
        "{field} starts or ends with blanks." => "Remove the blanks."
        eg "care_level = '21 '"
    NotReal "F408" Error
        "「{field}」は実際にはない日付・年月・時刻です。" => "正しい日付や時刻を入力してください。"
        "{field} is a date, month or time that does not exist." => "Enter a real one."
        eg "plan_date = 20250230"
    Separators "F409" Error
        "「{field}」に区切りの記号が入っています（正しい形：{form}）。" => "「/」「-」「:」を入れずに、数字だけにしてください。"
        "{field} contains separators; it must be {form}." => "Leave out / - and : and write digits only."
        eg "start_time = 12:00"
    UnknownCode "F410" Error
        "「{field}」が決められたコードではありません（{choices}）。" => "決められたコードから選んでください。"
        "{field} is not one of its codes ({choices})." => "Choose one of the codes."
        eg "care_level = 20"
    DetailNoLong "F411" Warning
        "「{field}」が{found}文字あります。{max}文字を超えると取り込めないソフトがあります。" => "{max}文字までにしてください。"
        "{field} has {found} characters; over {max} some importers fail." => "Use at most {max}."
        eg "detail_no = 100"
    LongerThanPrinted "F412" Info
        "「{field}」が{found}文字あります（仕様書の表では{max}文字）。" => "このままでも読めます。"
        "{field} has {found} characters (the standard prints {max})." => "It can be read."
        eg "days_planned_this_month = 00010"
    DecimalRate "F413" Warning
        "「{field}」に小数が入っています。" => "整数にしてください。取り込めないソフトがあります。"
        "{field} is not a whole number." => "Use a whole number: some importers fail."
        eg "discounted_rate = 90.5"
    FullWidthHyphen "F414" Warning
        "「{field}」のハイフンが全角です。" => "半角のハイフン「-」にしてください。"
        "{field} has a full-width hyphen." => "Use a half-width hyphen."
        eg "tais_code = 00001－000010"
    RunningNumber "F415" Warning
        "「{field}」が数字ではありません。" => "1からの番号にしてください。"
        "{field} is not a number." => "Number them from 1."
        eg "need_no = \"A\""
    UnusedFilled "F416" Info
        "使わない項目「{field}」に値が入っています。" => "このままでも読めます。値は無視されます。"
        "{field}, which is not used, is filled." => "It can be read; the value is ignored."
        eg "identifier = 1"
    LeadingZeros "F417" Info
        "「{field}」の先頭に余分な0があります。" => "このままでも読めます。"
        "{field} has leading zeros." => "It can be read."
        eg "count = 01"
    MonthDisagreesWithName "M501" Error
        "「{field}」がファイル名の対象年月（{month}）と違います。" => "1つのファイルには1つの月だけを入れます。介護ソフトで月ごとに出力してください。"
        "{field} differs from the month in the file name ({month})." => "A file holds one month: export each month by itself."
        eg "target_month = 202511 in UPPLAN_202510_…"
    VersionNotForMonth "M502" Error
        "{month}分のCSVバージョンは「{expected}」です。このファイルは「{value}」です。" => "介護ソフトで「{expected}」版を選んで出力してください。"
        "Files of {month} must have CSV version {expected}, not {value}." => "Export as version {expected}."
        eg "202208 for 202510"
    DayOutsideMonth "M503" Error
        "「{field}」が対象年月の日ではありません。" => "対象年月の日付に直すか、その月のファイルに入れてください。"
        "{field} is not a day of the service month." => "Correct the day or put the row into the file of its month."
        eg "service_date = 20251101 in 202510"
    EndBeforeStart "M504" Error
        "終了時刻が開始時刻より前です。" => "時刻を確かめてください。午前と午後を取り違えていないか見てください。"
        "The end time is before the start time." => "Check the times; morning and afternoon may be mixed up."
        eg "start_time = 1500, end_time = 0900 for 15 通所介護"
    EndsNextDay "M505" Warning
        "終了時刻が開始時刻より前です。日をまたぐサービスですか。" => "日をまたがないときは時刻を直してください。"
        "The end time is before the start time. Does the service last into the next day?" => "If not, correct the times."
        eg "start_time = 2330, end_time = 0030 for 11 訪問介護"
    NoDuration "M506" Warning
        "開始時刻と終了時刻が同じです。" => "時刻のないサービスは両方を「9999」にします。時刻を確かめてください。"
        "Start and end are the same time." => "A service without times has 9999 in both. Check the times."
        eg "start_time = end_time = 0900"
    OneTimeOnly "M507" Error
        "開始時刻と終了時刻の片方だけが「9999」です。" => "両方に時刻を入れるか、両方を「9999」にしてください。"
        "Only one of start and end is 9999." => "Give both times, or 9999 in both."
        eg "start_time = 0900, end_time = 9999"
    EquipmentCodeMissing "M508" Error
        "福祉用具貸与の行に、TAISコードも福祉用具届出コードもありません。" => "介護ソフトで用具を登録し直して、どちらかのコードを入れてください。"
        "A row of equipment rental has neither equipment code." => "Register the equipment again with one of the codes."
        eg "171001 without tais_code"
    EquipmentCodeElsewhere "M509" Warning
        "福祉用具貸与ではない行に、用具のコードがあります。" => "サービスコードか用具のコードを確かめてください。"
        "A row that is not equipment rental has an equipment code." => "Check the service code and the equipment code."
        eg "111111 with tais_code"
    EquipmentCodeForm "M510" Warning
        "「{field}」の形が「00001-000010」と違います。" => "TAISコード（5桁-6桁）を確かめてください。"
        "{field} does not look like 00001-000010." => "Check the TAIS code."
        eg "tais_code = 000010000100"
    DetailNoMissing "M511" Error
        "サービスコードと単位数が同じ福祉用具が複数ありますが、明細判別コードがありません。" => "同じ用具を1、2、3…の番号で区別してください。"
        "Several rented items share service code and units, but have no detail number." => "Number them 1, 2, 3 …"
        eg "two handrails of 300 units"
    DetailNoRepeated "M512" Error
        "サービスコードと単位数が同じ福祉用具で、明細判別コードが重なっています。" => "別々の番号にしてください。"
        "Rented items that share service code and units have the same detail number." => "Give each its own number."
        eg "detail_no = 1 twice"
    DetailNoElsewhere "M513" Warning
        "福祉用具貸与ではない行に、明細判別コードがあります。" => "明細判別コードを空にしてください。"
        "A row that is not equipment rental has a detail number." => "Leave the detail number empty."
        eg "111111 with detail_no = 1"
    ProratedBeyondMonth "M514" Error
        "「{field}」に、対象年月にない日の印があります。" => "月の日数に合わせてください。"
        "{field} marks a day that the month does not have." => "Mark only days of the month."
        eg "day 31 in 202509"
    ServiceTypeUnknown "M515" Warning
        "サービス種類「{value}」は標準仕様の一覧にありません。" => "サービスコードを確かめてください。"
        "Service type {value} is not in the standard's list." => "Check the service code."
        eg "service_code = 991111"
    ServiceTypeOutOfScope "M516" Error
        "サービス種類「{value}」（{name}）は、データ連携の対象ではありません。" => "この行を除いて出力してください。"
        "Service type {value} is outside the scope of the exchange." => "Export without this row."
        eg "service_code = 331111"
    DuplicateRow "M517" Error
        "{other}行目と同じ内容の行があります。" => "二重に入力していないか確かめてください。"
        "The row repeats row {other}." => "Check for a double entry."
        eg "one visit twice"
    DuplicateRecord "M518" Error
        "{other}行目と同じ利用者・同じ計画の行があります。" => "1人（1つの計画）につき1行です。重なっている行を除いてください。"
        "The row is of the same person and plan as row {other}." => "There is one row for each person and plan: remove the other."
        eg "one person twice in UPHOSOKU"
    PlanNumbersRepeated "M519" Warning
        "課題・援助目標・援助内容の番号が{other}行目と同じです。" => "取り込めないソフトがあります。番号を1つずつ変えてください。"
        "Need, goal and support have the numbers of row {other}." => "Some importers fail: number them differently."
        eg "1, 1, 1 twice in UP2KYO"
    SeveralPeople "M520" Info
        "複数の利用者が1つのファイルに入っています。" => "正しい形ですが、読み違えるソフトがあります。取り込めないときは1人ずつ出力してください。"
        "Several persons are in one file." => "This is right, but some importers misread it: if so, export each person by itself."
        eg "two persons in UP1KYO"
    GrandTotalMissing "M521" Error
        "利用者の全合計の行（サービスコード999999）がありません。" => "介護ソフトで別表を計算し直して、もう一度出力してください。"
        "A person has no grand total (service code 999999)." => "Calculate table 7 again and export."
        eg "UPSIKYU without 999999"
    GrandTotalTwice "M522" Error
        "利用者の全合計の行（サービスコード999999）が複数あります。" => "1人1か月に1行です。もう一度出力してください。"
        "A person has several grand totals." => "There is one for each person and month: export again."
        eg "999999 twice"
    SubtotalMissing "M523" Error
        "サービス種類「{value}」に複数の行がありますが、小計の行（{value}AAAA）がありません。" => "介護ソフトで別表を計算し直して、もう一度出力してください。"
        "Service type {value} has several rows, but no subtotal ({value}AAAA)." => "Calculate table 7 again and export."
        eg "two rows of 11 without 11AAAA"
    SubtotalTwice "M524" Error
        "同じ事業所・同じ種類の小計の行が{other}行目にもあります。" => "重なっている小計を除いてください。"
        "The subtotal stands in row {other} too." => "Remove one of them."
        eg "11AAAA twice"
    SubtotalWrong "M525" Error
        "小計の「{field}」が、明細の合計と合いません。" => "介護ソフトで別表を計算し直してください。"
        "{field} of the subtotal is not the sum of its rows." => "Calculate table 7 again."
        eg "11AAAA with 1 unit too many"
    GrandTotalWrong "M526" Error
        "全合計の「{field}」が、明細の合計と合いません。" => "介護ソフトで別表を計算し直してください。"
        "{field} of the grand total is not the sum of the rows." => "Calculate table 7 again."
        eg "999999 with 1 unit too many"
    TotalRowFilled "M527" Warning
        "小計・全合計の行の「{field}」は、{expected}にします。" => "このままでも読めますが、取り込めないソフトがあります。"
        "{field} of a subtotal or grand total must be {expected}." => "It can be read, but some importers fail."
        eg "units = 500 on 11AAAA"
    GrandTotalOffice "M528" Error
        "事業所番号「9999999999」は全合計の行だけに使います。" => "全合計の行は事業所番号を「9999999999」に、その他の行は実際の番号にしてください。"
        "Office number 9999999999 belongs to the grand total and to nothing else." => "Give the grand total this number and all other rows a real one."
        eg "999999 with a real office number"
    PersonNotServed "M529" Error
        "送信先の事業所（{office}）のサービスを受けていない利用者が入っています。" => "その利用者を除いて出力してください。送ると、関係のない事業所に個人情報が渡ります。"
        "A person who gets nothing from the receiver ({office}) is in the file." => "Export without this person: the plan would reach an office that has no part in it."
        eg "a person served by others only"
    SenderIsNotCareOffice "M530" Warning
        "「{field}」が、ファイル名の送信元（{office}）と違います。" => "担当の事業所を確かめてください。委託を受けたときは、このままで構いません。"
        "{field} is not the sender in the file name ({office})." => "Check the office; with entrusted plans this is right."
        eg "care_office_no = another office"
    ActualOfOtherOffice "M531" Error
        "ファイル名の送信元（{office}）ではない事業所の実績が入っています。" => "自分の事業所の実績だけを出力してください。"
        "The file holds actuals of another office than the sender ({office})." => "Export the actuals of your own office only."
        eg "service_office_no = another office in UPJSK"
    ReceiverIsNotCareOffice "M532" Warning
        "「{field}」が、ファイル名の送信先（{office}）と違います。" => "担当のケアマネジャーが替わっていないか確かめ、今の担当事業所に送ってください。"
        "{field} is not the receiver in the file name ({office})." => "The care manager may have changed: send to the office in charge."
        eg "care_office_no = another office in UPJSK"
    SupplementOfNeither "M533" Error
        "計画作成（変更）日と対象年月が、どちらも0です。" => "第1～3表に付けるときは計画作成（変更）日を、第6・7表に付けるときは対象年月を入れてください。"
        "Plan date and month are both zeros." => "With tables 1 to 3 give the plan date, with tables 6 and 7 the month."
        eg "plan_date = 00000000, target_month = 000000"
    TypeLimitGap "M534" Warning
        "種類支給限度の枠が、1番目から順に埋まっていません。" => "前の枠から順に詰めてください。"
        "The limits of service types are not filled from the first." => "Fill them in order."
        eg "type_limit_2 without type_limit_1"
    TypeLimitWithoutType "M535" Error
        "「{field}」がありますが、そのサービス種類がありません。" => "サービス種類コードを入れてください。"
        "{field} is filled, but its service type is not." => "Enter the service type."
        eg "type_limit_1_limit_units without type"
    PeriodReversed "M536" Error
        "「{field}」が「{other}」より後です。" => "期間の始まりと終わりを確かめてください。"
        "{field} is after {other}." => "Check the start and end of the period."
        eg "certification_start_date after its end"
    OtherWithoutText "M537" Warning
        "「{other}」を選んでいますが、「{field}」が空です。" => "内容を入力してください。"
        "{other} needs {field}, which is empty." => "Enter the text."
        eg "housework_reason = 3 without text"
    WeekRowUnclear "M538" Warning
        "第3表の1行に、週間サービス・日常生活の活動・週単位以外のサービスのうち、ちょうど1つが入っていません。" => "1行には1つだけを入れてください。"
        "A row of table 3 does not hold exactly one of weekly service, daily activity and other service." => "Put one into each row."
        eg "service_content and daily_activity in one row"
    WeekTimeMissing "M539" Warning
        "「{field}」が空です。曜日と時間がないと、第3表に表示されません。" => "曜日と開始・終了時間を入力してください。"
        "{field} is empty: without weekday and times the row cannot be drawn." => "Enter weekday, start and end."
        eg "service_content without weekday"
    ImageNameDisagrees "M540" Error
        "「{field}」が、このファイルの画像ファイル名の形と合いません。" => "画像の名前は、同じ送信元・送信先・連番の「UPKIHON_IMAGE_…_0001.jpg」にしてください。"
        "{field} is not the name of an image of this file." => "Name it UPKIHON_IMAGE_… with the same offices and serial."
        eg "family_chart_image = photo.jpg"
    BornLater "M541" Error
        "「{field}」が、計画や相談の日より後です。" => "生年月日を確かめてください。"
        "{field} is after the plan." => "Check the date of birth."
        eg "user_birth_date = 20991231"
    NoCount "M542" Warning
        "「{field}」が0です。" => "回数を確かめてください。行わない日の行は要りません。"
        "{field} is 0." => "Check the count; days without a service need no row."
        eg "count = 0"
    TotalInSlip "M543" Error
        "第6表に、小計・合計のサービスコードが入っています。" => "小計・合計は第7表だけに入れます。"
        "Table 6 holds the service code of a subtotal or total." => "Subtotals and totals belong into table 7 only."
        eg "service_code = 11AAAA in UPPLAN"
    SeveralServiceTypes "M544" Info
        "1つの実績ファイルに複数のサービス種類が入っています。" => "正しい形ですが、取り込めないソフトがあれば種類ごとに分けてください。"
        "One file of actuals holds several service types." => "This is accepted; where an importer fails, write one file for each type."
        eg "11 and 15 in one UPJSK"
    DeletionOfOtherOffice "M545" Warning
        "「{field}」が、ファイル名の送信元（{office}）と違います。" => "自分の事業所の実績だけを削除できます。番号を確かめてください。"
        "{field} is not the sender in the file name ({office})." => "Only one's own actuals can be deleted: check the number."
        eg "DLTJSK of another office"
    NoDetailRows "M546" Error
        "小計・合計の行だけで、サービスの行がありません。" => "介護ソフトで別表を計算し直して、もう一度出力してください。"
        "There are totals without any service." => "Calculate table 7 again and export."
        eg "999999 alone"
    MonthsDiffer "M547" Error
        "「{field}」が1行目と違います。" => "1つのファイルには1つの月だけを入れます。介護ソフトで月ごとに出力してください。"
        "{field} differs from that of the first row." => "A file holds one month: export each month by itself."
        eg "202510 and 202511 in one file"
    SubtotalWithoutRows "M548" Error
        "小計の行がありますが、その事業所・種類のサービスの行がありません。" => "介護ソフトで別表を計算し直して、もう一度出力してください。"
        "There is a subtotal without rows of its office and type." => "Calculate table 7 again and export."
        eg "15AAAA without rows of 15"
    PlanNotForReceiver "M549" Warning
        "第2表に、送信先の事業所（{office}）が出てこない利用者が入っています。" => "送信先を確かめてください。サービスを受けていない事業所には送れません。"
        "Table 2 of a person does not name the receiver ({office})." => "Check the receiver: an office that has no part in the plan must not get it."
        eg "UP2KYO with other offices only"
    SubtotalDoubtful "M550" Warning
        "サービス種類「{value}」に複数の行がありますが、小計の行（{value}AAAA）がありません。" => "介護ソフトの別表で、この種類の小計が要るか確かめてください。事業所が分かれるときや、区分支給対象外の行があるときの扱いは、標準仕様にはっきり書かれていません。"
        "Service type {value} has several rows, but no subtotal ({value}AAAA)." => "Check whether it needs one: the standard does not say how rows of several offices, or outside the limit, count."
        eg "one row of 11 of each of two offices without 11AAAA"
    SupplementOfBoth "M551" Info
        "計画作成（変更）日と対象年月の両方が入っています。ここでは「{field}」は使われません。" => "このままでも読めます。取り込めないソフトがあれば、「{field}」を0だけにしてください。"
        "Plan date and month are both filled; {field} is ignored here." => "It can be read; where an importer fails, fill {field} with zeros."
        eg "plan_date = 20251001 in UPHOSOKU_202510_…"
    MonthBeforeVersions "M552" Error
        "{month}分は、202208版が始まった2023年1月分より前の月です。" => "対象年月を確かめてください。2022年12月分までの古い形式のファイルは、ここでは扱えません。"
        "{month} is before January 2023, the first month of version 202208." => "Check the month; the formats of earlier months are not supported."
        eg "UPPLAN_202212_… of version 202208"
    UnitPriceImplausible "M553" Warning
        "「{field}」が10.00円から11.40円の間にありません。" => "「11.40」のように小数点を付けた円の値か確かめてください（「1140」は100倍の値です）。介護ソフトの地域区分の設定も見てください。"
        "{field} is not between 10.00 and 11.40 yen." => "Check that it is in yen with a decimal point (1140 is a hundred times too much), and the area class set in the care software."
        eg "unit_price = 1140"
    ServiceCodeUnknown "M554" Warning
        "サービスコード「{value}」は、{month}のサービスコード表にありません。" => "介護ソフトでサービスを選び直してください。正しいときは、サービスコード表が古くないか確かめてください。"
        "The table of service codes does not have {value} in {month}." => "Choose the service again in the care software; if it is right, the table may be out of date."
        eg "service_code = 119999"
    ServiceUnitsDiffer "M555" Info
        "サービスコード「{value}」の単位数が、サービスコード表の{expected}単位と違います。" => "割引などで変わることがあります。心当たりがなければ、介護ソフトの単位数を確かめてください。"
        "The units of service code {value} differ from the {expected} of the table of service codes." => "A discount may be the reason; otherwise check the units in the care software."
        eg "service_code = 111111, units = 245"
    MemberMissing "U601" Warning
        "一緒に送るはずの「{kinds}」がありません。" => "同じときに出力したファイルをすべて選んでください。"
        "{kinds} of the send unit is missing." => "Choose all files of the export."
        eg "UPPLAN without UPSIKYU"
    UnitsMixed "U602" Error
        "同じファイル連番に、別々に送るファイルが混ざっています（{kinds}）。" => "計画書・利用票・削除などは、それぞれ別の連番で出力してください。"
        "Files of different send units share a serial ({kinds})." => "Export each send unit with a serial of its own."
        eg "UP1KYO and UPPLAN with one serial"
    PartiesDisagree "U603" Error
        "同じ連番のファイルと、送信元か送信先の事業所番号が違います（{kinds}）。" => "1組のファイルは、同じ送信元から同じ送信先へ送ります。もう一度出力してください。"
        "Sender or receiver differ among files of one serial ({kinds})." => "A unit goes from one office to one office: export again."
        eg "UPPLAN to one office, UPSIKYU to another"
    UnitMonthsDisagree "U604" Error
        "同じ連番のファイルの対象年月が違います。" => "同じ月のファイルを選んでください。"
        "The files of one serial are of different months." => "Choose files of the same month."
        eg "UPPLAN_202510 with UPSIKYU_202511"
    UnitVersionsDisagree "U605" Error
        "同じ連番のファイルのCSVバージョンが違います。" => "同じ版で出力し直してください。"
        "The files of one serial are of different versions." => "Export all of them in one version."
        eg "202407 with 202208"
    MainMissing "U606" Warning
        "「{kinds}」がないため、このファイルは取り込めないことがあります。" => "同じときに出力した「{kinds}」も一緒に入れてください。"
        "Without {kinds} this file may not be imported." => "Add {kinds} of the same export."
        eg "UP2KYO without UP1KYO"
    RecordWithoutMain "U607" Warning
        "{kinds}の{row}行目の利用者（計画）が、{main}にありません。" => "両方を同じときに出力し直してください。"
        "The person (plan) in row {row} of {kinds} is not in {main}." => "Export both at the same time."
        eg "a person of UPSIKYU who is not in UPPLAN"
    RecordWithoutDependent "U608" Warning
        "{main}の{row}行目の利用者（計画）が、{kinds}にありません。" => "両方を同じときに出力し直してください。"
        "The person (plan) in row {row} of {main} is not in {kinds}." => "Export both at the same time."
        eg "a person of UPPLAN who is not in UPSIKYU"
    SameFileTwice "U609" Error
        "同じ種類のファイルが2つあります（{kinds}）。" => "どちらか片方にしてください。"
        "There are two files of the same kind ({kinds})." => "Leave one of them out."
        eg "one UPPLAN in two folders"
    Replaced "U610" Info
        "同じ利用者の同じ計画が、あとの連番（{serial}）にもあります。あとのものが残ります。" => "古いほうは送らなくても構いません。"
        "A later unit ({serial}) holds the same plan of the same person; the later one stays." => "The older one need not be sent."
        eg "a corrected UPPLAN sent with the first one"
    DeletedLater "U611" Warning
        "このファイルの計画や実績は、あとの連番（{serial}）の削除で消えます。" => "消してよいか確かめてください。残すときは、削除のファイルを除いてください。"
        "A later deletion ({serial}) removes what this file holds." => "If it is to stay, leave the deletion out."
        eg "UPPLAN and a later DLTPLAN"
    ImageMissing "U612" Error
        "家族構成の画像ファイルがありません（{row}行目）。" => "同じときに出力した画像ファイルも一緒に入れてください。"
        "The image that row {row} names is missing." => "Add the image of the same export."
        eg "UPKIHON names an image that is not there"
    ImageUnused "U613" Warning
        "どの行からも使われていない画像ファイルがあります。" => "画像が要るか確かめてください。"
        "There is an image that no row names." => "Check whether it is needed."
        eg "UPKIHON_IMAGE without a row"
    MoreFindings "X901" Info
        "同じ指摘（{value}）がほかに{found}件あります。" => "初めのものを直すと、残りも直ることがあります。"
        "There are {found} more findings of {value}." => "Mending the first ones often mends the rest."
        eg "over 100 findings of one code in a file"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_different_and_ordered() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        let by_depth = |code: &&str| ("NBSFMUX".find(&code[..1]), code[1..].to_owned());
        assert!(codes.is_sorted_by_key(by_depth), "the catalogue is a page to be read from top to bottom");
    }

    #[test]
    fn japanese_and_english_fill_in_the_same() {
        let holes = |text: &str| -> HashSet<String> {
            text.split('{').skip(1).map(|part| part.split('}').next().unwrap().to_owned()).collect()
        };
        for code in Code::ALL {
            let CodeInfo { message, hint, .. } = code.info();
            let [ja, en] = [0, 1].map(|lang| holes(&format!("{}{}", message[lang], hint[lang])));
            assert!(en.is_subset(&ja), "{}: {en:?} {ja:?}", code.as_str());
        }
    }
}
