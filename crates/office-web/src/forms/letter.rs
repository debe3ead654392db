//! What goes with a send: its receiver and its message.

use tasuki_parcel::limits::MESSAGE_CHARS;
use tasuki_terms::OfficeNo;

use super::Field;
use crate::http::posted::Posted;

/// The receiver of a form, which may be left open.
///
/// # Errors
/// The field, when what was typed is no number of an office.
pub(crate) fn receiver(posted: &Posted) -> Result<Option<OfficeNo>, Field> {
    match posted.code("receiver") {
        typed if typed.is_empty() => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Field {
            error: "この送信先は読み取れませんでした。事業所番号は10文字の数字（か大文字）です。送信先はまだ変わっていません。"
                .to_owned(),
            is_first: true,
            ..Field::of(posted, "receiver")
        }),
    }
}

/// The message of a form, which is never cut.
///
/// # Errors
/// The field, when it is longer than a parcel holds.
pub(crate) fn message(posted: &Posted) -> Result<&str, Field> {
    let message = posted.raw("message");
    // Forms send a line's end as two characters, and a parcel holds it as one.
    let length = message.replace("\r\n", "\n").chars().count();
    if length <= MESSAGE_CHARS {
        return Ok(message);
    }
    let beyond = length - MESSAGE_CHARS;
    let error = format!(
        "メッセージは{MESSAGE_CHARS}文字までです。{beyond}文字減らしてください。まだ保存していません。"
    );
    Err(Field { typed: message.to_owned(), error, is_first: true })
}
