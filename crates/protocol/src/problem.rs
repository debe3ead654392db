//! RFC 9457 problem documents: what went wrong, for programs (`type`) and for people (`detail`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What every problem type's URI starts with.
const URI: &str = "urn:tasuki:problem:";

/// Declares the problem types: name, HTTP status, Japanese title, Japanese detail.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $slug:literal $status:literal $title:literal $detail:literal;)*) => {
        /// Every kind of problem. The URIs are stable: a program may decide by them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemType {
            $($(#[$doc])* $name,)*
        }

        impl ProblemType {
            /// All of them, for tables.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name, the last part of the URI.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Short Japanese name.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Japanese sentence for people, where nothing more is known.
            pub fn detail(self) -> &'static str {
                match self { $(Self::$name => $detail,)* }
            }
        }
    };
}

problems! {
    /// A parameter, header field or body does not have its form; `field` names it.
    InvalidRequest "invalid-request" 400 "要求の形式の誤り"
        "要求の形式が正しくありません。";
    /// No client certificate was presented.
    CertificateRequired "certificate-required" 401 "証明書が必要"
        "電子証明書がありません。利用開始の手続きをしてください。";
    /// The certificate is valid but registered for no office.
    CertificateUnknown "certificate-unknown" 403 "未登録の証明書"
        "この電子証明書はどの事業所にも登録されていません。";
    /// The certificate was revoked.
    CertificateRevoked "certificate-revoked" 403 "失効した証明書"
        "この電子証明書は失効しています。運営者に連絡してください。";
    /// The certificate has expired since the connection began.
    CertificateExpired "certificate-expired" 403 "期限切れの証明書"
        "電子証明書の有効期限が切れています。運営者に連絡してください。";
    /// The office is suspended.
    OfficeSuspended "office-suspended" 403 "利用停止中"
        "この事業所は利用停止中です。運営者に連絡してください。";
    /// No session, an ended one, or one that belongs to another certificate.
    SessionRequired "session-required" 401 "ログインが必要"
        "事業所ユーザのログインが必要です。もう一度ログインしてください。";
    /// KJ ID or password is wrong (which of them is not said).
    WrongCredentials "wrong-credentials" 401 "IDまたはパスワードの誤り"
        "ユーザIDまたはパスワードが違います。";
    /// Too many failed attempts; `retry_after_s` says when the next one counts.
    AccountLocked "account-locked" 429 "一時ロック中"
        "続けて失敗したため、しばらくログインできません。";
    /// The first password must be replaced before anything else.
    PasswordChangeRequired "password-change-required" 403 "パスワードの変更が必要"
        "最初にパスワードを変更してください。";
    /// The new password is too short, too long or too common.
    PasswordRejected "password-rejected" 422 "使えないパスワード"
        "このパスワードは使えません。8文字以上の、推測されにくいものにしてください。";
    /// Enrolment data is wrong, expired or used (which is not said).
    EnrolmentRefused "enrolment-refused" 403 "利用開始できません"
        "事業所番号、ユーザID、証明書発行用パスワードのどれかが違うか、期限が切れています。";
    /// The certificate request cannot be signed.
    RequestRejected "certificate-request-rejected" 422 "証明書発行要求の誤り"
        "証明書発行要求を受け付けられません。";
    /// Nothing is there for this office: unknown, foreign, withdrawn and expired look the same.
    NotFound "not-found" 404 "見つかりません"
        "見つかりません。";
    /// The path exists, but not for this method.
    MethodNotAllowed "method-not-allowed" 405 "使えない操作"
        "この操作はできません。";
    /// The body has another media type than the route takes.
    UnsupportedMediaType "unsupported-media-type" 415 "使えない形式"
        "本文の形式（Content-Type）が違います。";
    /// A parcel must say its length before it is sent.
    LengthRequired "length-required" 411 "長さが必要"
        "本文の長さ（Content-Length）が必要です。";
    /// The body is larger than allowed.
    TooLarge "too-large" 413 "大きすぎます"
        "大きすぎるため受け付けられません。";
    /// The next piece of the body did not come in time.
    TooSlow "too-slow" 408 "時間切れ"
        "通信が途切れたか、遅すぎます。もう一度送ってください。";
    /// The bytes that arrived are not those that the digest names.
    DigestMismatch "digest-mismatch" 422 "内容の不一致"
        "届いた内容が途中で変わっているか、欠けています。もう一度送ってください。";
    /// Another number of bytes has arrived than the sender wants to go on behind: ask how many.
    UploadOffset "upload-offset-mismatch" 409 "続きの位置の誤り"
        "届いている長さが違います。続きの位置を問い合わせてから送ってください。";
    /// The asked range lies outside the contents.
    RangeNotSatisfiable "range-not-satisfiable" 416 "範囲外"
        "指定された範囲は内容の外です。";
    /// The same parcel id was used for something else.
    ParcelConflict "parcel-conflict" 409 "番号の重複"
        "同じ番号の別の連携データがすでにあります。";
    /// The sender has taken this number back, perhaps before the parcel came: it is never taken any more.
    ParcelWithdrawn "parcel-withdrawn" 410 "取消済"
        "この連携データは取り消されています。送るには、新しく送信してください。";
    /// The receiver has fetched the parcel: it cannot be withdrawn any more.
    AlreadyFetched "already-fetched" 409 "受信済のため取消不可"
        "相手がすでに受信したため、取り消せません。";
    /// The receiver is not registered.
    ReceiverUnknown "receiver-unknown" 422 "送信先が未登録"
        "送信先の事業所は登録されていません。";
    /// The receiver has not enrolled: it has no key to seal for.
    ReceiverNotEnrolled "receiver-not-enrolled" 422 "送信先が未参加"
        "送信先の事業所はまだ利用を始めていません。";
    /// The receiver is suspended.
    ReceiverSuspended "receiver-suspended" 422 "送信先が利用停止中"
        "送信先の事業所は利用停止中です。";
    /// The parcel is sealed for a key that the receiver has replaced: fetch the new one and seal again.
    KeyEpochOutdated "key-epoch-outdated" 409 "送信先の鍵の更新"
        "送信先の鍵が新しくなっています。新しい鍵で封をし直してください。";
    /// A key statement is not for this office, not signed by its certificate, or not newer.
    KeyStatementRejected "key-statement-rejected" 422 "鍵の登録の誤り"
        "鍵の登録を受け付けられません。";
    /// A receipt is not signed by the certificate of this connection, says something else than the parcel, or refuses
    /// for the reason that one node has no key.
    ReceiptRejected "receipt-rejected" 422 "受信確認の誤り"
        "受信確認を受け付けられません。";
    /// The parcel's state takes no such receipt.
    ReceiptConflict "receipt-conflict" 409 "受信確認の順序の誤り"
        "この状態の連携データには、その受信確認を登録できません。";
    /// The receiver's mailbox is full.
    MailboxFull "mailbox-full" 409 "送信先の受信箱が満杯"
        "送信先の受信箱がいっぱいです。しばらくしてからもう一度送ってください。";
    /// Too much that this office has sent waits to be fetched.
    OutstandingFull "outstanding-full" 409 "受信待ちが多すぎます"
        "送信したもののうち、相手がまだ受信していないものが多すぎます。受信されるのを待つか、取り消してから送ってください。";
    /// This office makes too many requests.
    RateLimited "rate-limited" 429 "要求が多すぎます"
        "短い時間に要求が多すぎます。しばらくしてからもう一度試してください。";
    /// The relay has no space left: reading, receipts and withdrawing still work.
    StorageFull "storage-full" 507 "保存領域の不足"
        "連携基盤の保存領域が足りません。しばらくしてからもう一度送ってください。";
    /// The relay is busy, stopping, or cannot store safely.
    Unavailable "unavailable" 503 "一時的に利用できません"
        "連携基盤が一時的に利用できません。しばらくしてからもう一度試してください。";
    /// A fault of the relay itself.
    Internal "internal" 500 "連携基盤の内部エラー"
        "連携基盤で問題が起きました。運営者に要求番号を知らせてください。";
}

