//! What may be sent along: the rules for files that a person adds to a parcel.

use std::collections::BTreeMap;

use tasuki_terms::Sha256Digest;

use crate::limits::{CONTENTS_BYTES, FILES};
use crate::name::{FileName, FileNameError};

/// Bytes from the start of a file that are looked at: in a PDF the mark may stand that deep.
pub const HEAD_BYTES: usize = 1024;

/// The extensions that may be sent, as people read them.
pub const EXTENSIONS: &str = "csv・pdf・jpeg・jpg・png・gif・txt";

/// What a file is by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `.csv`.
    Csv,
    /// `.pdf`.
    Pdf,
    /// `.jpeg`, `.jpg`.
    Jpeg,
    /// `.png`.
    Png,
    /// `.gif`.
    Gif,
    /// `.txt`.
    Text,
    /// Anything else: not to be sent.
    Other,
}

/// A file that somebody wants to send.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Its name without folders.
    pub name: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Its first [`HEAD_BYTES`] bytes, or all of a shorter file.
    pub head: &'a [u8],
    /// SHA-256 of its contents.
    pub digest: Sha256Digest,
}

/// Why a file, or all of them, cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The name would do harm at the receiver's.
    Name(FileNameError),
    /// The extension is none of [`EXTENSIONS`].
    Extension,
    /// The contents are not what the extension says.
    Contents {
        /// What the extension says.
        expected: MediaType,
    },
    /// The file is empty.
    Empty,
    /// A file before it has the same name, but for case.
    NameTwice,
    /// A file before it has the same contents.
    ContentsTwice {
        /// Place of the other file, from 0.
        other: usize,
    },
}

/// Why files cannot be sent together, though each could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TogetherRefusal {
    /// They are larger than [`CONTENTS_BYTES`].
    TooLarge {
        /// Bytes of all files.
        size: u64,
    },
    /// They are more than [`FILES`].
    TooMany,
}

/// What is wrong with files that are to be sent together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Files that cannot be sent, by their places from 0, each with its first reason.
    pub refused: Vec<(usize, Refusal)>,
    /// What is wrong with all of them together.
    pub together: Option<TogetherRefusal>,
}

impl Verdict {
    /// Whether all can be sent.
    pub fn is_good(&self) -> bool {
        self.refused.is_empty() && self.together.is_none()
    }
}

/// Judges the files of one send, those of the care software and those that a person adds.
///
/// ```
/// use tasuki_parcel::attachment::{Candidate, MediaType, Refusal, judge};
///
/// let digest = tasuki_terms::Sha256Digest([0; 32]);
/// let renamed = Candidate { name: "計画書.pdf", size: 4, head: b"GIF8", digest };
/// let verdict = judge(&[renamed]);
/// assert_eq!(verdict.refused, [(0, Refusal::Contents { expected: MediaType::Pdf })]);
/// assert!(verdict.refused[0].1.message("計画書.pdf").contains("中身がPDFではありません"));
/// ```
pub fn judge(files: &[Candidate<'_>]) -> Verdict {
    let (mut names, mut contents) = (BTreeMap::new(), BTreeMap::new());
    let mut refused = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let name = file.name.parse::<FileName>();
        let refusal = match &name {
            Err(error) => Some(Refusal::Name(*error)),
            Ok(name) => judge_alone(file, name),
        };
        let name_before = name.ok().and_then(|name| names.insert(name.folded(), index));
        let contents_before = contents.insert(file.digest.0, index);
        let twice = name_before
            .map(|_| Refusal::NameTwice)
            .or(contents_before.map(|other| Refusal::ContentsTwice { other }));
        refused.extend(refusal.or(twice).map(|refusal| (index, refusal)));
    }
    Verdict { refused, together: judge_together(files) }
}

fn judge_alone(file: &Candidate<'_>, name: &FileName) -> Option<Refusal> {
    let expected = MediaType::of(name);
    if expected == MediaType::Other {
        Some(Refusal::Extension)
    } else if file.size == 0 {
        Some(Refusal::Empty)
    } else if expected.fits(file.head) {
        None
    } else {
        Some(Refusal::Contents { expected })
    }
}

