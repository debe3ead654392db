//! Characters: Shift-JIS in the sense of Windows code page 932 (MS932), as the standard asks.
//!
//! `encoding_rs` decodes all two-byte codes as Windows does. It differs in three things, which are
//! handled here:
//!
//! * the single bytes A0, FD, FE and FF, errors for `encoding_rs`, are U+F8F0 to U+F8F3 on
//!   Windows: they are decoded so, and reported as [`FaultKind::PrivateUse`] because no other system knows
//!   them;
//! * its encoder refuses the private-use characters (外字) that its decoder reads from F040 to F9FC: so do we
//!   when writing, as the standard forbids them, while values read keep their bytes;
//! * its encoder follows the web in `〜 ‖ — ¢ £ ¬ −`, characters that another reading of Shift-JIS has in the
//!   places of `～ ∥ ― ￠ ￡ ￢ －`: they are mapped to what Windows has there.
//!
//! 398 characters have two codes (NEC row 13, NEC-selected and IBM extensions). Text that is only passed on
//! keeps its bytes; text that is encoded anew gets the code that Windows prefers.

use std::borrow::Cow;
use std::sync::LazyLock;

use encoding_rs::{Encoding, SHIFT_JIS};

/// Bytes of a text that are not good MS932.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// First byte, from 0.
    pub offset: usize,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with some bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No character of MS932.
    Invalid,
    /// A private-use character (外字) with its code: it looks different, or like nothing, on another PC.
    PrivateUse(u16),
    /// A NUL byte.
    Nul,
    /// Another control character than line break and tab.
    Control,
}

/// A character that MS932 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("character {} of the text (U+{:04X}) is not in MS932", index + 1, u32::from(*character))]
pub struct Unencodable {
    /// Which character, from 0.
    pub index: usize,
    /// The character.
    pub character: char,
}

/// The text of MS932 bytes exactly as Windows reads it; `None` when there are bytes that Windows has no
/// character for.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if bytes.is_ascii() {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    if let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
        return Some(text);
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for part in Parts(bytes) {
        text.push(part.character()?);
    }
    Some(Cow::Owned(text))
}

/// As [`decode`], with U+FFFD for each character that cannot be read.
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    decode(bytes).unwrap_or_else(|| {
        Parts(bytes).map(|part| part.character().unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    })
}

/// The MS932 bytes of a text.
///
/// # Errors
/// Names the first character that MS932 does not have, private-use characters included.
pub fn encode(text: &str) -> Result<Vec<u8>, Unencodable> {
    let mut bytes = Vec::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        encode_char(character, &mut bytes).ok_or(Unencodable { index, character })?;
    }
    Ok(bytes)
}

fn encode_char(character: char, bytes: &mut Vec<u8>) -> Option<()> {
    // U+00A5 and U+203E would become the look-alikes 5C and 7E, which Windows reads as `\` and `~`.
    if matches!(character, '\u{a5}' | '\u{203e}' | '\u{80}') {
        return None;
    }
    if character.is_ascii() {
        bytes.push(u8::try_from(character).ok()?);
        return Some(());
    }
    let mut utf8 = [0; 4];
    let utf8 = as_windows_has_it(character).encode_utf8(&mut utf8);
    let mut code = [0; 4];
    let mut encoder = SHIFT_JIS.new_encoder();
    let (result, _, written) = encoder.encode_from_utf8_without_replacement(utf8, &mut code, true);
    (result == encoding_rs::EncoderResult::InputEmpty).then(|| bytes.extend_from_slice(&code[..written]))
}

fn as_windows_has_it(character: char) -> char {
    match character {
        '\u{301c}' => '\u{ff5e}',
        '\u{2016}' => '\u{2225}',
        '\u{2014}' => '\u{2015}',
        '\u{2212}' => '\u{ff0d}',
        '\u{a2}' => '\u{ffe0}',
        '\u{a3}' => '\u{ffe1}',
        '\u{ac}' => '\u{ffe2}',
        other => other,
    }
}

