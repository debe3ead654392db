//! Times, sizes and errors in plain Japanese.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, Unit};
use tasuki_client::ClientError;
use tasuki_office::error::OfficeError;
use tasuki_office::offices::LinkState;
use tasuki_protocol::problem::Problem;

/// The clock on the wall in Japan.
pub(crate) fn local(at: Timestamp) -> DateTime {
    Offset::constant(9).to_datetime(at)
}

/// "2025年10月24日 9:12".
pub(crate) fn time(at: Timestamp) -> String {
    let at = local(at);
    format!("{} {}:{:02}", day(at), at.hour(), at.minute())
}

/// "2025年10月24日 9:12:05", as evidence needs it.
pub(crate) fn exact_time(at: Timestamp) -> String {
    format!("{}:{:02}（日本時間）", time(at), local(at).second())
}

/// "2025年10月24日".
pub(crate) fn date(at: Timestamp) -> String {
    day(local(at))
}

fn day(at: DateTime) -> String {
    format!("{}年{}月{}日", at.year(), at.month(), at.day())
}

/// "今日 9:12", "昨日 17:40", "10月24日 9:12", "2024年10月24日".
pub(crate) fn short_time(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (local(at), local(now));
    let days = (now.date() - at.date()).get_days();
    let clock = format!("{}:{:02}", at.hour(), at.minute());
    match days {
        0 => format!("今日 {clock}"),
        1 => format!("昨日 {clock}"),
        _ if at.year() == now.year() => format!("{}月{}日 {clock}", at.month(), at.day()),
        _ => format!("{} {clock}", day(at)),
    }
}

/// "240 KB", "1.2 MB".
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} バイト"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => {
            let tenths = bytes.saturating_mul(10).div_ceil(1_048_576);
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

/// "あと 30 秒", "あと 2 分".
pub(crate) fn wait(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds} 秒") } else { format!("{} 分", (seconds + 59) / 60) }
}

/// Whole days from one time to another.
pub(crate) fn days_until(at: Timestamp, now: Timestamp) -> i64 {
    let span = local(at).date().since((Unit::Day, local(now).date()));
    span.map_or(0, |span| i64::from(span.get_days()))
}

/// A long number in groups, to be read aloud and compared.
pub(crate) fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// What is wrong, and what to do.
pub(crate) fn problem(error: &OfficeError) -> String {
    match error {
        OfficeError::DrawerLocked => "ログインし直してください。".into(),
        OfficeError::KeysLocked => "事業所ユーザでログインしてください。".into(),
        OfficeError::NotFound => "見つかりません。すでに削除されたか、移動したかもしれません。".into(),
        OfficeError::Changed => {
            "ほかの人がさきに変えたか、送信しています。いまの内容を確かめて、もう一度操作してください。".into()
        }
        OfficeError::NotReady => {
            "まだ送れません。直すところや、確かめる警告が残っています。「送信」か「一括送信」の画面で確かめてください。".into()
        }
        OfficeError::NoOfficeKey => {
            "このパソコンにはまだ事業所の鍵がありません。はじめのパソコンで作ったリカバリーキットで、鍵を入れてください。".into()
        }
        OfficeError::Panicked => {
            "プログラムの中で問題が起きました。もう一度操作してください。同じときは、運営者に知らせてください。".into()
        }
        OfficeError::NoFolder => {
            "取込フォルダーが決まっていません。「設定」の「フォルダー」で決めてください。".into()
        }
        OfficeError::DiskFull => {
            "このパソコンの空き容量が足りません。不要なファイルを減らして、もう一度操作してください。今までの内容は残っています。".into()
        }
        OfficeError::NotThisKey => {
            "この復元キットは、いまの事業所の鍵のものではありません。いちばん新しい復元キットを使ってください。".into()
        }
        OfficeError::KeyBehind => {
            "連携基盤にある相手の鍵が、前に確かめたものより古くなっています。相手の鍵が新しくなると送れます。".into()
        }
        OfficeError::Db(_) | OfficeError::Io(_) => {
            "このパソコンのファイルを読み書きできませんでした。もう一度操作しても同じときは、フォルダーの場所と空き容量を確かめてください。".into()
        }
        OfficeError::Damaged => {
            "保存してある内容が壊れています。バックアップから復元するか、相手にもう一度送ってもらってください。".into()
        }
        OfficeError::ServiceCodes(_) => {
            "連携基盤のサービスコード表を読み取れません。前の表があれば、それを使い続けます。".into()
        }
        OfficeError::Vault(_) => "鍵を開けません。パスワードか復元コードを確かめてください。".into(),
        OfficeError::Relay(error) => relay(error),
    }
}

/// What the relay says, or that it cannot be reached.
pub(crate) fn relay(error: &ClientError) -> String {
    match error {
        ClientError::Problem(problem) => relay_problem(problem),
        ClientError::Unreachable(_) => {
            "連携基盤につながりません。インターネットの接続を確かめてください。つながると、自動で続けます。"
                .into()
        }
        ClientError::Unintelligible => {
            "連携基盤から正しい返事がありません。アドレスを確かめてください。".into()
        }
        ClientError::Tls(_) | ClientError::Signing(_) => {
            "証明書を使えません。運営者から受け取った認証局のファイルを確かめてください。".into()
        }
    }
}

fn relay_problem(problem: &Problem) -> String {
    match problem.retry_after_s {
        Some(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            format!("{}（あと {} ほど）", problem.detail, wait(seconds))
        }
        None => problem.detail.clone(),
    }
}

/// Sign, word and class of the connection, for the header of every page.
pub(crate) fn link(state: Option<LinkState>) -> (&'static str, &'static str) {
    match state {
        None => ("locked", "未接続（事業所ユーザログイン前）"),
        Some(LinkState::Connecting) => ("waiting", "接続しています"),
        Some(LinkState::Online) => ("online", "連携中"),
        Some(LinkState::Offline) => ("offline", "つながりません（自動で再接続します）"),
        Some(LinkState::Refused(_)) => ("offline", "連携基盤に断られました"),
        Some(LinkState::NoKey) => ("offline", "このPCにはまだ鍵がありません（受信できません）"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_japan() {
        let at: Timestamp = "2025-10-24T00:12:00Z".parse().unwrap();
        assert_eq!(time(at), "2025年10月24日 9:12");
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(short_time(at, now("2025-10-24T14:59:00Z")), "今日 9:12");
        assert_eq!(short_time(at, now("2025-10-24T15:00:00Z")), "昨日 9:12");
        assert_eq!(short_time(at, now("2025-12-24T15:00:00Z")), "10月24日 9:12");
        assert_eq!(short_time(at, now("2026-12-24T15:00:00Z")), "2025年10月24日 9:12");
        assert_eq!(days_until(at, now("2025-10-23T14:59:00Z")), 1);
    }

    #[test]
    fn sizes_are_never_rounded_down() {
        assert_eq!([size(0), size(1), size(1024), size(1025)], ["0 バイト", "1 バイト", "1 KB", "2 KB"]);
        assert_eq!([size(10 * 1024 * 1024), size(10 * 1024 * 1024 + 1)], ["10.0 MB", "10.1 MB"]);
    }
}
