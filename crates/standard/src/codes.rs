//! The table of service codes (サービスコード表): which codes there are in a month, what they are called, how many units
//! they have.
//!
//! The national table is published anew with every revision of the care fees; an operator or office imports it ([`import()`]). A
//! small table with some everyday codes is built in ([`built_in()`]), so that there is always something to try with; it says nothing
//! of codes that it does not have.
//!
//! ```
//! use tasuki_standard::codes;
//!
//! let table = codes::import("code,name,units,per,valid_from,valid_to\n111111,身体介護１,244,1回につき,20240601,\n".as_bytes())?;
//! let code = "111111".parse().expect("a service code");
//! let entry = table.get(code, "202510".parse().expect("a month")).expect("the table has it");
//! assert_eq!((entry.name.as_str(), entry.units), ("身体介護１", Some(244)));
//! assert!(table.get(code, "202405".parse().expect("a month")).is_none());
//! # Ok::<(), codes::ImportError>(())
//! ```

mod built_in;
mod import;
mod table;

pub use built_in::built_in;
pub use import::{FieldError, ImportError, MAX_BYTES, MAX_ENTRIES, import};
pub use table::{ServiceCodeEntry, ServiceCodes};
