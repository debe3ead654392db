//! Export folders of the care software: what is put there is staged for 一括送信, or sent by itself.
//!
//! A folder is looked at every two seconds: this works on network drives too, where file events do not. A file is
//! taken once it has stopped growing and its send unit is complete, and it stays where it is.
//!
//! ```text
//! look.rs     what looks tell. Pure
//! watch.rs    the part `Exports`: a look every two seconds, staging, sending by itself
//! ```

mod look;
mod watch;

pub use watch::Exports;
