//! Closed lists of codes.

use super::{Cell, Value, ValueError};
use crate::layout::Field;

/// 該当 (`1`, true) or 非該当 (`0`, false).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flag(pub bool);

impl Value for Flag {
    fn read(cell: Cell<'_>, _: &Field) -> Result<Self, ValueError> {
        match cell.bytes {
            b"1" => Ok(Self(true)),
            b"0" => Ok(Self(false)),
            _ => Err(cell.unknown_code()),
        }
    }

    fn print(&self, text: &mut String) {
        text.push(if self.0 { '1' } else { '0' });
    }
}

/// Defines the enum of a closed list: variants with code and Japanese label.
macro_rules! choice_enum {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal $label:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The code in the file.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The meaning in Japanese.
            pub fn label_ja(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }
        }

        impl $crate::value::Value for $name {
            fn read(
                cell: $crate::value::Cell<'_>,
                _: &$crate::layout::Field,
            ) -> Result<Self, $crate::value::ValueError> {
                $(
                    if cell.bytes == $code.as_bytes() {
                        return Ok(Self::$variant);
                    }
                )*
                Err(cell.unknown_code())
            }

            fn print(&self, text: &mut String) {
                text.push_str(self.code());
            }
        }
    };
}
pub(crate) use choice_enum;
