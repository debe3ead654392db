//! Makes the code of `crates/standard` that repeats its layout tables: static layouts and typed records.

mod model;
mod print;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use model::Tables;

/// Writes the generated files.
#[expect(clippy::disallowed_methods, reason = "generated code is lost only to be made again")]
pub(crate) fn write() -> anyhow::Result<()> {
    for (path, code) in generated()? {
        std::fs::write(&path, code).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Fails when a generated file is not what the tables say.
pub(crate) fn check() -> anyhow::Result<()> {
    for (path, code) in generated()? {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        ensure!(found == code, "{} is out of date: run `cargo xtask generate`", path.display());
    }
    Ok(())
}

fn generated() -> anyhow::Result<[(PathBuf, String); 3]> {
    let standard = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("crates").join("standard");
    let tables = Tables::read(&standard.join("layout"))?;
    let source = standard.join("src");
    Ok([
        (source.join("layout/tables.rs"), print::layouts(&tables)),
        (source.join("value/choices.rs"), print::choices(&tables)),
        (source.join("record/tables.rs"), print::records(&tables)),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_code_is_what_the_tables_say() {
        super::check().unwrap();
    }
}
