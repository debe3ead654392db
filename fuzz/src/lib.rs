//! What each fuzz target demands of any bytes. A broken promise is a panic.

use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::OfficeKey;
use tasuki_parcel::open::{VerifiedAt, open};
use tasuki_standard::check::{Lang, check_file, check_units};
use tasuki_standard::explain::{explain, layout_for};
use tasuki_standard::read::Reader;
use tasuki_standard::value::Encoding;
use tasuki_standard::write::Writer;
use tasuki_standard::{FileKind, FileName};

/// A name is refused, or printed and read again as the same.
pub fn name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok((name, oddities)) = FileName::parse_liberally(&text) {
        let printed = name.to_string();
        assert_eq!(printed.parse(), Ok(name.clone()));
        let is_image = name.kind == FileKind::PreventionBasicInfoImage;
        assert!(printed == text || !oddities.is_empty() || is_image, "{text} is no usual name");
    }
}

/// Rows are read to the end, their fields add up to what stands in the file, and a row that can be written is
/// read again as the same.
pub fn reader(bytes: &[u8]) {
    let kind = kind(bytes);
    let mut reader = Reader::new(bytes);
    while let Ok(Some(row)) = reader.next_row() {
        assert_eq!(row.cells().count(), row.len());
        assert_eq!(row.written_cells().count(), row.len());
        let Some(layout) = layout_for(&format!("{}_.CSV", kind.prefix()), &row) else { continue };
        layout.fields.iter().zip(row.cells()).for_each(|(field, cell)| drop(explain(cell, field)));

        let Ok(mut writer) = Writer::new(Vec::new(), layout.kind, layout.version) else { continue };
        if writer.write_row(&row).is_err() {
            continue;
        }
        let once = writer.into_inner();
        let mut again = Reader::new(once.as_slice());
        // A single row of what looks like mojibake may well be taken for UTF-8, as nobody can tell.
        if again.preamble().expect("memory can be read").encoding == Encoding::Utf8 {
            continue;
        }
        let copy = again.next_row().expect("memory can be read").expect("a row was written");
        let mut writer = Writer::new(Vec::new(), layout.kind, layout.version).expect("as before");
        writer.write_row(&copy).expect("what was written can be written");
        assert_eq!(writer.into_inner(), once, "canonical rows come back byte for byte");
    }
}

/// Every finding can be told, none with an unfilled hole, and judging files together does not fail.
pub fn checker(bytes: &[u8]) {
    let month = if kind(bytes).has_month() { "_202510" } else { "" };
    let name = format!("{}{month}_1370000019_43_1370000027_11_20251001090000.CSV", kind(bytes).prefix());
    let file = check_file(&name, bytes).expect("memory can be read");
    let of_file = file.findings();
    let of_units = check_units(&[file]).into_iter().flat_map(|unit| unit.findings);
    for finding in of_file.into_iter().chain(of_units) {
        for lang in [Lang::Ja, Lang::En] {
            let said = finding.message(lang) + &finding.hint(lang);
            assert!(!said.contains(['{', '}']), "{said}");
        }
    }
}

/// What an office seals for us with harm in mind is refused: nobody but the sender of the test vectors can sign, and
/// nothing that it has signed is here. The same bytes are tried sealed and bare.
pub fn parcel(bytes: &[u8]) {
    static KEYS: LazyLock<[OfficeKey; 1]> = LazyLock::new(|| {
        let key = include_str!("../../crates/parcel/vectors/receiver.key");
        [OfficeKey::from_secret(key.trim()).expect("a key")]
    });
    static TRUST: LazyLock<Trust> = LazyLock::new(|| {
        Trust::from_pem(include_bytes!("../../crates/parcel/vectors/root.pem")).expect("a root")
    });
    for sealed in [bytes.to_vec(), encrypted(bytes, &KEYS[0])] {
        if let Ok(parcel) = open(Cursor::new(sealed), &*KEYS, &TRUST, VerifiedAt::Sealed, None) {
            let signed = include_bytes!("../../crates/parcel/vectors/manifest.json");
            let manifest = serde_json::to_vec(parcel.manifest()).expect("a manifest has a JSON form");
            assert_eq!(manifest, signed, "only what was signed is opened");
        }
    }
}

fn encrypted(plain: &[u8], key: &OfficeKey) -> Vec<u8> {
    let recipients = std::iter::once(key.public()).collect::<Vec<_>>();
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|key| key.recipient()));
    let mut out = encryptor.expect("a recipient").wrap_output(Vec::new()).expect("memory can be written");
    out.write_all(plain).expect("memory can be written");
    out.finish().expect("memory can be written")
}

/// The last byte chooses the kind: so the first bytes are those of a file.
fn kind(bytes: &[u8]) -> FileKind {
    FileKind::ALL[usize::from(bytes.last().copied().unwrap_or_default()) % FileKind::ALL.len()]
}
