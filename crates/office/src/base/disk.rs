//! What is to be known of a disk: how much is free, and whether two folders are on the same.

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

/// Whether two folders are in the same file system (on Windows: on the same drive); `None` when one is not there. Two
/// parts of one disk are not told apart from two disks.
pub(crate) fn is_same(one: &Path, other: &Path) -> Option<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(std::fs::metadata(one).ok()?.dev() == std::fs::metadata(other).ok()?.dev())
    }
    #[cfg(not(unix))]
    {
        let drive = |path: &Path| {
            let path = path.canonicalize().ok()?;
            Some(path.components().next()?.as_os_str().to_ascii_uppercase())
        };
        Some(drive(one)? == drive(other)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(is_same(folder.path(), folder.path()), Some(true));
        assert_eq!(is_same(folder.path(), &folder.path().join("nothing")), None);
        assert!(!cfg!(unix) || free_bytes(folder.path()).is_some());
        #[cfg(target_os = "linux")]
        assert_eq!(is_same(folder.path(), Path::new("/proc")), Some(false));
    }
}
