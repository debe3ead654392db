//! What is known of files without asking anybody: for whom they are, what is wrong with them, whether they may go. All of
//! it is pure.
//!
//! ```text
//! dropped.rs      a file, and where it is for
//! review.rs       judging the files of a send: remarks, contents, months
//! readiness.rs    whether a send can go, by its review and its receiver's standing
//! ```

mod dropped;
mod readiness;
mod review;

pub use dropped::{Destination, Dropped, destination, is_exchangeable};
pub use readiness::{Readiness, Standing};
pub use review::{FileReview, Remark, Review, Tally, Weight, review};
