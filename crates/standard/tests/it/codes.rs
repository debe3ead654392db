//! Tables of service codes: what is read, what is refused and where, what they say of a month.

use encoding_rs::SHIFT_JIS;
use tasuki_standard::codes::{FieldError, ImportError, MAX_ENTRIES, ServiceCodes, built_in, import};
use tasuki_standard::value::{ServiceMonth, ServiceType};

const HEAD: &str = "code,name,units,per,valid_from,valid_to\n";

fn table(lines: &str) -> ServiceCodes {
    import(format!("{HEAD}{lines}").as_bytes()).unwrap()
}

fn refused(lines: &str) -> ImportError {
    import(format!("{HEAD}{lines}").as_bytes()).unwrap_err()
}

fn month(text: &str) -> ServiceMonth {
    text.parse().unwrap()
}

fn units_in(table: &ServiceCodes, code: &str, at: &str) -> Option<i32> {
    table.get(code.parse().unwrap(), month(at)).and_then(|entry| entry.units)
}

#[test]
fn a_code_is_what_it_was_in_the_month() {
    let table = table(
        "111111,新,250,1回につき,20240601,\n\
         111111,旧,245,1回につき,20210401,20240531\n\
         119999,月末まで,1,1回につき,20240401,20240615\n",
    );
    let cases = [
        ("111111", "202103", None),
        ("111111", "202104", Some(245)),
        ("111111", "202405", Some(245)),
        ("111111", "202406", Some(250)),
        ("111111", "203001", Some(250)),
        ("119999", "202406", Some(1)),
        ("119999", "202407", None),
        ("111112", "202406", None),
    ];
    for (code, at, units) in cases {
        assert_eq!(units_in(&table, code, at), units, "{code} {at}");
    }
}

#[test]
fn where_two_entries_hold_in_one_month_the_later_counts() {
    let table = table("111111,旧,245,,20210401,20240615\n111111,新,250,,20240616,\n");
    assert_eq!(units_in(&table, "111111", "202406"), Some(250));
}

#[test]
fn a_table_speaks_only_of_the_service_types_that_it_has_in_a_month() {
    let table = table("111111,身体介護１,244,,20240601,\n151111,通所,10,,20240601,20240930\n");
    let covers = |service_type: &str, at| {
        table.covers(ServiceType::from_bytes(service_type.as_bytes()).unwrap(), month(at))
    };
    assert!(covers("11", "202510") && covers("15", "202409"));
    assert!(
        !covers("11", "202405")
            && !covers("15", "202410")
            && !covers("78", "202510")
            && !covers("A2", "202510")
    );
}

#[test]
fn what_is_written_is_read_again() {
    let first = table(
        "111111,\"a,\"\"b\"\"\",244,1回につき,20240601,\n11C201,減算,-3,,20240401,20240531\n171001,貸与,,1月につき,20240601,\n",
    );
    let csv = first.to_csv();
    let again = import(csv.as_bytes()).unwrap();
    assert_eq!((&again, again.to_csv()), (&first, csv));
    assert_eq!(first.entries()[0].name, "a,\"b\"");
}

