//! `/local/…`: what programs of the same machine call, such as care software and `tasuki office`. They show the
//! token that lies in the node's folder, which only the owner of the node can read.
//!
//! | module | what |
//! |---|---|
//! | [`types`] | what goes over the wire, for both sides |
//! | `access` | where the address and the token lie |
//! | `caller` | who asks, for which office |
//! | `refusal` | what a program gets instead |
//! | `status`, `sends`, `arrivals` | the calls |
//! | `description` | all calls as OpenAPI, served at `/local/openapi.json` |

mod access;
mod arrivals;
mod caller;
mod description;
mod refusal;
mod sends;
mod status;
pub mod types;

pub use access::LocalAccess;

use axum::http::StatusCode;

use self::caller::Program;
use self::refusal::Refused;
use self::types::ProblemCode;
use crate::http::route::{Route, Who, get, post};

/// Whether a program asks, so that it is answered as programs are.
pub(crate) fn is_local(path: &str) -> bool {
    path == "/local" || path.starts_with("/local/")
}

/// What a program gets where no call is.
pub(crate) async fn nowhere(_program: Program) -> Refused {
    let message = "この呼び出しはありません。一覧は GET /local/openapi.json にあります。";
    Refused::new(StatusCode::NOT_FOUND, ProblemCode::NotFound, message)
}

pub(crate) fn routes() -> Vec<Route> {
    use Who::Program;
    vec![
        get("/local/openapi.json", Program, description::show),
        get("/local/status", Program, status::show),
        post("/local/{office}/send", Program, sends::send),
        get("/local/{office}/drafts", Program, sends::drafts),
        get("/local/{office}/outbox", Program, sends::outbox),
        get("/local/{office}/outbox/{id}", Program, sends::outbox_one),
        get("/local/{office}/inbox", Program, arrivals::inbox),
        get("/local/{office}/inbox/{id}", Program, arrivals::inbox_one),
        get("/local/{office}/inbox/{id}/files/{file}", Program, arrivals::inbox_file),
        post("/local/{office}/inbox/{id}/receipt", Program, arrivals::receipt),
    ]
}
