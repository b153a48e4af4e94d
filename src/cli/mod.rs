//! Floor 9: arguments -> library -> exit code.
pub mod parse;

use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    ExitCode::from(70)
}
