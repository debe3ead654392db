//! How fast the checker is beside the least that any reader must do: decoding the same bytes with `encoding_rs`
//! and walking their fields with `csv`. The two take turns, so that a noisy machine disturbs both alike.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tasuki_sample::{Options, Sample, SampleFile};
use tasuki_standard::check::check_file;

const ROUNDS: usize = 15;

/// Kinds of files that a month is made of, with the largest share of its bytes first.
const KINDS: [&str; 7] = ["UPPLAN", "UPJSK", "UPSIKYU", "UP1KYO", "UP2KYO", "UP3KYO", "UPHOSOKU"];

fn main() {
    let month = "202510".parse().expect("a month");
    let sample = Sample::new(Options::new(month, 400, 12, 1)).expect("good options");
    let files: Vec<SampleFile> = sample.files().collect();
    println!("{:13} {:>9} {:>12} {:>12} {:>6}", "files", "kB", "baseline", "check", "ratio");
    compare("all", &files.iter().collect::<Vec<_>>());
    for kind in KINDS {
        let of_kind: Vec<_> = files.iter().filter(|file| file.kind.prefix() == kind).collect();
        compare(kind, &of_kind);
    }
    compare("large plan", &[&large("UPPLAN")]);
    compare("large table 7", &[&large("UPSIKYU")]);
}

/// One file of this kind of some megabytes, for many people of one office.
fn large(kind: &str) -> SampleFile {
    let month = "202510".parse().expect("a month");
    let sample = Sample::new(Options::new(month, 4000, 1, 1)).expect("good options");
    let files: Vec<_> = sample.files().filter(|file| file.kind.prefix() == kind).collect();
    let bytes = files.iter().map(|file| file.bytes.as_slice()).collect::<Vec<_>>().concat();
    SampleFile { bytes, ..files[0].clone() }
}

fn compare(name: &str, files: &[&SampleFile]) {
    let (mut baseline, mut check) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        baseline.push(time(files, |file| walk(&file.bytes)));
        check.push(time(files, |file| {
            check_file(&file.name, file.bytes.as_slice()).expect("memory can be read").rows
        }));
    }
    let (baseline, check) = (median(baseline), median(check));
    let size = files.iter().map(|file| file.bytes.len()).sum::<usize>() / 1000;
    let ratio = baseline.as_secs_f64() / check.as_secs_f64();
    println!("{name:13} {size:>9} {baseline:>12.2?} {check:>12.2?} {ratio:>6.2}");
}

fn time(files: &[&SampleFile], work: impl Fn(&SampleFile) -> u64) -> Duration {
    let start = Instant::now();
    for file in files {
        black_box(work(file));
    }
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn walk(bytes: &[u8]) -> u64 {
    let (text, _, _) = encoding_rs::SHIFT_JIS.decode(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::ByteRecord::new();
    let mut length = 0;
    while reader.read_byte_record(&mut record).expect("memory can be read") {
        length += record.iter().map(<[u8]>::len).sum::<usize>();
    }
    length as u64
}
