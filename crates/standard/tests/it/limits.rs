//! Limits that no small file reaches.

use std::io::Read as _;

use tasuki_standard::check::{Code, check_file};
use tasuki_standard::read::MAX_ROW_BYTES;

const NAME: &str = "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV";

#[test]
fn a_row_without_end_is_refused_and_not_kept() {
    let endless = std::io::repeat(b'1').take(100 * MAX_ROW_BYTES as u64);
    let file = check_file(NAME, endless).unwrap();
    let codes: Vec<_> = file.findings().iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&Code::RowTooLong), "{codes:?}");
}

#[test]
fn of_many_findings_of_one_sort_the_rest_is_counted() {
    let rows = "202407,13101,0000012345,202510\r\n".repeat(100_000);
    let file = check_file(NAME, rows.as_bytes()).unwrap();
    let findings = file.findings();
    assert!(findings.len() < 1000, "{}", findings.len());
    assert!(findings.iter().any(|finding| finding.code == Code::MoreFindings));
    assert!(file.count(tasuki_standard::check::Severity::Error) >= 100_000);
}
