//! A line that is slow, breaks or stands still, for tests and benches: whatever must hold over a bad line is tried over
//! this one.
//!
//! ```
//! use std::time::Duration;
//! use tasuki_line::{Chance, Line, Pace};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let line = Line::start(8443, Chance::new(1))?;
//! // 0.3 Mbit/s towards port 8443, and no connection lives longer than 30 seconds.
//! line.set_pace(Pace { per_second: 37_500, life: Duration::from_secs(30), ..Pace::default() });
//! println!("connect to port {}", line.port());
//! # Ok::<(), std::io::Error>(()) })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A further way to be bad is a member of [`Pace`] if a test chooses it, and belongs into the fate that `line` draws for
//! each connection if chance does.

mod chance;
mod line;

pub use chance::Chance;
pub use line::{Line, Pace};
