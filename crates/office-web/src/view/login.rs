//! ログイン with 個人ID.

use askama::Template;

/// ログイン.
#[derive(Template)]
#[template(path = "pages/login.html")]
pub(crate) struct LogIn {
    /// Names of the offices of this node.
    pub(crate) offices: Vec<String>,
    pub(crate) login: String,
    /// Where it leads afterwards.
    pub(crate) next: String,
    /// Why nobody was let in; which of the two was wrong is not said.
    pub(crate) problem: String,
    /// Somebody has just logged out.
    pub(crate) goodbye: bool,
}
