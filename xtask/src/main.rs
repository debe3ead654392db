//! Developer chores, started as `cargo xtask CHORE`.
//!
//! | chore | what |
//! |---|---|
//! | `generate [--check]` | make the layout code of `crates/standard` from its tables, or only compare |

mod generate;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        _ => bail!("usage: cargo xtask generate [--check]"),
    }
}
