//! Codes of fixed length: numbers of offices, accounts and service types.

use std::fmt;
use std::str::FromStr;

use crate::serde_as_text;

/// A text is not the code it should be. The text itself is not repeated: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {form}")]
pub struct ParseCodeError {
    what: &'static str,
    form: &'static str,
}

/// Defines a code of `$len` ASCII characters that hold `$valid`.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal, $form:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Reads the code from its ASCII bytes.
            ///
            /// # Errors
            /// When the bytes do not have the code's form.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseCodeError> {
                const WRONG: ParseCodeError = ParseCodeError { what: $what, form: $form };
                let valid: fn(&[u8; $len]) -> bool = $valid;
                let code: [u8; $len] = bytes.try_into().map_err(|_| WRONG)?;
                if valid(&code) { Ok(Self(code)) } else { Err(WRONG) }
            }

            /// The code as text.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).expect("from_bytes lets only ASCII in")
            }
        }

        impl FromStr for $name {
            type Err = ParseCodeError;

            fn from_str(text: &str) -> Result<Self, ParseCodeError> {
                Self::from_bytes(text.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        serde_as_text!($name);
    };
}

fn is_digit_or_capital(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

code!(
    /// Number of an office (事業所番号): 10 digits; numbers given by municipalities can also contain
    /// capital letters.
    ///
    /// ```
    /// use tasuki_terms::OfficeNo;
    /// let no: OfficeNo = "1370000019".parse()?;
    /// assert_eq!(no.prefecture(), Some(13));
    /// # Ok::<(), tasuki_terms::ParseCodeError>(())
    /// ```
    OfficeNo, 10, "office number", "10 digits or capital letters",
    |code| code.iter().all(|&byte| is_digit_or_capital(byte))
);

impl OfficeNo {
    /// The prefecture (1 Hokkaido … 47 Okinawa) that the first two digits name, if they name one.
    pub fn prefecture(&self) -> Option<u8> {
        let number: u8 = self.as_str()[..2].parse().ok()?;
        (1..=47).contains(&number).then_some(number)
    }
}

code!(
    /// Name of an office account at the relay (事業所ユーザのユーザID): `KJ` and 12 digits.
    KjId, 14, "KJ ID", "KJ and 12 digits",
    |code| code.starts_with(b"KJ") && code[2..].iter().all(u8::is_ascii_digit)
);

code!(
    /// Kind of service (サービス種類コード): 2 digits or capital letters, such as `11` 訪問介護 or `2A`.
    ///
    /// Which codes exist and what they are called is a matter of the standard, not of this type.
    ServiceType, 2, "service type", "2 digits or capital letters",
    |code| code.iter().all(|&byte| is_digit_or_capital(byte))
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_numbers_hold_ten_digits_or_capitals() {
        for good in ["1370000019", "13A0000019", "0000000000"] {
            assert_eq!(good.parse::<OfficeNo>().unwrap().to_string(), good);
        }
        for bad in ["", "137000001", "13700000190", "137000001a", "137000001 ", "１３７０００００１９"]
        {
            assert!(bad.parse::<OfficeNo>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn kj_ids_start_with_kj() {
        assert!("KJ123456789012".parse::<KjId>().is_ok());
        for bad in ["kj123456789012", "KJ12345678901", "KJ12345678901A", "12KJ3456789012"] {
            assert!(bad.parse::<KjId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn prefectures_are_1_to_47() {
        let prefecture = |no: &str| no.parse::<OfficeNo>().unwrap().prefecture();
        assert_eq!(prefecture("0100000000"), Some(1));
        assert_eq!(prefecture("4700000000"), Some(47));
        assert_eq!(prefecture("4800000000"), None);
        assert_eq!(prefecture("A100000000"), None);
    }

    #[test]
    fn codes_serialize_as_text_and_refuse_wrong_text() {
        let no: OfficeNo = serde_json::from_str("\"1370000019\"").unwrap();
        assert_eq!(serde_json::to_string(&no).unwrap(), "\"1370000019\"");
        assert!(serde_json::from_str::<OfficeNo>("\"x\"").is_err());
    }
}
