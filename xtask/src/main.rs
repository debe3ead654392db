//! Developer chores, started as `cargo xtask CHORE`.
//!
//! | chore | what |
//! |---|---|
//! | `test` | the whole test suite: installs what it needs, then format, lints, docs, licences, tests |
//! | `fuzz [SECONDS]` | each fuzz target for this long, 60 seconds unless told |
//! | `mutants` | the files that decide, changed in every small way: some test must notice (`docs/mutants.md`) |
//! | `generate [--check]` | make the layout code of `crates/standard` from its tables, or only compare |

mod fuzz;
mod generate;
mod mutants;
mod run;
mod test;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["test"] => test::run_all(),
        ["fuzz"] => fuzz::run_all(60),
        ["fuzz", seconds] => fuzz::run_all(seconds.parse()?),
        ["mutants"] => mutants::run_all(),
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        _ => bail!("usage: cargo xtask test | fuzz [SECONDS] | mutants | generate [--check]"),
    }
}
