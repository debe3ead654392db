//! Replacements for characters that must not be in a file.

use unicode_normalization::UnicodeNormalization;

use crate::ms932;

/// The geta mark, printers' own sign for a type that is missing.
pub const GETA: char = '〓';

/// Characters of names that MS932 lacks, and the ordinary form that registers use for them.
const ORDINARY_FORMS: [(char, char); 21] = [
    ('𠮷', '吉'),
    ('𣘺', '橋'),
    ('𠮟', '叱'),
    ('𥔎', '碕'),
    ('𦚰', '脇'),
    ('𡈽', '土'),
    ('𡌛', '野'),
    ('𫝆', '今'),
    ('𥱋', '築'),
    ('𣳾', '泰'),
    ('𢛳', '徳'),
    ('𡧃', '宇'),
    ('𦥑', '臼'),
    ('頰', '頬'),
    ('禱', '祷'),
    ('剝', '剥'),
    ('塡', '填'),
    ('㐂', '喜'),
    ('增', '増'),
    ('黑', '黒'),
    ('淸', '清'),
];

/// What can stand for a character that MS932 does not have, so that the text can be written: the ordinary
/// form of a name's character, the compatible form (`㊗` 祝), or [`GETA`]. Empty for signs that only change
/// the look of the character before them.
///
/// ```
/// use tasuki_standard::gaiji::replacement;
/// assert_eq!(replacement('𠮷'), "吉");
/// assert_eq!(replacement('\u{e000}'), "〓");
/// ```
pub fn replacement(character: char) -> String {
    if matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{200b}'..='\u{200d}' | '\u{feff}')
    {
        return String::new();
    }
    if let Some((_, ordinary)) = ORDINARY_FORMS.iter().find(|(rare, _)| *rare == character) {
        return ordinary.to_string();
    }
    let compatible: String = character.nfkc().collect();
    if ms932::encode(&compatible).is_ok() { compatible } else { GETA.to_string() }
}

/// A text with every character that MS932 lacks replaced, so that [`ms932::encode`] takes it.
pub fn replace_all(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    for character in text.chars() {
        if ms932::encode(character.encode_utf8(&mut [0; 4])).is_ok() {
            replaced.push(character);
        } else {
            replaced.push_str(&replacement(character));
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn replacements_are_those_of_a_clerk() {
        for (character, expected) in [('𠮷', "吉"), ('㎡', "m2"), ('Ⓐ', "A"), ('😀', "〓")] {
            assert_eq!(replacement(character), expected, "{character}");
        }
        assert_eq!(replacement('\u{e0100}'), "");
    }

    proptest! {
        #[test]
        fn what_was_replaced_can_be_written(text: String) {
            prop_assert!(ms932::encode(&replace_all(&text)).is_ok());
        }
    }
}
