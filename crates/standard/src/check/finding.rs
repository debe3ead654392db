//! Findings and where they are collected.

use std::collections::HashMap;

use super::code::Code;
use super::severity::{Lang, Severity};
use crate::layout::Field;

/// Something about a file or unit that is worth saying. It never holds a person's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// Row of the file, from 1; `None` when the whole file or a unit is meant.
    pub row: Option<u64>,
    /// Field of the row.
    pub field: Option<&'static Field>,
    fillers: Vec<(&'static str, Filler)>,
}

/// A text to be filled into a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filler {
    Same(String),
    ByLang([String; 2]),
}

impl Finding {
    /// A finding about a whole file or unit.
    pub(crate) fn new(code: Code) -> Self {
        Self { code, row: None, field: None, fillers: Vec::new() }
    }

    /// A finding about a row.
    pub(crate) fn in_row(code: Code, row: u64) -> Self {
        Self { row: Some(row), ..Self::new(code) }
    }

    /// A finding about a field of a row.
    pub(crate) fn in_field(code: Code, row: u64, field: impl Into<Option<&'static Field>>) -> Self {
        Self { field: field.into(), ..Self::in_row(code, row) }
    }

    /// Fills a text in.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers hand in numbers as well as texts")]
    pub(crate) fn with(mut self, hole: &'static str, text: impl ToString) -> Self {
        self.fillers.push((hole, Filler::Same(text.to_string())));
        self
    }

    /// Fills in a text that differs by language.
    #[must_use]
    pub(crate) fn with_names(mut self, hole: &'static str, [ja, en]: [&str; 2]) -> Self {
        self.fillers.push((hole, Filler::ByLang([ja.to_owned(), en.to_owned()])));
        self
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What is wrong.
    pub fn message(&self, lang: Lang) -> String {
        self.fill(lang.pick(self.code.info().message), lang)
    }

    /// What to do.
    pub fn hint(&self, lang: Lang) -> String {
        self.fill(lang.pick(self.code.info().hint), lang)
    }

    fn fill(&self, sentence: &str, lang: Lang) -> String {
        let mut text = sentence.to_owned();
        if let Some(field) = self.field {
            text = text.replace("{field}", lang.pick([field.name_ja, field.name_en]));
        }
        for (hole, filler) in &self.fillers {
            let filler = match filler {
                Filler::Same(same) => same,
                Filler::ByLang([ja, en]) => lang.pick([ja, en]),
            };
            text = text.replace(&format!("{{{hole}}}"), filler);
        }
        text
    }
}

/// Most findings of one code that are kept for a file: a file that is wrong in every row says the same
/// thousands of times.
const MAX_OF_ONE_CODE: u64 = 100;

/// The findings of a file: counted all, kept up to a limit.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: HashMap<Code, u64>,
    total: u64,
}

impl Findings {
    pub(crate) fn push(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.code).or_default();
        *count += 1;
        self.total += 1;
        if *count <= MAX_OF_ONE_CODE {
            self.kept.push(finding);
        }
    }

    /// For what is true of nearly every row when it is true of one: only the first is kept and counted.
    pub(crate) fn push_once(&mut self, code: Code, finding: impl FnOnce() -> Finding) {
        if !self.counts.contains_key(&code) {
            self.push(finding());
        }
    }

    /// How many findings there are.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The findings in the order of the file, and how many more there are of a code that has too many.
    pub fn all(&self) -> Vec<Finding> {
        let mut findings = self.kept.clone();
        findings.sort_by_key(|finding| (finding.row, finding.field.map(|field| field.no)));
        for code in Code::ALL {
            let count = self.counts.get(code).copied().unwrap_or(0);
            if count > MAX_OF_ONE_CODE {
                let more = Finding::new(Code::MoreFindings);
                findings.push(more.with("value", code.as_str()).with("found", count - MAX_OF_ONE_CODE));
            }
        }
        findings
    }

    /// How many findings there are of a severity, those not kept included.
    pub fn count(&self, severity: Severity) -> u64 {
        let of_severity = self.counts.iter().filter(|(code, _)| code.severity() == severity);
        of_severity.map(|(_, count)| count).sum()
    }
}
