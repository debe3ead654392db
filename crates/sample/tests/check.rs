//! The files of samples before the checker, which was written from the same standard by itself.

use tasuki_sample::{Options, Sample};
use tasuki_standard::check::{Lang, check_file_by, check_units};
use tasuki_standard::codes::{built_in, import};

/// All findings of a sample, in files and across them. The built-in table of service codes must have every code that
/// samples use, so it is taken for a whole one here.
fn findings(sample: &Sample) -> Vec<String> {
    let table = import(built_in().to_csv().as_bytes()).expect("a table is read as it was written");
    let mut said = Vec::new();
    let mut files = Vec::new();
    for file in sample.files() {
        let checked = check_file_by(&file.name, file.bytes.as_slice(), &table).expect("memory can be read");
        said.extend(checked.findings().iter().map(|finding| {
            format!(
                "{} row {:?}: {} {}",
                file.name,
                finding.row,
                finding.code.as_str(),
                finding.message(Lang::En)
            )
        }));
        files.push(checked);
    }
    for unit in check_units(&files) {
        said.extend(unit.findings.iter().map(|finding| {
            format!("{:?}: {} {}", unit.files, finding.code.as_str(), finding.message(Lang::En))
        }));
    }
    said
}

#[test]
fn the_checker_has_nothing_to_say_of_any_sample() {
    let wanted = [
        ("202301", 60, 12, 1),
        ("202403", 25, 24, 2),
        ("202503", 80, 7, 3),
        ("202504", 80, 12, 4),
        ("202510", 25, 40, 5),
        ("202602", 50, 16, 6),
        ("202802", 3, 1, 7),
    ];
    for (month, people, offices, seed) in wanted {
        let month = month.parse().expect("a month");
        let sample = Sample::new(Options::new(month, people, offices, seed)).expect("good options");
        assert_eq!(findings(&sample), Vec::<String>::new(), "month {month}, seed {seed}");
    }
}
