//! `cutover parse`: what the driver reads from a chassis's words, as JSON.

use std::io::Read;
use std::path::PathBuf;

use super::complain;
use crate::device::{dialect, staros::catalogue};
use crate::engine::event::exit;

/// Read a chassis's answer to a command as the driver does, and print it as JSON
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Operating system of the chassis
    #[arg(long, value_enum)]
    pub os: Os,
    /// The command whose answer is to be read, such as "show srp info"
    #[arg(long)]
    pub command: String,
    /// File with the answer; standard input when left out
    pub file: Option<PathBuf>,
}

/// The operating systems whose words can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Os {
    Staros,
}

/// Prints the parsed value and gives the exit code: 0 read, 1 not readable, 2 usage.
pub fn run(args: Args) -> u8 {
    let Some(entry) = catalogue::find(&args.command) else {
        let known: String = catalogue::ENTRIES
            .iter()
            .map(|entry| format!("\n  {}", entry.command))
            .collect();
        let why = format_args!(
            "no answer to `{}` can be read; these can:{known}",
            args.command
        );
        return complain(why, exit::USAGE);
    };
    let bytes = match input(&args) {
        Ok(bytes) => bytes,
        Err(why) => return complain(why, exit::USAGE),
    };
    let Os::Staros = args.os;
    let text = dialect::staros().clean(&args.command, &bytes);
    match entry.parse(&text) {
        Ok(value) => super::say(format_args!("{value:#}\n")),
        Err(error) => complain(error, exit::FAILED),
    }
}

fn input(args: &Args) -> Result<Vec<u8>, String> {
    match &args.file {
        Some(path) => std::fs::read(path).map_err(|error| {
            format!(
                "{} cannot be read: {error}; name a file with the answer",
                path.display()
            )
        }),
        None => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| format!("standard input cannot be read: {error}"))?;
            Ok(bytes)
        }
    }
}