/// Whether every character is good MS932.
pub fn is_clean(bytes: &[u8]) -> bool {
    if bytes.iter().any(|&byte| is_control(byte)) {
        return false;
    }
    let codes: &Codes = &CODES;
    let mut rest = bytes;
    loop {
        rest = &rest[Encoding::ascii_valid_up_to(rest)..];
        // What follows a Japanese character is mostly another one.
        while let Some(&byte) = rest.first().filter(|byte| !byte.is_ascii()) {
            let length = match (codes.single[usize::from(byte)], rest.get(1)) {
                (Class::Good, _) => 1,
                (Class::Lead, Some(&trail)) if codes.double(byte, trail) == Class::Good => 2,
                _ => return false,
            };
            rest = &rest[length..];
        }
        if rest.is_empty() {
            return true;
        }
    }
}

/// A control character other than line break and tab. (80 is one too, but not ASCII.)
fn is_control(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n')) || byte == 0x7f
}

/// The faults of a text, in order.
pub fn faults(bytes: &[u8]) -> impl Iterator<Item = Fault> + '_ {
    let codes: &Codes = &CODES;
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at) {
            let offset = at;
            let kind = match codes.single[usize::from(byte)] {
                Class::Good => {
                    at += 1;
                    continue;
                }
                Class::Lead => {
                    let trail = bytes.get(at + 1).copied();
                    let class = trail.map_or(Class::Invalid, |trail| codes.double(byte, trail));
                    at += double_length(class, trail);
                    match class {
                        Class::Good => continue,
                        Class::PrivateUse => FaultKind::PrivateUse(code_of(byte, trail)),
                        _ => FaultKind::Invalid,
                    }
                }
                class => {
                    at += 1;
                    match class {
                        Class::PrivateUse => FaultKind::PrivateUse(u16::from(byte)),
                        Class::Control if byte == 0 => FaultKind::Nul,
                        Class::Control => FaultKind::Control,
                        _ => FaultKind::Invalid,
                    }
                }
            };
            return Some(Fault { offset, kind });
        }
        None
    })
}

/// An invalid pair whose second byte is ASCII is a broken first byte followed by that character.
fn double_length(class: Class, trail: Option<u8>) -> usize {
    match (class, trail) {
        (_, None) => 1,
        (Class::Invalid, Some(trail)) if trail.is_ascii() => 1,
        _ => 2,
    }
}

fn code_of(lead: u8, trail: Option<u8>) -> u16 {
    u16::from_be_bytes([lead, trail.unwrap_or(0)])
}

/// The characters of a text, or what stands in their place.
struct Parts<'a>(&'a [u8]);

/// One character's bytes.
struct Part<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let &byte = self.0.first()?;
        let length = if CODES.single[usize::from(byte)] == Class::Lead {
            let trail = self.0.get(1).copied();
            double_length(trail.map_or(Class::Invalid, |trail| CODES.double(byte, trail)), trail)
        } else {
            1
        };
        let (part, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(Part(part))
    }
}

