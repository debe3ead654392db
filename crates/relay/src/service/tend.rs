//! What is done without being asked: expiry, retention, tidying.

use std::time::Duration;

use super::{App, Relay};

/// How often.
const INTERVAL: Duration = Duration::from_mins(1);

/// Parcels in one round: sends are not held up by more.
const ROUND: u32 = 200;

pub(crate) async fn tend_for_ever(relay: App) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        relay.tend().await;
        relay.limits.tidy();
        relay.hub.tidy();
    }
}

impl Relay {
    async fn tend(&self) {
        loop {
            match self.store.tend(self.config.warning(), ROUND, self.by_itself()).await {
                Ok(tended) if tended.is_nothing() => return,
                Ok(tended) => tracing::info!(
                    warned = tended.warned,
                    expired = tended.expired,
                    released = tended.released,
                    "tended"
                ),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "tending failed");
                    return;
                }
            }
        }
    }
}
