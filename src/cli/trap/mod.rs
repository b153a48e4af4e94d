//! `cutover trap`: hear notifications and name them, or send one to test a path.

mod hear;
mod listen;
mod secrets;
mod send;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use super::complain;
use crate::engine::event::exit;
use crate::mib::Mib;
use crate::net::sockets::Sockets;
use crate::net::{Clock, Network};

pub use listen::{ListenArgs, listen};
pub(super) use send::did_you_mean;
pub use send::{SendArgs, send};

/// The port agents send notifications to (RFC 3417 3.2).
const PORT: u16 = 162;
/// Warnings about MIB modules that are shown; a vendor's folder may have thousands.
const SHOWN_WARNINGS: usize = 10;

/// Receive traps and informs, or send one to test a path
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Receive traps and informs and say what they mean
    Listen(ListenArgs),
    /// Send one trap or inform, to test a path
    Send(SendArgs),
}

/// Why a command ended without doing its work.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code of the contract: 1 failed, 2 usage, 8 unreachable or refused.
    pub code: u8,
    pub message: String,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
        }
    }

    fn unreachable(message: impl Into<String>) -> Self {
        Self {
            code: 8,
            message: message.into(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            code: 1,
            message: format!("cannot write the output: {error}"),
        }
    }
}

/// What a command says: results to `out`, everything about itself to `log`.
pub struct Output<'a> {
    pub out: &'a mut dyn Write,
    pub log: &'a mut dyn Write,
}

/// Runs the command on this machine's network and returns the exit code.
pub fn run(args: Args) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return complain(format_args!("cannot start the runtime: {error}"), exit::BUG);
        }
    };
    let (mut out, mut log) = (io::stdout(), io::stderr());
    let ended = runtime.block_on(async {
        let mut output = Output {
            out: &mut out,
            log: &mut log,
        };
        let (network, clock) = (Sockets, Clock::wall());
        match &args.command {
            Command::Listen(args) => {
                listen(args, &network, &clock, &mut output, interrupted()).await
            }
            Command::Send(args) => send(args, &network as &dyn Network, &clock, &mut output).await,
        }
    });
    match ended {
        Ok(code) => code,
        Err(failure) => complain(failure.message, failure.code),
    }
}

/// Ends with the first SIGINT or SIGTERM.
async fn interrupted() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                biased;
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await;
}

/// The embedded names, or those and a folder's; what could not be read of it goes to the log.
pub(super) fn mib(
    folder: Option<&Path>,
    log: &mut dyn Write,
) -> Result<Cow<'static, Mib>, Failure> {
    let Some(folder) = folder else {
        return Ok(Cow::Borrowed(Mib::embedded()));
    };
    let (mib, warnings) =
        Mib::load_dir(folder).map_err(|error| Failure::usage(error.to_string()))?;
    for warning in warnings.iter().take(SHOWN_WARNINGS) {
        writeln!(log, "warning: {warning}")?;
    }
    if let Some(more @ 1..) = warnings.len().checked_sub(SHOWN_WARNINGS) {
        writeln!(
            log,
            "warning: and {more} more definitions that were left out"
        )?;
    }
    Ok(Cow::Owned(mib))
}
