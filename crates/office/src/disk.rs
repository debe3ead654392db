//! What is to be known of a disk.

use std::path::Path;

/// Bytes that this process may still write to the disk of a folder; `None` where the system does not tell.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!cfg!(unix) || free_bytes(folder.path()).is_some());
        assert_eq!(free_bytes(&folder.path().join("nothing")), None);
    }
}
