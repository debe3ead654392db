//! File names (standard, "ファイル名").
//!
//! ```text
//! 202407   PREFIX[_month]_sender_sendertype_receiver_receivertype_serial.CSV
//! image    UPKIHON_IMAGE_sender_sendertype_receiver_receivertype_serial_branch.jpg
//! 202208   PREFIX[_month]_sender_receiver_serial.CSV
//! ```

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use tasuki_terms::{OfficeNo, ServiceMonth, ServiceType};

use crate::value::OrZero;
use crate::{CsvVersion, FileKind};

/// The parts of a file name. Prints as the canonical name.
///
/// ```
/// use tasuki_standard::{FileKind, FileName};
/// let name: FileName = "UPPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV".parse()?;
/// assert_eq!(name.kind, FileKind::UsageSlipPlan);
/// assert_eq!(name.receiver.to_string(), "0300000005");
/// # Ok::<(), tasuki_standard::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    /// What the file holds.
    pub kind: FileKind,
    /// Service month (対象年月) for the kinds that have one; zeros for a supplement of tables 1 to 3.
    pub month: Option<OrZero<ServiceMonth>>,
    /// Office that sends.
    pub sender: OfficeNo,
    /// Office that is to receive.
    pub receiver: OfficeNo,
    /// Service types of sender and receiver; version 202208 has none in its names.
    pub service_types: Option<(ServiceType, ServiceType)>,
    /// Number of the send unit (ファイル連番).
    pub serial: Serial,
    /// Number of the image, 1 to 9999; only images have one.
    pub branch: Option<u16>,
}

/// Number of a send unit (ファイル連番): 14 digits, by custom the time of creation `YYYYMMDDHHMMSS`.
/// Compares as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 14]);

/// A part of a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamePart {
    /// The prefix that names the kind.
    Prefix,
    /// The number of parts between `_`.
    Count,
    /// The service month.
    Month,
    /// The sender's office number.
    Sender,
    /// The sender's service type.
    SenderType,
    /// The receiver's office number.
    Receiver,
    /// The receiver's service type.
    ReceiverType,
    /// The serial.
    Serial,
    /// The number of an image.
    Branch,
    /// The ending.
    Ending,
}

/// A name that is not one of the standard, and which part of it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The prefix is not one of the standard's kinds.
    #[error("the name does not start with the prefix of a kind of file")]
    UnknownKind,
    /// There are more or fewer parts than the kind has.
    #[error("the name has {found} parts after the prefix, which no version has")]
    PartCount {
        /// Parts found after the prefix.
        found: usize,
    },
    /// A part that is needed is empty.
    #[error("the {part} of the name is empty")]
    Empty {
        /// The part.
        part: NamePart,
    },
    /// A part does not have its form.
    #[error("the {part} of the name must look like {sample}", sample = .part.sample())]
    Form {
        /// The part.
        part: NamePart,
    },
    /// The kind exists since version 202407 only, but the name has the shape of 202208.
    #[error("this kind of file has no names without service types")]
    NotInVersion,
}

/// What is unusual, yet readable, about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOddity {
    /// Letters of the prefix are lower case.
    LowerCase,
    /// The ending is not in its usual case (`.CSV`, `.jpg`).
    EndingCase,
    /// A kind without a month has `000000` in its place.
    NeedlessMonth,
    /// The serial is not a real time.
    SerialIsNoTime,
}

impl NamePart {
    /// The part in Japanese.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Prefix => "先頭の識別子",
            Self::Count => "区切りの数",
            Self::Month => "対象年月",
            Self::Sender => "送信元の事業所番号",
            Self::SenderType => "送信元のサービス種類コード",
            Self::Receiver => "送信先の事業所番号",
            Self::ReceiverType => "送信先のサービス種類コード",
            Self::Serial => "ファイル連番",
            Self::Branch => "画像の枝番",
            Self::Ending => "拡張子",
        }
    }

    /// A sample of the form that the part must have.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Prefix => "UPPLAN",
            Self::Count => "5",
            Self::Month => "202510",
            Self::Sender | Self::Receiver => "1370000019",
            Self::SenderType | Self::ReceiverType => "11",
            Self::Serial => "20251001090000",
            Self::Branch => "0001",
            Self::Ending => ".CSV",
        }
    }
}

impl fmt::Display for NamePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "prefix",
            Self::Count => "number of parts",
            Self::Month => "month",
            Self::Sender => "sender",
            Self::SenderType => "sender's service type",
            Self::Receiver => "receiver",
            Self::ReceiverType => "receiver's service type",
            Self::Serial => "serial",
            Self::Branch => "image number",
            Self::Ending => "ending",
        })
    }
}