fn judge_together(files: &[Candidate<'_>]) -> Option<TogetherRefusal> {
    let size = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
    if size > CONTENTS_BYTES {
        Some(TogetherRefusal::TooLarge { size })
    } else if files.len() > FILES {
        Some(TogetherRefusal::TooMany)
    } else {
        None
    }
}

impl MediaType {
    /// What a file is by its name.
    pub fn of(name: &FileName) -> Self {
        match name.extension().as_str() {
            "csv" => Self::Csv,
            "pdf" => Self::Pdf,
            "jpeg" | "jpg" => Self::Jpeg,
            "png" => Self::Png,
            "gif" => Self::Gif,
            "txt" => Self::Text,
            _ => Self::Other,
        }
    }

    /// The media type as HTTP and the manifest write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Text => "text/plain",
            Self::Other => "application/octet-stream",
        }
    }

    /// The name that people know it by.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Pdf => "PDF",
            Self::Jpeg => "JPEG画像",
            Self::Png => "PNG画像",
            Self::Gif => "GIF画像",
            Self::Text => "テキスト",
            Self::Other => "不明な形式",
        }
    }

    /// Whether the first bytes of a file are those of this type.
    fn fits(self, head: &[u8]) -> bool {
        match self {
            Self::Csv | Self::Text => is_text(head),
            Self::Pdf => head.windows(5).take(HEAD_BYTES).any(|bytes| bytes == b"%PDF-"),
            Self::Jpeg => head.starts_with(b"\xff\xd8\xff"),
            Self::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Gif => head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
            Self::Other => false,
        }
    }
}

/// Texts have no mark of their own: they are what is nothing else. UTF-16, which has zero bytes, begins with one.
fn is_text(head: &[u8]) -> bool {
    let marks: [&[u8]; 9] = [
        b"%PDF-",
        b"\xff\xd8\xff",
        b"\x89PNG",
        b"GIF8",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
        b"MZ",
        b"{\\rtf",
        b"\x7fELF",
    ];
    let is_utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    !marks.iter().any(|mark| head.starts_with(mark)) && (is_utf16 || !head.contains(&0))
}

impl Refusal {
    /// What is wrong with a file and what to do, in plain Japanese.
    pub fn message(self, name: &str) -> String {
        match self {
            Self::Name(error) => format!("「{}」は送れません。{}", printable(name), name_advice(error)),
            Self::Extension => {
                format!(
                    "「{name}」は送れない種類のファイルです。送れるのは {EXTENSIONS} です。PDFなどに変えてから入れてください。"
                )
            }
            Self::Contents { expected } => {
                let kind = expected.name_ja();
                format!(
                    "「{name}」の中身が{kind}ではありません。名前の終わり（拡張子）だけを変えたファイルは送れません。{kind}で保存し直してください。"
                )
            }
            Self::Empty => format!("「{name}」は空のファイルです。正しいファイルか確かめてください。"),
            Self::NameTwice => {
                format!(
                    "「{name}」と同じ名前のファイルがもう入っています。片方を除くか、名前を変えてください。"
                )
            }
            Self::ContentsTwice { .. } => {
                format!("「{name}」と同じ内容のファイルがもう入っています。片方を除いてください。")
            }
        }
    }
}

impl TogetherRefusal {
    /// What is wrong and what to do, in plain Japanese.
    pub fn message(self) -> String {
        match self {
            Self::TooLarge { size } => {
                // Rounded up: never “10.0 MB is more than 10 MB”.
                let tenths = size.saturating_mul(10).div_ceil(1024 * 1024);
                format!(
                    "ファイルの合計が {}.{} MB です。1回に送れるのは {} MB までです。減らすか、分けて送ってください。",
                    tenths / 10,
                    tenths % 10,
                    CONTENTS_BYTES / 1024 / 1024,
                )
            }
            Self::TooMany => {
                format!("ファイルが多すぎます。1回に送れるのは {FILES} 個までです。分けて送ってください。")
            }
        }
    }
}

fn name_advice(error: FileNameError) -> &'static str {
    match error {
        FileNameError::Empty => "名前がありません。名前を付けてください。",
        FileNameError::TooLong => "名前が長すぎます。短くしてください。",
        FileNameError::ForbiddenCharacter => {
            "名前に使えない記号（ / \\ : * ? \" < > | ）が入っています。除いてください。"
        }
        FileNameError::InvisibleCharacter => {
            "名前に目に見えない文字が入っています。名前を付け直してください。"
        }
        FileNameError::LooseEnd => "名前の始めか終わりに空白か点があります。除いてください。",
        FileNameError::Reserved => "Windowsで使えない名前です。名前を変えてください。",
    }
}

/// A name that may hold anything, made fit to be shown.
fn printable(name: &str) -> String {
    let visible = |character: char| if character.is_control() { '□' } else { character };
    name.chars().take(60).map(visible).collect()
}
