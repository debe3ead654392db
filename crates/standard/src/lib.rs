//! The CSV files of the care-plan data standard (ケアプランデータ連携標準仕様): names, layouts, reading,
//! checking, writing.

pub mod check;
pub mod explain;
pub mod gaiji;
pub mod kind;
pub mod layout;
pub mod ms932;
pub mod name;
pub mod read;
pub mod record;
pub mod service;
pub mod value;
pub mod version;
pub mod write;

pub use kind::FileKind;
pub use layout::{Content, Field, Layout, Requirement};
pub use name::{FileName, NameError, Serial};
pub use version::CsvVersion;
