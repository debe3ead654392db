//! The `tasuki` program: one binary for offices, operators and vendors.
//!
//! | exit status | meaning |
//! |---|---|
//! | 0 | done, nothing to say |
//! | 1 | findings (`check`); a parcel that is refused (`open`) |
//! | 2 | wrong usage, or something could not be read or written |

mod commands;
mod input;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// 襷 Tasuki：ケアプランデータの確認・やりとり
#[derive(Parser)]
#[command(name = "tasuki", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("tasuki: {error:#}");
            ExitCode::from(2)
        }
    }
}
