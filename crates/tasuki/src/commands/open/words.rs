//! What people read of a parcel.

use std::fmt::Write as _;
use std::io::{Read, Seek};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::Offset;
use tasuki_identity::chain::ChainError;
use tasuki_parcel::manifest::{FileKind, ManifestError};
use tasuki_parcel::open::{OpenError, OpenedParcel};

pub(super) fn unreadable(path: &Path) -> String {
    format!("{} を読み取れません", path.display())
}

pub(super) fn no_key(path: &Path) -> String {
    format!("{} に事業所の鍵（AGE-SECRET-KEY-1…）がありません", path.display())
}

pub(super) fn no_root(path: &Path) -> String {
    format!("{} に運営者のルート証明書（PEM）がありません。--root で指定してください", path.display())
}

/// Prints what was signed, by whom and when.
pub(super) fn print<R: Read + Seek>(parcel: &OpenedParcel<R>, out: Option<&Path>) {
    let (manifest, signer) = (parcel.manifest(), parcel.signer());
    anstream::println!("番号        {}", manifest.id);
    anstream::println!("送信元      {}（署名を確かめました）", manifest.from);
    anstream::println!("送信先      {}（鍵の世代 {}）", manifest.to, manifest.key_epoch);
    anstream::println!("担当者      {}", printable(&manifest.staff));
    anstream::println!("作成日時    {}（送信元の時計）", in_japan(manifest.created_at));
    let (from, to) = (in_japan(signer.not_before), in_japan(signer.not_after));
    anstream::println!("証明書      {}（{from} から {to} まで有効）", hexadecimal(&signer.serial));
    for (index, line) in manifest.message.lines().enumerate() {
        let head = if index == 0 { "メッセージ  " } else { "            " };
        anstream::println!("{head}{}", printable(line));
    }
    anstream::println!("ファイル    {}個", manifest.files.len());
    for file in &manifest.files {
        let kind = match file.kind {
            FileKind::Standard => "標準仕様",
            FileKind::Attachment => "添付",
        };
        anstream::println!("  {}  {} バイト（{kind}）", file.name, file.size);
    }
    anstream::println!("署名とすべてのファイルの内容を確かめました。変えられたところはありません。");
    if let Some(folder) = out {
        anstream::println!("{} に書き出しました。", folder.display());
    }
}

/// Why a parcel is not opened, and what to do.
pub(super) fn refusal(error: &OpenError) -> String {
    match error {
        OpenError::NotSealed | OpenError::SealTooLarge => {
            "封をした荷物ではありません。ファイルを確かめてください。".to_owned()
        }
        OpenError::NotForTheseKeys => {
            "この鍵では開けません。宛先の事業所の鍵（前の世代の鍵も）を指定してください。".to_owned()
        }
        OpenError::Damaged => {
            "荷物が壊れているか、途中で切れています。もう一度受け取り直してください。".to_owned()
        }
        OpenError::Signer(error) => signer(error).to_owned(),
        OpenError::OtherSigner { from, signer } => {
            format!("送信元は {from} と書かれていますが、署名したのは {signer} です。信用しないでください。")
        }
        OpenError::Signature | OpenError::Size { .. } | OpenError::Digest { .. } => {
            "署名と内容が合いません。書き換えられたおそれがあります。信用しないでください。".to_owned()
        }
        OpenError::Manifest(ManifestError::UnknownFormat { found }) => {
            format!(
                "荷物の形式（{found}）は、この版の tasuki では開けません。合う版の tasuki で開いてください。"
            )
        }
        OpenError::OtherKey { .. } => {
            "書かれている世代の鍵とは別の鍵で封をされています。送信元に確かめてください。".to_owned()
        }
        OpenError::NotAnArchive
        | OpenError::Ambiguous
        | OpenError::Method
        | OpenError::MediaType { .. }
        | OpenError::Unpacking
        | OpenError::Missing
        | OpenError::Unexpected
        | OpenError::PartTooLarge
        | OpenError::Padding
        | OpenError::Manifest(_) => {
            "荷物の中身が正しい形ではありません。送信元に確かめてください。".to_owned()
        }
        OpenError::OtherParcel { .. }
        | OpenError::OtherReceiver { .. }
        | OpenError::OtherSender { .. }
        | OpenError::Io(_) => error.to_string(),
    }
}

fn signer(error: &ChainError) -> &'static str {
    match error {
        ChainError::UnknownAuthority => {
            "署名した事業所の証明書が、このルート証明書の運営者のものではありません。ルート証明書を確かめてください。"
        }
        ChainError::Expired | ChainError::NotYetValid => {
            "荷物が作られた日時に、署名した事業所の証明書が有効ではありませんでした。信用しないでください。"
        }
        ChainError::Revoked => "署名した事業所の証明書は失効しています。信用しないでください。",
        ChainError::Malformed
        | ChainError::WrongUsage
        | ChainError::NoOfficeNumber
        | ChainError::NotAcceptable(_) => {
            "署名した相手の証明書が、事業所のものではありません。信用しないでください。"
        }
    }
}

/// A time as the offices of the country read it.
fn in_japan(time: Timestamp) -> String {
    Offset::constant(9).to_datetime(time).strftime("%Y年%-m月%-d日 %H:%M:%S").to_string()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A text of the sender without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
