//! What the relay promises, tried from outside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod api;
mod authorisation;
mod contract;
mod crash;
mod intake;
mod served;
mod slow;
mod strangers;
mod tools;
mod world;

/// The contract with the embedded store. Another store needs three lines like these.
mod sqlite {
    crate::contract::contract!(crate::world::World::sqlite());
}
