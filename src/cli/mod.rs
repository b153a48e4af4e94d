//! Floor 9: arguments to library to exit code, one file per subcommand.

mod check;
mod completions;
mod control;
mod emulate;
mod graph;
mod mib;
mod parse;
mod rehearse;
mod resume;
mod run;
mod status;
mod terminal;
mod trap;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::engine::event::exit;

/// Takes redundant telecom chassis through software upgrades without losing subscribers.
#[derive(Parser)]
#[command(name = "cutover", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Resume(resume::Args),
    Status(status::Args),
    Approve(control::ApproveArgs),
    Pause(control::PauseArgs),
    Abort(control::AbortArgs),
    Rehearse(rehearse::Args),
    Check(check::Args),
    Graph(graph::Args),
    Parse(parse::Args),
    Emulate(emulate::Args),
    Trap(trap::Args),
    Mib(mib::Args),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// The whole program. A panic is a bug of ours and has an exit code of its own.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::COMPLETED
            };
            // A reader that went away misses the help it asked for.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    log_to_stderr();
    let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatch(cli.command)));
    ExitCode::from(code.unwrap_or(exit::BUG))
}

fn dispatch(command: Command) -> u8 {
    match command {
        Command::Run(args) => run::run(args),
        Command::Resume(args) => resume::run(args),
        Command::Status(args) => status::run(args),
        Command::Approve(args) => control::approve(args),
        Command::Pause(args) => control::pause(args),
        Command::Abort(args) => control::abort(args),
        Command::Rehearse(args) => rehearse::run(args),
        Command::Check(args) => check::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Parse(args) => parse::run(args),
        Command::Emulate(args) => emulate::run(args),
        Command::Trap(args) => trap::run(args),
        Command::Mib(args) => mib::run(args),
        Command::Completions(args) => completions::completions(args, Cli::command()),
        Command::Man(args) => completions::man(args, Cli::command()),
    }
}

/// Logs go to standard error (contract): warnings, or what `CUTOVER_LOG` asks for.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("CUTOVER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}

/// Says on standard error what went wrong, and returns the exit code for it.
fn complain(message: impl std::fmt::Display, code: u8) -> u8 {
    eprintln!("cutover: {message}");
    code
}