impl ProblemType {
    /// The stable URI of this problem type.
    pub fn uri(self) -> String {
        format!("{URI}{}", self.slug())
    }

    /// The type that a URI names, if this version knows it.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let slug = uri.strip_prefix(URI)?;
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

/// A problem document.
///
/// ```
/// use tasuki_protocol::problem::{Problem, ProblemType};
/// let problem = Problem::new(ProblemType::TooLarge).field("Content-Length");
/// assert_eq!(problem.kind(), Some(ProblemType::TooLarge));
/// assert_eq!(problem.status, 413);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable URI of the problem type.
    #[serde(rename = "type")]
    #[schema(example = "urn:tasuki:problem:not-found")]
    pub uri: String,
    /// Short Japanese name of the problem type.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Japanese sentence for people.
    pub detail: String,
    /// The offending field, parameter or header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds after which a repeat makes sense (also in `Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// Number of the request, for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Problem {
    /// A problem with the words of its type.
    pub fn new(kind: ProblemType) -> Self {
        Self {
            uri: kind.uri(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: kind.detail().to_owned(),
            field: None,
            retry_after_s: None,
            instance: None,
        }
    }

    /// Names the offending field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says more precisely what is wrong (Japanese, no personal data).
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Says after how many seconds a repeat makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The type, if this version knows it.
    pub fn kind(&self) -> Option<ProblemType> {
        ProblemType::from_uri(&self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_own_uri_and_an_error_status() {
        let mut uris: Vec<_> = ProblemType::ALL.iter().map(|kind| kind.uri()).collect();
        uris.sort();
        uris.dedup();
        assert_eq!(uris.len(), ProblemType::ALL.len());
        for &kind in ProblemType::ALL {
            assert!((400..600).contains(&kind.status()), "{kind:?}");
            assert_eq!(ProblemType::from_uri(&kind.uri()), Some(kind));
        }
    }

    #[test]
    fn absent_members_are_not_written() {
        let json = serde_json::to_value(Problem::new(ProblemType::NotFound)).unwrap();
        let members: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["detail", "status", "title", "type"]);
    }

    #[test]
    fn unknown_types_of_a_newer_relay_can_be_read() {
        let text = r#"{"type":"urn:tasuki:problem:new","title":"t","status":499,"detail":"d","more":1}"#;
        let problem: Problem = serde_json::from_str(text).unwrap();
        assert_eq!(problem.kind(), None);
    }
}
