//! Files named on the command line: single ones, those in folders, those in zip archives.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use zip::ZipArchive;

/// Most entries of a zip archive that are read.
const MAX_ZIP_ENTRIES: usize = 100_000;

/// Most bytes of an unpacked zip entry that are read; a send holds 10 MB.
const MAX_ZIP_ENTRY_BYTES: u64 = 256 * 1024 * 1024;

/// Where the files of a path are handed to: the path to show, the name without folders, the contents.
pub(crate) trait Visitor {
    /// Takes one file.
    fn visit(&mut self, path: &str, name: &str, contents: &mut dyn Read) -> anyhow::Result<()>;
    /// Takes note of a file in a folder or archive that is none of the standard.
    fn skip(&mut self);
    /// Takes note of something that cannot be read.
    fn fail(&mut self, error: &anyhow::Error);
}

/// Hands over all files of a path. What is named is taken as it is; from folders and archives only what can
/// be a file of the standard.
pub(crate) fn visit(path: &Path, visitor: &mut impl Visitor) {
    let result = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => visit_folder(path, visitor),
        Ok(_) if is_zip(path) => visit_zip(path, visitor),
        Ok(_) => visit_file(path, visitor),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = result {
        visitor.fail(&error.context(format!("{} を読み取れません", path.display())));
    }
}

fn visit_folder(folder: &Path, visitor: &mut impl Visitor) -> anyhow::Result<()> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        // Links may lead back to a folder above: they are not followed.
        let kind = std::fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() || kind.is_file() && (is_zip(&path) || is_candidate(&name_of(&path))) {
            visit(&path, visitor);
        } else {
            visitor.skip();
        }
    }
    Ok(())
}

fn visit_file(path: &Path, visitor: &mut impl Visitor) -> anyhow::Result<()> {
    let mut file = File::open(path)?;
    visitor.visit(&path.to_string_lossy(), &name_of(path), &mut file)
}

fn visit_zip(path: &Path, visitor: &mut impl Visitor) -> anyhow::Result<()> {
    let mut archive = ZipArchive::new(File::open(path)?).context("zipファイルではありません")?;
    if archive.len() > MAX_ZIP_ENTRIES {
        bail!("zipの中のファイルが{MAX_ZIP_ENTRIES}個を超えています");
    }
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let inner = entry.name()?.into_owned();
        let name = inner.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if entry.is_dir() || !is_candidate(&name) {
            visitor.skip();
            continue;
        }
        let shown = format!("{}/{inner}", path.display());
        visitor.visit(&shown, &name, &mut Limited(entry.take(MAX_ZIP_ENTRY_BYTES)))?;
    }
    Ok(())
}

/// A source that fails when its limit is reached, instead of ending as if it were complete.
struct Limited<R>(io::Take<R>);

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.limit() == 0 {
            return Err(io::Error::other("zipの中のファイルが大きすぎます"));
        }
        self.0.read(buffer)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_zip(path: &Path) -> bool {
    has_ending(path, "zip")
}

/// Whether a file can be one of the standard: a CSV file, or an image named as one.
fn is_candidate(name: &str) -> bool {
    let path = Path::new(name);
    has_ending(path, "csv")
        || name.to_ascii_uppercase().starts_with("UPKIHON_IMAGE") && has_ending(path, "jpg")
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|found| found.eq_ignore_ascii_case(ending))
}