impl FileName {
    /// Parses a name and says what is unusual about it.
    ///
    /// # Errors
    /// When the name cannot be read; the error says which part is wrong.
    pub fn parse_liberally(name: &str) -> Result<(Self, Vec<NameOddity>), NameError> {
        let mut oddities = Vec::new();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let (kind, rest) = split_kind(stem, &mut oddities)?;
        check_ending(kind, ending, &mut oddities)?;

        let mut parts: Vec<&str> = rest.split('_').collect();
        let branch = (kind == FileKind::PreventionBasicInfoImage).then(|| parts.pop().unwrap_or_default());
        if !kind.has_month() && parts.len() > 5 && parts[0] == "000000" {
            oddities.push(NameOddity::NeedlessMonth);
            parts.remove(0);
        }
        let month = if kind.has_month() && !parts.is_empty() { Some(parts.remove(0)) } else { None };
        let (sender, types, receiver, serial) = match parts[..] {
            [sender, sender_type, receiver, receiver_type, serial] => {
                (sender, Some((sender_type, receiver_type)), receiver, serial)
            }
            [sender, receiver, serial] if !kind.is_new_in_202407() => (sender, None, receiver, serial),
            [_, _, _] => return Err(NameError::NotInVersion),
            _ => {
                return Err(NameError::PartCount { found: rest.split('_').count() });
            }
        };

        let name = Self {
            kind,
            month: month.map(|text| parse_month(kind, text)).transpose()?,
            sender: parse_part(NamePart::Sender, sender)?,
            service_types: types.map(|(from, to)| parse_types(from, to)).transpose()?,
            receiver: parse_part(NamePart::Receiver, receiver)?,
            serial: parse_part(NamePart::Serial, serial)?,
            branch: branch.map(parse_branch).transpose()?,
        };
        if name.serial.time().is_none() {
            oddities.push(NameOddity::SerialIsNoTime);
        }
        Ok((name, oddities))
    }

    /// The kind that a name's prefix says, also of a name that cannot be read otherwise.
    pub fn kind_of(name: &str) -> Option<FileKind> {
        split_kind(name, &mut Vec::new()).ok().map(|(kind, _)| kind)
    }

    /// The version that the shape of the name belongs to.
    pub fn version(&self) -> CsvVersion {
        if self.service_types.is_some() { CsvVersion::V202407 } else { CsvVersion::V202208 }
    }

    /// The service month, unless the kind has none or the name has zeros.
    pub fn service_month(&self) -> Option<ServiceMonth> {
        self.month.and_then(OrZero::value)
    }
}

impl FromStr for FileName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::parse_liberally(name).map(|(name, _)| name)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.prefix())?;
        match self.month {
            Some(OrZero::Is(month)) => write!(f, "_{month}")?,
            Some(OrZero::Zero) => f.write_str("_000000")?,
            None => {}
        }
        let Self { sender, receiver, serial, .. } = self;
        match self.service_types {
            Some((from, to)) => write!(f, "_{sender}_{from}_{receiver}_{to}_{serial}")?,
            None => write!(f, "_{sender}_{receiver}_{serial}")?,
        }
        match self.branch {
            Some(branch) => write!(f, "_{branch:04}.jpg"),
            None => f.write_str(".CSV"),
        }
    }
}

/// Longer prefixes win: UPKIHON_SUB1 before UPKIHON.
fn split_kind<'a>(stem: &'a str, oddities: &mut Vec<NameOddity>) -> Result<(FileKind, &'a str), NameError> {
    let has_prefix = |kind: &FileKind| {
        let prefix = kind.prefix();
        let start = stem.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        start && stem[prefix.len()..].starts_with('_')
    };
    let kinds = FileKind::ALL.into_iter().filter(has_prefix);
    let kind = kinds.max_by_key(|kind| kind.prefix().len()).ok_or(NameError::UnknownKind)?;
    let (prefix, rest) = stem.split_at(kind.prefix().len());
    if prefix != kind.prefix() {
        oddities.push(NameOddity::LowerCase);
    }
    Ok((kind, &rest[1..]))
}

fn check_ending(kind: FileKind, ending: &str, oddities: &mut Vec<NameOddity>) -> Result<(), NameError> {
    let usual = if kind == FileKind::PreventionBasicInfoImage { "jpg" } else { "CSV" };
    if !ending.eq_ignore_ascii_case(usual) {
        return Err(NameError::Form { part: NamePart::Ending });
    }
    // The rule for images says `.jpg`, its example `.JPG`: both are usual.
    if usual == "CSV" && ending != usual {
        oddities.push(NameOddity::EndingCase);
    }
    Ok(())
}

fn parse_month(kind: FileKind, text: &str) -> Result<OrZero<ServiceMonth>, NameError> {
    if text == "000000" && kind == FileKind::UserSupplement {
        return Ok(OrZero::Zero);
    }
    parse_part(NamePart::Month, text).map(OrZero::Is)
}

fn parse_types(from: &str, to: &str) -> Result<(ServiceType, ServiceType), NameError> {
    Ok((parse_part(NamePart::SenderType, from)?, parse_part(NamePart::ReceiverType, to)?))
}

fn parse_part<T: FromStr>(part: NamePart, text: &str) -> Result<T, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { part });
    }
    text.parse().map_err(|_| NameError::Form { part })
}

fn parse_branch(text: &str) -> Result<u16, NameError> {
    let four_digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|&number| four_digits && number > 0);
    number.ok_or(NameError::Form { part: NamePart::Branch })
}

impl Serial {
    /// The serial that a time (of the sender's clock) gives.
    pub fn at(time: DateTime) -> Self {
        let text = time.strftime("%Y%m%d%H%M%S").to_string();
        text.parse().unwrap_or(Self(*b"00000000000000"))
    }

    /// The serial as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a serial holds digits only")
    }

    /// The time that the serial says, when it is a real one.
    pub fn time(&self) -> Option<DateTime> {
        // Leap seconds are no part of a name: `strptime` would take 60 for 59.
        let time = DateTime::strptime("%Y%m%d%H%M%S", self.as_str()).ok()?;
        (time.year() >= 1900 && !self.as_str().ends_with("60")).then_some(time)
    }
}

impl FromStr for Serial {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(digits)),
            _ => Err(NameError::Form { part: NamePart::Serial }),
        }
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}
