//! Layouts: which fields a file of a kind and version has.
//!
//! The tables in `layout/` of this crate are the one source. `cargo xtask generate` makes
//! [`tables`](self) and the typed records from them; a test compares both again.

mod tables;

use crate::{CsvVersion, FileKind};

/// The fields of one kind of file in one version.
#[derive(Debug)]
pub struct Layout {
    /// Kind of file; the actuals (UPJSK) share the layout of the plan (UPPLAN) and are found under both.
    pub kind: FileKind,
    /// Version of the file.
    pub version: CsvVersion,
    /// The fields in the order of the file; field number `n` is at `n - 1`.
    pub fields: &'static [Field],
}

/// One field of a layout.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Number in the row, from 1.
    pub no: u8,
    /// Name in the standard (項目名).
    pub name_ja: &'static str,
    /// Name in our code.
    pub name_en: &'static str,
    /// Length in characters: exact for codes, dates and the like, a limit for the rest; `None` is unlimited.
    pub max_len: Option<u8>,
    /// Whether it may be empty.
    pub requirement: Requirement,
    /// What it holds.
    pub content: Content,
}

/// Whether a field may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Marked 必須: an empty value is an error.
    Required,
    /// As `Required`, but not in the subtotals and totals of table 7, for which the standard states no value.
    RequiredInServices,
    /// The mark is doubtful or a mere 必要 (section 13 of the tables' notes): an empty value is worth a warning.
    Expected,
    /// May be empty.
    Optional,
}

/// What a field holds (項目形式). How each is written is documented at the type of [`crate::value`] it reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// CSV version, `YYYYMM`.
    Version,
    /// `YYYYMMDD`, a real day.
    Date,
    /// `YYYYMMDD` or `00000000`.
    DateOrZero,
    /// `YYYYMM`, a real month.
    Month,
    /// `YYYYMM` or `000000`.
    MonthOrZero,
    /// Number of an insurer (保険者番号): six digits.
    InsurerNo,
    /// Digits, at most as many as the length says.
    Digits,
    /// One of a closed list of codes.
    Choice(&'static [Choice]),
    /// Two characters of a service type.
    ServiceType,
    /// Code of rental equipment, 12 characters.
    EquipmentCode,
    /// A code whose list is not in the standard.
    OpenCode,
    /// Number of an insured person: 10 digits, or `H` and 9 digits.
    InsuredNo,
    /// Number of an office.
    OfficeNo,
    /// Free text.
    Text,
    /// `999-9999`.
    Postal,
    /// Phone number.
    Phone,
    /// Whole number.
    Integer,
    /// Number of the form 99.99.
    Decimal,
    /// `HHMM`, 0000 to 2400.
    Time,
    /// `HHMM`, or `9999` for a service without a time.
    ServiceTime,
    /// 31 digits 0 or 1, the first for the 1st of the month.
    DayMask,
    /// Service type and item, 6 characters.
    ServiceCode,
    /// `1` or `0`; the labels are in the choices.
    Flag(&'static [Choice]),
    /// Name of an image file.
    ImageName,
    /// Not used (使用しない).
    Unused,
}

/// One code of a closed list.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// The code in the file.
    pub code: &'static str,
    /// Its meaning in Japanese.
    pub label_ja: &'static str,
    /// Its name in our code.
    pub name_en: &'static str,
}

impl Layout {
    /// The layout of a kind in a version; `None` when the version has no such kind, and for images.
    pub fn of(kind: FileKind, version: CsvVersion) -> Option<&'static Self> {
        let kind = if kind == FileKind::UsageSlipActual { FileKind::UsageSlipPlan } else { kind };
        Self::all().find(|layout| layout.kind == kind && layout.version == version)
    }

    /// The layout by which a file is to be read: that of the version which stands in its first row, else the
    /// one with the right number of fields, else the one of the version that the shape of its name belongs to.
    /// `None` for images.
    pub fn choose(
        kind: FileKind,
        version: Option<CsvVersion>,
        width: usize,
        shape: Option<CsvVersion>,
    ) -> Option<&'static Self> {
        let of = |version| Self::of(kind, version);
        if let Some(layout) = version.and_then(of) {
            return Some(layout);
        }
        let fits = |layout: &&Self| version.is_none() && layout.fields.len() == width;
        let by_shape = shape.and_then(of);
        by_shape
            .filter(fits)
            .or_else(|| CsvVersion::ALL.into_iter().rev().filter_map(of).find(fits))
            .or(by_shape)
            .or_else(|| of(CsvVersion::V202407))
    }

    /// All layouts: 16 of version 202407 and 8 of version 202208.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        tables::LAYOUTS.iter()
    }

    /// The field with this number (from 1).
    pub fn field(&self, no: u8) -> Option<&'static Field> {
        self.fields.get(usize::from(no).checked_sub(1)?)
    }

    /// The field with this English or Japanese name. Where a layout has a Japanese name twice
    /// (UP3KYO 開始時間), the first is meant; English names are unique.
    pub fn field_named(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name_en == name || field.name_ja == name)
    }
}

impl Field {
    /// Whether the standard calls the value free text, which is written in quotes.
    pub fn is_quoted(&self) -> bool {
        matches!(self.content, Content::Text | Content::ImageName)
    }

    /// The choices of a closed list or flag; empty for all else.
    pub fn choices(&self) -> &'static [Choice] {
        match self.content {
            Content::Choice(choices) | Content::Flag(choices) => choices,
            _ => &[],
        }
    }
}
