//! The pages as people use them: real processes, a real browser, found by Japanese labels.
//!
//! They need Chromium and axe-core, which `cargo xtask test` installs; without it:
//! `TASUKI_AXE=…/axe.min.js cargo test -p tasuki --test it browser:: -- --ignored`. Screenshots of every screen go to
//! `target/screenshots`, and of a test that fails a picture and the text of what it saw instead, named after it.

mod driver;
mod faults;
mod manual;
mod nodes;
mod page;
mod setup;
mod words_kept;
