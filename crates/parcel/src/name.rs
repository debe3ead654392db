//! Names of files that do no harm wherever they are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::limits::NAME_BYTES;

/// Characters that Windows does not allow in names; `/` and `\` lead into other folders everywhere.
const FORBIDDEN: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// Names that are devices on Windows, with any ending.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// A plain file name: no path, no control or invisible characters, none of Windows' reserved names, in NFC.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// Why a name is not plain. The name is not repeated: it may be a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// Nothing but dots, or nothing at all.
    #[error("the name is empty")]
    Empty,
    /// Longer than file systems take.
    #[error("the name is longer than {NAME_BYTES} bytes")]
    TooLong,
    /// Characters that lead into another folder, or that Windows does not allow.
    #[error("the name has a character that is not allowed")]
    ForbiddenCharacter,
    /// Control characters, or invisible ones that make a name look like another.
    #[error("the name has an invisible character")]
    InvisibleCharacter,
    /// A blank at either end, or a dot at the end: Windows drops them, and the name becomes another.
    #[error("the name begins or ends with a blank, or ends with a dot")]
    LooseEnd,
    /// The name of a device on Windows, such as `CON` or `COM1.txt`.
    #[error("the name is reserved by Windows")]
    Reserved,
}

impl FileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last dot, in lower case; empty when there is none.
    pub fn extension(&self) -> String {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
    }

    /// What two names must differ in to be two files on every system: Windows and macOS ignore case. Upper case
    /// first brings together what has several small forms (σ and ς, ſ and s), character by character, since
    /// lowering a whole text looks at the place in a word.
    pub(crate) fn folded(&self) -> String {
        let upper = self.0.chars().flat_map(char::to_uppercase);
        upper.flat_map(char::to_lowercase).nfc().collect()
    }
}

impl FromStr for FileName {
    type Err = FileNameError;

    fn from_str(text: &str) -> Result<Self, FileNameError> {
        let name: String = text.nfc().collect();
        check(&name)?;
        Ok(Self(name))
    }
}

impl TryFrom<String> for FileName {
    type Error = FileNameError;

    /// A name from a manifest: it must be written in NFC already.
    fn try_from(text: String) -> Result<Self, FileNameError> {
        let name: Self = text.parse()?;
        if name.0 == text { Ok(name) } else { Err(FileNameError::InvisibleCharacter) }
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileName(…)")
    }
}

fn check(name: &str) -> Result<(), FileNameError> {
    if name.trim_matches('.').is_empty() {
        return Err(FileNameError::Empty);
    }
    if name.len() > NAME_BYTES {
        return Err(FileNameError::TooLong);
    }
    if name.contains(FORBIDDEN) {
        return Err(FileNameError::ForbiddenCharacter);
    }
    if name.chars().any(is_invisible) {
        return Err(FileNameError::InvisibleCharacter);
    }
    let is_blank = |character: char| character.is_whitespace();
    if name.starts_with(is_blank) || name.ends_with(is_blank) || name.ends_with('.') {
        return Err(FileNameError::LooseEnd);
    }
    if is_device(name) { Err(FileNameError::Reserved) } else { Ok(()) }
}

/// Controls, joiners, marks of direction and the like: two names that look alike must be alike.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180d}'
            | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let is_port = |port: &str| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    };
    DEVICES.contains(&stem.as_str()) || is_port("COM") || is_port("LPT")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_are_taken() {
        for name in [
            "UPPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV",
            "計画書 （案）.pdf",
            "a",
            ".x",
            "COM10.txt",
            "console.txt",
        ] {
            assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
        }
        assert_eq!("か\u{3099}.PDF".parse::<FileName>().unwrap().as_str(), "が.PDF");
        assert_eq!("a.b.PDF".parse::<FileName>().unwrap().extension(), "pdf");
    }

    #[test]
    fn harmful_names_are_refused() {
        use FileNameError as E;
        let cases = [
            ("", E::Empty),
            ("..", E::Empty),
            ("../a.csv", E::ForbiddenCharacter),
            ("a\\b.csv", E::ForbiddenCharacter),
            ("C:a.csv", E::ForbiddenCharacter),
            ("a?.csv", E::ForbiddenCharacter),
            ("a\0.csv", E::InvisibleCharacter),
            ("a\n.csv", E::InvisibleCharacter),
            ("plan\u{202e}fdp.exe", E::InvisibleCharacter),
            ("pla\u{200b}n.pdf", E::InvisibleCharacter),
            ("\u{3164}.csv", E::InvisibleCharacter),
            ("\u{115f}.csv", E::InvisibleCharacter),
            ("a\u{1160}.csv", E::InvisibleCharacter),
            ("\u{ffa0}.csv", E::InvisibleCharacter),
            ("a\u{34f}.csv", E::InvisibleCharacter),
            ("\u{2800}.csv", E::InvisibleCharacter),
            (" a.csv", E::LooseEnd),
            ("a.csv ", E::LooseEnd),
            ("a.csv\u{3000}", E::LooseEnd),
            ("a.csv.", E::LooseEnd),
            ("con", E::Reserved),
            ("NUL.pdf", E::Reserved),
            ("Com1.csv", E::Reserved),
            ("lpt9.tar.gz", E::Reserved),
            ("aux .txt", E::Reserved),
        ];
        for (name, error) in cases {
            assert_eq!(name.parse::<FileName>(), Err(error), "{name:?}");
        }
        assert_eq!("あ".repeat(86).parse::<FileName>(), Err(E::TooLong));
    }

    #[test]
    fn names_that_differ_in_case_only_are_one() {
        let folded = |name: &str| name.parse::<FileName>().unwrap().folded();
        for (one, other) in
            [("A.csv", "a.CSV"), ("ΟΔΟΣ.csv", "οδος.csv"), ("οδοσ.csv", "οδος.csv"), ("ſ.csv", "S.csv")]
        {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("ア.csv"), folded("ｱ.csv"));
    }

    proptest! {
        #[test]
        fn a_name_is_one_part_of_a_path(text: String) {
            if let Ok(name) = text.parse::<FileName>() {
                let path = std::path::Path::new(name.as_str());
                prop_assert_eq!(path.file_name(), Some(path.as_os_str()));
                prop_assert_eq!(FileName::try_from(name.as_str().to_owned()), Ok(name));
            }
        }
    }
}
