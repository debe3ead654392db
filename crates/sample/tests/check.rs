//! The files of samples before the checker, which was written from the same standard by itself.

use tasuki_sample::{Options, Sample};
use tasuki_standard::check::{Lang, check_file, check_units};

/// All findings of a sample, in files and across them.
fn findings(sample: &Sample) -> Vec<String> {
    let mut said = Vec::new();
    let mut files = Vec::new();
    for file in sample.files() {
        let checked = check_file(&file.name, file.bytes.as_slice()).expect("memory can be read");
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
