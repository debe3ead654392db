//! What a request passes on its way in and an answer on its way out.
//!
//! | module | what |
//! |---|---|
//! | `guard` | who may knock at all: Host, Origin, headers of every answer |
//! | `route` | a page or an action, and who may use it |
//! | `ask`, `posted` | what stands in an address and in a form |
//! | `address` | every address of these pages, as a type |
//! | `headers` | what a request says of who asks |
//! | `reply`, `failure` | pages, files, and why there is none |
//! | `assets` | styles and scripts |

pub(crate) mod address;
pub(crate) mod ask;
pub(crate) mod assets;
pub(crate) mod failure;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod posted;
pub(crate) mod reply;
pub(crate) mod route;
