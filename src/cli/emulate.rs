//! `cutover emulate`: the emulated chassis on real sockets.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::complain;
use crate::engine::event::exit;
use crate::playbook::{self, Inventory};
use crate::rehearsal::lab;
use crate::rehearsal::stage::{Options, Stage};

/// Put the emulated chassis of an inventory on loopback sockets
#[derive(clap::Args)]
pub struct Args {
    /// The inventory; the chassis of its pairs are emulated by their profiles
    inventory: PathBuf,
    /// Emulated time runs N times faster than real time
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Becomes an inventory that reaches the chassis, written when all are ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// At the end, becomes what really happened to the chassis, as JSON; for tests
    #[arg(long, value_name = "FILE", hide = true)]
    truth_file: Option<PathBuf>,
}

/// The first line of every ready file, by which ours are told from others.
const MARK: &str = "# Written by `cutover emulate`; valid while that process runs.";
/// More than this and a login takes longer than a boot.
const FASTEST: f64 = 10_000.0;

pub fn run(args: Args) -> u8 {
    let loaded = playbook::read_file(&args.inventory).and_then(|text| {
        let name = args.inventory.display().to_string();
        Inventory::load(&text, &name).map_err(|mistakes| mistakes.to_string())
    });
    let inventory = match loaded {
        Ok(inventory) => inventory,
        Err(mistakes) => {
            super::note(format_args!("{mistakes}\n"));
            return exit::USAGE;
        }
    };
    if let Some(path) = &args.ready_file
        && let Err(why) = make_way(path)
    {
        return complain(why, exit::USAGE);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(format!("cannot start: {error}"), exit::FAILED),
    };
    let ended = runtime.block_on(emulate(&args, &inventory));
    runtime.shutdown_background();
    if let Some(path) = &args.ready_file {
        // It reaches nobody any more; that somebody else removed it is fine.
        let _ = make_way(path);
    }
    match ended {
        Ok(()) => exit::COMPLETED,
        Err((why, code)) => complain(why, code),
    }
}

async fn emulate(args: &Args, inventory: &Inventory) -> Result<(), (String, u8)> {
    let failed = |error: std::io::Error| (error.to_string(), exit::FAILED);
    let mut asked = Asked::listen().map_err(failed)?;
    let options = Options {
        speed: args.speed,
        seed: 0,
    };
    let stage = Stage::raise(inventory, options).await.map_err(|error| {
        let code = match error {
            lab::Error::Start(_) => exit::FAILED,
            _ => exit::USAGE,
        };
        (format!("{}: {error}", args.inventory.display()), code)
    })?;
    let unsettled = tokio::select! {
        biased;
        () = asked.wait() => return Ok(()),
        unsettled = stage.settle() => unsettled,
    };
    for pair in unsettled {
        super::note(format_args!(
            "cutover: pair {pair} has not come to one Active and one synchronized Standby\n"
        ));
    }
    for name in inventory.chassis.keys() {
        if stage.chassis(name).is_none() {
            super::note(format_args!(
                "cutover: {name} belongs to no pair and is not emulated\n"
            ));
        }
    }
    if let Some(path) = &args.ready_file {
        write(path, &stage.reached_by(inventory)).map_err(|error| {
            let why = format!("cannot write {}: {error}", path.display());
            (why, exit::FAILED)
        })?;
    }
    // Nobody may be reading; the chassis are there all the same.
    let _ = announce(&stage, args);
    asked.wait().await;
    if let Some(path) = &args.truth_file {
        std::fs::write(path, stage.truth()).map_err(failed)?;
    }
    Ok(())
}

fn announce(stage: &Stage, args: &Args) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for door in stage.doors() {
        let (port, ip) = (door.at.port(), door.at.ip());
        writeln!(out, "{}: ssh -p {port} {}@{ip}", door.chassis, door.user)?;
    }
    if let Some(path) = &args.ready_file {
        writeln!(out, "inventory: {}", path.display())?;
    }
    if args.speed != 1.0 {
        writeln!(out, "emulated time runs {} times faster", args.speed)?;
    }
    writeln!(out, "Ctrl-C ends it")?;
    out.flush()
}

fn speed(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number > 0.0 && number <= FASTEST {
        Ok(number)
    } else {
        Err(format!("more than 0 and at most {FASTEST}"))
    }
}

/// Removes a ready file of an earlier time, so that whoever waits for it does not find that one.
fn make_way(path: &Path) -> Result<(), String> {
    match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{}: {error}", path.display())),
        Ok(text) if text.starts_with(MARK.as_bytes()) => {
            std::fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))
        }
        Ok(_) => Err(format!(
            "{} exists and was not written by `cutover emulate`; name another ready file",
            path.display()
        )),
    }
}

/// The file appears whole or not at all; it can hold passwords.
fn write(path: &Path, inventory: &str) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = write!(file, "{MARK}\n{inventory}")
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The first error says more than this one could.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// SIGINT and SIGTERM.
struct Asked {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Asked {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