#[test]
fn columns_may_stand_in_any_order_and_others_beside_them() {
    let csv = "memo, VALID_FROM ,name,per,units,code\nx,20240601,身体介護１,1回につき,244,111111\n\n";
    let entries = import(csv.as_bytes()).unwrap();
    assert_eq!(entries, table("111111,身体介護１,244,1回につき,20240601,\n"));
    let (ms932, _, _) = SHIFT_JIS.encode(csv);
    assert_eq!(import(&ms932[..]).unwrap(), entries);
    let with_mark = [b"\xef\xbb\xbf", csv.as_bytes()].concat();
    assert_eq!(import(&with_mark[..]).unwrap(), entries);
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    let good = "111111,身体介護１,244,,20240601,\n";
    let cases = [
        ("11111,x,1,,20240601,\n", "line 2, column `code`: not a service code (such as 111111)"),
        ("11AAAA,x,1,,20240601,\n", "line 2, column `code`: not a service code (such as 111111)"),
        ("111112,,1,,20240601,\n", "line 2, column `name`: empty"),
        ("111112,\"a\nb\",1,,20240601,\n", "line 2, column `name`: not a text"),
        ("111112,x,1.5,,20240601,\n", "line 2, column `units`: not a number of units"),
        ("111112,x,１,,20240601,\n", "line 2, column `units`: not a number of units"),
        ("111112,x,--1,,20240601,\n", "line 2, column `units`: not a number of units"),
        ("111112,x,1,,20240631,\n", "line 2, column `valid_from`: not a day (such as 20240601)"),
        ("111112,x,1,,,\n", "line 2, column `valid_from`: not a day (such as 20240601)"),
        ("111112,x,1,,20240601,20240531\n", "line 2, column `valid_to`: the last day is before the first"),
        ("111112,x,1,,20240601\n", "line 2: 5 fields instead of 6"),
    ];
    for (line, said) in cases {
        assert_eq!(refused(line).to_string(), said);
        let later = refused(&format!("{good}\n{line}")).to_string();
        assert_eq!(later, said.replace("line 2", "line 4"), "a blank line counts");
    }
    let long = format!("111112,{},1,,20240601,\n", "あ".repeat(101));
    assert!(matches!(refused(&long), ImportError::Field { line: 2, error: FieldError::TooLong, .. }));
}

#[test]
fn one_code_for_one_day_twice_is_refused() {
    for second in ["20240601,", "20240531,20240601", "20300101,"] {
        let error = refused(&format!("111111,x,1,,20240601,\n111112,x,1,,20240601,\n111111,y,2,,{second}\n"));
        assert!(matches!(error, ImportError::Overlap { line: 4, other: 2 }), "{second}: {error}");
    }
}

#[test]
fn without_the_right_first_line_nothing_is_read() {
    let said = |csv: &[u8]| import(csv).unwrap_err().to_string();
    assert_eq!(said(b""), "the table has no entries");
    assert_eq!(said(HEAD.as_bytes()), "the table has no entries");
    assert_eq!(said(b"code,name,units,per\n111111,x,1,\n"), "line 1: the column `valid_from` is missing");
    assert_eq!(said(b"111111,x,1,,20240601,\n"), "line 1: the column `code` is missing");
    assert_eq!(said(b"code,code,name,units,per,valid_from\n"), "line 1: the column `code` is there twice");
    assert_eq!(said(b"\xff\xfec\0o\0"), "the file is UTF-16");
}

#[test]
fn a_table_without_end_is_refused_in_bounded_memory() {
    let lines = "111111,x,,,20240601,\n".repeat(MAX_ENTRIES + 1);
    let endless = std::io::Read::chain(HEAD.as_bytes(), lines.as_bytes());
    let error = import(std::io::Read::chain(endless, std::io::repeat(b'1'))).unwrap_err();
    assert!(matches!(error, ImportError::TooMany { line } if line == MAX_ENTRIES as u64 + 2), "{error}");
    let error = import(std::io::Read::chain(HEAD.as_bytes(), std::io::repeat(b'\n'))).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge), "{error}");
}

#[test]
fn the_built_in_table_is_one_and_says_nothing_of_other_codes() {
    let entry = built_in().get("111111".parse().unwrap(), month("202510")).unwrap();
    assert_eq!((entry.name.as_str(), entry.units), ("身体介護１", Some(244)));
    assert!(!built_in().covers(ServiceType::from_bytes(b"11").unwrap(), month("202510")));
}

#[test]
fn codes_are_found_by_their_beginning() {
    let table = table("111111,a,1,,20240601,\n111112,b,1,,20240601,\n112111,c,1,,20240601,\n");
    let names =
        |prefix| table.starting_with(prefix).iter().map(|entry| entry.name.as_str()).collect::<String>();
    assert_eq!(
        [names("1111"), names("11"), names("111112"), names(""), names("12")],
        ["ab", "abc", "b", "abc", ""]
    );
}