impl Part<'_> {
    fn character(&self) -> Option<char> {
        match self.0 {
            [0xa0] => Some('\u{f8f0}'),
            [byte @ 0xfd..=0xff] => char::from_u32(0xf8f1 + u32::from(byte - 0xfd)),
            code => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(code)?.chars().next(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Invalid,
    Good,
    PrivateUse,
    Control,
    Lead,
}

/// What every byte and every pair of bytes is: asked of `encoding_rs` once, so that checking a file does not
/// have to decode it.
struct Codes {
    single: [Class; 256],
    /// 128 rows of 256: the lead bytes are all above 7F.
    double: Vec<Class>,
}

static CODES: LazyLock<Codes> = LazyLock::new(Codes::new);

impl Codes {
    fn new() -> Self {
        let mut single = [Class::Good; 256];
        for byte in 0..=u8::MAX {
            single[usize::from(byte)] = class_of_single(byte);
        }
        let mut double = vec![Class::Invalid; 128 * 256];
        for lead in (0x80..=u8::MAX).filter(|&lead| single[usize::from(lead)] == Class::Lead) {
            for trail in 0..=u8::MAX {
                double[Self::place(lead, trail)] = class_of_double(lead, trail);
            }
        }
        Self { single, double }
    }

    fn place(lead: u8, trail: u8) -> usize {
        usize::from(lead & 0x7f) << 8 | usize::from(trail)
    }

    fn double(&self, lead: u8, trail: u8) -> Class {
        self.double[Self::place(lead, trail)]
    }
}

fn class_of_single(byte: u8) -> Class {
    match byte {
        b'\t' | b'\r' | b'\n' | 0x20..=0x7e | 0xa1..=0xdf => Class::Good,
        0x00..=0x1f | 0x7f | 0x80 => Class::Control,
        0x81..=0x9f | 0xe0..=0xfc => Class::Lead,
        0xa0 | 0xfd..=0xff => Class::PrivateUse,
    }
}

fn class_of_double(lead: u8, trail: u8) -> Class {
    match SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&[lead, trail]) {
        None => Class::Invalid,
        Some(text) if text.contains(is_private_use) => Class::PrivateUse,
        Some(_) => Class::Good,
    }
}

fn is_private_use(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn single_bytes_are_read_as_windows_reads_them() {
        assert_eq!(decode(b"\x80").unwrap(), "\u{80}");
        assert_eq!(decode(b"\xa0").unwrap(), "\u{f8f0}");
        assert_eq!(decode(b"\xb1\xfd\xfe\xff").unwrap(), "ｱ\u{f8f1}\u{f8f2}\u{f8f3}");
        assert_eq!(faults(b"\xb1\xfd").next().unwrap().kind, FaultKind::PrivateUse(0xfd));
    }

    #[test]
    fn all_two_byte_codes_are_known() {
        let (mut good, mut private) = (0, 0);
        for lead in 0x81..=0xfc {
            for trail in 0x40..=0xfc {
                let pair = [lead, trail];
                match (class_of_single(lead), CODES.double(lead, trail)) {
                    (Class::Lead, Class::Good) => good += 1,
                    (Class::Lead, Class::PrivateUse) => private += 1,
                    (Class::Lead, _) => assert_eq!(decode(&pair), None),
                    _ => {}
                }
            }
        }
        // JIS X 0208 (6,879), NEC row 13 (83), NEC-selected (374) and IBM extensions (388); ten private rows.
        assert_eq!((good, private), (6_879 + 83 + 374 + 388, 10 * 188));
    }

    #[test]
    fn faults_are_found_where_they_are() {
        let found: Vec<_> = faults("あ\u{0}い".encode_sjis().as_slice()).collect();
        assert_eq!(found, [Fault { offset: 2, kind: FaultKind::Nul }]);
        let found: Vec<_> = faults(b"\xf0\x40a\x83\"").collect();
        let expected = [
            Fault { offset: 0, kind: FaultKind::PrivateUse(0xf040) },
            Fault { offset: 3, kind: FaultKind::Invalid },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn look_alikes_are_written_as_windows_has_them() {
        let text = "〜‖—−¢£¬";
        assert_eq!(decode(&encode(text).unwrap()).unwrap(), "～∥―－￠￡￢");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        for (text, index) in [("吉田𠮷男", 2), ("😀", 0), ("a\u{e000}", 1), ("100¥", 3), ("辻\u{e0100}", 1)]
        {
            assert_eq!(encode(text).unwrap_err().index, index, "{text}");
        }
    }

    trait EncodeSjis {
        fn encode_sjis(&self) -> Vec<u8>;
    }

    impl EncodeSjis for str {
        fn encode_sjis(&self) -> Vec<u8> {
            encode(self).unwrap()
        }
    }

    proptest! {
        #[test]
        fn clean_bytes_decode_and_come_back_as_the_same_text(bytes: Vec<u8>) {
            let text = decode_lossy(&bytes);
            if is_clean(&bytes) {
                let again = encode(&text).unwrap();
                prop_assert_eq!(decode(&again).unwrap(), text);
            }
        }

        #[test]
        fn faults_agree_with_decoding(bytes: Vec<u8>) {
            prop_assert_eq!(is_clean(&bytes), faults(&bytes).next().is_none());
            let invalid = faults(&bytes).any(|fault| fault.kind == FaultKind::Invalid);
            prop_assert_eq!(decode(&bytes).is_none(), invalid);
        }
    }
}
