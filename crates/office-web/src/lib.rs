//! The pages of the office node, served to the browser on the same machine, and the interface for programs of the
//! same machine.
//!
//! | module | what |
//! |---|---|
//! | `routes` | one table of every page and action, and who may use it |
//! | `guard` | who may knock at all: Host, Origin, headers of every answer |
//! | `ask` | addresses and codes as people type them |
//! | `session`, `visitor` | who is logged in, and what they posted |
//! | `failure` | why there is no page: a page for people, JSON for scripts |
//! | `pages` | one file for each screen |
//! | `live` | news to open pages |
//! | [`local`] | `/local/…`: what care software and `tasuki office` call |
//! | `words` | times, sizes and errors in plain Japanese |
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
