//! The least that durability costs: the same bytes appended to one file, with a sync for each group.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many contents of this size are appended in a second, synced in groups.
pub(super) fn appends(folder: &Path, size: usize, group: usize, time: Duration) -> anyhow::Result<f64> {
    let mut file = File::create(folder.join("baseline"))?;
    let contents = vec![7; size];
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time {
        for _ in 0..group {
            file.write_all(&contents)?;
        }
        file.sync_data()?;
        count += group;
    }
    let rate = super::figures::rate(count, start.elapsed());
    std::fs::remove_file(folder.join("baseline"))?;
    Ok(rate)
}
