//! `cutover rehearse`, and what `cutover run --dry-run` shares with it.

use std::path::PathBuf;

use super::complain;
use super::run::{self, Loaded};
use crate::engine::event::exit;
use crate::engine::store::Store;
use crate::rehearsal::{self, Night};
use crate::report::story::Story;
use crate::report::{json, plain, summary};

/// Rehearse a playbook on emulated chassis in virtual time
#[derive(clap::Args)]
pub struct Args {
    /// The playbook
    playbook: PathBuf,
    /// The inventory
    #[arg(short, long, value_name = "FILE")]
    inventory: PathBuf,
    /// Which faults to inject; only the good night (`none`) is rehearsed by this release
    #[arg(long, value_enum, default_value = "none")]
    faults: Faults,
    /// Set a variable of the playbook
    #[arg(long = "var", value_name = "K=V", value_parser = super::check::var)]
    vars: Vec<(String, String)>,
    /// Where everything that looks like chance comes from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print events as JSON lines
    #[arg(long)]
    json: bool,
    /// Directory that holds the runs
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Faults {
    None,
}

pub fn run(args: Args) -> u8 {
    let loaded = match run::load(&args.playbook, &args.inventory, &args.vars) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    match Store::open(args.runs) {
        Ok(store) => rehearse(&loaded, &store, args.seed, args.json),
        Err(error) => complain(error, exit::USAGE),
    }
}

/// The good night with the default seed.
pub fn dry_run(loaded: &Loaded, store: &Store, json: bool) -> u8 {
    rehearse(loaded, store, 0, json)
}

fn rehearse(loaded: &Loaded, store: &Store, seed: u64, json: bool) -> u8 {
    // The same night is the same run: the id says what went into it, nothing else.
    let run = format!("dry-{}-{}", loaded.plan.name, &loaded.plan.hash[..8]);
    let dir = match store.replace(&run) {
        Ok(dir) => dir,
        Err(error) => return complain(error, exit::USAGE),
    };
    if !json {
        println!("{}", rehearsal::scope(&loaded.plan, &loaded.inventory));
    }
    let observer = if json {
        json::observer(std::io::stdout())
    } else {
        plain::observer(std::io::stdout())
    };
    let night = match rehearsal::good_night(rehearsal::Script {
        plan: &loaded.plan,
        inventory: &loaded.inventory,
        started: run::header(&loaded.plan, &loaded.inventory, run, true),
        seed,
        observers: vec![observer],
    }) {
        Ok(night) => night,
        // What cannot be emulated was written wrongly; only a start can fail for other reasons.
        Err(error @ rehearsal::Error::Lab(_)) => return complain(error, exit::USAGE),
        Err(error) => return complain(error, exit::REFUSED),
    };
    if let Err(error) = std::fs::write(dir.journal(), &night.journal) {
        return complain(
            format!(
                "cannot keep the journal {}: {error}",
                dir.journal().display()
            ),
            exit::FAILED,
        );
    }
    if !json {
        tell(&night);
        println!("journal: {}", dir.journal().display());
    }
    night.ending.exit_code
}

fn tell(night: &Night) {
    let story = Story::of(&night.records);
    print!("{}", summary::render(&story));
    print!("{}", rehearsal::timeline::render(&story, night));
}
