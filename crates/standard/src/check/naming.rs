//! Depth 1: the name.

use super::code::Code;
use super::finding::{Finding, Findings};
use crate::name::{FileName, NameError, NameOddity, NamePart};

/// Parses a name and reports what is wrong or unusual about it.
pub(super) fn check(name: &str, findings: &mut Findings) -> Option<FileName> {
    match FileName::parse_liberally(name) {
        Ok((name, oddities)) => {
            for oddity in oddities {
                findings.push(Finding::new(code_of_oddity(oddity)));
            }
            Some(name)
        }
        Err(error) => {
            findings.push(finding_of_error(error));
            None
        }
    }
}

fn code_of_oddity(oddity: NameOddity) -> Code {
    match oddity {
        NameOddity::LowerCase => Code::NameLowerCase,
        NameOddity::EndingCase => Code::NameEndingCase,
        NameOddity::NeedlessMonth => Code::NameNeedlessMonth,
        NameOddity::SerialIsNoTime => Code::NameSerialNoTime,
    }
}

fn finding_of_error(error: NameError) -> Finding {
    match error {
        NameError::UnknownKind => Finding::new(Code::NameUnknown),
        NameError::PartCount { .. } => Finding::new(Code::NamePartCount),
        NameError::Empty { part: NamePart::Receiver } => Finding::new(Code::NameReceiverEmpty),
        NameError::Empty { part } => part_finding(Code::NamePartEmpty, part),
        NameError::Form { part } => part_finding(Code::NamePartForm, part).with("form", part.sample()),
        NameError::NotInVersion => Finding::new(Code::NameKindNotInVersion),
    }
}

fn part_finding(code: Code, part: NamePart) -> Finding {
    Finding::new(code).with_names("part", [part.name_ja(), &part.to_string()])
}
