//! `cutover parse`: what the driver reads from a chassis's words, as JSON.

use std::io::{Read, Write};
use std::path::PathBuf;

use crate::device::{dialect, staros::catalogue};

/// What the command line says.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Operating system of the chassis
    #[arg(long, value_enum)]
    pub os: Os,
    /// The command whose answer is to be read, such as "show srp info"
    #[arg(long)]
    pub command: String,
    /// The answer; standard input when left out
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
        eprintln!("no answer to `{}` can be read; these can:", args.command);
        for entry in catalogue::ENTRIES {
            eprintln!("  {}", entry.command);
        }
        return 2;
    };
    let bytes = match input(&args) {
        Ok(bytes) => bytes,
        Err(why) => {
            eprintln!("{why}");
            return 2;
        }
    };
    let Os::Staros = args.os;
    let text = dialect::staros().clean(&args.command, &bytes);
    let value = match entry.parse(&text) {
        Ok(value) => value,
        Err(error) => {
            eprintln!("{error}");
            return 1;
        }
    };
    match writeln!(std::io::stdout(), "{value:#}") {
        Ok(()) => 0,
        // Whoever reads us has heard enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            eprintln!("standard output cannot be written: {error}");
            1
        }
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
