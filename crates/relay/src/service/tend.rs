//! What is done without being asked: expiry, retention, tidying.

use std::time::Duration;

use super::{App, Relay};
use crate::store::Leap;

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
        relay.spool.tidy();
    }
}

impl Relay {
    async fn tend(&self) {
        if !self.knows_the_time().await {
            return;
        }
        loop {
            match self.store.tend(self.config.warning(), ROUND, self.by_itself()).await {
                Ok(tended) if tended.is_nothing() => return,
                Ok(tended) => tracing::info!(
                    warned = tended.warned,
                    expired = tended.expired,
                    released = tended.released,
                    released_early = tended.released_early,
                    "tended"
                ),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "tending failed");
                    return;
                }
            }
        }
    }

    /// Whether the clock can be believed. What a wrong one expires is gone for ever; what it keeps is only kept longer.
    async fn knows_the_time(&self) -> bool {
        let now = self.clock.now();
        match self.store.note_time(now).await {
            Ok(Ok(())) => {
                self.metrics.clock_leapt.set(0);
                true
            }
            Ok(Err(Leap { seen })) => {
                if self.metrics.clock_leapt.set(1) == 0 {
                    tracing::error!(%seen, %now, "the clock leapt: nothing expires until `tasuki relay clock --confirm`");
                }
                false
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the time cannot be noted");
                false
            }
        }
    }
}
