//! The `tasuki` program: one binary for offices, operators and vendors.
//!
//! | exit status | meaning |
//! |---|---|
//! | 0 | done, nothing to say; or whoever read the output wanted no more of it |
//! | 1 | findings (`check`); a parcel that is refused (`open`) |
//! | 2 | wrong usage, or something could not be read or written; nothing to check (`check`) |

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

/// Whether the output could not be written because its reader, such as `head`, has seen enough: that is no failure.
fn is_reader_gone(error: &anyhow::Error) -> bool {
    let kinds =
        error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
    kinds.into_iter().any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(code) => code,
        Err(error) if is_reader_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("tasuki: {error:#}");
            ExitCode::from(2)
        }
    }
}
