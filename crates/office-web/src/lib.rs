//! The pages of the office node, served to the browser on the same machine, and the interface for programs of the
//! same machine.
//!
//! | room | what | may use |
//! |---|---|---|
//! | `routes` | one table of every page and action, and who may use it | everything |
//! | `pages` | handlers: ask, let the node work, make a view, reply | all below |
//! | `live` | news to open pages | `entry`, `http` |
//! | [`local`] | `/local/…`: what care software and `tasuki office` call | `entry::session`, `http` |
//! | `view` | models in, a struct for a template out: pure | `forms`, `http::address`, `http::ask` |
//! | `forms` | what people type, read into what is meant, or shown again with what is wrong: pure | `http::posted`, `http::ask` |
//! | `entry` | who is there: sessions, cookie, visitors as arguments of handlers | `http` |
//! | `http` | the guard, addresses, what is posted, replies and failures, styles and scripts | `state` |
//! | `state` | what handlers share | types only |
//! | `words` | times, sizes and errors in plain Japanese | nothing |
//!
//! A test of `xtask` (`tests/imports.rs`) holds the sources against this.
//!
//! # How to add
//!
//! *A page*: a struct with its template in `view/` (what varies is an argument, also the clock; a table test beside it), a
//! template in `templates/pages/` that extends `frame/layout.html`, a handler of some ten lines in `pages/`, and one line in
//! `routes` with who may use it: `tests/it/who.rs` then asks it for everybody.
//!
//! *An address*: one line in `http/address.rs` with its methods and path. Handlers lead to it and templates link to it by
//! `frame.to(Address::…)`; nobody writes a path by hand. A test holds it against `routes`, and `tests/it/links.rs` follows
//! every link and form of every page.
//!
//! *A form*: a struct in `forms/` with a `Field` for each field of the page, and a function `read` that gives what is meant
//! or notes what is wrong. In the template each field carries `parts/marks.html` and is followed by `parts/error.html`; the
//! handler answers what is wrong with `http::reply::refuse`. A case in `tests/it/forms.rs` posts it wrongly.
//!
//! ```no_run
//! use tasuki_office::folder::Folder;
//! use tasuki_office::node::Node;
//! use tasuki_office_web::Web;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::open_now(Folder::create("office")?)?;
//! let web = Web::listen(node, "127.0.0.1:8600".parse()?).await?;
//! println!("open http://{}", web.address());
//! web.serve(async { /* until a signal comes */ }).await?;
//! # Ok(()) }
//! ```
//!
//! *Architecture invariant:* pages decide nothing that matters: they show what `tasuki-office` says and pass on what
//! a person wants. No script or style is inline, nothing is loaded from elsewhere, and every page works without
//! script as far as HTML allows.

mod entry;
mod forms;
mod http;
mod live;
pub mod local;
mod pages;
mod routes;
mod serve;
mod state;
mod view;
mod words;

pub use http::route::Who;
pub use local::LocalAccess;
pub use routes::routes;
pub use serve::Web;
