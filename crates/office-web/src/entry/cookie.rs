//! The cookie that carries a session. It is for this machine's pages only, and no script reads it.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::state::App;

/// An answer that begins a session.
pub(crate) fn with_cookie(app: &App, token: &str, answer: Response) -> Response {
    setting(answer, &format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", app.cookie))
}

/// An answer that ends it.
pub(crate) fn without_cookie(app: &App, answer: Response) -> Response {
    setting(answer, &format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", app.cookie))
}

fn setting(mut answer: Response, cookie: &str) -> Response {
    let cookie = HeaderValue::from_str(cookie).expect("tokens are letters and digits");
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}
