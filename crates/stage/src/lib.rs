//! A relay and offices on this machine: what the demonstration, the benchmarks and the tests play on. Real TLS, real
//! files, real keys; nothing here is a substitute for a part.
//!
//! | module | what |
//! |---|---|
//! | [`registry`] | what an operator does: an office into the directory, with its account |
//! | [`relay`] | a relay in this process |
//! | [`enrolling`] | what an office does first (利用開始), with a node that is closed again |
//! | [`bare`] | an office without a node, whose keys are in the hands of the caller |
//! | [`world`] | all of it for tests: what fails ends the test |
//!
//! A further part is a module beside these that takes a [`relay::LocalRelay`] or a [`registry`] answer; what only one
//! test needs stays with that test.
//!
//! ```
//! use tasuki_stage::world::{CARE, VISITS, World, deletion, send, until_arrived};
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let world = World::new().await;
//! let (care, visits) = (world.node(CARE).await, world.node(VISITS).await);
//! send(&care, CARE, vec![deletion(CARE, VISITS, 1)]);
//! assert_eq!(until_arrived(&visits, VISITS, 1).await.len(), 1);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! *Architecture invariant:* no part of the product uses this crate but the commands `demo` and `bench`.

pub mod bare;
pub mod enrolling;
pub mod registry;
pub mod relay;
pub mod world;
