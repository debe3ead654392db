//! How bad a finding is, and the languages in which it is said.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; importers may differ, nothing needs to be done.
    Info,
    /// Probably wrong, or some importers fail: to be looked at, may be sent knowingly.
    Warning,
    /// Wrong by the standard: must be mended before sending.
    Error,
}

/// Language of the sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Severity {
    /// Name in a language (`error`, エラー …).
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Info => lang.pick(["情報", "info"]),
            Self::Warning => lang.pick(["警告", "warning"]),
            Self::Error => lang.pick(["エラー", "error"]),
        }
    }
}

impl Lang {
    /// The text of this language.
    pub(crate) fn pick<T>(self, [ja, en]: [T; 2]) -> T {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}
