//! Codes and numbers of persons, offices, services and equipment.

use std::fmt;
use std::str::FromStr;

use tasuki_terms::{OfficeNo, ServiceType};

use super::{Cell, Value, ValueError};
use crate::layout::Field;

/// Defines a value that keeps its ASCII text after a check of its form.
macro_rules! ascii_value {
    ($(#[$doc:meta])* $name:ident, $form:literal, |$cell:ident, $field:ident| $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The value as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Value for $name {
            fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
                Self::check(cell, field)?;
                let text = std::str::from_utf8(cell.bytes).map_err(|_| cell.not_of_form($form))?;
                Ok(Self(text.into()))
            }

            fn check($cell: Cell<'_>, $field: &Field) -> Result<(), ValueError> {
                let fits: bool = $check;
                if fits { Ok(()) } else { Err($cell.not_of_form($form)) }
            }

            fn print(&self, text: &mut String) {
                text.push_str(&self.0);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

ascii_value!(
    /// Number of an insurer (保険者番号): 6 digits.
    InsurerNo, "131016",
    |cell, field| { cell.exactly(field)?; cell.bytes.iter().all(u8::is_ascii_digit) }
);

ascii_value!(
    /// Number of an insured person (被保険者番号): 10 digits, or `H` and 9 digits for a user on public
    /// assistance only (生保単独).
    InsuredNo, "0000012345 / H000012345",
    |cell, field| {
        cell.exactly(field)?;
        cell.bytes.strip_prefix(b"H").unwrap_or(cell.bytes).iter().all(u8::is_ascii_digit)
    }
);

ascii_value!(
    /// Digits whose leading zeros count, such as a satellite number (サテライト枝番).
    Digits, "12",
    |cell, field| { cell.at_most(field)?; cell.bytes.iter().all(u8::is_ascii_digit) }
);

ascii_value!(
    /// Code of rental equipment: TAISコード (`00001-000010`) or 福祉用具届出コード, 12 characters.
    EquipmentCode, "00001-000010",
    |cell, field| {
        cell.exactly(field)?;
        cell.bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || *byte == b'-')
    }
);

ascii_value!(
    /// A code whose list the standard does not give (入力者コード).
    OpenCode, "ABC",
    |cell, field| { cell.at_most(field)?; cell.bytes.iter().all(|byte| matches!(byte, 0x21..=0x7e)) }
);

ascii_value!(
    /// Postal code (郵便番号), `999-9999`.
    PostalCode, "100-0001",
    |cell, _field| match cell.bytes {
        [front @ .., b'-', b1, b2, b3, b4] if front.len() == 3 => {
            front.iter().chain([b1, b2, b3, b4]).all(u8::is_ascii_digit)
        }
        _ => false,
    }
);

ascii_value!(
    /// Phone number (電話番号): the standard gives no form; digits, `-`, `(`, `)`, `+` and blanks.
    Phone, "03-0000-0000",
    |cell, field| {
        cell.at_most(field)?;
        cell.bytes.iter().all(|byte| byte.is_ascii_digit() || b"-()+ ".contains(byte))
    }
);

/// A field that is not used (使用しない). What stands there is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unused;

impl Value for Unused {
    fn read(_: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        Ok(Self)
    }

    fn print(&self, _: &mut String) {}
}

impl Value for OfficeNo {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        cell.exactly(field)?;
        Self::from_bytes(cell.bytes).map_err(|_| cell.not_of_form("1370000019"))
    }

    fn print(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}

impl Value for ServiceType {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        cell.exactly(field)?;
        Self::from_bytes(cell.bytes).map_err(|_| cell.not_of_form("11"))
    }

    fn print(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}

/// Service code (サービスコード): service type and item, 6 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceCode([u8; 6]);

/// What a row of table 7 with a service code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceCodeRole {
    /// A service.
    Service,
    /// `AAAA`: subtotal of a service type, counted against the limit (区分支給対象).
    SubtotalWithin,
    /// `EEEE`: subtotal of a service type, outside the limit (区分支給対象外).
    SubtotalOutside,
    /// `ZZZZ`: subtotal of a service type, over 30 days (30日超過分).
    SubtotalOver30Days,
    /// `999999`: grand total (全合計).
    GrandTotal,
}

/// A text is no service code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a service code has 6 digits and capitals, such as 111111")]
pub struct ParseServiceCodeError;

impl FromStr for ServiceCode {
    type Err = ParseServiceCodeError;

    fn from_str(text: &str) -> Result<Self, ParseServiceCodeError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl ServiceCode {
    /// The code in these bytes.
    ///
    /// # Errors
    /// When they are not 6 digits and capitals.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseServiceCodeError> {
        let code: [u8; 6] = bytes.try_into().map_err(|_| ParseServiceCodeError)?;
        let is_code = code.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if is_code { Ok(Self(code)) } else { Err(ParseServiceCodeError) }
    }

    /// Service type, the first two characters.
    pub fn service_type(&self) -> ServiceType {
        ServiceType::from_bytes(&self.0[..2]).expect("a service code holds digits and capitals only")
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a service code holds digits and capitals only")
    }

    /// What a row with this code is.
    pub fn role(&self) -> ServiceCodeRole {
        ServiceCodeRole::of(&self.0)
    }
}

impl ServiceCodeRole {
    /// What a row is whose code is written so; anything odd is a service.
    pub(crate) fn of(code: &[u8]) -> Self {
        match code {
            b"999999" => Self::GrandTotal,
            [_, _, b'A', b'A', b'A', b'A'] => Self::SubtotalWithin,
            [_, _, b'E', b'E', b'E', b'E'] => Self::SubtotalOutside,
            [_, _, b'Z', b'Z', b'Z', b'Z'] => Self::SubtotalOver30Days,
            _ => Self::Service,
        }
    }
}

impl Value for ServiceCode {
    fn read(cell: Cell<'_>, field: &Field) -> Result<Self, ValueError> {
        cell.exactly(field)?;
        Self::from_bytes(cell.bytes).map_err(|_| cell.not_of_form("111111"))
    }

    fn print(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}
