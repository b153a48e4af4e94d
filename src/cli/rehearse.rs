//! `cutover rehearse`, and what `cutover run --dry-run` shares with it.

use std::path::{Path, PathBuf};

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
    /// Playbook to rehearse (YAML)
    playbook: PathBuf,
    /// Inventory that names the pair: addresses, logins, emulated profiles (YAML)
    #[arg(short, long, value_name = "FILE")]
    inventory: PathBuf,
    /// Which faults to inject; only the good night (`none`) is rehearsed by this release
    #[arg(long, value_enum, default_value = "none")]
    faults: Faults,
    /// Set a variable of the playbook; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::check::var)]
    vars: Vec<(String, String)>,
    /// Number that everything which looks like chance is derived from: same seed, same night
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print every event as it happens, one JSON object a line, and nothing else
    #[arg(long)]
    json: bool,
    /// Where runs are kept [default: cutover/runs in $XDG_STATE_HOME or ~/.local/state]
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
        let scope = rehearsal::scope(&loaded.plan, &loaded.inventory);
        super::say(format_args!("{scope}\n"));
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
        tell(&night, &dir.journal());
    }
    night.ending.exit_code
}

fn tell(night: &Night, journal: &Path) {
    let story = Story::of(&night.records);
    let summary = summary::render(&story);
    let timeline = rehearsal::timeline::render(&story, night);
    let journal = journal.display();
    // The verdict is the exit code, whether or not somebody reads about it.
    super::say(format_args!("{summary}{timeline}journal: {journal}\n"));
}
