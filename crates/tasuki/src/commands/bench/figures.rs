//! Figures for people, and what a process has used.

use std::time::Duration;

/// How long each of many calls took.
#[derive(Default)]
pub(super) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(super) fn new(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self(took)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What this share of all calls did not exceed, in milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "figures for people"
    )]
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let place = ((self.0.len() as f64 * share).ceil() as usize).clamp(1, self.0.len().max(1));
        self.0.get(place - 1).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
    }
}

/// How many in a second.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Processor time of a process in seconds and its memory in MiB, where the system tells (Linux).
pub(super) fn usage(process: u32) -> Option<(f64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let after_name = stat.rsplit_once(") ")?.1;
    let mut fields = after_name.split(' ').skip(11);
    let ticks: u32 = fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = memory.trim().strip_suffix(" kB")?.parse().ok()?;
    // Linux counts in hundredths of a second.
    Some((f64::from(ticks) / 100.0, kib / 1024))
}
