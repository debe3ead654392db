//! Developer chores, started as `cargo xtask CHORE`.
//!
//! | chore | what |
//! |---|---|
//! | `test` | the whole test suite: installs what it needs, then format, lints, docs, licences, tests |
//! | `generate [--check]` | make the layout code of `crates/standard` from its tables, or only compare |

mod generate;
mod test;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["test"] => test::run_all(),
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        _ => bail!("usage: cargo xtask test | generate [--check]"),
    }
}
