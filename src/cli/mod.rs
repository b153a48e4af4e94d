//! Floor 9: arguments -> library -> exit code.
pub mod mib;
pub mod parse;
pub mod trap;

use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    ExitCode::from(70)
}
