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

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::engine::event::exit;

/// Takes redundant telecom chassis through software upgrades without losing subscribers.
#[derive(Parser)]
#[command(name = "cutover", version, max_term_width = 100, after_help = AFTER_HELP)]
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

const AFTER_HELP: &str = "\
Exit codes of run, resume and rehearse:
    0  completed
    1  failed
    2  usage, playbook or inventory wrong; nothing was touched
    3  stopped at a safe point; a person is needed
    4  fell back, healthy
    5  in doubt: a command was sent and its effect is not known; look, then resume
    6  the fallback failed
    7  a rehearsal broke an invariant
    8  unreachable, or refused before any change
   70  a bug of cutover
  130  interrupted at a safe point

Logs go to standard error; CUTOVER_LOG=debug shows more of them.";

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
        // A terminal that is gone must not end a run that has a chassis in its hands.
        .log_internal_errors(false)
        .init();
}

/// Says on standard error what went wrong, and returns the exit code for it.
fn complain(message: impl std::fmt::Display, code: u8) -> u8 {
    note(format_args!("cutover: {message}\n"));
    code
}

/// Writes to standard error. A terminal that is gone must not end a run, so nothing fails here.
fn note(text: impl std::fmt::Display) {
    let _ = write!(std::io::stderr(), "{text}");
}

/// Writes a result to standard output and returns the exit code for having done so. A reader that
/// went away (`| head`) has seen enough; a full disk has not.
fn say(text: impl std::fmt::Display) -> u8 {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => complain(
            format_args!("cannot write to standard output: {error}"),
            exit::FAILED,
        ),
        _ => exit::COMPLETED,
    }
}
