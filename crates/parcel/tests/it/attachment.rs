//! Which files may be sent along, and what is said of those that may not.

use tasuki_parcel::attachment::{Candidate, MediaType, Refusal, TogetherRefusal, judge};
use tasuki_parcel::limits::{CONTENTS_BYTES, FILES};
use tasuki_parcel::name::FileNameError;
use tasuki_terms::Sha256Digest;

fn candidate<'a>(name: &'a str, head: &'a [u8], digest: u8) -> Candidate<'a> {
    Candidate { name, size: head.len() as u64, head, digest: Sha256Digest([digest; 32]) }
}

fn refusal(name: &str, head: &[u8]) -> Option<Refusal> {
    judge(&[candidate(name, head, 0)]).refused.first().map(|(_, refusal)| *refusal)
}

const PDF: &[u8] = b"%PDF-1.7\n";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0";
const CSV: &[u8] = b"202407,131016\r\n";

#[test]
fn what_may_be_sent_is_taken() {
    let cases: [(&str, &[u8]); 12] = [
        ("a.csv", CSV),
        ("A.CSV", CSV),
        ("計画書.pdf", PDF),
        ("old.PDF", b"\0\0 junk of an old scanner %PDF-1.3"),
        ("a.jpeg", JPEG),
        ("a.Jpg", JPEG),
        ("a.png", PNG),
        ("a.gif", GIF),
        ("a.gif", b"GIF87a"),
        ("memo.txt", "持ち物のお願い".as_bytes()),
        ("utf16.txt", b"\xff\xfea\0"),
        ("sjis.txt", b"\x8e\x9d\x82\xbf\x95\xa8"),
    ];
    for (name, head) in cases {
        assert_eq!(refusal(name, head), None, "{name}");
    }
}

#[test]
fn what_may_not_be_sent_is_refused_with_the_reason() {
    let contents = |expected| Some(Refusal::Contents { expected });
    let cases: [(&str, &[u8], Option<Refusal>); 14] = [
        ("a.xlsx", b"PK\x03\x04", Some(Refusal::Extension)),
        ("a.exe", b"MZ", Some(Refusal::Extension)),
        ("計画書", PDF, Some(Refusal::Extension)),
        ("a.pdf.exe", PDF, Some(Refusal::Extension)),
        ("a.pdf", JPEG, contents(MediaType::Pdf)),
        ("a.jpg", PNG, contents(MediaType::Jpeg)),
        ("a.png", JPEG, contents(MediaType::Png)),
        ("a.gif", PDF, contents(MediaType::Gif)),
        ("a.csv", b"PK\x03\x04\x14", contents(MediaType::Csv)),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1", contents(MediaType::Csv)),
        ("a.txt", b"MZ\x90", contents(MediaType::Text)),
        ("a.txt", b"text\0text", contents(MediaType::Text)),
        ("a.pdf", b"", Some(Refusal::Empty)),
        ("a/b.pdf", PDF, Some(Refusal::Name(FileNameError::ForbiddenCharacter))),
    ];
    for (name, head, expected) in cases {
        assert_eq!(refusal(name, head), expected, "{name}");
    }
}

#[test]
fn the_same_file_twice_is_refused_once() {
    let verdict =
        judge(&[candidate("a.csv", CSV, 1), candidate("A.csv", CSV, 2), candidate("b.csv", CSV, 1)]);
    assert_eq!(verdict.refused, [(1, Refusal::NameTwice), (2, Refusal::ContentsTwice { other: 0 })]);
}

#[test]
fn all_together_are_ten_megabytes_at_most() {
    let sized = |size| Candidate { size, ..candidate("a.csv", CSV, 1) };
    let other = |size| Candidate { size, ..candidate("b.csv", CSV, 2) };
    assert!(judge(&[sized(CONTENTS_BYTES - 1), other(1)]).is_good());
    let verdict = judge(&[sized(CONTENTS_BYTES), other(1)]);
    assert_eq!(verdict.together, Some(TogetherRefusal::TooLarge { size: CONTENTS_BYTES + 1 }));
    assert!(!verdict.is_good());
    assert!(
        verdict.together.unwrap().message().contains("10.1 MB"),
        "{}",
        verdict.together.unwrap().message()
    );

    let names: Vec<_> = (0..=FILES).map(|number| format!("{number}.csv")).collect();
    let many: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&(number as u64).to_be_bytes());
            Candidate { digest: Sha256Digest(digest), ..candidate(name, CSV, 0) }
        })
        .collect();
    assert_eq!(judge(&many).together, Some(TogetherRefusal::TooMany));
    assert!(judge(&many[1..]).is_good());
}

#[test]
fn every_refusal_says_what_to_do() {
    let refusals = [
        Refusal::Name(FileNameError::Empty),
        Refusal::Name(FileNameError::TooLong),
        Refusal::Name(FileNameError::ForbiddenCharacter),
        Refusal::Name(FileNameError::InvisibleCharacter),
        Refusal::Name(FileNameError::LooseEnd),
        Refusal::Name(FileNameError::Reserved),
        Refusal::Extension,
        Refusal::Contents { expected: MediaType::Pdf },
        Refusal::Empty,
        Refusal::NameTwice,
        Refusal::ContentsTwice { other: 0 },
    ];
    for refusal in refusals {
        let message = refusal.message("計画書.pdf");
        assert!(message.starts_with("「計画書.pdf」") && message.ends_with("ください。"), "{message}");
    }
    assert!(!Refusal::Name(FileNameError::InvisibleCharacter).message("a\nb").contains('\n'));
}
