//! MS932 against another implementation of it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tasuki_standard::ms932;

/// SHA-256 of a line for each two-byte code with an assigned character, `8140 3000`, as Python's `cp932` decodes it.
/// Private-use codes (F040 to F9FC), which Python leaves out, are not among them. Made by
///
/// ```python
/// lines = ""
/// for code in range(0x8100, 0xfd00):
///     try: text = code.to_bytes(2, "big").decode("cp932")
///     except UnicodeDecodeError: continue
///     if len(text) == 1 and not 0xe000 <= ord(text) < 0xf900: lines += f"{code:04x} {ord(text):04x}\n"
/// print(len(lines.splitlines()), hashlib.sha256(lines.encode()).hexdigest())
/// ```
const PYTHON_CP932: (usize, &str) =
    (7_724, "0d4c40cf3f9b866796e4efec91c4278f0603ae5c580bb5f141e7b1505076e09c");

#[test]
fn two_byte_codes_are_those_of_windows() {
    let mut lines = String::new();
    for code in 0x8100_u16..0xfd00 {
        let decoded = ms932::decode(&code.to_be_bytes()).map(|text| text.chars().collect::<Vec<_>>());
        if let Some([character]) = decoded.as_deref()
            && !matches!(character, '\u{e000}'..='\u{f8ff}')
        {
            writeln!(lines, "{code:04x} {:04x}", u32::from(*character)).unwrap();
        }
    }
    let digest = format!("{:x}", Sha256::digest(&lines));
    assert_eq!((lines.lines().count(), digest.as_str()), PYTHON_CP932);
}

#[test]
fn what_is_encoded_is_decoded_to_the_same() {
    let (mut same, mut unified) = (0, Vec::new());
    for character in '\u{80}'..='\u{ffff}' {
        let text = character.to_string();
        let Ok(bytes) = ms932::encode(&text) else { continue };
        match ms932::decode(&bytes).unwrap() {
            back if back == text => same += 1,
            back => unified.push(format!("{character}{back}")),
        }
    }
    // Codes that stand twice or three times in MS932 (NEC's and IBM's extensions) are written as one of them.
    assert_eq!(same, 7_724 - 398 + 63);
    assert_eq!(unified, ["¢￠", "£￡", "¬￢", "—―", "‖∥", "−－", "〜～"]);
}
