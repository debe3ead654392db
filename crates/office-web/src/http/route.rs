//! A page or an action, and who may use it.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};

use crate::state::App;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever reaches this machine's address.
    Anybody,
    /// Whoever comes before anything is set up; afterwards nobody.
    First,
    /// A member of the staff who is logged in.
    Member,
    /// An administrator who is logged in.
    Administrator,
    /// A program of this machine that has the token.
    Program,
}

/// A page or an action.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) who: Who,
    pub(crate) handler: MethodRouter<App>,
}

/// What is shown.
pub(crate) fn get<T: 'static>(path: &'static str, who: Who, handler: impl Handler<T, App>) -> Route {
    Route { method: Method::GET, path, who, handler: routing::get(handler) }
}

/// What changes something.
pub(crate) fn post<T: 'static>(path: &'static str, who: Who, handler: impl Handler<T, App>) -> Route {
    Route { method: Method::POST, path, who, handler: routing::post(handler) }
}
